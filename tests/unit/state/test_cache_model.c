#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/cache_store.h"

/*
 * Every order of the things that can happen around one record, up to so many steps, played on a
 * cache over a scripted store, in which an answer can be under way while other things happen. What
 * the cache then may and must not answer is told by a model that knows nothing of how it works.
 */

#define STEPS 6
#define STEPS_WATCHED 5 /* where each instruction is watched */
#define MAX_AGE 10
#define STALE_MAX 15

enum step {
    READ_EARLY, /* a look-up begins; where the store is asked, it reads the record now */
    READ_LATE,  /* or when the look-up ends */
    END,        /* the look-up that began last ends */
    FLIP,       /* the record changes */
    TELL,       /* of the changes not yet told the first is */
    TELL_ALL,   /* all records have changed */
    FRESH,      /* changes are reported again; the store is there */
    SUSPECT,    /* they are not, but it is there */
    DOWN,       /* it is known to be away */
    AWAY,       /* it is away and nobody knows */
    AGE,        /* MAX_AGE seconds pass */
    EVICT,      /* another record comes, for which this one has to make room, or the reverse */
    STEP_COUNT
};

static const char *const step_names[] = { "read-early", "read-late", "end",   "flip",
                                          "tell",       "tell-all",  "fresh", "suspect",
                                          "down",       "away",      "age",   "evict" };

/* In versions of the record: the first is 1, a flip makes the next. */
struct model {
    unsigned version;
    unsigned told;      /* older ones are never served again, not even as stale */
    unsigned reported;  /* nor older ones as fresh */
    unsigned published; /* by TELL or TELL_ALL: flips up to here are told */
    enum cache_state state;
    bool away;
    unsigned under_way;
};

struct play {
    struct store below; /* first */
    struct store *cache;
    struct model m;
    const enum step *step;
    size_t n, at;
    bool early;    /* how the look-up that is beginning reads */
    bool scripted; /* it pauses in the middle */
    unsigned asked;
    char rival[24]; /* another record of the same shard */
};

static const char *const record = "a@b";
static int64_t now;

static int64_t model_utc(void)
{
    return now;
}

static void play_steps(struct play *p);

/* The rival never changes. */
static void read_record(const struct play *p, struct store_query *q)
{
    q->answer = p->m.away ? STORE_UNAVAILABLE : STORE_FOUND;
    if (span_eq(q->name, span_of(record)))
        snprintf(q->record.group, sizeof(q->record.group), "%u", p->m.version);
}

static void model_fetch(struct store *store, struct store_query *query, size_t n)
{
    struct play *p = (struct play *)store;
    bool early = p->early, scripted = p->scripted;
    p->asked += (unsigned)n;
    p->scripted = false;
    if (early)
        read_record(p, query);
    if (scripted) {
        p->m.under_way++;
        play_steps(p);
        p->m.under_way--;
    }
    if (!early)
        read_record(p, query);
}

static void model_close(struct store *store)
{
    (void)store;
}

static void wrong(const struct play *p, const char *what, const struct store_query *q)
{
    char text[STEPS * 16] = "";
    for (size_t i = 0; i < p->n; i++) {
        strcat(text, " ");
        strcat(text, step_names[p->step[i]]);
    }
    ck_abort_msg("%s: version %s%s of %u; told %u, reported %u; after%s", what, q->record.group,
                 q->stale ? " as stale" : "", p->m.version, p->m.told, p->m.reported, text);
}

static void check(const struct play *p, const struct model *began, const struct store_query *q)
{
    const struct model *ended = &p->m;
    unsigned got = (unsigned)strtoul(q->record.group, NULL, 10);
    if (q->answer == STORE_UNAVAILABLE) {
        if (!began->away && !ended->away)
            wrong(p, "not had from a store that was there", q);
        return;
    }
    if (q->answer != STORE_FOUND)
        wrong(p, "not found", q);
    if (got > ended->version || got == 0)
        wrong(p, "never written", q);
    if (q->stale) {
        if (got < ended->told)
            wrong(p, "stale, and had been invalidated", q);
        if (q->age_s > STALE_MAX)
            wrong(p, "too old", q);
        if (began->state == CACHE_FRESH && ended->state == CACHE_FRESH && !began->away &&
            !ended->away)
            wrong(p, "stale for no reason", q);
        return;
    }
    if (got >= began->version)
        return;
    if (began->state != CACHE_FRESH && ended->state != CACHE_FRESH)
        wrong(p, "stale, and not marked", q);
    if (got < began->told || got < began->reported)
        wrong(p, "fresh, and known to have changed", q);
}

static void look_up(struct play *p, bool early, bool scripted)
{
    const struct model began = p->m;
    struct store_query q = { .kind = RECORD_USER, .name = span_of(record) };
    p->early = early;
    p->scripted = scripted;
    store_fetch(p->cache, &q, 1);
    check(p, &began, &q);
}

static void look_up_rival(struct play *p)
{
    struct store_query q = { .kind = RECORD_USER, .name = span_of(p->rival) };
    p->early = true;
    p->scripted = false;
    store_fetch(p->cache, &q, 1);
    if (q.record.group[0])
        wrong(p, "of another record", &q);
}

static void set_state(struct play *p, enum cache_state state, bool away)
{
    p->m.away = away;
    p->m.state = state;
    if (state == CACHE_FRESH)
        p->m.reported = p->m.version;
    cache_set_state(p->cache, state);
}

static void tell(struct play *p, bool all)
{
    p->m.told = all ? p->m.version : p->m.told + 1;
    if (all)
        cache_invalidate_all(p->cache);
    else
        cache_invalidate(p->cache, RECORD_USER, span_of(record));
}

