#include <stddef.h>
#include <stdint.h>

#include "tests/support/map_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* For libFuzzer. The engine is made once, and lasts as long as the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct engine *engine;
    if (!engine)
        engine = map_target_open();
    map_target_run(engine, (struct span){ (const char *)data, size });
    return 0;
}
