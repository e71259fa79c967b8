#include "ctl/milter_list.h"

#include <string.h>

#include "base/count.h"

#define DEFAULT_ACTION "default_action"

/* What stands in the socket of filters that are well known. */
static const struct {
    const char *part;
    enum milter_kind kind;
} known[] = {
    { "opendkim", MILTER_SIGNS },   { "dkim", MILTER_SIGNS },
    { "openarc", MILTER_SIGNS },    { ":8891", MILTER_SIGNS },
    { ":12301", MILTER_SIGNS },     { "opendmarc", MILTER_REJECTS },
    { ":8893", MILTER_REJECTS },    { "rspamd", MILTER_REJECTS },
    { ":11332", MILTER_REJECTS },   { "clamav", MILTER_REJECTS },
    { "spamass", MILTER_REJECTS },  { "greylist", MILTER_REJECTS },
    { "postgrey", MILTER_REJECTS }, { "mimedefang", MILTER_REJECTS },
};

static bool contains(struct span text, const char *part)
{
    size_t n = strlen(part);
    for (; text.n >= n; text = span_from(text, 1))
        if (span_istarts(text, (struct span){ part, n }))
            return true;
    return false;
}

static enum milter_kind kind_of(struct span socket)
{
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (contains(socket, known[i].part))
            return known[i].kind;
    return MILTER_UNKNOWN;
}

/* `{ SOCKET, NAME=VALUE, { NAME = VALUE } }` without its braces. */
static struct span bare(struct span item)
{
    item = span_trim(item);
    if (item.n >= 2 && item.p[0] == '{' && item.p[item.n - 1] == '}')
        item = span_trim((struct span){ item.p + 1, item.n - 2 });
    return item;
}

static void read_attribute(struct span text, struct milter_item *item)
{
    text = bare(text);
    size_t equals = span_find(text, '=');
    if (span_ieq(span_trim((struct span){ text.p, equals }), SPAN_LIT(DEFAULT_ACTION)))
        item->default_action = span_trim(span_from(text, equals + 1));
}

bool milter_list_next(struct span *rest, struct milter_item *item)
{
    struct span whole, part;
    *item = (struct milter_item){ 0 };
    if (!postconf_list_next(rest, &whole))
        return false;
    whole = bare(whole);
    if (postconf_list_next(&whole, &part))
        item->socket = part;
    while (postconf_list_next(&whole, &part))
        read_attribute(part, item);
    item->kind = kind_of(item->socket);
    return true;
}

static enum milter_reach reach(struct span socket, const struct endpoint *ours, const char *base,
                               bool chrooted)
{
    struct endpoint seen;
    if (endpoint_of_postfix(socket, base, chrooted, &seen) && endpoint_eq(&seen, ours))
        return REACH_RIGHT;
    bool meant = endpoint_of_postfix(socket, base, false, &seen) && endpoint_eq(&seen, ours);
    return meant ? REACH_WRONG : REACH_NOT;
}

enum milter_reach milter_list_find(const char *list, const struct endpoint *ours, const char *base,
                                   bool chrooted, size_t *at)
{
    struct span rest = span_of(list);
    struct milter_item item;
    for (*at = 0; milter_list_next(&rest, &item); ++*at) {
        enum milter_reach r = reach(item.socket, ours, base, chrooted);
        if (r != REACH_NOT)
            return r;
    }
    return REACH_NOT;
}

static void add_item(struct buf *out, struct span item)
{
    buf_adds(out, out->n > 0 ? ", " : "");
    buf_add(out, item);
}

static void add_ours(struct buf *out, const struct endpoint *ours, const char *base)
{
    add_item(out, SPAN_LIT(""));
    endpoint_for_postfix(ours, base, out);
}

/* With or without a change of root. */
static bool is_ours(struct span socket, const struct endpoint *ours, const char *base)
{
    return reach(socket, ours, base, false) == REACH_RIGHT ||
           reach(socket, ours, base, true) == REACH_RIGHT;
}

static bool has_ours(const char *list, const struct endpoint *ours, const char *base)
{
    struct span rest = span_of(list);
    struct milter_item item;
    while (milter_list_next(&rest, &item))
        if (is_ours(item.socket, ours, base))
            return true;
    return false;
}

void milter_list_with(const char *list, const struct endpoint *ours, const char *base,
                      struct buf *out)
{
    struct span rest = span_of(list), before = rest, whole;
    struct milter_item item;
    bool missing = !has_ours(list, ours, base);
    for (; milter_list_next(&rest, &item); before = rest) {
        postconf_list_next(&before, &whole);
        if (missing && item.kind == MILTER_SIGNS) {
            add_ours(out, ours, base);
            missing = false;
        }
        /* What is in braces may have options of its own. */
        if (whole.p[0] != '{' && is_ours(whole, ours, base))
            add_ours(out, ours, base);
        else
            add_item(out, whole);
    }
    if (missing)
        add_ours(out, ours, base);
}
