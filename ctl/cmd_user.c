#include "ctl/command.h"
#include "ctl/record_command.h"

enum status cmd_user(struct session *s, int argc, char **argv)
{
    return record_command(s, RECORD_USER, argc, argv);
}
