#include <stdio.h>
#include <string.h>

#include "engine/exporter.h"
#include "engine/meter.h"
#include "engine/readiness.h"
#include "tests/unit/engine/message_again.h"

static struct buf page;

static void write_page(void)
{
    buf_init(&page, EXPORTER_PAGE_MAX);
    exporter_write(f.engine, &page);
    ck_assert(buf_ok(&page));
}

static void assert_line(const char *line)
{
    char whole[200];
    snprintf(whole, sizeof(whole), "\n%s\n", line);
    ck_assert_msg(strstr(buf_text(&page), whole), "no '%s' in:\n%s", line, buf_text(&page));
}

/* Without Redis all that would be its stands there too, so that a query finds it. */
START_TEST(an_engine_without_redis)
{
    static const char *const lines[] = {
        "coexist_ready 1",
        "coexist_messages_total{outcome=\"accepted\"} 0",
        "coexist_cache_entries 0",
        "coexist_cache_state{state=\"suspect\"} 0",
        "coexist_cache_state{state=\"fresh\"} 0",
        "coexist_cache_state{state=\"down\"} 0",
        "coexist_cache_hits_total 0",
        "coexist_cache_fills_total 0",
        "coexist_cache_lost_fills_total 0",
        "coexist_cache_stale_answers_total 0",
        "coexist_cache_invalidations_total 0",
        "coexist_cache_evictions_total 0",
        "coexist_journal_entries_total{kind=\"event\"} 0",
        "coexist_journal_entries_total{kind=\"sent\"} 0",
        "coexist_journal_entries_total{kind=\"strike\"} 0",
        "coexist_journal_written_total 0",
        "coexist_journal_dropped_total 0",
        "coexist_journal_refused_total 0",
        "coexist_journal_batches_total 0",
        "coexist_journal_waiting 0",
        "coexist_ledger_lookups_total{result=\"found\"} 0",
        "coexist_ledger_lookups_total{result=\"unavailable\"} 0",
        "coexist_breakers_open 0",
    };
    open_with("");
    f.engine->meter->started = 1700000000;
    write_page();
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_line(lines[i]);
    assert_line("coexist_build_info{version=\"" COEXIST_VERSION
                "\",node=\"s.example.net\",system=\"secondary\"} 1");
    assert_line("coexist_start_time_seconds 1700000000");
    buf_free(&page);
}
END_TEST

START_TEST(what_was_counted_stands_there)
{
    struct verdict v;
    open_with("");
    pass("external", "<a@b>", "here", &v);
    verdict_free(&v);
    write_page();
    assert_line("coexist_messages_total{outcome=\"accepted\"} 1");
    assert_line(
        "coexist_recipients_total{action=\"here\",reason=\"home-here\",mode=\"enforce\"} 1");
    buf_free(&page);
}
END_TEST

START_TEST(a_lost_state_is_told)
{
    char why[READINESS_TEXT_MAX] = "";
    open_with("");
    ck_assert(readiness_check(f.engine, why));
    engine_fixture_lose_state(&f);
    ck_assert(!readiness_check(f.engine, why));
    ck_assert_str_eq(why, "the state is not known: no connection");
    write_page();
    assert_line("coexist_ready 0");
    buf_free(&page);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("exporter");
    TCase *tc = tcase_create("exporter");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_engine_without_redis);
    tcase_add_test(tc, what_was_counted_stands_there);
    tcase_add_test(tc, a_lost_state_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
