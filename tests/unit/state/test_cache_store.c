#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/state/cache_scene.h"

/* What the cache answers when, as scripts. */

#define WORD_MAX 32

/*
 * Steps, a line each. Of the store below: `set USER HOME`, `string USER`, `unset USER`, `away`,
 * `back`. Of the cache: `fresh`, `suspect`, `down`, `tell USER`, `tell-all`, `remember USER HOME
 * AGE`. `wait SECONDS`. `ask USER = ANSWER`, which is a home, or another answer's name; then
 * `stale AGE`; then `asked` where the store below was.
 */
static const struct script_case {
    const char *what;
    unsigned max_age_s;
    unsigned stale_max_s;
    const char *script;
} scripts[] = {
    { "nothing is fresh at the beginning", 0, 100,
      "set a both\n"
      "ask a = both asked\n"
      "ask a = both asked" },
    { "what is fresh is asked for once", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "set a primary\n"
      "ask a = both\n"
      "wait 1000000\n"
      "ask a = both" },
    { "that there is no record is remembered too", 0, 100,
      "fresh\n"
      "ask a = absent asked\n"
      "set a both\n"
      "ask a = absent\n"
      "tell a\n"
      "ask a = both asked" },
    { "and that it is bad", 0, 100,
      "string a\n"
      "fresh\n"
      "ask a = bad asked\n"
      "ask a = bad\n"
      "suspect\n"
      "away\n"
      "ask a = bad stale 0 asked" },
    { "but not that it could not be had", 0, 100,
      "set a both\n"
      "fresh\n"
      "away\n"
      "ask a = unavailable asked\n"
      "back\n"
      "ask a = both asked" },
    { "a change that is told", 0, 100,
      "set a both\n"
      "set b both\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask b = both asked\n"
      "set a primary\n"
      "tell a\n"
      "ask a = primary asked\n"
      "ask a = primary\n"
      "ask b = both" },
    { "all have changed", 0, 100,
      "set a both\n"
      "set b both\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask b = both asked\n"
      "tell-all\n"
      "ask a = both asked\n"
      "ask b = both asked\n"
      "ask a = both" },
    { "nothing invalidated is stale", 0, 100,
      "set a both\n"
      "set b both\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask b = both asked\n"
      "suspect\n"
      "away\n"
      "tell a\n"
      "ask a = unavailable asked\n"
      "ask b = both stale 0 asked\n"
      "tell-all\n"
      "ask b = unavailable asked" },
    { "what was read before changes are reported again is asked for again", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "suspect\n"
      "set a primary\n"
      "fresh\n"
      "ask a = primary asked\n"
      "ask a = primary" },
    { "also when they never seemed to stop", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask a = both" },
    { "what was read while they are not is not fresh afterwards", 0, 100,
      "set a both\n"
      "suspect\n"
      "ask a = both asked\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask a = both" },
    { "suspect: the store is asked first", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "suspect\n"
      "set a primary\n"
      "ask a = primary asked\n"
      "away\n"
      "ask a = primary stale 0 asked" },
    { "age is counted from when changes were last reported", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 1000\n"
      "suspect\n"
      "away\n"
      "wait 7\n"
      "ask a = both stale 7 asked" },
    { "or from when it was read", 0, 100,
      "set a both\n"
      "suspect\n"
      "ask a = both asked\n"
      "wait 9\n"
      "away\n"
      "ask a = both stale 9 asked" },
    { "or from when it was read last", 0, 100,
      "set a both\n"
      "suspect\n"
      "ask a = both asked\n"
      "wait 9\n"
      "ask a = both asked\n"
      "wait 1\n"
      "away\n"
      "ask a = both stale 1 asked" },
    { "suspect, then down: from the first", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "suspect\n"
      "wait 5\n"
      "down\n"
      "wait 5\n"
      "ask a = both stale 10" },
    { "of something not used since, from when its generation ended", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 1\n"
      "suspect\n"
      "wait 10\n"
      "fresh\n"
      "wait 5\n"
      "suspect\n"
      "wait 2\n"
      "away\n"
      "ask a = both stale 17 asked" },
    { "also when that ended with the next one", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 50\n"
      "fresh\n"
      "wait 3\n"
      "away\n"
      "ask a = both stale 3 asked" },
    { "reported again, and the store is away all the same", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "suspect\n"
      "wait 4\n"
      "fresh\n"
      "away\n"
      "ask a = both stale 4 asked\n"
      "back\n"
      "ask a = both asked\n"
      "ask a = both" },
    { "down: what is known at once, the rest is asked for", 0, 100,
      "set a both\n"
      "set b primary\n"
      "fresh\n"
      "ask a = both asked\n"
      "down\n"
      "wait 7\n"
      "ask a = both stale 7\n"
      "ask b = primary asked\n"
      "wait 3\n"
      "ask b = primary stale 3\n"
      "away\n"
      "ask a = both stale 10\n"
      "ask c = unavailable asked" },
    { "nothing is served beyond stale_max", 0, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "down\n"
      "wait 100\n"
      "ask a = both stale 100\n"
      "wait 1\n"
      "away\n"
      "ask a = unavailable asked\n"
      "suspect\n"
      "ask a = unavailable asked\n"
      "down\n"
      "back\n"
      "ask a = both asked\n"
      "ask a = both stale 0" },
    { "nothing is stale without a stale_max", 0, 0,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "ask a = both\n"
      "down\n"
      "ask a = both asked\n"
      "away\n"
      "ask a = unavailable asked\n"
      "suspect\n"
      "ask a = unavailable asked\n"
      "fresh\n"
      "ask a = unavailable asked" },
    { "max_age: asked for again, changed or not", 10, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 9\n"
      "set a primary\n"
      "ask a = both\n"
      "wait 1\n"
      "ask a = primary asked\n"
      "wait 9\n"
      "ask a = primary" },
    { "of older ones it is not known whether they are right", 10, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 15\n"
      "away\n"
      "ask a = both stale 5 asked\n"
      "wait 95\n"
      "ask a = both stale 100 asked\n"
      "wait 1\n"
      "ask a = unavailable asked" },
    { "nor after changes are reported no more", 10, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait 15\n"
      "down\n"
      "wait 1\n"
      "ask a = both stale 6" },
    { "a clock that is set back", 10, 100,
      "set a both\n"
      "fresh\n"
      "ask a = both asked\n"
      "wait -9\n"
      "ask a = both\n"
      "wait -1\n"
      "ask a = both asked\n"
      "down\n"
      "wait -50\n"
      "ask a = both stale 0" },
    { "a lost record is remembered as such", 0, 100,
      "set a both\n"
      "suspect\n"
      "ask a = both asked\n"
      "unset a\n"
      "ask a = absent asked\n"
      "away\n"
      "ask a = absent stale 0 asked" },
    { "remembered by an earlier process", 0, 100,
      "remember a both 30\n"
      "remember b both 101\n"
      "down\n"
      "ask a = both stale 30\n"
      "away\n"
      "ask b = unavailable asked\n"
      "suspect\n"
      "ask a = both stale 30 asked\n"
      "back\n"
      "ask a = absent asked\n"
      "away\n"
      "ask a = absent stale 0 asked" },
    { "it is not fresh when changes are reported", 0, 100,
      "set a primary\n"
      "remember a both 30\n"
      "fresh\n"
      "ask a = primary asked\n"
      "ask a = primary" },
    { "nor replaces what there is", 0, 100,
      "set a primary\n"
      "suspect\n"
      "ask a = primary asked\n"
      "remember a both 0\n"
      "down\n"
      "ask a = primary stale 0" },
    { "nor is it from the future", 0, 100,
      "remember a both -50\n"
      "wait 10\n"
      "down\n"
      "ask a = both stale 10" },
};

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
    char verb[WORD_MAX] = "", user[WORD_MAX] = "", home[WORD_MAX] = "";
    long n = 0;
    sscanf(line, "%31s %31s %31s %ld", verb, user, home, &n);
    if (strcmp(verb, "ask") == 0)
        run_ask(s, what, user, line);
    else if (strcmp(verb, "wait") == 0)
        scene_now += strtol(user, NULL, 10);
    else if (strcmp(verb, "remember") == 0)
        remember(s, user, home, n);
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
