#include "ctl/route_domain.h"

#include <stdio.h>
#include <string.h>

#include "core/route.h"

/* RFC 6761 section 6.4. Others that are reserved may have been made up for a lab or a company. */
#define NEVER_IN_DNS ".invalid"

static bool copy(struct span text, char *to, size_t room)
{
    if (text.n >= room)
        return false;
    for (size_t i = 0; i < text.n; i++)
        to[i] = ascii_lower(text.p[i]);
    to[text.n] = '\0';
    return true;
}

static bool make_sample(const struct config_domain *d, struct route_domain *out)
{
    struct address mailbox;
    struct buf made;
    int n = snprintf(out->original, sizeof(out->original), ROUTE_SAMPLE "@%s", d->name);
    if (n < 0 || (size_t)n >= sizeof(out->original) ||
        address_parse(span_of(out->original), &mailbox) != RESULT_OK)
        return false;
    buf_init(&made, sizeof(out->sample) - 1);
    enum result expanded = route_expand(span_of(d->route), &mailbox, &made);
    address_free(&mailbox);
    struct span sample = buf_span(&made);
    size_t at = span_rfind(sample, '@');
    bool good = expanded == RESULT_OK && copy(sample, out->sample, sizeof(out->sample)) &&
                copy(span_from(sample, at + 1), out->domain, sizeof(out->domain));
    buf_free(&made);
    return good;
}

/* What follows the domain itself, where the template's domain begins with that and goes on: so it
 * does for each domain that has the same template. */
static struct span common_tail(struct span template)
{
    for (size_t i = 0; i + 1 < template.n; i++) {
        bool whole = template.p[i] == '%' && template.p[i + 1] == 'a';
        if (template.p[i] == '%' && !whole)
            i++;
        if (!whole && template.p[i] != '@')
            continue;
        struct span tail = span_from(template, i + (whole ? 2 : 1));
        if (!whole && !span_istarts(tail, SPAN_LIT("%d")))
            return SPAN_ABSENT;
        tail = whole ? tail : span_from(tail, 2);
        bool plain = tail.n > 1 && tail.p[0] == '.' && span_find(tail, '%') == tail.n;
        return plain ? tail : SPAN_ABSENT;
    }
    return SPAN_ABSENT;
}

/* The numbers of the groups that hold the local part and the domain; 0: none yet. */
struct groups {
    unsigned n;
    unsigned local;
    unsigned domain;
};

static void add_group(struct groups *g, unsigned *of, struct buf *pattern)
{
    buf_adds(pattern, "(.*)");
    g->n++;
    if (*of == 0)
        *of = g->n;
}

static void add_code(char code, struct groups *g, struct buf *pattern)
{
    if (code == 'u' || code == 'a')
        add_group(g, &g->local, pattern);
    if (code == 'a')
        buf_addc(pattern, '@');
    if (code == 'd' || code == 'a')
        add_group(g, &g->domain, pattern);
}

static void add_literal(char c, struct buf *pattern)
{
    if (strchr(".*+?^$[](){}|\\/", c))
        buf_addc(pattern, '\\');
    buf_addc(pattern, c);
}

static void write_pattern(struct span template, struct groups *g, struct buf *pattern)
{
    buf_addc(pattern, '^');
    for (size_t i = 0; i < template.n; i++) {
        char c = template.p[i];
        if (c == '%' && i + 1 < template.n && template.p[i + 1] != '%')
            add_code(template.p[++i], g, pattern);
        else if (c == '%' && i + 1 < template.n)
            add_literal(template.p[++i], pattern);
        else
            add_literal(c, pattern);
    }
    buf_addc(pattern, '$');
}

static bool make_undo(const struct config_domain *d, struct route_domain *out)
{
    struct groups g = { 0 };
    struct buf pattern;
    buf_init(&pattern, sizeof(out->pattern) - 1);
    write_pattern(span_of(d->route), &g, &pattern);
    bool good = buf_ok(&pattern) && g.local > 0;
    if (good)
        memcpy(out->pattern, buf_text(&pattern), pattern.n + 1);
    buf_free(&pattern);
    if (g.domain > 0)
        snprintf(out->undo, sizeof(out->undo), "${%u}@${%u}", g.local, g.domain);
    else
        snprintf(out->undo, sizeof(out->undo), "${%u}@%s", g.local, d->name);
    return good;
}

bool route_domain_of(const struct config_domain *d, struct route_domain *out)
{
    *out = (struct route_domain){ 0 };
    if (!d->route || !make_sample(d, out) || !make_undo(d, out))
        return false;
    struct span tail = common_tail(span_of(d->route));
    out->undone = span_iends(span_of(out->domain), SPAN_LIT(NEVER_IN_DNS));
    return copy(span_present(tail) ? tail : span_of(out->domain), out->key, sizeof(out->key));
}
