#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/hmac.h"
#include "ctl/command.h"
#include "ctl/options.h"
#include "sys/standard.h"

#define NAME_MAX_OCTETS 64

/* The command under the name by which its own help and errors speak of it. */
static enum status run(struct session *s, const struct command *c, int argc, char **argv)
{
    char name[NAME_MAX_OCTETS];
    snprintf(name, sizeof(name), "coexistctl %s", c->name);
    argv[0] = name;
    return c->run(s, argc, argv);
}

int main(int argc, char **argv)
{
    struct session s;
    /* What is printed must not go to Redis. */
    if (!standard_fill())
        return STATUS_NO;
    /* hiredis writes to connections that the server may have closed. */
    signal(SIGPIPE, SIG_IGN);
    hmac_outlive_main();
    session_init(&s, stdout);
    int at = options_begin(&s, argc, argv);
    const struct command *c = command_find(argv[at]);
    enum status status = STATUS_USAGE;
    if (c)
        status = run(&s, c, argc - at, argv + at);
    else
        session_fail(&s, STATUS_USAGE, "there is no command '%s'; `coexistctl --help` lists them",
                     argv[at]);
    /* A full disk must not look like an empty answer. */
    if (!out_flush(&s.out) && status == STATUS_YES)
        status = session_fail(&s, STATUS_NO, "the answer could not be written");
    session_free(&s);
    return status;
}
