#include "tests/support/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "state/cache_store.h"

/*
 * Two look-ups of one record in threads of their own, which begin and end in every order among the
 * other things that happen, one within the other or not. One thing at a time: what is tried is the
 * order, not the chance.
 */

enum thing { BEGIN_A, END_A, BEGIN_B, END_B, FLIP, TELL, LOSE, HEAR, THINGS };

static const char *const thing_names[] = { "begin-a", "end-a", "begin-b", "end-b",
                                           "flip",    "tell",  "lose",    "hear" };

/* Each thing comes once, after the one it needs (itself: none). */
static const enum thing needs[THINGS] = {
    BEGIN_A, BEGIN_A, BEGIN_B, BEGIN_B, FLIP, FLIP, LOSE, LOSE
};

/* 8! / 2^4 */
#define ORDERS 2520

enum at { IDLE, RUNNING, PAUSED };

struct looker {
    struct scene *scene;
    pthread_t thread;
    enum at at;
    struct store_query query;
    unsigned told, reported; /* when it began: nothing older may come */
};

struct scene {
    struct store below; /* first */
    struct store *cache;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct looker looker[2];
    bool over;
    bool late; /* the record is read when the look-up ends, else when it begins */
    unsigned version, told, reported;
};

/* NULL: none, and it does not pause. */
static struct looker *looker_here(struct scene *s)
{
    for (size_t i = 0; i < 2; i++)
        if (pthread_equal(s->looker[i].thread, pthread_self()))
            return &s->looker[i];
    return NULL;
}

static void read_record(struct scene *s, struct store_query *q)
{
    q->answer = STORE_FOUND;
    snprintf(q->record.group, RECORD_GROUP_MAX, "%u", s->version);
}

static void paused_fetch(struct store *store, struct store_query *q, size_t n)
{
    struct scene *s = (struct scene *)store;
    (void)n;
    pthread_mutex_lock(&s->lock);
    struct looker *l = looker_here(s);
    if (!s->late)
        read_record(s, q);
    if (l) {
        l->at = PAUSED;
        pthread_cond_broadcast(&s->moved);
        while (l->at == PAUSED)
            pthread_cond_wait(&s->moved, &s->lock);
    }
    if (s->late)
        read_record(s, q);
    pthread_mutex_unlock(&s->lock);
}

static void paused_close(struct store *store)
{
    (void)store;
}

static void *look(void *arg)
{
    struct looker *l = arg;
    struct scene *s = l->scene;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (l->at == IDLE && !s->over)
            pthread_cond_wait(&s->moved, &s->lock);
        if (s->over)
            break;
        pthread_mutex_unlock(&s->lock);
        store_fetch(s->cache, &l->query, 1);
        pthread_mutex_lock(&s->lock);
        l->at = IDLE;
        pthread_cond_broadcast(&s->moved);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Lets it run, and waits until it has got where it goes next. */
static void run_on(struct scene *s, struct looker *l)
{
    pthread_mutex_lock(&s->lock);
    l->at = RUNNING;
    pthread_cond_broadcast(&s->moved);
    while (l->at == RUNNING)
        pthread_cond_wait(&s->moved, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static void begin(struct scene *s, struct looker *l)
{
    l->query = (struct store_query){ .kind = RECORD_USER, .name = SPAN_LIT("a@b") };
    l->told = s->told;
    l->reported = s->reported;
    run_on(s, l);
}

static bool is_wrong(const struct store_query *q, unsigned told, unsigned reported)
{
    unsigned got = (unsigned)strtoul(q->record.group, NULL, 10);
    return q->answer != STORE_FOUND || q->stale || got < told || got < reported;
}

/* False: the answer, where one came, is wrong. */
static bool happen(struct scene *s, enum thing thing)
{
    struct looker *l = &s->looker[thing >= BEGIN_B];
    switch (thing) {
    case BEGIN_A:
    case BEGIN_B:
        begin(s, l);
        return true;
    case END_A:
    case END_B:
        if (l->at == PAUSED)
            run_on(s, l);
        return !is_wrong(&l->query, l->told, l->reported);
    case FLIP:
        s->version++;
        return true;
    case TELL:
        cache_invalidate(s->cache, RECORD_USER, SPAN_LIT("a@b"));
        s->told = s->version;
        return true;
    case LOSE:
        cache_set_state(s->cache, CACHE_SUSPECT);
        return true;
    default:
        cache_set_state(s->cache, CACHE_FRESH);
        s->reported = s->version;
        return true;
    }
}

static void play(struct scene *s, const enum thing *order)
{
    s->version = 1;
    s->told = s->reported = 0;
    cache_invalidate_all(s->cache);
    cache_set_state(s->cache, CACHE_FRESH);
    bool right = true;
    for (size_t i = 0; i < THINGS; i++)
        right = happen(s, order[i]) && right;
    struct store_query q = { .kind = RECORD_USER, .name = SPAN_LIT("a@b") };
    store_fetch(s->cache, &q, 1);
    if (right && !is_wrong(&q, s->told, s->reported))
        return;
    char text[THINGS * 16] = "";
    for (size_t i = 0; i < THINGS; i++)
        strcat(strcat(text, " "), thing_names[order[i]]);
    ck_abort_msg("in the end version %s of %u, after%s", q.record.group, s->version, text);
}

static unsigned play_all(struct scene *s, enum thing *order, size_t n, unsigned come)
{
    unsigned played = 0;
    if (n == THINGS) {
        play(s, order);
        return 1;
    }
    for (enum thing next = 0; next < THINGS; next++) {
        bool ready = needs[next] == next || (come & 1u << needs[next]);
        if (!ready || (come & 1u << next))
            continue;
        order[n] = next;
        played += play_all(s, order, n + 1, come | 1u << next);
    }
    return played;
}

static void end_lookers(struct scene *s)
{
    pthread_mutex_lock(&s->lock);
    s->over = true;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < 2; i++)
        pthread_join(s->looker[i].thread, NULL);
}

START_TEST(overlapping_look_ups_leave_nothing_old)
{
    static const struct store_ops ops = { .fetch = paused_fetch, .close = paused_close };
    const struct cache_config config = { .entries_max = 1000, .stale_max_s = 100 };
    struct scene s = { .below = { &ops }, .late = _i };
    enum thing order[THINGS];
    struct cache_counts counts;
    pthread_mutex_init(&s.lock, NULL);
    pthread_cond_init(&s.moved, NULL);
    s.cache = cache_store_new(&s.below, &config);
    ck_assert_ptr_nonnull(s.cache);
    for (size_t i = 0; i < 2; i++) {
        s.looker[i].scene = &s;
        ck_assert_int_eq(pthread_create(&s.looker[i].thread, NULL, look, &s.looker[i]), 0);
    }
    ck_assert_uint_eq(play_all(&s, order, 0, 0), ORDERS);
    end_lookers(&s);
    cache_count(s.cache, &counts);
    ck_assert_uint_gt(counts.hits, 0);
    ck_assert_uint_gt(counts.lost_fills, 0);
    store_close(s.cache);
    pthread_cond_destroy(&s.moved);
    pthread_mutex_destroy(&s.lock);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cache_overlap");
    TCase *tc = tcase_create("cache_overlap");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, overlapping_look_ups_leave_nothing_old, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
