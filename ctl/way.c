#include "ctl/way.h"

#include <stdlib.h>

#include "ctl/systems.h"

#define FIRST_ROOM 16

static bool grow(struct way *w)
{
    if (w->hops < w->room)
        return true;
    size_t room = w->room ? w->room * 2 : FIRST_ROOM;
    struct received *received = realloc(w->received, room * sizeof(*received));
    if (received)
        w->received = received;
    struct way_hop *hop = received ? realloc(w->hop, room * sizeof(*hop)) : NULL;
    if (!hop)
        return false;
    w->hop = hop;
    w->room = room;
    return true;
}

void way_add(struct way *w, struct span value)
{
    w->total++;
    if (w->hops == WAY_HOPS_MAX || w->no_memory)
        return;
    if (!grow(w)) {
        w->no_memory = true;
        return;
    }
    received_parse(value, &w->received[w->hops]);
    w->hop[w->hops++] = (struct way_hop){ .value = value, .place = PLACE_EXTERNAL };
}

static void measure_delays(struct way *w)
{
    const struct received *older = NULL;
    for (size_t i = w->hops; i > 0; i--) {
        const struct received *r = &w->received[i - 1];
        if (!r->has_time)
            continue;
        w->hop[i - 1].has_delay = older != NULL;
        w->hop[i - 1].delay = older ? r->time - older->time : 0;
        older = r;
    }
}

/* Hop i goes on with the visit that is under way. */
static bool goes_on(const struct way *w, size_t i, const struct way_visit *v)
{
    const char *label = w->hop[i].label;
    return i != w->journey && (!label || !v->label || label == v->label);
}

static void find_visits(struct way *w)
{
    struct way_visit *v = NULL;
    for (size_t i = 0; i < w->hops; i++) {
        if (!v || !goes_on(w, i, v)) {
            v = &w->visit[w->visits++];
            *v = (struct way_visit){ .first = i };
        }
        if (!v->label)
            v->label = w->hop[i].label;
        v->last = i;
    }
}

/* Numbers the visits of each system from the oldest on. */
static bool count_times(struct way *w)
{
    size_t *times = calloc(w->names.names + w->visits + 1, sizeof(*times));
    bool good = times != NULL;
    for (size_t i = w->visits; good && i > 0; i--) {
        struct way_visit *v = &w->visit[i - 1];
        size_t number = v->label ? names_put(&w->names, span_of(v->label)) : 0;
        good = number != NAMES_NONE;
        if (good && v->label)
            v->time = ++times[number];
    }
    free(times);
    return good;
}

/* The visits, newest first, that crossings are counted in: those of this journey, and with a
 * configuration down to the first host that is in none of its blocks. */
static size_t visits_that_count(const struct way *w, bool configured)
{
    size_t n = 0;
    while (n < w->visits && way_is_of_journey(w, &w->visit[n])) {
        const struct way_visit *v = &w->visit[n];
        if (configured && v->label && w->hop[v->first].place == PLACE_EXTERNAL)
            break;
        n++;
    }
    return n;
}

static bool is_of_a_system(const struct way *w, const struct way_visit *v, bool configured)
{
    enum place place = w->hop[v->last].place;
    return v->label && (!configured || place == PLACE_PRIMARY || place == PLACE_SECONDARY);
}

static void count_crossings(struct way *w, bool configured)
{
    const struct way_visit *before = NULL;
    for (size_t i = visits_that_count(w, configured); i > 0; i--) {
        struct way_visit *v = &w->visit[i - 1];
        if (!is_of_a_system(w, v, configured))
            continue;
        if (before && before->label != v->label)
            v->crossing = ++w->crossings;
        before = v;
    }
}

bool way_finish(struct way *w, const struct viewpoint *v, size_t journey)
{
    w->journey = journey < w->hops ? journey : w->hops;
    w->visit = calloc(w->hops + 1, sizeof(*w->visit));
    if (w->no_memory || !w->visit || !systems_find(w, v))
        return false;
    measure_delays(w);
    find_visits(w);
    count_crossings(w, v->configured);
    return count_times(w);
}

void way_free(struct way *w)
{
    free(w->received);
    free(w->hop);
    free(w->visit);
    names_free(&w->names);
    *w = (struct way){ .hops = 0 };
}

bool way_is_of_journey(const struct way *w, const struct way_visit *visit)
{
    return visit->first < w->journey;
}

bool way_newest_system(const struct way *w, const struct viewpoint *v, enum system *out)
{
    struct path p;
    path_build(w->received, w->journey, v->engine->site, SYSTEM_PRIMARY, &p);
    if (p.visit[0].first == PATH_NO_HOP && p.visits == 1)
        return false;
    *out = p.visit[p.visit[0].first == PATH_NO_HOP].system;
    return true;
}

static void write_guessed(const struct way *w, struct buf *out)
{
    size_t shown = 0;
    for (size_t i = 0; i < w->visits && way_is_of_journey(w, &w->visit[i]); i++) {
        if (!w->visit[i].label)
            continue;
        if (shown > 0)
            buf_addc(out, '<');
        if (shown++ == PATH_VISITS_MAX) {
            buf_adds(out, "...");
            return;
        }
        buf_adds(out, w->visit[i].label);
    }
}

void way_write_path(const struct way *w, const struct viewpoint *v, struct buf *out)
{
    enum system newest;
    struct path p;
    if (!v->configured) {
        write_guessed(w, out);
    } else if (way_newest_system(w, v, &newest)) {
        path_build(w->received, w->journey, v->engine->site, newest, &p);
        path_write(&p, PATH_VISITS_MAX, out);
    } else if (w->journey > 0) {
        buf_adds(out, "external");
    }
}
