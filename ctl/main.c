#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

static enum status ended; /* by main(), rather than by argp, which prints help and calls exit() */

/* A full disk must not look like an empty answer; a reader who has seen enough is told nothing. */
static void check_answer(void)
{
    struct session s;
    session_init(&s, stdout);
    if (out_flush(&s.out))
        return;
    if (!out_is_unread(&s.out))
        session_fail(&s, STATUS_NO, "the answer could not be written");
    _exit(ended == STATUS_YES ? STATUS_NO : ended);
}

int main(int argc, char **argv)
{
    struct session s;
    /* What is printed must not go to Redis. */
    if (!standard_fill() || atexit(check_answer) != 0)
        return STATUS_NO;
    /* hiredis writes to connections that the server may have closed. */
    signal(SIGPIPE, SIG_IGN);
    hmac_outlive_main();
    session_init(&s, stdout);
    int at = options_begin(&s, argc, argv);
    const struct command *c = command_find(argv[at]);
    if (c)
        ended = run(&s, c, argc - at, argv + at);
    else
        ended = session_fail(&s, STATUS_USAGE,
                             "there is no command '%s'; `coexistctl --help` lists them", argv[at]);
    session_free(&s);
    return ended;
}
