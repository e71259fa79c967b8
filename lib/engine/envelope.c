#include "engine/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "core/xtext.h"

/* uthash calls exit() without memory unless told otherwise. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define PARAMS_MAX 4096

/* What becomes of one address of the final or the original envelope. */
struct slot {
    char *key;
    bool came;   /* a recipient of the message as it came */
    bool stays;  /* a recipient that is kept as it is */
    bool wanted; /* the target of a recipient that goes elsewhere */
    UT_hash_handle hh;
};

struct plan {
    struct slot *by_key;
    struct verdict *verdict;
};

static struct slot *slot_for(struct plan *p, const char *key)
{
    struct slot *s = NULL;
    HASH_FIND_STR(p->by_key, key, s);
    if (s)
        return s;
    s = calloc(1, sizeof(*s));
    char *copy = strdup(key);
    if (s && copy) {
        s->key = copy;
        HASH_ADD_KEYPTR(hh, p->by_key, s->key, strlen(s->key), s);
        if (s->hh.tbl)
            return s;
    }
    free(copy);
    free(s);
    p->verdict->failed = true;
    return NULL;
}

static void plan_free(struct plan *p)
{
    struct slot *s = p->by_key;
    HASH_CLEAR(hh, p->by_key);
    while (s) {
        struct slot *next = s->hh.next;
        free(s->key);
        free(s);
        s = next;
    }
}

static bool is_replaced(const struct recipient *r, const struct engine *e)
{
    return recipient_delivery(r) != ACTION_BOTH && recipient_target(r, e) != NULL;
}

/* Before anything is added: who came, and who stays. */
static void mark_those_that_came(struct plan *p, const struct recipient *r, size_t n,
                                 const struct engine *e)
{
    for (size_t i = 0; i < n; i++) {
        struct slot *s = slot_for(p, r[i].address.key ? r[i].address.key : r[i].text);
        if (!s)
            return;
        s->came = true;
        s->stays = s->stays || !is_replaced(&r[i], e);
    }
}

static bool is_param(struct span param, const char *name)
{
    return span_istarts(param, span_of(name));
}

void envelope_params(const struct recipient *r, struct buf *out)
{
    struct span rest = span_of(r->params), param;
    bool orcpt = false;
    while (span_split(&rest, ' ', &param)) {
        if (!is_param(param, "NOTIFY=") && !is_param(param, "ORCPT="))
            continue;
        orcpt = orcpt || is_param(param, "ORCPT=");
        if (out->n > 0)
            buf_addc(out, ' ');
        buf_add(out, param);
    }
    if (orcpt)
        return;
    struct buf original;
    buf_init(&original, ADDRESS_MAX);
    buf_addf(&original, "%s@%s", r->address.local, r->address.domain);
    buf_adds(out, out->n > 0 ? " ORCPT=" : "ORCPT=");
    orcpt_encode(buf_span(&original), out);
    out->failed = out->failed || !buf_ok(&original);
    buf_free(&original);
}

static void add_recipient(struct plan *p, const struct recipient *r, const char *target)
{
    struct buf path, params;
    buf_init(&path, ADDRESS_MAX + 2);
    buf_init(&params, PARAMS_MAX);
    buf_addf(&path, "<%s>", target);
    envelope_params(r, &params);
    if (!buf_ok(&path) || !buf_ok(&params))
        p->verdict->failed = true;
    verdict_add(p->verdict, EDIT_ADD_RECIPIENT, buf_span(&path), buf_span(&params), 0);
    buf_free(&path);
    buf_free(&params);
}

/* The key by which a target is compared with the recipients. */
static char *target_key(const char *target)
{
    struct address a;
    if (address_parse(span_of(target), &a) != RESULT_OK)
        return strdup(target);
    char *key = a.key;
    a.key = NULL;
    address_free(&a);
    return key;
}

static void plan_target(struct plan *p, const struct recipient *r, const char *target)
{
    char *key = target_key(target);
    struct slot *s = key ? slot_for(p, key) : NULL;
    if (!s)
        p->verdict->failed = true;
    else if (!s->came && !s->wanted)
        add_recipient(p, r, target);
    if (s)
        s->wanted = true;
    free(key);
}

static void plan_additions(struct plan *p, const struct recipient *r, size_t n,
                           const struct engine *e)
{
    for (size_t i = 0; i < n; i++) {
        const char *target = recipient_target(&r[i], e);
        if (target)
            plan_target(p, &r[i], target);
    }
}

static void plan_deletions(struct plan *p, const struct recipient *r, size_t n,
                           const struct engine *e)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_replaced(&r[i], e))
            continue;
        struct slot *s = slot_for(p, r[i].address.key);
        if (s && !s->stays && !s->wanted)
            verdict_add(p->verdict, EDIT_DELETE_RECIPIENT, span_of(r[i].text), SPAN_ABSENT, 0);
    }
}

void envelope_plan(const struct recipient *r, size_t n, const struct engine *e, struct verdict *v)
{
    struct plan p = { NULL, v };
    mark_those_that_came(&p, r, n, e);
    plan_additions(&p, r, n, e);
    plan_deletions(&p, r, n, e);
    struct slot *s;
    bool somebody = n == 0;
    for (s = p.by_key; s && !somebody; s = s->hh.next)
        somebody = s->stays || s->wanted;
    if (!somebody)
        v->failed = true;
    plan_free(&p);
}
