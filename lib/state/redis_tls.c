#include "state/redis_config.h"

bool redis_tls_built_in(void)
{
    return false;
}
