#include "ctl/systems.h"

#include <stdlib.h>

#include "ctl/guess.h"

/* So often must a message come to a host, from others of its owner, for each to count as a system
 * of its own. Exchange servers of one farm are all doors of each other. */
#define SPLIT_AT 2
#define SPLIT_AT_EXCHANGE 3
#define LABEL_MAX (SITE_HOST_MAX + 32)

/* What the hops of one owner have in common, and what those of one host. */
struct owner {
    bool exchange, zimbra;
    bool split;
};

struct host {
    size_t run; /* in which it was seen last, from 1 */
    unsigned entries;
};

struct finder {
    struct way *way;
    struct names owners; /* with what tells its Exchange servers from its others */
    struct names hosts;
    struct owner *owner;  /* by number */
    struct host *host;    /* by number */
    const char **name;    /* by number of the owner; without what tells its servers apart */
    size_t *owner_of_hop; /* NAMES_NONE: loose */
    size_t *host_of_hop;
    bool failed;
};

static bool finder_begin(struct finder *f, struct way *w)
{
    size_t n = w->hops + 1;
    *f = (struct finder){ .way = w };
    f->owner = calloc(n, sizeof(*f->owner));
    f->host = calloc(n, sizeof(*f->host));
    f->name = calloc(n, sizeof(*f->name));
    f->owner_of_hop = calloc(n, sizeof(*f->owner_of_hop));
    f->host_of_hop = calloc(n, sizeof(*f->host_of_hop));
    return f->owner && f->host && f->name && f->owner_of_hop && f->host_of_hop;
}

static void finder_end(struct finder *f)
{
    names_free(&f->owners);
    names_free(&f->hosts);
    free(f->owner);
    free(f->host);
    free(f->name);
    free(f->owner_of_hop);
    free(f->host_of_hop);
}

static const char *intern(struct finder *f, struct span text)
{
    size_t number = names_put(&f->way->names, text);
    f->failed = f->failed || number == NAMES_NONE;
    return f->failed ? NULL : names_text(&f->way->names, number);
}

static void add_guess(struct finder *f, size_t i, const struct guess *g)
{
    char key[LABEL_MAX];
    bool exchange = g->kind == GUESS_HOST && g->software == GUESS_EXCHANGE;
    snprintf(key, sizeof(key), "%s%s", g->owner, exchange ? " (Exchange)" : "");
    size_t owner = names_put(&f->owners, span_of(key));
    size_t host = names_put(&f->hosts, span_of(g->host));
    f->failed = f->failed || owner == NAMES_NONE || host == NAMES_NONE;
    if (f->failed)
        return;
    f->owner_of_hop[i] = owner;
    if (!f->name[owner])
        f->name[owner] = intern(f, span_of(g->owner));
    f->way->hop[i].owner = f->name[owner];
    f->host_of_hop[i] = g->kind == GUESS_HOST ? host : NAMES_NONE;
    f->owner[owner].exchange = exchange;
    f->owner[owner].zimbra |= g->kind == GUESS_HOST && g->software == GUESS_ZIMBRA;
}

static void guess_all(struct finder *f)
{
    struct guess g;
    for (size_t i = 0; i < f->way->hops && !f->failed; i++) {
        guess_hop(&f->way->received[i], f->way->hop[i].value, &g);
        f->owner_of_hop[i] = f->host_of_hop[i] = NAMES_NONE;
        if (g.kind != GUESS_INSIDE)
            add_guess(f, i, &g);
    }
}

/* Counts, within each run of hops of one owner, how often a host is come to from another. */
static void find_splits(struct finder *f)
{
    size_t run = 0, owner = NAMES_NONE, before = NAMES_NONE;
    for (size_t i = 0; i < f->way->hops; i++) {
        size_t host = f->host_of_hop[i];
        if (f->owner_of_hop[i] == NAMES_NONE)
            continue;
        bool goes_on = run > 0 && f->owner_of_hop[i] == owner;
        run += !goes_on;
        owner = f->owner_of_hop[i];
        if (host == NAMES_NONE || (goes_on && host == before))
            continue;
        before = host;
        struct host *h = &f->host[host];
        h->entries = h->run == run ? h->entries + 1 : 1;
        h->run = run;
        unsigned limit = f->owner[owner].exchange ? SPLIT_AT_EXCHANGE : SPLIT_AT;
        f->owner[owner].split = f->owner[owner].split || h->entries >= limit;
    }
}

static const char *guessed_name(struct finder *f, size_t i)
{
    char label[LABEL_MAX];
    size_t number = f->owner_of_hop[i];
    if (number == NAMES_NONE)
        return NULL;
    const struct owner *o = &f->owner[number];
    if (o->split && f->host_of_hop[i] != NAMES_NONE)
        return intern(f, span_of(names_text(&f->hosts, f->host_of_hop[i])));
    snprintf(label, sizeof(label), "%s%s", names_text(&f->owners, number),
             o->zimbra && !o->exchange ? " (Zimbra)" : "");
    return intern(f, span_of(label));
}

static void name_by_guess(struct finder *f, size_t i)
{
    struct way_hop *hop = &f->way->hop[i];
    hop->system = hop->label = guessed_name(f, i);
    hop->loose = !hop->system;
}

static void name_by_site(struct finder *f, size_t i, const struct site *site)
{
    struct way_hop *hop = &f->way->hop[i];
    struct span by = f->way->received[i].by;
    const char *guessed = guessed_name(f, i);
    char label[LABEL_MAX];
    hop->loose = by.n == 0 || site_is_loopback_name(by);
    if (hop->loose)
        return;
    hop->place = site_host(site, by);
    hop->system = hop->label = place_name(hop->place);
    if (!guessed || (hop->place != PLACE_EXTERNAL && hop->place != PLACE_GATEWAY))
        return;
    snprintf(label, sizeof(label), "%s: %s", hop->system, guessed);
    hop->label = intern(f, span_of(label));
}

/* What has no host stands on the one that had the message before, or else on the next. */
static void place_loose(struct way *w)
{
    const struct way_hop *older = NULL, *newer = NULL;
    for (size_t i = w->hops; i > 0; i--) {
        struct way_hop *hop = &w->hop[i - 1];
        if (!hop->loose) {
            older = hop;
        } else if (older && w->received[i - 1].by.n > 0) {
            hop->system = older->system;
            hop->label = older->label;
            hop->place = older->place;
        }
    }
    for (size_t i = 0; i < w->hops; i++) {
        struct way_hop *hop = &w->hop[i];
        if (!hop->loose)
            newer = hop;
        else if (newer && !hop->label && w->received[i].by.n > 0) {
            hop->system = newer->system;
            hop->label = newer->label;
            hop->place = newer->place;
        }
    }
}

bool systems_find(struct way *w, const struct viewpoint *v)
{
    struct finder f;
    f.failed = !finder_begin(&f, w);
    if (!f.failed) {
        guess_all(&f);
        find_splits(&f);
    }
    for (size_t i = 0; i < w->hops && !f.failed; i++) {
        if (w->by_site)
            name_by_site(&f, i, v->engine->site);
        else
            name_by_guess(&f, i);
    }
    if (!f.failed)
        place_loose(w);
    finder_end(&f);
    return !f.failed;
}
