#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "ctl/doctor.h"
#include "ctl/scan.h"
#include "state/record.h"

/* What else is below the prefix: keys that nobody reads, and keys of the filter's that hold what
 * they must not. The records themselves are for doctor_records(). */

#define CURSOR_MAX 32
#define PATTERN_MAX 256

static const struct kind {
    const char *name; /* behind the prefix */
    bool whole;       /* it is the key; else it begins with that */
    const char *type; /* as TYPE says; NULL: doctor_records() looks */
} kinds[] = {
    { "user:", false, NULL },        { "group:", false, NULL },      { "domain:", false, NULL },
    { "events", true, "stream" },    { "ledger:", false, "string" }, { "breaker", true, "zset" },
    { "strikes:", false, "string" },
};

/* The kind of a key; NULL for none that is known. */
static const struct kind *kind_of(const char *prefix, struct span key)
{
    struct span name = span_from(key, strlen(prefix));
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct span known = span_of(kinds[i].name);
        struct span head = { name.p, name.n < known.n ? name.n : known.n };
        if (span_eq(head, known) && (!kinds[i].whole || name.n == known.n))
            return &kinds[i];
    }
    return NULL;
}

static void tell_unknown(struct doctor *d, struct span key)
{
    finding_begin(&d->found, SEVERITY_WARNING, "key-unknown");
    finding_what(&d->found, "%.*s is no key that the filter reads", SPAN_ARG(key));
    finding_causes(&d->found, "what it says has no effect; was a name mistyped?");
    finding_mend_key(&d->found, key, "");
}

static void check_type(struct doctor *d, struct span key, const struct kind *k, struct span type)
{
    if (!span_present(type) || span_eq(type, SPAN_LIT("none")) || span_eq(type, span_of(k->type)))
        return;
    finding_begin(&d->found, SEVERITY_FAULT, "key-type");
    finding_what(&d->found, "%.*s is a %.*s and must be a %s", SPAN_ARG(key), SPAN_ARG(type),
                 k->type);
    finding_causes(&d->found, "the filter can neither read nor write it");
    finding_mend_key(&d->found, key, "");
}

/* One exchange asks for the types of the keys that must have one. */
static bool check_some(struct doctor *d, const struct redis_reply *keys, size_t first, size_t end)
{
    size_t asked = 0;
    for (size_t i = first; i < end; i++) {
        struct span key = redis_reply_text(redis_reply_item(keys, i));
        const struct kind *k = kind_of(d->config->prefix, key);
        const struct span word[] = { SPAN_LIT("TYPE"), key };
        if (!k)
            tell_unknown(d, key);
        if (!k || !k->type)
            continue;
        link_add(d->link, word, COUNT_OF(word));
        asked++;
    }
    bool good = asked == 0 || link_send(d->link);
    for (size_t i = first; good && i < end; i++) {
        struct span key = redis_reply_text(redis_reply_item(keys, i));
        const struct kind *k = kind_of(d->config->prefix, key);
        if (!k || !k->type)
            continue;
        struct redis_reply *type = link_next(d->link);
        good = type;
        if (redis_reply_kind(type) == REDIS_TEXT)
            check_type(d, key, k, redis_reply_text(type));
        redis_reply_free(type);
    }
    return good;
}

static bool check_page(struct doctor *d, const struct redis_reply *page, char cursor[CURSOR_MAX])
{
    struct span next = redis_reply_text(redis_reply_item(page, 0));
    const struct redis_reply *keys = redis_reply_item(page, 1);
    size_t n = redis_reply_items(keys);
    bool good = next.n > 0 && next.n < CURSOR_MAX;
    snprintf(cursor, CURSOR_MAX, "%.*s", SPAN_ARG(next));
    for (size_t i = 0; good && i < n; i += SCAN_PAGE)
        good = check_some(d, keys, i, i + SCAN_PAGE < n ? i + SCAN_PAGE : n);
    return good;
}

static void write_pattern(const char *prefix, struct buf *out)
{
    for (; *prefix; prefix++) {
        if (strchr("*?[]\\", *prefix))
            buf_addc(out, '\\');
        buf_addc(out, *prefix);
    }
    buf_addc(out, '*');
}

static bool check_all(struct doctor *d, const char *pattern)
{
    char cursor[CURSOR_MAX] = "0", count[16];
    bool good;
    snprintf(count, sizeof(count), "%d", SCAN_PAGE);
    do {
        struct redis_reply *page =
            LINK_ASK(d->link, "SCAN", cursor, "MATCH", pattern, "COUNT", count);
        good = page && check_page(d, page, cursor);
        redis_reply_free(page);
    } while (good && strcmp(cursor, "0") != 0);
    return good;
}

void doctor_keyspace(struct doctor *d)
{
    struct buf pattern;
    d->found.area = AREA_REDIS;
    size_t before = d->found.n;
    buf_init(&pattern, PATTERN_MAX);
    write_pattern(d->config->prefix, &pattern);
    bool good = check_all(d, buf_text(&pattern));
    buf_free(&pattern);
    if (!good) {
        doctor_unseen(d, "keys-unseen", "keys that nobody reads", "+scan +type");
    } else if (d->found.n == before) {
        finding_ok(&d->found, "each key below %s is one of the filter's", d->config->prefix);
    }
}
