#include "tests/support/map_scene.h"

#include <stdio.h>
#include <string.h>

#include "state/memory_store.h"
#include "tests/support/unit.h"

#define P SYSTEM_PRIMARY
#define S SYSTEM_SECONDARY
#define TO_P "OK " MAP_PRIMARY_HOP
#define TO_S "OK " MAP_SECONDARY_HOP
#define NONE "NOTFOUND "
#define PEER_ADDRESS "a@example.com.peer.invalid"
#define TAIL " (coexist s.example.net)"
#define NO_WAY "this mailbox lives on the other system, and no address for it there is known" TAIL
#define MOVES "the mailbox is being moved, try again later" TAIL
#define BAD "the record that says where this mailbox lives is not valid" TAIL

/* What a user's record says, and the answer of each table. */
static const struct row {
    enum system node;
    const char *user, *fields; /* NULL: no record */
    const char *key;
    const char *transport, *recipients, *alias;
} rows[] = {
    { S, "a@plain.example", "home=secondary", "a@plain.example", TO_S, "OK secondary", NONE },
    { S, "a@plain.example", "home=primary", "a@plain.example", TO_P, "OK primary", NONE },
    { S, "a@plain.example", "home=both", "a@plain.example", TO_S, "OK both",
      "TEMP no-route: <a@plain.example>: " NO_WAY },
    { S, "a@plain.example", "home=both route=b@x.example", "a@plain.example", TO_S, "OK both",
      "OK a@plain.example, b@x.example" },
    { S, "a@plain.example", "home=primary route=b@x.example", "a@plain.example", TO_P, "OK primary",
      "OK b@x.example" },
    { S, "a@plain.example", "home=moving", "a@plain.example",
      "OK retry:4.2.1 moving: <a@plain.example>: " MOVES, "OK moving",
      "TEMP moving: <a@plain.example>: " MOVES },
    { S, "a@plain.example", "home=secodnary", "a@plain.example",
      "OK retry:4.3.5 bad-record: <a@plain.example>: " BAD,
      "TEMP bad-record: <a@plain.example>: " BAD, "TEMP bad-record: <a@plain.example>: " BAD },
    { S, "a@plain.example", "group=nobody", "a@plain.example",
      "OK retry:4.3.5 bad-record: <a@plain.example>: " BAD,
      "TEMP bad-record: <a@plain.example>: " BAD, "TEMP bad-record: <a@plain.example>: " BAD },
    { S, NULL, NULL, "a@plain.example", TO_P, "OK default", NONE },
    { S, NULL, NULL, "a@own.example", TO_S, "OK default", NONE },
    { S, NULL, NULL, "a@open.example", TO_P, "OK default", NONE },
    { S, "a@example.com", "home=primary", "a@example.com", TO_P, "OK primary", "OK " PEER_ADDRESS },
    { S, "a@example.com", "home=both", "a@example.com", TO_S, "OK both",
      "OK a@example.com, " PEER_ADDRESS },
    { S, "a@example.com", "home=secondary", "a@example.com", TO_S, "OK secondary", NONE },
    { S, NULL, NULL, "a@example.com", TO_P, "OK default", "OK " PEER_ADDRESS },

    { S, "a@plain.example", "home=secondary", "A@PLAIN.Example", TO_S, "OK secondary", NONE },
    { S, "a@plain.example", "home=secondary", "a@plain.example.", TO_S, "OK secondary", NONE },
    { S, "a@plain.example", "home=secondary", "A+box@plain.example", TO_S, "OK secondary", NONE },
    { S, "a@example.com", "home=both", "A+x@example.com", TO_S, "OK both",
      "OK A+x@example.com, A+x@example.com.peer.invalid" },
    { S, "b@plain.example", "alias=a@plain.example", "b@plain.example", TO_P, "OK default",
      "OK a@plain.example" },
    { S, "b@plain.example", "alias=a@plain.example", "B+Box@plain.example", TO_P, "OK default",
      "OK a+Box@plain.example" },
    { S, "b@plain.example", "alias=a+own@plain.example", "b+box@plain.example", TO_P, "OK default",
      "OK a+own@plain.example" },
    { S, "b+box@plain.example", "alias=a@plain.example", "b+box@plain.example", TO_P, "OK default",
      "OK a@plain.example" },
    { S, "b c@plain.example", "alias=a@plain.example", "b c+box@plain.example", TO_P, "OK default",
      "OK a@plain.example" },
    { S, "b@plain.example", "alias=b@plain.example", "b@plain.example",
      "OK retry:4.3.5 bad-record: <b@plain.example>: " BAD,
      "TEMP bad-record: <b@plain.example>: " BAD, "TEMP bad-record: <b@plain.example>: " BAD },
    { S, "b@own.example", "alias=john", "b@own.example",
      "OK retry:4.3.5 bad-record: <b@own.example>: " BAD, "TEMP bad-record: <b@own.example>: " BAD,
      "TEMP bad-record: <b@own.example>: " BAD },
    { S, "john doe@example.com", "home=both", "john doe@example.com", TO_S, "OK both",
      "OK \"john doe\"@example.com, \"john doe\"@example.com.peer.invalid" },
    { S, "john doe@example.com", "home=both", "\"john doe\"@example.com", TO_S, "OK both",
      "OK \"john doe\"@example.com, \"john doe\"@example.com.peer.invalid" },
    { S, "j\"x\\y@example.com", "home=primary", "j\"x\\y@example.com", TO_P, "OK primary",
      "OK \"j\\\"x\\\\y\"@example.com.peer.invalid" },
    { S, "a,b@example.com", "home=primary", "a,b@example.com", TO_P, "OK primary",
      "OK \"a,b\"@example.com.peer.invalid" },
    { S, "b@x@example.com", "home=secondary", "b@x@example.com", TO_S, "OK secondary", NONE },
    { S, "\xc3\xa4@plain.example", "home=secondary", "\xc3\xa4@plain.example", TO_S, "OK secondary",
      NONE },

    { S, NULL, NULL, "a@watched.example", NONE, "OK observed", NONE },
    { S, "a@watched.example", "home=moving", "a@watched.example", NONE, "OK observed", NONE },
    { S, "a@watched.example", "home=x", "a@watched.example", NONE, "OK observed", NONE },
    { S, NULL, NULL, "", NONE, NONE, NONE },
    { S, NULL, NULL, "*", NONE, NONE, NONE },
    { S, NULL, NULL, "user", NONE, NONE, NONE },
    { S, NULL, NULL, "plain.example", NONE, NONE, NONE },
    { S, NULL, NULL, "@plain.example", NONE, NONE, NONE },
    { S, NULL, NULL, "user@", NONE, NONE, NONE },
    { S, NULL, NULL, "@", NONE, NONE, NONE },
    { S, NULL, NULL, "a@elsewhere.example", NONE, NONE, NONE },
    { S, NULL, NULL, "a@sub.plain.example", NONE, NONE, NONE },
    { S, NULL, NULL, PEER_ADDRESS, NONE, NONE, NONE },
    { S, NULL, NULL, "a\001@plain.example",
      "OK error:5.1.3 the address cannot be read with certainty", NONE, NONE },
    { S, NULL, NULL, "a\r\nb@PLAIN.example",
      "OK error:5.1.3 the address cannot be read with certainty", NONE, NONE },
    { S, NULL, NULL, "a\001@watched.example", NONE, "OK observed", NONE },
    { S, NULL, NULL, "a\001@elsewhere.example", NONE, NONE, NONE },

    { P, "a@plain.example", "home=primary", "a@plain.example", TO_P, "OK primary", NONE },
    { P, "a@plain.example", "home=secondary", "a@plain.example", TO_S, "OK secondary", NONE },
    { P, "a@plain.example", "home=both route=b@x.example", "a@plain.example", TO_P, "OK both",
      "OK a@plain.example, b@x.example" },
    { P, NULL, NULL, "a@plain.example", TO_P, "OK default", NONE },
    { P, NULL, NULL, "a@own.example", TO_S, "OK default", NONE },
    { P, NULL, NULL, "a@open.example",
      "OK error:5.1.1 unknown-user: <a@open.example>: no such user" TAIL, NONE, NONE },
    { P, "b@open.example", "alias=a@open.example", "b@open.example",
      "OK error:5.1.1 unknown-user: <b@open.example>: no such user" TAIL, NONE,
      "OK a@open.example" },
    { P, "a@open.example", "home=moving", "a@open.example",
      "OK retry:4.2.1 moving: <a@open.example>: " MOVES, "OK moving",
      "TEMP moving: <a@open.example>: " MOVES },
};

