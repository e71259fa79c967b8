#include "tests/support/engine_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/setup.h"
#include "state/failing_store.h"
#include "state/memory_journal.h"
#include "state/memory_store.h"
#include "sys/log.h"
#include "tests/support/redis_server.h"
#include "tests/support/unit.h"

#define LOG_TEXT_MAX 10000000
#define NOW 1700000000

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void take_line(enum log_level level, const char *line, void *arg)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    struct engine_fixture *f = arg;
    buf_addf(&f->log, "%s %s\n", names[level], line);
    ck_assert(buf_ok(&f->log));
}

#define NETWORKS "\"192.0.2.0/24\""
#define GATEWAY "gateway { hosts = { \"g.example.net\" } }"

static void open_with(struct engine_fixture *f, const char *networks, const char *gateway,
                      const char *options)
{
    char path[96], keys[96], error[ENGINE_ERROR_MAX] = "";
    struct buf text;
    *f = (struct engine_fixture){ 0 };
    f->guard_pid = temporary_folder(f->folder, &f->guard);
    snprintf(path, sizeof(path), "%s/conf", f->folder);
    snprintf(keys, sizeof(keys), "%s/keys", f->folder);
    buf_init(&f->log, LOG_TEXT_MAX);
    buf_init(&text, 8192);
    buf_addf(
        &text,
        "name = \"s.example.net\" state = \"memory:\" keys = \"%s\"\n%s\n"
        "system primary { hosts = { \"p.example.net\" } networks = { %s }\n"
        "    identify = \"" FIXTURE_PROOF "\" }\n"
        "system secondary { hosts = { \"s.example.net\" } networks = { \"198.51.100.0/24\" } }\n"
        "%s\n"
        "domain \"example.com\" { route = \"%%u@%%d.peer.invalid\" }\n"
        "domain \"watched.example\" { route = \"%%u@%%d.peer.invalid\" mode = observe }\n",
        keys, options, networks, gateway);
    ck_assert(buf_ok(&text));
    write_file(path, buf_text(&text));
    write_file(keys, FIXTURE_KEYS);
    f->engine = setup_load(path, SETUP_RELOAD, NULL, error);
    ck_assert_msg(f->engine != NULL, "%s", error);
    buf_free(&text);
    log_open_sink(take_line, f, LOG_LEVEL_DEBUG);
}

void engine_fixture_open(struct engine_fixture *f, const char *options)
{
    open_with(f, NETWORKS, GATEWAY, options);
}

void engine_fixture_open_direct(struct engine_fixture *f, const char *options)
{
    open_with(f, NETWORKS, "", options);
}

void engine_fixture_open_hidden(struct engine_fixture *f, const char *options)
{
    open_with(f, "", GATEWAY, options);
}

void engine_fixture_close(struct engine_fixture *f)
{
    engine_unref(f->engine);
    buf_free(&f->log);
    fixture_text(NULL);
    close(f->guard);
    waitpid(f->guard_pid, NULL, 0);
}

/* The engine of an open fixture has no message under way: its state can be exchanged. */
static void fixture_backend(struct engine_fixture *f, struct store *store, struct journal *journal)
{
    struct backend *b = backend_of(store, journal);
    ck_assert_ptr_nonnull(b);
    backend_unref(f->engine->backend);
    f->engine->backend = b;
    f->engine->store = b->store;
    f->engine->journal = b->journal;
}

void engine_fixture_lose_state(struct engine_fixture *f)
{
    fixture_backend(f, failing_store_new(STORE_UNAVAILABLE, "no connection"), NULL);
}

void engine_fixture_journal(struct engine_fixture *f, unsigned breaker_limit)
{
    struct journal *j = memory_journal_new(breaker_limit);
    ck_assert_ptr_nonnull(j);
    fixture_backend(f, memory_store_new(), j);
}

void engine_fixture_user(struct engine_fixture *f, const char *user, const char *field,
                         const char *value)
{
    ck_assert(memory_store_set(f->engine->store, RECORD_USER, user, field, value));
}

