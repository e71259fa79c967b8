#include "tests/unit/ctl/event_fixture.h"

#include <stdio.h>

#include "ctl/event.h"

static const struct {
    const char *text;
    bool good;
    uint64_t ms, seq;
} ids[] = {
    { "0-0", true, 0, 0 },
    { "1769860800000-12", true, 1769860800000U, 12 },
    { "18446744073709551615-18446744073709551615", true, UINT64_MAX, UINT64_MAX },
    { "18446744073709551616-0", false, 0, 0 },
    { "1", false, 0, 0 },
    { "1-", false, 0, 0 },
    { "-1", false, 0, 0 },
    { "1-2-3", false, 0, 0 },
    { "", false, 0, 0 },
    { "a-b", false, 0, 0 },
};

START_TEST(names_of_entries_are_read)
{
    struct span text = unit_exact(span_of(ids[_i].text));
    struct event_id id = { 7, 7 };
    ck_assert_msg(event_id_parse(text, &id) == ids[_i].good, "'%s'", ids[_i].text);
    ck_assert_uint_eq(id.ms, ids[_i].good ? ids[_i].ms : 7);
    ck_assert_uint_eq(id.seq, ids[_i].good ? ids[_i].seq : 7);
    free((void *)(uintptr_t)text.p);
}
END_TEST

START_TEST(names_of_entries_have_an_order)
{
    static const struct event_id order[] = { { 0, 0 },          { 0, 1 },
                                             { 1, 0 },          { 1, UINT64_MAX },
                                             { UINT64_MAX, 0 }, { UINT64_MAX, UINT64_MAX } };
    for (size_t i = 0; i < COUNT_OF(order); i++)
        for (size_t k = 0; k < COUNT_OF(order); k++) {
            int got = event_id_compare(order[i], order[k]);
            ck_assert_int_eq((got > 0) - (got < 0), (i > k) - (i < k));
        }
}
END_TEST

static const struct {
    int64_t ms;
    const char *text;
} times[] = {
    { 1, "1970-01-01 00:00:00.001" },
    { INT64_C(1769860800123), "2026-01-31 12:00:00.123" },
    { INT64_C(253402300799999), "9999-12-31 23:59:59.999" },
    { INT64_C(253402300800000), "?" },
    { 0, "?" },
    { -1, "?" },
    { INT64_MIN, "?" },
    { INT64_MAX, "?" },
};

START_TEST(times_are_written)
{
    char out[EVENT_TIME_MAX];
    ck_assert_str_eq(event_time(times[_i].ms, out), times[_i].text);
    json_t *json = event_time_json(times[_i].ms);
    if (times[_i].text[0] == '?') {
        ck_assert(json_is_null(json));
    } else {
        char wanted[EVENT_TIME_MAX + 1];
        snprintf(wanted, sizeof(wanted), "%.10sT%sZ", times[_i].text, times[_i].text + 11);
        ck_assert_str_eq(json_string_value(json), wanted);
    }
    json_decref(json);
}
END_TEST

/* What an event is: decision, change, trouble, acted on. */
static const struct {
    const char *text;
    const char *is;
} kinds[] = {
    { "", "" },
    { "x=y", "" },
    { "event=", "change " },
    { "event=flip", "change " },
    { "event=flip\nreason=conflict\nloop=pingpong", "change " },
    { "event=decide", "decision " },
    { "event=decide\nreason=home-here", "decision " },
    { "event=decide\nreason=home-here\nloop=none", "decision " },
    { "event=decide\nreason=home-here\nloop=suspect", "decision trouble " },
    { "event=decide\nreason=conflict", "decision trouble acted-on " },
    { "event=decide\nreason=loop", "decision trouble acted-on " },
    { "event=decide\nreason=hops", "decision trouble acted-on " },
    { "event=decide\nreason=breaker", "decision trouble acted-on " },
    { "event=decide\nreason=conflicts", "decision " },
    { "event=decide\nevent=flip", "decision " },
    { "reason=conflict\nloop=pingpong", "" },
};

START_TEST(kinds_are_told_apart)
{
    struct event e;
    char is[64] = "";
    event_of(kinds[_i].text, &e);
    snprintf(is, sizeof(is), "%s%s%s%s", event_is_decision(&e) ? "decision " : "",
             event_is_change(&e) ? "change " : "", event_is_trouble(&e) ? "trouble " : "",
             event_is_acted_on(&e) ? "acted-on " : "");
    ck_assert_msg(strcmp(is, kinds[_i].is) == 0, "'%s' is %s", kinds[_i].text, is);
    event_release(&e);
}
END_TEST

START_TEST(the_first_field_of_a_name_counts)
{
    struct event e;
    event_of("a=1\nb=\na=2", &e);
    unit_assert_span(event_get(&e, "a"), "1", "a");
    unit_assert_span(event_get(&e, "b"), "", "b");
    unit_assert_span(event_get(&e, "c"), NULL, "c");
    ck_assert(event_is(&e, "b", "") && !event_is(&e, "c", "") && !event_is(&e, "a", "2"));
    event_release(&e);
}
END_TEST

START_TEST(a_copy_borrows_nothing)
{
    struct event e;
    event_of("a=1\nb=\nlong=0123456789012345678901234567890123456789", &e);
    e.id = (struct event_id){ 5, 6 };
    struct event *made = event_copy(&e);
    ck_assert_ptr_nonnull(made);
    event_release(&e);
    ck_assert_uint_eq(made->fields, 3);
    ck_assert_uint_eq(made->id.seq, 6);
    unit_assert_span(event_get(made, "a"), "1", "a");
    unit_assert_span(event_get(made, "b"), "", "b");
    unit_assert_span(event_get(made, "long"), "0123456789012345678901234567890123456789", "long");
    free(made);
}
END_TEST

START_TEST(json_has_each_field_once)
{
    struct event e;
    event_of("event=decide\nt=5\nrcpt=\xff\x1b\nrcpt=b\nid=mine", &e);
    e.id = (struct event_id){ 1769860800000U, 3 };
    e.ms = INT64_C(1769860800000);
    json_t *json = event_json(&e);
    char *text = json_dumps(json, JSON_SORT_KEYS);
    ck_assert_pstr_eq(text, "{\"event\": \"decide\", \"id\": \"1769860800000-3\", \"rcpt\": "
                            "\"\xef\xbf\xbd\\u001B\", \"time\": \"2026-01-31T12:00:00.000Z\"}");
    free(text);
    json_decref(json);
    event_release(&e);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("event");
    TCase *tc = tcase_create("event");
    tcase_add_loop_test(tc, names_of_entries_are_read, 0, COUNT_OF(ids));
    tcase_add_test(tc, names_of_entries_have_an_order);
    tcase_add_loop_test(tc, times_are_written, 0, COUNT_OF(times));
    tcase_add_loop_test(tc, kinds_are_told_apart, 0, COUNT_OF(kinds));
    tcase_add_test(tc, the_first_field_of_a_name_counts);
    tcase_add_test(tc, a_copy_borrows_nothing);
    tcase_add_test(tc, json_has_each_field_once);
    suite_add_tcase(suite, tc);
    return suite;
}
