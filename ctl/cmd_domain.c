#include "ctl/command.h"
#include "ctl/record_command.h"

enum status cmd_domain(struct session *s, int argc, char **argv)
{
    return record_command(s, RECORD_DOMAIN, argc, argv);
}
