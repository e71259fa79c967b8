#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/state/cache_scene.h"
#include "tests/unit/state/cache_scripts.h"

/* What the cache answers when, as scripts. */

#define WORD_MAX 32

static void answer_text(const struct store_query *q, bool asked, char *to, size_t size)
{
    char stale[WORD_MAX] = "";
    if (q->stale)
        snprintf(stale, sizeof(stale), " stale %u", q->age_s);
    else
        ck_assert_uint_eq(q->age_s, 0);
    snprintf(to, size, "%s%s%s",
             q->answer == STORE_FOUND ? home_name(q->record.home) : store_answer_name(q->answer),
             stale, asked ? " asked" : "");
}

static void remember(struct scene *s, const char *user, const char *home, int64_t age)
{
    struct store_query q = { .kind = RECORD_USER, .name = span_of(user), .answer = STORE_FOUND };
    ck_assert(home_parse(span_of(home), &q.record.home));
    ck_assert(cache_remember(s->cache, &q, scene_now - age));
}

static void run_ask(struct scene *s, const char *what, const char *user, const char *line)
{
    struct store_query q;
    char got[3 * WORD_MAX];
    const char *want = strstr(line, "= ");
    ck_assert_ptr_nonnull(want);
    bool asked = scene_ask(s, user, &q);
    answer_text(&q, asked, got, sizeof(got));
    ck_assert_msg(strcmp(got, want + 2) == 0, "%s: %s: %s", what, line, got);
}

static bool run_below(struct scene *s, const char *verb, const char *user, const char *home)
{
    if (strcmp(verb, "set") == 0)
        scene_set(s, user, home);
    else if (strcmp(verb, "string") == 0)
        ck_assert(memory_store_set_string(s->records, RECORD_USER, user));
    else if (strcmp(verb, "unset") == 0)
        memory_store_unset(s->records, RECORD_USER, user, NULL);
    else if (strcmp(verb, "away") == 0 || strcmp(verb, "back") == 0)
        s->away = verb[0] == 'a';
    else
        return false;
    return true;
}

static bool run_cache(struct scene *s, const char *verb, const char *user)
{
    static const enum cache_state states[] = { CACHE_FRESH, CACHE_SUSPECT, CACHE_DOWN };
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (strcmp(verb, cache_state_name(states[i])) == 0) {
            cache_set_state(s->cache, states[i]);
            return true;
        }
    }
    if (strcmp(verb, "tell") == 0)
        cache_invalidate(s->cache, RECORD_USER, span_of(user));
    else if (strcmp(verb, "tell-all") == 0)
        cache_invalidate_all(s->cache);
    else
        return false;
    return true;
}

static void run_line(struct scene *s, const char *what, const char *line)
{
    char verb[WORD_MAX] = "", user[WORD_MAX] = "", home[WORD_MAX] = "", age[WORD_MAX] = "";
    sscanf(line, "%31s %31s %31s %31s", verb, user, home, age);
    if (strcmp(verb, "ask") == 0)
        run_ask(s, what, user, line);
    else if (strcmp(verb, "wait") == 0)
        scene_now += strtol(user, NULL, 10);
    else if (strcmp(verb, "remember") == 0)
        remember(s, user, home, strtol(age, NULL, 10));
    else
        ck_assert_msg(run_below(s, verb, user, home) || run_cache(s, verb, user), "%s", line);
}

START_TEST(scripts_play)
{
    const struct script_case *c = &scripts[_i];
    struct scene s;
    scene_open(&s, 1000, c->max_age_s, c->stale_max_s);
    struct span rest = span_of(c->script), line;
    while (span_split(&rest, '\n', &line)) {
        char text[4 * WORD_MAX];
        snprintf(text, sizeof(text), "%.*s", SPAN_ARG(line));
        run_line(&s, c->what, text);
    }
    scene_close(&s);
}
END_TEST

/* Of more generations than are kept, an entry is as old as when it was read. */
START_TEST(very_many_generations_make_old)
{
    struct scene s;
    struct store_query q;
    scene_open(&s, 1000, 0, 100);
    scene_set(&s, "a", "both");
    cache_set_state(s.cache, CACHE_FRESH);
    scene_ask(&s, "a", &q);
    scene_now += 10;
    for (int i = 0; i < 1024; i++)
        cache_set_state(s.cache, CACHE_FRESH);
    s.away = true;
    scene_ask(&s, "a", &q);
    ck_assert_uint_eq(q.age_s, 0);
    cache_set_state(s.cache, CACHE_DOWN);
    scene_ask(&s, "a", &q);
    ck_assert(q.stale);
    ck_assert_uint_eq(q.age_s, 10);
    scene_close(&s);
}
END_TEST

START_TEST(states_have_names)
{
    ck_assert_str_eq(cache_state_name(CACHE_SUSPECT), "suspect");
    ck_assert_str_eq(cache_state_name(CACHE_FRESH), "fresh");
    ck_assert_str_eq(cache_state_name(CACHE_DOWN), "down");
    ck_assert_str_eq(cache_state_name((enum cache_state)7), "?");
}
END_TEST

/* What happens while the answer is on its way: by then it is known, and not yet remembered. */
static void change_a(struct scene *s)
{
    scene_set(s, "a", "primary");
    cache_invalidate(s->cache, RECORD_USER, SPAN_LIT("a"));
}

static void change_all(struct scene *s)
{
    scene_set(s, "a", "primary");
    cache_invalidate_all(s->cache);
}

