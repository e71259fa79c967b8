#include "ctl/session.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/setup.h"

#define TOLD_MAX 2048

void session_init(struct session *s, FILE *to)
{
    const char *state = getenv(SESSION_STATE_VARIABLE);
    *s = (struct session){ .config_file = SESSION_CONFIG_FILE };
    s->state = state && state[0] ? state : NULL;
    out_init(&s->out, to, COLOUR_AUTO);
}

void session_free(struct session *s)
{
    link_free(s->link);
    config_free(s->config);
    *s = (struct session){ 0 };
}

enum status session_fail(const struct session *s, enum status status, const char *format, ...)
{
    char text[TOLD_MAX];
    struct out err;
    va_list args;
    (void)s;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    out_init(&err, stderr, COLOUR_NEVER);
    fflush(stdout);
    fputs("coexistctl: ", stderr);
    out_foreign(&err, span_of(text));
    fputc('\n', stderr);
    return status;
}

enum status session_unmade(const struct session *s)
{
    return ferror(s->out.to) ? STATUS_NO
                             : session_fail(s, STATUS_NO, "the answer could not be made");
}

const struct config *session_config(struct session *s)
{
    char error[CONFIG_ERROR_MAX];
    if (s->config || s->config_bad)
        return s->config;
    s->config = config_load(s->config_file, setup_checks(), error);
    s->config_bad = !s->config;
    if (s->config_bad)
        session_fail(s, STATUS_USAGE, "%s", error);
    return s->config;
}

struct keyring *session_keys(struct session *s)
{
    char error[ENGINE_ERROR_MAX];
    const struct config *c = session_config(s);
    struct keyring *k = c ? setup_keys(c, SETUP_TEST, error) : NULL;
    if (c && !k)
        session_fail(s, STATUS_USAGE, "%s", error);
    return k;
}

const char *session_state(const struct session *s)
{
    return s->state ? s->state : s->config->state;
}

struct link *session_link(struct session *s, enum status *why)
{
    char error[RECORD_FAULT_MAX];
    const struct config *c = session_config(s);
    *why = STATUS_USAGE;
    if (!c)
        return NULL;
    if (!s->link && !(s->link = link_new(c, session_state(s), error))) {
        session_fail(s, STATUS_USAGE, "%s: %s", s->state ? "--state" : c->file, error);
        return NULL;
    }
    if (link_connect(s->link))
        return s->link;
    *why = session_lost(s);
    return NULL;
}

enum status session_lost(const struct session *s)
{
    return session_fail(s, STATUS_UNAVAILABLE, "%s: %s", link_server(s->link), link_why(s->link));
}
