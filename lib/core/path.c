#include "core/path.h"

#define PATH_STEP '<'

/* How one hop counts. */
enum step { STEP_NONE, STEP_VISIT, STEP_OUTSIDE };

static enum step hop_step(const struct received *hop, const struct site *site, enum system *system)
{
    if (hop->by.n == 0 || site_is_loopback_name(hop->by))
        return STEP_NONE;
    switch (site_host(site, hop->by)) {
    case PLACE_PRIMARY:
        *system = SYSTEM_PRIMARY;
        return STEP_VISIT;
    case PLACE_SECONDARY:
        *system = SYSTEM_SECONDARY;
        return STEP_VISIT;
    case PLACE_GATEWAY:
        return STEP_NONE;
    case PLACE_EXTERNAL:
        break;
    }
    return STEP_OUTSIDE;
}

/* Adds hop i, older than all before, to the path; false when it would be one visit too many. */
static bool add_hop(struct path *p, enum system system, size_t i)
{
    struct path_visit *oldest = &p->visit[p->visits - 1];

    if (oldest->system == system) {
        if (oldest->first == PATH_NO_HOP)
            oldest->first = i;
        oldest->last = i;
        return true;
    }
    if (p->visits == PATH_VISITS_MAX)
        return false;
    p->visit[p->visits++] = (struct path_visit){ system, i, i };
    p->crossings++;
    return true;
}

void path_build(const struct received *hop, size_t hops, const struct site *site, enum system node,
                struct path *out)
{
    *out = (struct path){ .visit = { { node, PATH_NO_HOP, PATH_NO_HOP } }, .visits = 1 };

    for (size_t i = 0; i < hops && !out->external && !out->cut; i++) {
        enum system system = node;
        enum step step = hop_step(&hop[i], site, &system);
        if (step == STEP_OUTSIDE)
            out->external = true;
        else if (step == STEP_VISIT)
            out->cut = !add_hop(out, system, i);
    }
}

size_t path_entries(const struct path *p, enum system system)
{
    size_t entries = 0;
    for (size_t i = 0; i < p->visits; i++)
        entries += p->visit[i].system == system;
    return entries;
}

static void add_step(const char *word, bool first, struct buf *out)
{
    if (!first)
        buf_addc(out, PATH_STEP);
    buf_adds(out, word);
}

void path_write(const struct path *p, size_t most, struct buf *out)
{
    size_t shown = p->visits < most ? p->visits : most;

    for (size_t i = 0; i < shown; i++) {
        const char letter[] = { system_letter(p->visit[i].system), '\0' };
        add_step(letter, i == 0, out);
    }
    if (shown < p->visits || p->cut)
        add_step("...", shown == 0, out);
    else if (p->external)
        add_step("external", shown == 0, out);
}