struct message *fixture_message(struct engine_fixture *f, const char *who, const char *sender)
{
    static const struct {
        const char *who, *ip;
    } clients[] = { { "peer", "192.0.2.1" },
                    { "external", "203.0.113.1" },
                    { "local", "198.51.100.1" },
                    { "sendmail", "127.0.0.1" },
                    { "authenticated", "203.0.113.9" } };
    struct client c = { .smtp = strcmp(who, "sendmail") != 0,
                        .has_ip = true,
                        .authenticated = strcmp(who, "authenticated") == 0 };
    size_t i = 0;
    while (strcmp(clients[i].who, who) != 0)
        ck_assert_uint_lt(++i, COUNT_OF(clients));
    ck_assert(ip_parse(span_of(clients[i].ip), &c.ip));
    struct span from = unit_exact(span_of(sender));
    struct message *m = message_new(f->engine, &c, from);
    ck_assert_ptr_nonnull(m);
    free((void *)from.p);
    return m;
}

int fixture_rcpt(struct message *m, const char *recipient)
{
    struct reply reply;
    struct span text = unit_exact(span_of(recipient));
    message_recipient(m, text, SPAN_LIT(""), "QUEUEID", &reply);
    free((void *)text.p);
    return reply.code;
}

/* The next field off *rest, without its last newline. */
static struct span take_field(struct span *rest)
{
    size_t n = 0;
    do
        n += span_find(span_from(*rest, n), '\n') + 1;
    while (n < rest->n && (rest->p[n] == ' ' || rest->p[n] == '\t'));
    struct span field = { rest->p, n - 1 };
    *rest = span_from(*rest, n);
    return field;
}

void fixture_header(struct message *m, const char *fields)
{
    struct span rest = span_of(fields);
    while (rest.n > 0) {
        struct span field = take_field(&rest);
        size_t colon = span_find(field, ':');
        ck_assert_msg(colon < field.n, "'%.*s'", SPAN_ARG(field));
        struct span name = unit_exact((struct span){ field.p, colon });
        struct span value = span_from(field, colon + 1);
        value = unit_exact(span_from(value, value.n > 0 && value.p[0] == ' '));
        message_header(m, name, value);
        free((void *)name.p);
        free((void *)value.p);
    }
}

void fixture_end(struct message *m, struct verdict *v)
{
    message_end(m, "QUEUEID", NOW, v);
}

void fixture_pass(struct engine_fixture *f, const char *who, const char *sender,
                  const char *recipients, const char *header, struct verdict *v)
{
    struct message *m = fixture_message(f, who, sender);
    struct span rest = span_of(recipients), one;
    while (span_split(&rest, ' ', &one)) {
        char rcpt[200];
        const char *domain = span_find(one, '@') < one.n ? "" : "@example.com";
        snprintf(rcpt, sizeof(rcpt), "<%.*s%s>", SPAN_ARG(one), domain);
        ck_assert_int_eq(fixture_rcpt(m, rcpt), 0);
    }
    fixture_header(m, header);
    fixture_end(m, v);
    ck_assert(!v->failed);
    if (!f->edits_fail)
        message_done(m, "QUEUEID");
    message_free(m);
}

static void write_edit(const struct edit *e, struct buf *out)
{
    switch (e->kind) {
    case EDIT_ADD_RECIPIENT:
        buf_addf(out, "add %s %s\n", e->name, e->value);
        break;
    case EDIT_DELETE_RECIPIENT:
        buf_addf(out, "delete %s\n", e->name);
        break;
    case EDIT_DELETE_HEADER:
        buf_addf(out, "remove %s %u\n", e->name, e->index);
        break;
    case EDIT_INSERT_HEADER:
        buf_addf(out, "insert %s", e->name);
        if (strcmp(e->name, "X-Coexist-Trace") != 0)
            buf_addf(out, ": %s", e->value);
        buf_addc(out, '\n');
        break;
    case EDIT_HOLD:
        buf_addf(out, "hold %s\n", e->value);
        break;
    }
}

/* NULL frees the text. */
const char *fixture_text(const struct verdict *v)
{
    static struct buf text = { .limit = 4000000 };
    if (!v) {
        buf_free(&text);
        return NULL;
    }
    buf_clear(&text);
    if (v->reply.code)
        buf_addf(&text, "%d %s\n", v->reply.code, v->reply.status);
    else
        for (size_t i = 0; i < v->edits; i++)
            write_edit(&v->edit[i], &text);
    ck_assert(buf_ok(&text));
    return buf_text(&text);
}

const char *fixture_inserted(const struct verdict *v, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < v->edits; i++) {
        if (v->edit[i].kind != EDIT_INSERT_HEADER || strcmp(v->edit[i].name, name) != 0)
            continue;
        ck_assert_msg(!value, "%s is inserted twice", name);
        value = v->edit[i].value;
    }
    return value;
}
