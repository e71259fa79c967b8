#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "engine/backend_live.h"
#include "engine/readiness.h"
#include "state/failing_store.h"
#include "state/memory_store.h"

/* An engine with no more than what readiness looks at. */
static struct config_domain domain = { .name = (char[]){ "example.com" } };
static struct config config = { .domain = &domain, .domains = 1 };
static struct backend_live live;
static struct backend backend;
static struct engine engine = { .config = &config, .backend = &backend };
static char why[READINESS_TEXT_MAX];

static void open_cached(const char *server)
{
    static const struct cache_config cached = { .entries_max = 1000, .stale_max_s = 3600 };
    static char name[64];
    snprintf(name, sizeof(name), "%s", server);
    live = (struct backend_live){ .server = name,
                                  .cache = cache_store_new(memory_store_new(), &cached) };
    ck_assert_ptr_nonnull(live.cache);
    backend = (struct backend){ .store = live.cache, .live = &live };
    engine.store = live.cache;
}

START_TEST(a_cache_is_as_it_says)
{
    static const struct {
        enum cache_state state;
        const char *why; /* NULL: ready */
    } rows[] = {
        { CACHE_SUSPECT, "the state is not known: Redis at 127.0.0.1:6379 does not tell its "
                         "changes yet; records remembered: 1" },
        { CACHE_FRESH, NULL },
        { CACHE_DOWN, "the state is not known: Redis at 127.0.0.1:6379 does not answer; records "
                      "remembered: 1" },
        { CACHE_FRESH, NULL },
    };
    open_cached("127.0.0.1:6379");
    struct store_query q = { .kind = RECORD_USER, .name = SPAN_LIT("a@b") };
    store_fetch(live.cache, &q, 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        cache_set_state(live.cache, rows[i].state);
        why[0] = '\0';
        ck_assert_int_eq(readiness_check(&engine, why), rows[i].why == NULL);
        ck_assert_str_eq(why, rows[i].why ? rows[i].why : "");
    }
    store_close(live.cache);
}
END_TEST

START_TEST(the_line_is_printable)
{
    open_cached("/tmp/\x1b[31m\n\xc3\xa4");
    ck_assert(!readiness_check(&engine, why));
    ck_assert_str_eq(why, "the state is not known: Redis at /tmp/?[31m??? does not tell its "
                          "changes yet; records remembered: 0");
    store_close(live.cache);
}
END_TEST

START_TEST(without_a_cache_an_answer_counts)
{
    static const struct {
        enum store_answer answer;
        bool ready;
    } rows[] = { { STORE_UNAVAILABLE, false }, { STORE_BAD, true }, { STORE_ABSENT, true } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct store *s = failing_store_new(rows[i].answer, "no way");
        backend = (struct backend){ .store = s };
        engine.store = s;
        why[0] = '\0';
        ck_assert_int_eq(readiness_check(&engine, why), rows[i].ready);
        ck_assert_str_eq(why, rows[i].ready ? "" : "the state is not known: no way");
        store_close(s);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("readiness");
    TCase *tc = tcase_create("readiness");
    tcase_add_test(tc, a_cache_is_as_it_says);
    tcase_add_test(tc, the_line_is_printable);
    tcase_add_test(tc, without_a_cache_an_answer_counts);
    suite_add_tcase(suite, tc);
    return suite;
}
