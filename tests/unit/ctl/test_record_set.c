#include "tests/unit/ctl/event_fixture.h"

#include "ctl/record_set.h"

/* A decision, a change, and whether the change is of a record that bore on the decision. */
static const struct {
    const char *decision;
    const char *change;
    bool bears;
} cases[] = {
    { "rcpt=a@x.example", "rcpt=a@x.example", true },
    { "rcpt=a@x.example", "rcpt=b@x.example", false },
    { "rcpt=a@x.example", "group=a@x.example", false },
    { "rcpt=a@x.example\nalias-of=b@x.example", "rcpt=b@x.example", true },
    { "rcpt=a@x.example\nkey=c:group:sales", "group=sales", true },
    { "rcpt=a@x.example\nkey=c:group:sales", "group=Sales", false },
    { "rcpt=a@x.example\nkey=d:group:sales", "group=sales", false },
    { "rcpt=a@x.example\nkey=c:domain:x.example", "domain=x.example", true },
    { "rcpt=a@x.example\nkey=c:user:b@x.example", "rcpt=b@x.example", true },
    { "rcpt=a@x.example", "count=5", false },
    { "", "rcpt=a@x.example", false },
    { "rcpt=", "rcpt=", true },
};

START_TEST(what_was_written_bears_on_what_was_decided)
{
    struct record_set s;
    struct event decision, change;
    event_of(cases[_i].decision, &decision);
    event_of(cases[_i].change, &change);
    ck_assert(record_set_init(&s, "c:"));
    record_set_add_decided(&s, &decision);
    ck_assert_msg(record_set_has_changed(&s, &change) == cases[_i].bears, "%s; %s",
                  cases[_i].decision, cases[_i].change);
    record_set_free(&s);
    ck_assert(record_set_init(&s, "c:"));
    record_set_add_changed(&s, &change);
    ck_assert_msg(record_set_has_decided(&s, &decision) == cases[_i].bears, "%s; %s",
                  cases[_i].decision, cases[_i].change);
    ck_assert(!s.failed);
    record_set_free(&s);
    event_release(&decision);
    event_release(&change);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("record set");
    TCase *tc = tcase_create("record set");
    tcase_add_loop_test(tc, what_was_written_bears_on_what_was_decided, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
