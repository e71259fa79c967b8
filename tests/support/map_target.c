#include "tests/support/map_target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "core/netstring.h"
#include "engine/map.h"
#include "engine/setup.h"
#include "state/memory_store.h"
#include "sys/log.h"

#define CONFIGURATION                                                                              \
    "name = \"s.example.net\" state = \"memory:\" maps = \"unix:/maps.sock\"\n"                    \
    "system primary { hosts = { \"p.example.net\" } nexthop = \"smtp:[p.example.net]:25\" }\n"     \
    "system secondary { hosts = { \"s.example.net\" } }\n"                                         \
    "domain \"example.com\" { home = primary route = \"%u@%d.peer.invalid\" }\n"                   \
    "domain \"plain.example\" { home = primary }\n"                                                \
    "domain \"own.example\" { home = secondary }\n"

#define IN_MAX (MAP_REQUEST_MAX + NETSTRING_FRAME_MAX)

static _Noreturn void give_up(const char *why, struct span what)
{
    fprintf(stderr, "%s: '%.*s'\n", why, SPAN_ARG(what));
    abort();
}

/* In a heap block of its size, as unit_exact() does; that is for tests of check(3) alone. */
static struct span exact_copy(struct span text)
{
    char *copy = malloc(text.n > 0 ? text.n : 1);
    if (!copy)
        give_up("no memory for", text);
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    return (struct span){ copy, text.n };
}

static void ignore(enum log_level level, const char *line, void *arg)
{
    (void)level;
    (void)line;
    (void)arg;
}

static struct engine *load(void)
{
    char path[] = "/tmp/coexist-fuzz-XXXXXX", error[ENGINE_ERROR_MAX] = "";
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, CONFIGURATION, sizeof(CONFIGURATION) - 1) < 0)
        give_up("cannot write", span_of(path));
    close(fd);
    struct engine *e = setup_load(path, SETUP_TEST, NULL, error);
    unlink(path);
    if (!e)
        give_up("no engine", span_of(error));
    return e;
}

struct engine *map_target_open(void)
{
    static const struct {
        const char *user, *field, *value;
    } records[] = {
        { "here@plain.example", "home", "secondary" },
        { "there@plain.example", "home", "primary" },
        { "both@plain.example", "home", "both" },
        { "moving@plain.example", "home", "moving" },
        { "bad@plain.example", "home", "x" },
        { "name@plain.example", "alias", "here@plain.example" },
        { "both@example.com", "home", "both" },
        { "there@example.com", "home", "primary" },
        { "r@example.com", "home", "both" },
        { "r@example.com", "route", "%u@x.example" },
        { "g@example.com", "group", "none" },
    };
    struct engine *e = load();
    log_open_sink(ignore, NULL, LOG_LEVEL_DEBUG);
    for (size_t i = 0; i < COUNT_OF(records); i++)
        if (!memory_store_set(e->store, RECORD_USER, records[i].user, records[i].field,
                              records[i].value))
            give_up("no memory for", span_of(records[i].user));
    return e;
}

static bool is_reply(struct span reply)
{
    static const char *const kinds[] = { "OK ", "TEMP ", "PERM " };
    if (span_eq(reply, SPAN_LIT("NOTFOUND ")))
        return true;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (reply.n > strlen(kinds[i]) && memcmp(reply.p, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

static void check_reply(struct span request, struct span reply)
{
    if (!is_reply(reply) || reply.n > MAP_REPLY_MAX)
        give_up("no reply", reply);
    for (size_t i = 0; i < reply.n; i++)
        if ((unsigned char)reply.p[i] < ' ' || reply.p[i] == 0x7f)
            give_up("a control character in a reply to", request);
}

/* The records are in this process: what is asked from memory is the same, and within reach. */
static void answer(const struct engine *e, struct span request)
{
    struct span exact = exact_copy(request);
    struct buf reply, again;
    buf_init(&reply, MAP_REPLY_MAX);
    buf_init(&again, MAP_REPLY_MAX);
    if (!map_answer(e, exact, MAP_FROM_STORE, &reply) ||
        !map_answer(e, exact, MAP_FROM_MEMORY, &again))
        give_up("no answer to", request);
    check_reply(request, buf_span(&reply));
    if (!span_eq(buf_span(&reply), buf_span(&again)))
        give_up("two answers to", request);
    buf_free(&reply);
    buf_free(&again);
    free((void *)exact.p);
}

/* Takes what is whole off the front of the buffer. False: the connection ends. */
static bool take_whole(const struct engine *e, char *in, size_t *n, size_t *requests)
{
    size_t at = 0, taken;
    struct span request;
    enum netstring read;
    do {
        struct span exact = exact_copy((struct span){ in + at, *n - at });
        read = netstring_read(exact, MAP_REQUEST_MAX, &request, &taken);
        if (read == NETSTRING_WHOLE) {
            answer(e, request);
            at += taken;
            (*requests)++;
        }
        free((void *)exact.p);
    } while (read == NETSTRING_WHOLE);
    struct span rest = exact_copy((struct span){ in + at, *n - at });
    memcpy(in, rest.p, rest.n);
    free((void *)rest.p);
    *n -= at;
    if (read == NETSTRING_PART && *n == IN_MAX)
        give_up("a part that fills the buffer", (struct span){ in, *n });
    return read == NETSTRING_PART;
}

/* How many requests it was taken for. */
static size_t feed(const struct engine *e, struct span input, size_t piece)
{
    char in[IN_MAX];
    size_t n = 0, requests = 0;
    while (input.n > 0) {
        size_t some = input.n < piece ? input.n : piece;
        if (some > IN_MAX - n)
            some = IN_MAX - n;
        memcpy(in + n, input.p, some);
        n += some;
        input = span_from(input, some);
        if (!take_whole(e, in, &n, &requests))
            break;
    }
    return requests;
}

void map_target_run(const struct engine *e, struct span input)
{
    if (input.n == 0)
        return;
    size_t piece = (size_t)(unsigned char)input.p[0] + 1;
    input = span_from(input, 1);
    if (feed(e, input, piece) != feed(e, input, IN_MAX))
        give_up("in pieces it is another one", input);
}
