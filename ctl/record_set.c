#include "ctl/record_set.h"

#include "base/count.h"

/* Fields of events that name a record. */
struct naming {
    const char *field;
    enum record_kind kind;
    bool whole; /* the value is the key itself */
};

static const struct naming decided[] = { { "rcpt", RECORD_USER, false },
                                         { "alias-of", RECORD_USER, false },
                                         { "key", RECORD_USER, true } };
static const struct naming changed[] = { { "rcpt", RECORD_USER, false },
                                         { "group", RECORD_GROUP, false },
                                         { "domain", RECORD_DOMAIN, false } };

bool record_set_init(struct record_set *s, const char *prefix)
{
    *s = (struct record_set){ .prefix = prefix };
    return seen_init(&s->keys);
}

void record_set_free(struct record_set *s)
{
    seen_free(&s->keys);
}

/* The key that the event names by this; absent where it names none. */
static struct span key_of(const struct record_set *s, const struct event *e, const struct naming *n,
                          struct buf *room)
{
    struct span value = event_get(e, n->field);
    if (!span_present(value) || n->whole)
        return value;
    buf_clear(room);
    return record_key(span_of(s->prefix), n->kind, value, room) ? buf_span(room) : SPAN_ABSENT;
}

static void add(struct record_set *s, const struct event *e, const struct naming *n, size_t names)
{
    struct buf room;
    buf_init(&room, RECORD_KEY_MAX);
    for (size_t i = 0; i < names; i++) {
        bool before;
        struct span key = key_of(s, e, &n[i], &room);
        if (span_present(key) && !seen_add(&s->keys, key, &before))
            s->failed = true;
    }
    buf_free(&room);
}

static bool has(const struct record_set *s, const struct event *e, const struct naming *n,
                size_t names)
{
    struct buf room;
    bool found = false;
    buf_init(&room, RECORD_KEY_MAX);
    for (size_t i = 0; i < names && !found; i++) {
        struct span key = key_of(s, e, &n[i], &room);
        found = span_present(key) && seen_has(&s->keys, key);
    }
    buf_free(&room);
    return found;
}

void record_set_add_decided(struct record_set *s, const struct event *e)
{
    add(s, e, decided, COUNT_OF(decided));
}

bool record_set_has_decided(const struct record_set *s, const struct event *e)
{
    return has(s, e, decided, COUNT_OF(decided));
}

void record_set_add_changed(struct record_set *s, const struct event *e)
{
    add(s, e, changed, COUNT_OF(changed));
}

bool record_set_has_changed(const struct record_set *s, const struct event *e)
{
    return has(s, e, changed, COUNT_OF(changed));
}
