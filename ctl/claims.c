#include "ctl/claims.h"

#include <stdlib.h>

#include "base/count.h"

const char *claim_verdict_name(enum claim_verdict v)
{
    static const char *const names[] = { "valid", "malformed", "unknown-key", "forged",
                                         "unverified" };
    return (size_t)v < COUNT_OF(names) ? names[v] : "?";
}

static enum claim_verdict verify(const struct viewpoint *v, struct span value)
{
    struct trace t = { .pass = 0 };
    switch (trace_read(value, v->engine->keys, &t)) {
    case TRACE_VALID:
        trace_free(&t);
        return CLAIM_VALID;
    case TRACE_MALFORMED:
        return CLAIM_MALFORMED;
    case TRACE_FORGED:
        return CLAIM_FORGED;
    case TRACE_UNKNOWN_KEY:
        break;
    }
    /* Without keys nothing has been found wrong with it but that. */
    return v->has_keys ? CLAIM_UNKNOWN_KEY : CLAIM_UNVERIFIED;
}

static size_t tokens_in(struct span list)
{
    struct span item;
    size_t n = 0;
    while (span_split(&list, ',', &item))
        n += item.n > 0;
    return n;
}

static void read_tags(const struct taglist *l, struct claim *c)
{
    uint64_t number;
    c->id = taglist_get(l, "id");
    c->node = taglist_get(l, "n");
    c->system = taglist_get(l, "s");
    c->origin = taglist_get(l, "o");
    c->key_name = taglist_get(l, "k");
    c->has_pass = span_number(taglist_get(l, "i"), &c->pass) && c->pass <= TRACE_PASSES_MAX;
    c->has_time = span_number(taglist_get(l, "t"), &number) && number <= INT64_MAX;
    c->time = c->has_time ? (int64_t)number : 0;
    c->to_peer = tokens_in(taglist_get(l, "p"));
    c->kept = tokens_in(taglist_get(l, "h"));
    c->would_go = tokens_in(taglist_get(l, "w"));
}

void claims_add(struct claims *c, const struct viewpoint *v, struct span value)
{
    struct taglist list;
    c->total++;
    if (c->claims == CLAIMS_MAX)
        return;
    struct claim *claim = &c->claim[c->claims];
    *claim = (struct claim){ .verdict = CLAIM_MALFORMED };
    if (value.n > TRACE_VALUE_MAX)
        value.n = 0;
    claim->text = malloc(value.n + 1);
    if (!claim->text) {
        c->no_memory = true;
        return;
    }
    c->claims++;
    struct span text = { claim->text, taglist_strip(value, claim->text) };
    claim->verdict = verify(v, value);
    if (taglist_parse(text, &list) == RESULT_OK)
        read_tags(&list, claim);
}

void claims_free(struct claims *c)
{
    for (size_t i = 0; i < c->claims; i++)
        free(c->claim[i].text);
    *c = (struct claims){ .claims = 0 };
}
