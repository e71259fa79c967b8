#include "ctl/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/seen.h"
#include "ctl/stored.h"

#define CURSOR_MAX 32
#define PATTERN_MAX 256

struct scan {
    struct link *link;
    const char *prefix;
    enum record_kind kind;
    bool (*visit)(void *arg, const struct scanned *r);
    void *arg;
    struct seen seen;
    char cursor[CURSOR_MAX];
    bool ended; /* by visit */
};

static bool out_of_memory(struct scan *s)
{
    link_fail(s->link, "out of memory");
    return false;
}

/* Shows one answer to HGETALL. A record that has gone since its name came up is none. */
static bool show(struct scan *s, struct span name, const struct redis_reply *reply)
{
    struct stored stored;
    if (!stored_read(s->kind, reply, &stored)) {
        link_refuse(s->link, reply, "HGETALL");
        return false;
    }
    const enum record_name named = record_name_judge(s->kind, name);
    const struct scanned r = {
        .kind = s->kind,
        .name = name,
        .field = stored.field,
        .fields = stored.fields,
        .named = named,
        .good = stored.good && named == RECORD_NAME_GOOD,
        .record = &stored.record,
        .fault = named == RECORD_NAME_GOOD ? stored.fault : record_name_fault(named),
    };
    if (stored.there && !s->ended)
        s->ended = !s->visit(s->arg, &r);
    return true;
}

/* Whether a key of the page is a record's that has not come up before. */
static bool is_fresh(struct scan *s, struct span key, struct span *name, bool *fresh)
{
    enum record_kind kind;
    bool before = false;
    *fresh = record_of_key(span_of(s->prefix), key, &kind, name) && kind == s->kind;
    if (*fresh && !seen_add(&s->seen, *name, &before))
        return out_of_memory(s);
    *fresh = *fresh && !before;
    return true;
}

static bool read_some(struct scan *s, const struct redis_reply *keys, size_t first, size_t end)
{
    struct span name[SCAN_PAGE];
    size_t n = 0;
    for (size_t i = first; i < end; i++) {
        struct span key = redis_reply_text(redis_reply_item(keys, i));
        bool fresh;
        if (!is_fresh(s, key, &name[n], &fresh))
            return false;
        const struct span word[] = { SPAN_LIT("HGETALL"), key };
        if (!fresh)
            continue;
        link_add(s->link, word, 2);
        n++;
    }
    bool good = n == 0 || link_send(s->link);
    for (size_t i = 0; good && i < n; i++) {
        struct redis_reply *reply = link_next(s->link);
        good = reply && show(s, name[i], reply);
        redis_reply_free(reply);
    }
    return good;
}

static bool read_page(struct scan *s, const struct redis_reply *page)
{
    struct span cursor = redis_reply_text(redis_reply_item(page, 0));
    const struct redis_reply *keys = redis_reply_item(page, 1);
    size_t n = redis_reply_items(keys);
    if (cursor.n == 0 || cursor.n >= CURSOR_MAX || redis_reply_kind(keys) != REDIS_LIST) {
        link_refuse(s->link, page, "SCAN");
        return false;
    }
    memcpy(s->cursor, cursor.p, cursor.n);
    s->cursor[cursor.n] = '\0';
    for (size_t i = 0; i < n && !s->ended; i += SCAN_PAGE)
        if (!read_some(s, keys, i, i + SCAN_PAGE < n ? i + SCAN_PAGE : n))
            return false;
    return true;
}

/* The prefix is anybody's choice, and may hold what a pattern reads as its own. */
static bool write_pattern(const struct scan *s, struct buf *out)
{
    for (const char *p = s->prefix; *p; p++) {
        if (strchr("*?[]\\", *p))
            buf_addc(out, '\\');
        buf_addc(out, *p);
    }
    buf_addf(out, "%s:*", stored_kind_name(s->kind));
    return buf_ok(out);
}

static bool scan_pages(struct scan *s, const char *pattern)
{
    char count[16];
    snprintf(count, sizeof(count), "%d", SCAN_PAGE);
    do {
        struct redis_reply *page =
            LINK_ASK(s->link, "SCAN", s->cursor, "MATCH", pattern, "COUNT", count);
        bool good = page && read_page(s, page);
        redis_reply_free(page);
        if (!good)
            return false;
    } while (!s->ended && strcmp(s->cursor, "0") != 0);
    return true;
}

enum status scan_records(struct link *l, const char *prefix, enum record_kind kind,
                         bool (*visit)(void *arg, const struct scanned *r), void *arg)
{
    struct scan s = {
        .link = l, .prefix = prefix, .kind = kind, .visit = visit, .arg = arg, .cursor = "0"
    };
    struct buf pattern;
    buf_init(&pattern, PATTERN_MAX);
    bool good = seen_init(&s.seen) && write_pattern(&s, &pattern);
    if (!good)
        out_of_memory(&s);
    good = good && scan_pages(&s, buf_text(&pattern));
    buf_free(&pattern);
    seen_free(&s.seen);
    return good ? STATUS_YES : STATUS_UNAVAILABLE;
}

struct one {
    bool (*visit)(void *arg, const struct scanned *r);
    void *arg;
    bool found;
};

static bool note_found(void *arg, const struct scanned *r)
{
    struct one *o = arg;
    o->found = true;
    return o->visit(o->arg, r);
}

enum status scan_one(struct link *l, const char *prefix, enum record_kind kind, struct span name,
                     bool (*visit)(void *arg, const struct scanned *r), void *arg)
{
    struct one one = { visit, arg, false };
    struct scan s = { .link = l, .prefix = prefix, .kind = kind, .visit = note_found, .arg = &one };
    char *key = stored_key(prefix, kind, name);
    const struct span word[] = { SPAN_LIT("HGETALL"), span_of(key) };
    struct redis_reply *reply = NULL;
    if (!key)
        return STATUS_NO;
    reply = link_call(l, word, 2);
    bool good = reply && show(&s, name, reply);
    redis_reply_free(reply);
    free(key);
    if (!good)
        return STATUS_UNAVAILABLE;
    return one.found ? STATUS_YES : STATUS_NO;
}
