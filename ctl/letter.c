#include "ctl/letter.h"

/* As the filter gets it: lines end in LF. */
static void add_fact(struct letter *l, const struct viewpoint *v, const struct field *f)
{
    struct buf value;
    if (span_find(f->value, '\r') == f->value.n) {
        facts_header(&l->facts, v->engine, f->name, f->value);
        return;
    }
    buf_init(&value, f->value.n);
    for (struct span rest = f->value, piece; span_split(&rest, '\r', &piece);)
        buf_add(&value, piece);
    if (buf_ok(&value))
        facts_header(&l->facts, v->engine, f->name, buf_span(&value));
    else
        l->facts.no_memory = true;
    buf_free(&value);
}

bool letter_read(const struct mail *m, const struct viewpoint *v, bool any, struct letter *out)
{
    struct span rest = m->header;
    struct field f;
    *out = (struct letter){ .mail = *m };
    while (field_take(&rest, &f)) {
        add_fact(out, v, &f);
        if (span_ieq(f.name, SPAN_LIT("Received")))
            way_add(&out->way, f.value);
        else if (span_ieq(f.name, SPAN_LIT("X-Coexist-Trace")))
            claims_add(&out->claims, v, f.value);
    }
    facts_finish(&out->facts, v->engine->keys);
    return bounce_read(m, any, &out->bounce) &&
           way_finish(&out->way, v, out->facts.hops_journey, out->facts.traces > 0) &&
           !out->facts.no_memory && !out->claims.no_memory;
}

void letter_free(struct letter *l)
{
    facts_free(&l->facts);
    way_free(&l->way);
    claims_free(&l->claims);
    bounce_free(&l->bounce);
}
