#include "ctl/command.h"
#include "ctl/options.h"

enum status cmd_import(struct session *s, int argc, char **argv)
{
    const struct options_own own = { 0 };
    options_parse(s, &own, argc, argv);
    return session_fail(s, STATUS_NO, "not there yet");
}