static void do_step(struct play *p, enum step step)
{
    switch (step) {
    case READ_EARLY:
    case READ_LATE:
        look_up(p, step == READ_EARLY, true);
        break;
    case FLIP:
        p->m.version++;
        break;
    case TELL:
    case TELL_ALL:
        tell(p, step == TELL_ALL);
        break;
    case FRESH:
        set_state(p, CACHE_FRESH, false);
        break;
    case SUSPECT:
        set_state(p, CACHE_SUSPECT, false);
        break;
    case DOWN:
        set_state(p, CACHE_DOWN, true);
        break;
    case AWAY:
        p->m.away = true;
        break;
    case AGE:
        now += MAX_AGE;
        break;
    case EVICT:
        look_up_rival(p);
        break;
    default:
        break;
    }
}

/* Until the look-up under way ends, or all is done. */
static void play_steps(struct play *p)
{
    while (p->at < p->n) {
        enum step step = p->step[p->at++];
        if (step != END)
            do_step(p, step);
        else if (p->m.under_way > 0)
            return;
    }
}

enum start { COLD, COLD_FRESH, WARM, WARM_FRESH, START_COUNT };

static void begin(struct play *p, enum start start)
{
    p->m = (struct model){ .version = 1 };
    p->at = 0;
    cache_set_state(p->cache, CACHE_SUSPECT);
    cache_invalidate_all(p->cache);
    if (start == COLD_FRESH || start == WARM_FRESH)
        set_state(p, CACHE_FRESH, false);
    if (start == WARM || start == WARM_FRESH)
        look_up(p, true, false);
}

/* In the end it is asked for three times more: as things are; with the store away; and when all is
 * well again. */
static void play(struct play *p, enum start start)
{
    begin(p, start);
    play_steps(p);
    look_up(p, true, false);
    p->m.away = true;
    look_up(p, true, false);
    set_state(p, CACHE_FRESH, false);
    look_up(p, true, false);
}

/* What can come next, as far as the steps themselves say: no more than two look-ups under way, and
 * nothing that would change nothing. */
struct bounds {
    unsigned under_way, flips, told;
    enum step weather;
    bool away;
};

static bool may(struct bounds *b, enum step step)
{
    switch (step) {
    case READ_EARLY:
    case READ_LATE:
        return b->under_way++ < 2;
    case END:
        return b->under_way-- > 0;
    case FLIP:
        return b->flips++ < 2;
    case TELL:
        return b->told++ < b->flips;
    case TELL_ALL:
        b->told = b->flips;
        return true;
    case FRESH:
    case SUSPECT:
    case DOWN: {
        bool changes = b->weather != step || b->away != (step == DOWN);
        b->weather = step;
        b->away = step == DOWN;
        return changes;
    }
    case AWAY: {
        bool changes = !b->away;
        b->away = true;
        return changes;
    }
    default:
        return true;
    }
}

static unsigned long play_all(struct play *p, enum start start, enum step *step, size_t n,
                              const struct bounds *b, size_t length)
{
    unsigned long played = 0;
    if (n == length) {
        p->step = step;
        p->n = n;
        play(p, start);
        return 1;
    }
    for (enum step next = 0; next < STEP_COUNT; next++) {
        struct bounds after = *b;
        step[n] = next;
        if (may(&after, next))
            played += play_all(p, start, step, n + 1, &after, length);
    }
    return played;
}

static const struct store_ops model_ops = { .fetch = model_fetch, .close = model_close };

/* Each shard has room for one: a record for which `record` has to go shares its shard. */
static void find_rival(struct play *p)
{
    for (unsigned i = 0;; i++) {
        ck_assert_uint_lt(i, 100000);
        snprintf(p->rival, sizeof(p->rival), "rival%u", i);
        look_up(p, true, false);
        look_up_rival(p);
        unsigned asked = p->asked;
        look_up(p, true, false);
        if (p->asked > asked)
            return;
    }
}

/* So many orders the bounds leave of 12 steps; fewer would mean that not all were played. */
#define ORDERS 611410
#define ORDERS_WATCHED 66455

START_TEST(no_order_of_things_makes_an_answer_wrong)
{
    const struct cache_config config = { .entries_max = CACHE_SHARDS,
                                         .max_age_s = MAX_AGE,
                                         .stale_max_s = STALE_MAX,
                                         .utc = model_utc };
    struct play p = { .below = { &model_ops }, .m = { .version = 1 } };
    enum step step[STEPS];
    struct cache_counts counts;
    p.cache = cache_store_new(&p.below, &config);
    ck_assert_ptr_nonnull(p.cache);
    set_state(&p, CACHE_FRESH, false);
    find_rival(&p);
    const struct bounds b = { .weather = _i == COLD || _i == WARM ? SUSPECT : FRESH };
    size_t length = unit_is_watched() ? STEPS_WATCHED : STEPS;
    unsigned long played = play_all(&p, (enum start)_i, step, 0, &b, length);
    ck_assert_uint_eq(played, length == STEPS ? ORDERS : ORDERS_WATCHED);
    cache_count(p.cache, &counts);
    ck_assert_uint_gt(counts.hits, played / 10);
    ck_assert_uint_gt(counts.stale, played / 10);
    ck_assert_uint_gt(counts.lost_fills, played / 100);
    ck_assert_uint_gt(counts.evicted, played / 10);
    store_close(p.cache);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cache_model");
    TCase *tc = tcase_create("cache_model");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, no_order_of_things_makes_an_answer_wrong, 0, START_COUNT);
    suite_add_tcase(suite, tc);
    return suite;
}
