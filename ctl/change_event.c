#include "ctl/change_event.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 32
#define TEXT_MAX 2048
#define NUMBER_MAX 24
#define MS_PER_S 1000
#define NS_PER_MS 1000000

/* The words of one XADD. */
struct xadd {
    struct span word[WORDS_MAX];
    size_t n;
    struct buf key, who, change;
    char max[NUMBER_MAX], time[NUMBER_MAX], count[NUMBER_MAX];
};

static void add(struct xadd *x, const char *name, struct span value)
{
    x->word[x->n++] = span_of(name);
    x->word[x->n++] = value;
}

static void write_who(struct buf *who)
{
    struct passwd entry, *found = NULL;
    char buffer[TEXT_MAX];
    const char *sudo = getenv("SUDO_USER");
    if (getpwuid_r(geteuid(), &entry, buffer, sizeof(buffer), &found) == 0 && found)
        buf_adds(who, found->pw_name);
    else
        buf_addf(who, "%u", (unsigned)geteuid());
    if (sudo && sudo[0])
        buf_addf(who, " (%s)", sudo);
}

static void begin(struct xadd *x, const struct change_run *run)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    buf_init(&x->key, RECORD_KEY_MAX);
    buf_init(&x->who, TEXT_MAX);
    buf_init(&x->change, (size_t)TEXT_MAX * CHANGE_FIELDS_MAX);
    buf_addf(&x->key, "%sevents", run->config->prefix);
    write_who(&x->who);
    snprintf(x->max, sizeof(x->max), "%u", run->config->events_max);
    snprintf(x->time, sizeof(x->time), "%lld",
             (long long)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS);
    x->n = 0;
    x->word[x->n++] = SPAN_LIT("XADD");
    x->word[x->n++] = buf_span(&x->key);
    x->word[x->n++] = SPAN_LIT("MAXLEN");
    x->word[x->n++] = SPAN_LIT("~");
    x->word[x->n++] = span_of(x->max);
    x->word[x->n++] = SPAN_LIT("*");
    add(x, "event", span_of(run->event));
    add(x, "t", span_of(x->time));
    add(x, "node", span_of(run->config->name));
    add(x, "by", buf_span(&x->who));
}

static bool end(struct xadd *x, struct link *l)
{
    bool good = buf_ok(&x->key) && buf_ok(&x->who) && buf_ok(&x->change);
    if (good)
        link_add(l, x->word, x->n);
    buf_free(&x->key);
    buf_free(&x->who);
    buf_free(&x->change);
    return good;
}

static void add_record(struct xadd *x, const struct change *c)
{
    static const char *const names[] = { "rcpt", "group", "domain" };
    add(x, names[c->kind], span_of(c->name));
    if (change_names(c, "home")) {
        const char *home = change_value(c, "home");
        add(x, "home", span_of(home ? home : ""));
        add(x, "was", span_of(c->was == HOME_UNSET ? "" : home_name(c->was)));
    }
    for (size_t i = 0; i < c->fields; i++)
        buf_addf(&x->change, "%s%s=%s", i ? " " : "", c->field[i].name,
                 c->field[i].value ? c->field[i].value : "");
    if (c->effect == CHANGE_REMOVES)
        buf_adds(&x->change, c->fields ? " (removed)" : "removed");
    add(x, "change", buf_span(&x->change));
}

bool change_event_add(const struct change_run *run, const struct change *c)
{
    struct xadd x;
    if (run->config->events_max == 0)
        return true;
    begin(&x, run);
    add_record(&x, c);
    return end(&x, run->link);
}

bool change_event_sum(const struct change_run *run)
{
    struct xadd x;
    if (run->config->events_max == 0)
        return true;
    begin(&x, run);
    snprintf(x.count, sizeof(x.count), "%zu", run->done);
    add(&x, "count", span_of(x.count));
    if (!end(&x, run->link)) {
        link_fail(run->link, "out of memory");
        return false;
    }
    struct redis_reply *reply = link_send(run->link) ? link_next_good(run->link) : NULL;
    redis_reply_free(reply);
    return reply;
}