static void lose_and_hear_again(struct scene *s)
{
    cache_set_state(s->cache, CACHE_SUSPECT);
    scene_set(s, "a", "primary");
    cache_set_state(s->cache, CACHE_FRESH);
}

static void hear(struct scene *s)
{
    scene_set(s, "a", "primary");
    cache_set_state(s->cache, CACHE_FRESH);
}

static void lose(struct scene *s)
{
    cache_set_state(s->cache, CACHE_SUSPECT);
    scene_set(s, "a", "primary");
}

static void ask_inside(struct scene *s)
{
    struct store_query q;
    scene_set(s, "a", "primary");
    ck_assert(scene_ask(s, "a", &q));
    ck_assert_int_eq(q.record.home, HOME_PRIMARY);
}

static void ask_inside_when_heard(struct scene *s)
{
    cache_set_state(s->cache, CACHE_FRESH);
    ask_inside(s);
}

static const struct meanwhile_case {
    const char *what;
    enum cache_state state;
    void (*meanwhile)(struct scene *s);
    unsigned lost;
    bool asked;           /* the next time */
    enum home remembered; /* when the store is away afterwards; HOME_UNSET: nothing */
} meanwhile_cases[] = {
    { "nothing", CACHE_FRESH, NULL, 0, false, HOME_BOTH },
    { "a change", CACHE_FRESH, change_a, 1, true, HOME_UNSET },
    { "all change", CACHE_FRESH, change_all, 1, true, HOME_UNSET },
    { "a change while suspect", CACHE_SUSPECT, change_a, 1, true, HOME_UNSET },
    { "all change while suspect", CACHE_SUSPECT, change_all, 1, true, HOME_UNSET },
    { "a change while down", CACHE_DOWN, change_a, 1, true, HOME_UNSET },
    { "lost for a while", CACHE_FRESH, lose_and_hear_again, 0, true, HOME_BOTH },
    { "heard for the first time", CACHE_SUSPECT, hear, 0, true, HOME_BOTH },
    { "lost", CACHE_FRESH, lose, 0, true, HOME_BOTH },
    { "a later answer that is fresh", CACHE_SUSPECT, ask_inside_when_heard, 0, false,
      HOME_PRIMARY },
};

START_TEST(what_happens_meanwhile_wins)
{
    const struct meanwhile_case *c = &meanwhile_cases[_i];
    for (int again = 0; again < 2; again++) {
        struct scene s;
        struct store_query q;
        struct cache_counts counts;
        scene_open(&s, 1000, 0, 100);
        scene_set(&s, "a", "both");
        cache_set_state(s.cache, c->state);
        s.meanwhile = c->meanwhile;
        ck_assert(scene_ask(&s, "a", &q));
        ck_assert_msg(q.record.home == HOME_BOTH, "%s: %s", c->what, home_name(q.record.home));
        ck_assert(!q.stale);
        cache_count(s.cache, &counts);
        ck_assert_msg(counts.lost_fills == c->lost, "%s: %u lost", c->what,
                      (unsigned)counts.lost_fills);
        if (again) {
            ck_assert_msg(scene_ask(&s, "a", &q) == c->asked, "%s: asked again", c->what);
        } else {
            s.away = true;
            cache_set_state(s.cache, CACHE_DOWN);
            scene_ask(&s, "a", &q);
            ck_assert_msg(q.record.home == c->remembered, "%s: %s remembered", c->what,
                          home_name(q.record.home));
        }
        scene_close(&s);
    }
}
END_TEST

/* While one waits for a store that is away, the entry goes. */
START_TEST(what_is_invalidated_meanwhile_is_not_stale)
{
    struct scene s;
    struct store_query q;
    scene_open(&s, 1000, 0, 100);
    scene_set(&s, "a", "both");
    scene_ask(&s, "a", &q);
    s.away = true;
    s.meanwhile = change_a;
    ck_assert(scene_ask(&s, "a", &q));
    ck_assert_int_eq(q.answer, STORE_UNAVAILABLE);
    ck_assert(!q.stale);
    scene_close(&s);
}
END_TEST

/* Read before the one that is there, and without a time between: which of the two stays is not
 * said; read later by the clock, it is. */
static void ask_inside_later(struct scene *s)
{
    scene_now++;
    ask_inside(s);
}

START_TEST(an_answer_asked_for_earlier_does_not_replace)
{
    struct scene s;
    struct store_query q;
    scene_open(&s, 1000, 0, 100);
    scene_set(&s, "a", "both");
    s.meanwhile = ask_inside_later;
    scene_ask(&s, "a", &q);
    ck_assert_int_eq(q.record.home, HOME_BOTH);
    s.away = true;
    scene_ask(&s, "a", &q);
    ck_assert_int_eq(q.record.home, HOME_PRIMARY);
    scene_close(&s);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("cache_store");
    TCase *tc = tcase_create("cache_store");
    tcase_add_loop_test(tc, scripts_play, 0, COUNT_OF(scripts));
    tcase_add_test(tc, very_many_generations_make_old);
    tcase_add_test(tc, states_have_names);
    tcase_add_loop_test(tc, what_happens_meanwhile_wins, 0, COUNT_OF(meanwhile_cases));
    tcase_add_test(tc, what_is_invalidated_meanwhile_is_not_stale);
    tcase_add_test(tc, an_answer_asked_for_earlier_does_not_replace);
    suite_add_tcase(suite, tc);
    return suite;
}
