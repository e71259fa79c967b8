#include "ctl/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/count.h"
#include "core/decision.h"
#include "ctl/json.h"

#define MS_PER_S 1000
#define TIME_MS_MAX INT64_C(253402300799999) /* the last of the year 9999 */
#define ID_TEXT_MAX sizeof("18446744073709551615-18446744073709551615")
#define YEAR_BASE 1900

bool event_id_parse(struct span text, struct event_id *out)
{
    size_t dash = span_find(text, '-');
    struct event_id id;
    if (dash == text.n || !span_number((struct span){ text.p, dash }, &id.ms) ||
        !span_number(span_from(text, dash + 1), &id.seq))
        return false;
    *out = id;
    return true;
}

int event_id_compare(struct event_id a, struct event_id b)
{
    if (a.ms != b.ms)
        return a.ms < b.ms ? -1 : 1;
    return a.seq == b.seq ? 0 : a.seq < b.seq ? -1 : 1;
}

static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~')
            return false;
    return name.n > 0 && name.n <= EVENT_NAME_MAX;
}

static void take_field(struct event *e, struct span name, struct span value)
{
    if (e->fields == EVENT_FIELDS_MAX || !is_name(name))
        return;
    if (value.n > EVENT_VALUE_MAX)
        value.n = EVENT_VALUE_MAX;
    e->field[e->fields++] = (struct event_field){ name, value };
}

static bool is_time(uint64_t ms)
{
    return ms > 0 && ms <= TIME_MS_MAX;
}

/* The node's clock says when it decided; the stream's, when it was written, which may be after an
 * outage. */
static int64_t time_of(const struct event *e)
{
    uint64_t told;
    if (span_number(event_get(e, "t"), &told) && is_time(told))
        return (int64_t)told;
    return is_time(e->id.ms) ? (int64_t)e->id.ms : 0;
}

bool event_read(const struct redis_reply *entry, struct event *out)
{
    const struct redis_reply *fields = redis_reply_item(entry, 1);
    *out = (struct event){ .fields = 0 };
    if (redis_reply_items(entry) != 2 || redis_reply_kind(fields) != REDIS_LIST ||
        !event_id_parse(redis_reply_text(redis_reply_item(entry, 0)), &out->id))
        return false;
    for (size_t i = 0; i + 1 < redis_reply_items(fields); i += 2)
        take_field(out, redis_reply_text(redis_reply_item(fields, i)),
                   redis_reply_text(redis_reply_item(fields, i + 1)));
    out->ms = time_of(out);
    return true;
}

static char *copy_span(char *to, struct span *s)
{
    if (s->n > 0)
        memcpy(to, s->p, s->n);
    s->p = to;
    return to + s->n;
}

/* The texts stand behind the event, in one block. */
struct event *event_copy(const struct event *e)
{
    size_t octets = 0;
    for (size_t i = 0; i < e->fields; i++)
        octets += e->field[i].name.n + e->field[i].value.n;
    struct event *made = malloc(sizeof(*made) + octets);
    if (!made)
        return NULL;
    *made = *e;
    char *to = (char *)(made + 1);
    for (size_t i = 0; i < made->fields; i++) {
        to = copy_span(to, &made->field[i].name);
        to = copy_span(to, &made->field[i].value);
    }
    return made;
}

struct span event_get(const struct event *e, const char *name)
{
    for (size_t i = 0; i < e->fields; i++)
        if (span_eq(e->field[i].name, span_of(name)))
            return e->field[i].value;
    return SPAN_ABSENT;
}

bool event_is(const struct event *e, const char *name, const char *value)
{
    struct span found = event_get(e, name);
    return span_present(found) && span_eq(found, span_of(value));
}

bool event_is_decision(const struct event *e)
{
    return event_is(e, "event", "decide");
}

bool event_is_change(const struct event *e)
{
    return span_present(event_get(e, "event")) && !event_is_decision(e);
}

bool event_is_acted_on(const struct event *e)
{
    static const enum reason reasons[] = { REASON_CONFLICT, REASON_LOOP, REASON_HOPS,
                                           REASON_BREAKER };
    for (size_t i = 0; i < COUNT_OF(reasons); i++)
        if (event_is(e, "reason", reason_name(reasons[i])))
            return event_is_decision(e);
    return false;
}

bool event_is_trouble(const struct event *e)
{
    struct span loop = event_get(e, "loop");
    return event_is_acted_on(e) || (event_is_decision(e) && span_present(loop) &&
                                    !span_eq(loop, span_of(loop_verdict_name(LOOP_NONE))));
}

const char *event_time(int64_t ms, char out[EVENT_TIME_MAX])
{
    struct tm tm;
    time_t seconds = (time_t)(ms / MS_PER_S);
    if (ms <= 0 || ms > TIME_MS_MAX || !gmtime_r(&seconds, &tm))
        return memcpy(out, "?", sizeof("?"));
    snprintf(out, EVENT_TIME_MAX, "%04u-%02u-%02u %02u:%02u:%02u.%03u",
             (unsigned)(tm.tm_year + YEAR_BASE) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
             (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
             (unsigned)tm.tm_sec % 100, (unsigned)(ms % MS_PER_S));
    return out;
}

json_t *event_time_json(int64_t ms)
{
    char text[EVENT_TIME_MAX], rfc[EVENT_TIME_MAX + 1];
    event_time(ms, text);
    if (text[0] == '?')
        return json_null();
    text[strcspn(text, " ")] = 'T';
    snprintf(rfc, sizeof(rfc), "%sZ", text);
    return json_text(rfc);
}

/* Of two fields of one name the first counts, as for event_get(). */
static bool add_field(json_t *root, const struct event_field *f)
{
    char name[EVENT_NAME_MAX + 1];
    memcpy(name, f->name.p, f->name.n);
    name[f->name.n] = '\0';
    if (strcmp(name, "t") == 0 || json_object_get(root, name))
        return true;
    return json_object_set_new(root, name, json_span(f->value)) == 0;
}

json_t *event_json(const struct event *e)
{
    char id[ID_TEXT_MAX];
    json_t *root = json_object();
    snprintf(id, sizeof(id), "%llu-%llu", (unsigned long long)e->id.ms,
             (unsigned long long)e->id.seq);
    bool good = root && json_object_set_new(root, "id", json_text(id)) == 0 &&
                json_object_set_new(root, "time", event_time_json(e->ms)) == 0;
    for (size_t i = 0; good && i < e->fields; i++)
        good = add_field(root, &e->field[i]);
    if (good)
        return root;
    json_decref(root);
    return NULL;
}