static void expect(struct engine_fixture *f, const char *table, const char *key, const char *want)
{
    const char *got = map_scene_look(f, table, key);
    ck_assert_msg(strcmp(got, want) == 0, "%s %s: '%s', not '%s'", table, key, got, want);
}

START_TEST(test_row)
{
    const struct row *row = &rows[_i];
    struct engine_fixture f;
    map_scene_open(&f, row->node);
    if (row->user)
        map_scene_user(&f, row->user, row->fields);
    expect(&f, "transport", row->key, row->transport);
    expect(&f, "recipients", row->key, row->recipients);
    expect(&f, "alias", row->key, row->alias);
    engine_fixture_close(&f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

START_TEST(test_records_of_groups_and_domains_count)
{
    struct engine_fixture f;
    map_scene_open(&f, S);
    struct store *store = f.engine->store;
    map_scene_user(&f, "a@plain.example", "group=sales");
    ck_assert(memory_store_set(store, RECORD_GROUP, "sales", "home", "secondary"));
    expect(&f, "transport", "a@plain.example", TO_S);
    ck_assert(memory_store_set(store, RECORD_GROUP, "sales", "home", "moving"));
    expect(&f, "recipients", "a@plain.example", "OK moving");
    ck_assert(memory_store_set(store, RECORD_DOMAIN, "plain.example", "home", "secondary"));
    expect(&f, "transport", "b@plain.example", TO_S);
    ck_assert(memory_store_set(store, RECORD_DOMAIN, "plain.example", "mode", "observe"));
    expect(&f, "transport", "b@plain.example", NONE);
    expect(&f, "transport", "a@plain.example", NONE);
    engine_fixture_close(&f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

START_TEST(test_without_next_hops_postfix_decides)
{
    struct engine_fixture f;
    map_scene_open(&f, S);
    for (int i = 0; i < SYSTEM_COUNT; i++) {
        free(f.engine->config->system[i].nexthop);
        f.engine->config->system[i].nexthop = NULL;
    }
    expect(&f, "transport", "a@own.example", NONE);
    expect(&f, "transport", "a@example.com", NONE); /* the filter gives it another address */
    expect(&f, "recipients", "a@plain.example", "OK default");
    const char *got = map_scene_look(&f, "transport", "a@plain.example");
    ck_assert_msg(strncmp(got, "OK retry:4.3.5 no-route: ", 25) == 0, "%s", got);
    engine_fixture_close(&f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

START_TEST(test_without_state_nothing_is_said_for_sure)
{
    static const char *const tables[] = { "transport", "recipients", "alias" };
    struct engine_fixture f;
    map_scene_open(&f, S);
    engine_fixture_lose_state(&f);
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        const char *got = map_scene_look(&f, tables[i], "a@plain.example");
        ck_assert_msg(strncmp(got, "TEMP state-down: ", 17) == 0, "%s", got);
        expect(&f, tables[i], "a@elsewhere.example", NONE);
    }
    expect(&f, "recipients", "a@watched.example", "OK observed");
    engine_fixture_close(&f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

START_TEST(test_an_open_breaker_holds_what_is_queued)
{
    struct engine_fixture f;
    map_scene_open(&f, S);
    engine_fixture_journal(&f, 1);
    map_scene_user(&f, "a@plain.example", "home=primary");
    expect(&f, "transport", "a@plain.example", TO_P);
    journal_struck(f.engine->journal, SPAN_LIT("a@plain.example"), HOME_PRIMARY);
    const char *got = map_scene_look(&f, "transport", "a@plain.example");
    ck_assert_msg(strncmp(got, "OK retry:4.4.6 breaker: ", 24) == 0, "%s", got);
    got = map_scene_look(&f, "alias", "a@plain.example");
    ck_assert_msg(strncmp(got, "TEMP breaker: ", 14) == 0, "%s", got);
    expect(&f, "recipients", "a@plain.example", "OK primary");
    engine_fixture_close(&f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

START_TEST(test_requests_that_are_none)
{
    static const char *const requests[] = {
        "", " ", "transport", "Transport a@b", "transport2 a@b", " transport a@b", "\xff\xff a@b"
    };
    struct engine_fixture f;
    map_scene_open(&f, S);
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        const char *got = map_scene_ask(&f, span_of(requests[i]));
        ck_assert_msg(strncmp(got, "PERM there is no such table", 27) == 0, "%s: %s", requests[i],
                      got);
    }
    ck_assert_str_eq(map_scene_ask(&f, SPAN_LIT("transport a\0b@plain.example")),
                     "OK error:5.1.3 the address cannot be read with certainty");
    ck_assert_str_eq(map_scene_ask(&f, SPAN_LIT("transport a@plain.exa\0mple")), NONE);
    ck_assert_str_eq(map_scene_ask(&f, SPAN_LIT("transport a@plain.example\0.x.example")), NONE);
    engine_fixture_close(&f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

START_TEST(test_addresses_up_to_the_longest_request)
{
    struct engine_fixture f;
    char request[MAP_REQUEST_MAX];
    map_scene_open(&f, S);
    for (size_t n = MAP_REQUEST_MAX - 2000; n <= MAP_REQUEST_MAX; n += 97) {
        int head = snprintf(request, sizeof(request), "alias ");
        memset(request + head, 'x', n - (size_t)head);
        memcpy(request + n - 12, "@example.com", 12);
        const char *got = map_scene_ask(&f, (struct span){ request, n });
        bool fits = n - (size_t)head + strlen(".peer.invalid") <= ADDRESS_MAX;
        ck_assert_msg((strncmp(got, "OK x", 4) == 0) == fits, "%zu: %.40s", n, got);
    }
    engine_fixture_close(&f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

START_TEST(test_a_bad_record_is_named_in_the_log_alone)
{
    struct engine_fixture f;
    map_scene_open(&f, S);
    map_scene_user(&f, "a@plain.example", "home=x");
    ck_assert_ptr_null(strstr(map_scene_look(&f, "transport", "a@plain.example"), "coexist:user"));
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log),
                                 "warning NOQUEUE: map table=transport rcpt=a@plain.example "
                                 "reason=bad-record key=coexist:user:a@plain.example why=\"home is "
                                 "'x', not one of"));
    engine_fixture_close(&f);
    map_scene_ask(NULL, SPAN_ABSENT);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("map");
    TCase *tc = tcase_create("map");
    tcase_add_loop_test(tc, test_row, 0, (int)COUNT_OF(rows));
    tcase_add_test(tc, test_records_of_groups_and_domains_count);
    tcase_add_test(tc, test_without_next_hops_postfix_decides);
    tcase_add_test(tc, test_without_state_nothing_is_said_for_sure);
    tcase_add_test(tc, test_an_open_breaker_holds_what_is_queued);
    tcase_add_test(tc, test_requests_that_are_none);
    tcase_add_test(tc, test_addresses_up_to_the_longest_request);
    tcase_add_test(tc, test_a_bad_record_is_named_in_the_log_alone);
    suite_add_tcase(suite, tc);
    return suite;
}
