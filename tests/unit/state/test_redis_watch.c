#include "tests/support/unit.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "state/deadline.h"
#include "state/redis_watch.h"
#include "tests/unit/state/fake_subscription.h"

#define AMPLE_MS 20000 /* for what is to succeed, however slow the machine */
#define SHORT_MS 50    /* for what is to fail */
#define NEVER_MS 3600000

struct stage {
    struct fake_redis fake;
    struct fake_step script[4];
    struct redis_target *target;
    struct redis_watch *watch;
    int wake;
};

static void begin(struct stage *s, const char *const *answer, enum fake_then then,
                  unsigned interval_ms, unsigned command_ms)
{
    fake_redis_start(&s->fake, s->script, make_script(answer, then, s->script));
    const struct redis_config config = { .path = s->fake.path,
                                         .prefix = "",
                                         .connect_timeout_ms = AMPLE_MS,
                                         .command_timeout_ms = command_ms };
    s->target = redis_target_new(&config);
    ck_assert_ptr_nonnull(s->target);
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ck_assert_int_ge(s->wake, 0);
    s->watch = redis_watch_start(s->target, interval_ms, s->wake);
    ck_assert_ptr_nonnull(s->watch);
}

static void end(struct stage *s)
{
    redis_watch_free(s->watch);
    redis_target_free(s->target);
    close(s->wake);
    fake_redis_stop(&s->fake);
}

static void await_count(const atomic_uint *count, unsigned least)
{
    time_t limit = time(NULL) + 60;
    while (atomic_load(count) < least) {
        ck_assert_msg(time(NULL) < limit, "%u, want %u", atomic_load(count), least);
        poll(NULL, 0, 1);
    }
}

static void assert_not_lost(struct stage *s)
{
    char why[RECORD_FAULT_MAX] = "";
    eventfd_t woken;
    ck_assert_msg(!redis_watch_lost(s->watch, why), "%s", why);
    ck_assert_int_ne(eventfd_read(s->wake, &woken), 0);
}

static const char *const master[] = { MASTER, NULL };

START_TEST(nothing_is_asked_before_the_beginning)
{
    struct stage s;
    begin(&s, master, FAKE_GO_ON, 1, AMPLE_MS);
    poll(NULL, 0, 10);
    ck_assert_uint_eq(s.fake.connections, 0);
    assert_not_lost(&s);
    end(&s);
}
END_TEST

START_TEST(one_connection_is_kept)
{
    struct stage s;
    begin(&s, master, FAKE_GO_ON, 1, AMPLE_MS);
    redis_watch_begin(s.watch);
    await_count(&s.fake.commands, 5);
    ck_assert_uint_eq(s.fake.connections, 1);
    assert_not_lost(&s);
    end(&s);
}
END_TEST

START_TEST(a_lost_replica_is_told)
{
    static const char *const answer[] = { MASTER, REPLICA("$9\r\nconnected\r\n"),
                                          REPLICA("$10\r\nconnecting\r\n"), NULL };
    struct stage s;
    char why[RECORD_FAULT_MAX] = "";
    begin(&s, answer, FAKE_GO_ON, 1, AMPLE_MS);
    redis_watch_begin(s.watch);
    struct pollfd p = { .fd = s.wake, .events = POLLIN };
    ck_assert_int_eq(poll(&p, 1, 60000), 1);
    ck_assert(redis_watch_lost(s.watch, why));
    ck_assert_str_eq(why, "it is a replica that has lost its master (link: connecting)");
    ck_assert_uint_eq(s.fake.commands, 3);
    redis_watch_end(s.watch);
    ck_assert(!redis_watch_lost(s.watch, why));
    end(&s);
}
END_TEST

/* In each round the server is asked once, and the connection given up. */
START_TEST(who_does_not_tell_its_role_is_not_asked_again)
{
    static const char *const answer[] = { "-NOPERM no\r\n", NULL };
    struct stage s;
    begin(&s, answer, FAKE_GO_ON, 1, AMPLE_MS);
    for (unsigned round = 1; round <= 3; round++) {
        redis_watch_begin(s.watch);
        await_count(&s.fake.commands, round);
        while (atomic_load(&s.fake.open) > 0)
            poll(NULL, 0, 1);
        poll(NULL, 0, 10);
        ck_assert_uint_eq(s.fake.commands, round);
        assert_not_lost(&s);
        redis_watch_end(s.watch);
    }
    end(&s);
}
END_TEST

/* That is found out by others. */
START_TEST(no_answer_and_nonsense_are_no_loss)
{
    static const struct {
        const char *answer[2];
        enum fake_then then;
    } cases[] = { { { "" }, FAKE_SILENT },
                  { { "" }, FAKE_CLOSE },
                  { { "HTTP/1.1 400 Bad Request\r\n" }, FAKE_GO_ON } };
    struct stage s;
    begin(&s, cases[_i].answer, cases[_i].then, 1, SHORT_MS);
    redis_watch_begin(s.watch);
    await_count(&s.fake.connections, 3);
    assert_not_lost(&s);
    end(&s);
}
END_TEST

/* The answer of the first round is held back until the third has begun. */
START_TEST(an_answer_to_an_earlier_round_counts_no_more)
{
    static const char *const answer[] = { REPLICA("$7\r\nconnect\r\n"), MASTER, NULL };
    struct stage s;
    begin(&s, answer, FAKE_GO_ON, 1, AMPLE_MS);
    atomic_store(&s.fake.gate, 2);
    redis_watch_begin(s.watch);
    await_count(&s.fake.commands, 1);
    redis_watch_end(s.watch);
    redis_watch_begin(s.watch);
    struct redis_connection *c;
    char why[RECORD_FAULT_MAX];
    c = redis_target_connect(s.target, deadline_in(AMPLE_MS), why);
    ck_assert_ptr_nonnull(c);
    redis_connection_add(c, (struct span[]){ SPAN_LIT("PING") }, 1);
    ck_assert_int_eq(redis_connection_send(c, deadline_in(AMPLE_MS), why), OUTCOME_DONE);
    await_count(&s.fake.commands, 4);
    assert_not_lost(&s);
    redis_connection_close(c);
    end(&s);
}
END_TEST

START_TEST(it_ends_between_two_looks)
{
    struct stage s;
    begin(&s, master, FAKE_GO_ON, NEVER_MS, AMPLE_MS);
    redis_watch_begin(s.watch);
    end(&s);
    ck_assert_uint_eq(s.fake.connections, 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_watch");
    TCase *tc = tcase_create("redis_watch");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, nothing_is_asked_before_the_beginning);
    tcase_add_test(tc, one_connection_is_kept);
    tcase_add_test(tc, a_lost_replica_is_told);
    tcase_add_test(tc, who_does_not_tell_its_role_is_not_asked_again);
    tcase_add_loop_test(tc, no_answer_and_nonsense_are_no_loss, 0, 3);
    tcase_add_test(tc, an_answer_to_an_earlier_round_counts_no_more);
    tcase_add_test(tc, it_ends_between_two_looks);
    suite_add_tcase(suite, tc);
    return suite;
}
