#include <stdio.h>
#include <stdlib.h>

#include "ctl/doctor.h"
#include "ctl/event.h"
#include "ctl/skew.h"
#include "sys/clock.h"

#define EVENTS_READ "1000"
#define SKEW_WARN_MS 2000
#define SECOND_MS 1000
#define MS_US 1000

static void tell_skew(struct doctor *d, const char *id, const char *whose, int64_t ahead)
{
    int64_t apart = ahead < 0 ? -ahead : ahead;
    finding_begin(&d->found, SEVERITY_WARNING, id);
    finding_what(&d->found, "the clock of %s is %lld.%03lld s %s that of Redis", whose,
                 (long long)(apart / SECOND_MS), (long long)(apart % SECOND_MS),
                 ahead < 0 ? "behind" : "ahead of");
    finding_causes(&d->found, "traces are dated wrong, breakers end at another time on each node, "
                              "and `coexistctl trace` puts events in the wrong order");
    finding_mend(&d->found, "timedatectl set-ntp true, on both hosts");
}

/* Redis's own time, between two looks at ours: within half of what passes between these. */
static bool check_host(struct doctor *d)
{
    uint64_t s, us;
    int64_t before = clock_utc_ms();
    struct redis_reply *time = LINK_ASK(d->link, "TIME");
    int64_t after = clock_utc_ms();
    bool read = span_number(redis_reply_text(redis_reply_item(time, 0)), &s) &&
                span_number(redis_reply_text(redis_reply_item(time, 1)), &us) &&
                s < INT64_MAX / SECOND_MS / 2;
    redis_reply_free(time);
    if (!read) {
        doctor_unseen(d, "clock-unseen", "this host's clock by that of Redis", "+time");
        return false;
    }
    int64_t ahead = before + (after - before) / 2 - (int64_t)(s * SECOND_MS + us / MS_US);
    if (llabs(ahead) <= SKEW_WARN_MS + (after - before))
        return true;
    tell_skew(d, "clock-host", "this host", ahead);
    return false;
}

static void add_event(struct skew *s, const struct redis_reply *entry)
{
    struct event e;
    uint64_t t = 0;
    if (!event_read(entry, &e) || !event_is_decision(&e))
        return;
    bool told = span_number(event_get(&e, "t"), &t) && t <= INT64_MAX;
    skew_add(s, event_get(&e, "node"), e.id.ms, told, (int64_t)t);
}

static bool read_events(struct doctor *d, struct skew *s)
{
    char key[RECORD_KEY_MAX];
    snprintf(key, sizeof(key), "%sevents", d->config->prefix);
    struct redis_reply *last = LINK_ASK(d->link, "XREVRANGE", key, "+", "-", "COUNT", EVENTS_READ);
    for (size_t i = 0; i < redis_reply_items(last); i++)
        add_event(s, redis_reply_item(last, i));
    bool good = last;
    redis_reply_free(last);
    return good;
}

static bool check_nodes(struct doctor *d, const struct skew *s)
{
    bool good = true;
    for (size_t i = 0; i < s->nodes; i++) {
        const struct skew_node *n = &s->node[i];
        if (n->told == 0 || llabs(n->least) <= SKEW_WARN_MS)
            continue;
        /* What is late may have waited for Redis: only with several is it the clock. */
        if (n->least > 0 && n->told < 3)
            continue;
        tell_skew(d, "clock-node", n->name, -n->least);
        good = false;
    }
    return good;
}

static bool check_names(struct doctor *d, const struct skew *s)
{
    bool good = true;
    for (size_t i = 0; i < s->nodes; i++) {
        for (size_t k = i + 1; k < s->nodes; k++) {
            if (!skew_names_alike(s->node[i].name, s->node[k].name))
                continue;
            good = false;
            finding_begin(&d->found, SEVERITY_WARNING, "node-names");
            finding_what(&d->found, "events come from %s and from %s: one node under two names?",
                         s->node[i].name, s->node[k].name);
            finding_causes(&d->found, "its own traces of before read as another node's");
            finding_mend(&d->found, "set `name` to the full name of the host, and keep it");
        }
    }
    return good;
}

void doctor_clocks(struct doctor *d)
{
    struct skew *s = calloc(1, sizeof(*s));
    d->found.area = AREA_CLOCKS;
    if (!s) {
        d->found.failed = true;
        return;
    }
    bool good = check_host(d);
    bool read = read_events(d, s);
    good = check_nodes(d, s) && good;
    good = check_names(d, s) && good;
    if (good && read)
        finding_ok(&d->found, "this host and %zu node%s in the last events go by the same time",
                   s->nodes, s->nodes == 1 ? "" : "s");
    else if (good)
        finding_ok(&d->found, "this host goes by the time of Redis");
    free(s);
}
