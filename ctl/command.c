#include "ctl/command.h"

#include <string.h>

const struct command commands[] = {
    { "status", "the migration at a glance", cmd_status },
    { "user", "show, set, unset or list the records of users", cmd_user },
    { "group", "the same for groups", cmd_group },
    { "domain", "the same for domains", cmd_domain },
    { "flip", "move users, or a group of them, to the other system", cmd_flip },
    { "import", "take users from a file", cmd_import },
    { "export", "write the records of users to a file", cmd_export },
    { "explain", "what would be done with mail for a recipient, and why", cmd_explain },
    { "inspect", "the way that a message has taken, drawn from its header", cmd_inspect },
    { "trace", "what all nodes did with a message or a recipient", cmd_trace },
    { "loops", "what looped or conflicted, and what would mend it", cmd_loops },
    { "events", "the decisions of all nodes", cmd_events },
    { "doctor", "check the deployment as a whole", cmd_doctor },
    { "probe", "send a marked message and follow it", cmd_probe },
    { "postfix-config", "the lines that Postfix needs", cmd_postfix_config },
    { NULL, NULL, NULL },
};

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}
