#include "tests/unit/ctl/event_fixture.h"

#include "ctl/mend.h"

#define CONFLICT(rcpt) "event=decide\nreason=conflict\nhome=primary\nrcpt=" rcpt

/* The commands for an event at a node of the secondary system; "" for none. */
static const struct {
    const char *event;
    const char *flip;
    const char *redis;
} cases[] = {
    { CONFLICT("bob@x.example"), "coexistctl flip bob@x.example secondary",
      "redis-cli HSET c:user:bob@x.example home secondary" },
    { CONFLICT("bob@x.example") "\nkey=c:user:bo@x.example",
      "coexistctl flip bo@x.example secondary",
      "redis-cli HSET c:user:bo@x.example home secondary" },
    { CONFLICT("bob@x.example") "\nkey=c:group:sales", "coexistctl flip bob@x.example secondary",
      "redis-cli HSET c:user:bob@x.example home secondary" },
    { CONFLICT("$(a)@x.example"), "coexistctl flip '\"$(a)\"@x.example' secondary",
      "redis-cli HSET 'c:user:$(a)@x.example' home secondary" },
    { CONFLICT("-a@x.example"), "coexistctl flip -- -a@x.example secondary",
      "redis-cli HSET c:user:-a@x.example home secondary" },
    { CONFLICT("it's@x.example"), "coexistctl flip 'it'\"'\"'s@x.example' secondary",
      "redis-cli HSET 'c:user:it'\"'\"'s@x.example' home secondary" },
    { CONFLICT("a\\b@x.example"), "", "" },
    { CONFLICT("a\x1b@x.example"), "", "" },
    { CONFLICT("\xc3\xa4@x.example"), "", "" },
    { CONFLICT(""), "", "" },
    { "event=decide\nreason=conflict", "", "" },
    { "event=decide\nreason=loop\nhome=secondary\nrcpt=a@x.example\npath=P<S",
      "coexistctl flip a@x.example primary", "redis-cli HSET c:user:a@x.example home primary" },
    { "event=decide\nreason=loop\nhome=secondary\nrcpt=a@x.example\npath=S<P", "", "" },
    { "event=decide\nreason=loop\nhome=both\nrcpt=a@x.example",
      "coexistctl flip a@x.example secondary", "redis-cli HSET c:user:a@x.example home secondary" },
    { "event=decide\nreason=hops\nhome=primary\nrcpt=a@x.example", "", "" },
    { "event=decide\nreason=home-peer\nloop=suspect\nhome=primary\nrcpt=a@x.example", "", "" },
};

START_TEST(commands_mend_what_was_told)
{
    struct event e;
    struct mend m;
    event_of(cases[_i].event, &e);
    mend_init(&m, &e, "c:", SYSTEM_SECONDARY);
    ck_assert(mend_ok(&m));
    ck_assert_str_eq(buf_text(&m.flip), cases[_i].flip);
    ck_assert_str_eq(buf_text(&m.redis), cases[_i].redis);
    ck_assert_uint_gt(m.other.n, 0);
    mend_free(&m);
    event_release(&e);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("mend");
    TCase *tc = tcase_create("mend");
    tcase_add_loop_test(tc, commands_mend_what_was_told, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tc);
    return suite;
}
