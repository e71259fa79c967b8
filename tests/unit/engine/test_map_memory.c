#include "tests/support/unit.h"

#include <pthread.h>
#include <stdio.h>

#include "engine/map_memory.h"

#define SECOND INT64_C(1000000)
#define OWN MAP_WAY_OWN
#define PEER MAP_WAY_PEER
#define REFUSED MAP_WAY_REFUSED

struct step {
    int second;
    const char *key;
    enum map_way way;
};

/* What was told when, and who strays then: at `second`, this way for this key. */
static const struct memory_case {
    const char *what;
    struct step told[4];
    size_t tells;
    struct step asked;
    bool strays;
} cases[] = {
    { "nothing was told", { { 0 } }, 0, { 1, "a@b", OWN }, false },
    { "the same way", { { 1, "a@b", OWN } }, 1, { 2, "a@b", OWN }, false },
    { "another way, at once", { { 1, "a@b", OWN } }, 1, { 1, "a@b", PEER }, true },
    { "another way", { { 1, "a@b", OWN } }, 1, { 2, "a@b", PEER }, true },
    { "to the peer before", { { 1, "a@b", PEER } }, 1, { 20, "a@b", OWN }, true },
    { "refused before", { { 1, "a@b", REFUSED } }, 1, { 20, "a@b", OWN }, true },
    { "while Postfix remembers", { { 1, "a@b", OWN } }, 1, { 31, "a@b", PEER }, true },
    { "and no longer", { { 1, "a@b", OWN } }, 1, { 32, "a@b", PEER }, false },
    { "another address", { { 1, "a@b", OWN } }, 1, { 2, "a@c", PEER }, false },
    { "an address that begins so", { { 1, "a@b", OWN } }, 1, { 2, "a@bc", PEER }, false },
    { "told again", { { 1, "a@b", OWN }, { 20, "a@b", OWN } }, 2, { 40, "a@b", PEER }, true },
    /* Another program of Postfix may have asked in between. */
    { "told the new way too",
      { { 1, "a@b", OWN }, { 5, "a@b", PEER } },
      2,
      { 6, "a@b", PEER },
      true },
    { "the old one forgotten",
      { { 1, "a@b", OWN }, { 20, "a@b", PEER } },
      2,
      { 32, "a@b", PEER },
      false },
    { "flipped back", { { 1, "a@b", OWN }, { 20, "a@b", PEER } }, 2, { 32, "a@b", OWN }, true },
    { "others told between",
      { { 1, "a@b", OWN }, { 2, "c@b", PEER }, { 3, "d@b", OWN } },
      3,
      { 4, "a@b", PEER },
      true },
};

static struct span exact(const char *key)
{
    return unit_exact(span_of(key));
}

static void tell(struct map_memory *m, const struct step *s)
{
    struct span key = exact(s->key);
    map_memory_tell(m, key, s->way, s->second * SECOND);
    free((void *)key.p);
}

static bool strays(struct map_memory *m, const struct step *s)
{
    struct span key = exact(s->key);
    bool found = map_memory_strays(m, key, s->way, s->second * SECOND);
    free((void *)key.p);
    return found;
}

START_TEST(what_was_told_is_remembered_for_a_while)
{
    const struct memory_case *c = &cases[_i];
    struct map_memory *m = map_memory_new();
    for (size_t i = 0; i < c->tells; i++)
        tell(m, &c->told[i]);
    ck_assert_msg(strays(m, &c->asked) == c->strays, "%s", c->what);
    map_memory_unref(m);
}
END_TEST

/* A stranger may ask for as many addresses as he likes. */
START_TEST(the_newest_of_many_are_remembered)
{
    struct map_memory *m = map_memory_new();
    const int many = 4 * MAP_MEMORY_MAX;
    char key[32];
    int found = 0, newest = 0;
    for (int i = 0; i < many; i++) {
        snprintf(key, sizeof(key), "user%d@example.com", i);
        map_memory_tell(m, span_of(key), OWN, SECOND + i);
    }
    for (int i = 0; i < many; i++) {
        snprintf(key, sizeof(key), "user%d@example.com", i);
        bool there = map_memory_strays(m, span_of(key), PEER, 2 * SECOND);
        found += there;
        newest += there && i >= many - 100;
    }
    ck_assert_int_le(found, MAP_MEMORY_MAX);
    ck_assert_int_gt(found, MAP_MEMORY_MAX / 2);
    ck_assert_int_eq(newest, 100);
    map_memory_unref(m);
}
END_TEST

START_TEST(without_one_nothing_is_remembered)
{
    map_memory_tell(NULL, SPAN_LIT("a@b"), OWN, SECOND);
    ck_assert(!map_memory_strays(NULL, SPAN_LIT("a@b"), PEER, SECOND));
    ck_assert_ptr_null(map_memory_ref(NULL));
    map_memory_unref(NULL);
}
END_TEST

#define THREADS 4
#define ROUNDS 20000

static void *tell_and_ask(void *memory)
{
    struct map_memory *m = map_memory_ref(memory);
    char key[32];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(key, sizeof(key), "user%d@example.com", i % 100);
        map_memory_tell(m, span_of(key), OWN, SECOND);
        if (!map_memory_strays(m, span_of(key), PEER, SECOND))
            return m;
    }
    map_memory_unref(m);
    return NULL;
}

START_TEST(several_threads_tell_and_ask)
{
    struct map_memory *m = map_memory_new();
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, tell_and_ask, m), 0);
    for (int i = 0; i < THREADS; i++) {
        void *lost;
        pthread_join(thread[i], &lost);
        ck_assert_ptr_null(lost);
    }
    map_memory_unref(m);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("map memory");
    TCase *tc = tcase_create("map memory");
    tcase_add_loop_test(tc, what_was_told_is_remembered_for_a_while, 0, (int)COUNT_OF(cases));
    tcase_add_test(tc, the_newest_of_many_are_remembered);
    tcase_add_test(tc, without_one_nothing_is_remembered);
    tcase_add_test(tc, several_threads_tell_and_ask);
    suite_add_tcase(suite, tc);
    return suite;
}
