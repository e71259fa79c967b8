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
        if (!v->label) {
            v->label = w->hop[i].label;
            v->owner = w->hop[i].owner;
            v->place = w->hop[i].place;
        }
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

static bool is_elsewhere(const struct way *w, const struct way_visit *v)
{
    return w->by_site && v->label && v->place == PLACE_EXTERNAL;
}

/* The visits, newest first, that crossings are counted in: those of this journey, and with a
 * configuration the run of hosts that are in its blocks. */
static size_t visits_that_count(const struct way *w)
{
    size_t n = 0;
    while (n < w->visits && is_elsewhere(w, &w->visit[n]))
        n++;
    while (n < w->visits && way_is_of_journey(w, &w->visit[n]) && !is_elsewhere(w, &w->visit[n]))
        n++;
    return n;
}

static bool is_of_a_system(const struct way *w, const struct way_visit *v)
{
    bool known = v->place == PLACE_PRIMARY || v->place == PLACE_SECONDARY;
    return v->label && (!w->by_site || known);
}

/* Some hop is for a mailbox in the domain. */
static bool is_for(const struct way *w, const char *domain)
{
    for (size_t i = 0; i < w->journey; i++)
        if (span_iends(w->received[i].for_, span_of(domain)))
            return true;
    return false;
}

/* The oldest visit is where the author's side had the message, as far as names tell: nothing else
 * is of that owner, and the message is not for its domain. */
static bool begins_outside(const struct way *w, size_t visits)
{
    const char *owner = w->visit[visits - 1].owner;
    for (size_t i = 0; owner && i < w->visit[visits - 1].first; i++)
        if (w->hop[i].owner == owner)
            return false;
    return owner && !is_for(w, owner);
}

static void count_crossings(struct way *w)
{
    const struct way_visit *before = NULL;
    size_t n = visits_that_count(w);
    if (!w->by_site && n > 1 && begins_outside(w, n))
        n--;
    for (size_t i = n; i > 0; i--) {
        struct way_visit *v = &w->visit[i - 1];
        if (!is_of_a_system(w, v))
            continue;
        if (before && before->label != v->label)
            v->crossing = ++w->crossings;
        before = v;
    }
}

/* Some host is one of the configuration's. */
static bool visits_site(const struct way *w, const struct site *site)
{
    for (size_t i = 0; i < w->hops; i++)
        if (w->received[i].by.n > 0 && site_host(site, w->received[i].by) != PLACE_EXTERNAL)
            return true;
    return false;
}

bool way_finish(struct way *w, const struct viewpoint *v, size_t journey, bool traced)
{
    w->by_site = v->configured && (traced || visits_site(w, v->engine->site));
    w->journey = journey < w->hops ? journey : w->hops;
    w->visit = calloc(w->hops + 1, sizeof(*w->visit));
    if (w->no_memory || !w->visit || !systems_find(w, v))
        return false;
    measure_delays(w);
    find_visits(w);
    count_crossings(w);
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

/* The first hop that is none of somebody else's. */
static size_t newest_known(const struct way *w)
{
    size_t i = 0;
    while (i < w->journey && w->hop[i].label && w->hop[i].place == PLACE_EXTERNAL)
        i++;
    return i;
}

/* The path as it was at the newest system of the configuration; false where there is none. */
static bool build_path(const struct way *w, const struct viewpoint *v, struct path *out)
{
    size_t i = newest_known(w), n = w->journey - i;
    path_build(w->received + i, n, v->engine->site, SYSTEM_PRIMARY, out);
    bool primary = out->visit[0].first != PATH_NO_HOP;
    if (!primary && out->visits > 1)
        path_build(w->received + i, n, v->engine->site, SYSTEM_SECONDARY, out);
    return out->visit[0].first != PATH_NO_HOP;
}

bool way_newest_system(const struct way *w, const struct viewpoint *v, enum system *out)
{
    struct path p;
    if (!build_path(w, v, &p))
        return false;
    *out = p.visit[0].system;
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
    struct path p;
    if (!w->by_site)
        write_guessed(w, out);
    else if (build_path(w, v, &p))
        path_write(&p, PATH_VISITS_MAX, out);
    else if (w->journey > 0)
        buf_adds(out, "external");
}
