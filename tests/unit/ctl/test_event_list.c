#include "tests/unit/ctl/event_fixture.h"

#include "ctl/event_list.h"

#define EVENTS 1000

START_TEST(events_are_put_in_order)
{
    static const struct {
        int64_t ms;
        struct event_id id;
    } given[] = { { 5, { 9, 0 } }, { 3, { 9, 1 } }, { 5, { 8, 7 } }, { 1, { 9, 2 } } };
    static const uint64_t wanted[] = { 2, 1, 7, 0 }; /* by their numbers */
    struct event_list l = { 0 };
    event_list_sort(&l);
    for (size_t i = 0; i < COUNT_OF(given); i++) {
        const struct event e = { .ms = given[i].ms, .id = given[i].id };
        ck_assert(event_list_add(&l, &e));
    }
    event_list_sort(&l);
    for (size_t i = 0; i < COUNT_OF(given); i++)
        ck_assert_uint_eq(l.at[i]->id.seq, wanted[i]);
    event_list_free(&l);
    ck_assert_uint_eq(l.n, 0);
}
END_TEST

START_TEST(many_events_outlive_theirs)
{
    struct event_list l = { 0 };
    for (int i = 0; i < EVENTS; i++) {
        struct event e;
        event_of("rcpt=a@example.com\nevent=decide", &e);
        e.ms = i + 1;
        ck_assert(event_list_add(&l, &e));
        event_release(&e);
    }
    ck_assert_uint_eq(l.n, EVENTS);
    for (int i = 0; i < EVENTS; i++)
        unit_assert_span(event_get(l.at[i], "rcpt"), "a@example.com", "rcpt");
    json_t *json = event_list_json(&l);
    ck_assert_uint_eq(json_array_size(json), EVENTS);
    json_decref(json);
    event_list_free(&l);
}
END_TEST

START_TEST(no_event_is_an_empty_list)
{
    const struct event_list l = { 0 };
    json_t *json = event_list_json(&l);
    ck_assert(json_is_array(json) && json_array_size(json) == 0);
    json_decref(json);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("event list");
    TCase *tc = tcase_create("event list");
    tcase_add_test(tc, events_are_put_in_order);
    tcase_add_test(tc, many_events_outlive_theirs);
    tcase_add_test(tc, no_event_is_an_empty_list);
    suite_add_tcase(suite, tc);
    return suite;
}
