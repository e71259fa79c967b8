#include "ctl/import_sync.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/scan.h"

bool import_limit_parse(const char *text, struct import_limit *out)
{
    struct span s = span_of(text);
    out->given = true;
    out->percent = s.n > 0 && s.p[s.n - 1] == '%';
    if (out->percent)
        s.n--;
    return span_number(s, &out->n) && (!out->percent || out->n <= 100);
}

static size_t percent_of(uint64_t percent, size_t users)
{
    return (size_t)((double)users * (double)percent / 100);
}

size_t import_limit_of(const struct import_limit *limit, size_t users)
{
    if (limit->given && !limit->percent)
        return limit->n < SIZE_MAX ? (size_t)limit->n : SIZE_MAX;
    if (limit->given)
        return percent_of(limit->n, users);
    size_t share = percent_of(IMPORT_LIMIT_PERCENT, users);
    return share > IMPORT_LIMIT_USERS ? share : IMPORT_LIMIT_USERS;
}

struct walk {
    struct import *im;
    struct import_sync *out;
};

static bool is_covered(const struct import *im, struct span name)
{
    size_t at = span_rfind(name, '@');
    const struct config_domain *d = config_find_domain(im->config, span_from(name, at + 1));
    return at < name.n && d && im->covered[d - im->config->domain];
}

static bool visit(void *arg, const struct scanned *r)
{
    struct walk *w = arg;
    if (!is_covered(w->im, r->name))
        return true;
    w->out->users++;
    if (import_knows(w->im, r->name))
        return true;
    struct change *c = changes_add(&w->im->changes, RECORD_USER, r->name);
    w->im->failed = w->im->failed || !c;
    if (c)
        c->whole = true;
    w->out->removed += c != NULL;
    return c != NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct change *)a)->name, ((const struct change *)b)->name);
}

enum status import_sync_add(struct import *im, struct link *l, struct import_sync *out)
{
    struct walk w = { im, out };
    size_t before = im->changes.n;
    *out = (struct import_sync){ 0 };
    enum status s = scan_records(l, im->config->prefix, RECORD_USER, visit, &w);
    if (s == STATUS_YES && im->failed) {
        link_fail(l, "out of memory");
        return STATUS_UNAVAILABLE;
    }
    if (out->removed > 0)
        qsort(im->changes.at + before, out->removed, sizeof(struct change), by_name);
    return s;
}
