#include "ctl/judgement_guess.h"

static size_t visits_of_journey(const struct way *w)
{
    size_t n = 0;
    while (n < w->visits && way_is_of_journey(w, &w->visit[n]))
        n++;
    return n;
}

static struct span recipient_in(const struct way *w, const struct way_visit *v)
{
    for (size_t i = v->first; i <= v->last; i++)
        if (span_present(w->received[i].for_))
            return w->received[i].for_;
    return SPAN_ABSENT;
}

/* The first address that a hop of the visit is for, or else of the one that came next; absent where
 * none says. */
static struct span recipient_of(const struct way *w, size_t visit)
{
    struct span own = recipient_in(w, &w->visit[visit]);
    return span_present(own) || visit == 0 ? own : recipient_in(w, &w->visit[visit - 1]);
}

/* How often the message came to the system, for the same recipient as at last as far as hops tell;
 * with a source, how often from there. */
static size_t count_entries(const struct way *w, size_t visits, const char *system,
                            const char *source)
{
    size_t n = 0;
    struct span last = SPAN_ABSENT;
    for (size_t i = 0; i < visits; i++) {
        const char *from = i + 1 < visits ? w->visit[i + 1].label : NULL;
        if (w->visit[i].label != system)
            continue;
        struct span recipient = recipient_of(w, i);
        if (!span_present(last))
            last = recipient;
        bool same = !span_present(recipient) || span_ieq(recipient, last);
        n += same && (!source || from == source);
    }
    return n;
}

/* The system that the message came to this one from most often. */
static const char *usual_source(const struct way *w, size_t visits, const char *system,
                                size_t *most)
{
    const char *source = NULL;
    *most = 0;
    for (size_t i = 0; i + 1 < visits; i++) {
        const char *from = w->visit[i + 1].label;
        if (w->visit[i].label != system || !from || from == source)
            continue;
        size_t n = count_entries(w, visits, system, from);
        if (n > *most) {
            *most = n;
            source = from;
        }
    }
    return source;
}

/* The visit is the newest of its system. */
static bool is_newest(const struct way *w, size_t visit)
{
    for (size_t i = 0; i < visit; i++)
        if (w->visit[i].label == w->visit[visit].label)
            return false;
    return w->visit[visit].label != NULL;
}

/* The message came back to the system; what weighs more than what was found before is kept. */
static void judge_system(const struct way *w, size_t visits, const char *system,
                         struct judgement *out)
{
    size_t most, entries = count_entries(w, visits, system, NULL);
    if (entries < 2)
        return;
    const char *source = usual_source(w, visits, system, &most);
    bool repeated = entries >= JUDGEMENT_MAX_CROSSINGS && most > 1;
    enum loop_verdict verdict = repeated ? LOOP_PINGPONG : LOOP_SUSPECT;
    if (judgement_weight(verdict) < judgement_weight(out->verdict) ||
        (verdict == out->verdict && entries <= out->visits))
        return;
    out->verdict = verdict;
    out->visits = entries;
    out->system = system;
    out->other = source;
}

void judgement_guess(const struct letter *l, const struct viewpoint *v, struct judgement *out)
{
    const struct way *w = &l->way;
    size_t visits = visits_of_journey(w);
    out->max_hops = v->configured ? v->engine->config->max_hops : JUDGEMENT_MAX_HOPS;
    for (size_t i = 0; i < visits; i++)
        if (is_newest(w, i))
            judge_system(w, visits, w->visit[i].label, out);
    if (out->verdict != LOOP_NONE)
        out->evidence |= LOOP_BY_RECEIVED;
    if (w->total <= out->max_hops)
        return;
    out->evidence |= LOOP_BY_HOPS;
    if (out->verdict != LOOP_PINGPONG)
        out->verdict = LOOP_HOPS;
}
