#include "tests/support/unit.h"

#include <signal.h>
#include <unistd.h>

#include "ctl/ending.h"

#define AMPLE_MS 10000

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

/* It is pending for good else, and an end of the next test too. */
static void take_signal(int number)
{
    const struct timespec now = { 0, 0 };
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    ck_assert_int_eq(sigtimedwait(&set, NULL, &now), number);
}

START_TEST(a_signal_is_an_end)
{
    struct ending e;
    int pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert(ending_open(&e, pipes[1]));
    ck_assert(!ending_due(&e, 0));
    ck_assert_int_eq(kill(getpid(), signals[_i]), 0);
    ck_assert(ending_due(&e, AMPLE_MS));
    take_signal(signals[_i]);
    ck_assert(!ending_due(&e, 0));
    ending_close(&e);
    close(pipes[0]);
    close(pipes[1]);
}
END_TEST

START_TEST(so_is_a_reader_that_goes)
{
    struct ending e;
    int pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert(ending_open(&e, pipes[1]));
    ck_assert(!ending_due(&e, 0));
    close(pipes[0]);
    ck_assert(ending_due(&e, AMPLE_MS));
    ending_close(&e);
    close(pipes[1]);
}
END_TEST

START_TEST(a_file_has_no_reader_to_go)
{
    struct ending e;
    char name[] = "/tmp/coexist-ending-XXXXXX";
    int fd = mkstemp(name);
    ck_assert_int_ge(fd, 0);
    unlink(name);
    ck_assert(ending_open(&e, fd));
    ck_assert(!ending_due(&e, 0));
    ending_close(&e);
    close(fd);
}
END_TEST

START_TEST(nothing_can_be_watched_that_is_not_open)
{
    struct ending e;
    ck_assert(!ending_open(&e, -1));
    ck_assert_int_eq(e.fd, -1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("ending");
    TCase *tc = tcase_create("ending");
    tcase_add_loop_test(tc, a_signal_is_an_end, 0, COUNT_OF(signals));
    tcase_add_test(tc, so_is_a_reader_that_goes);
    tcase_add_test(tc, a_file_has_no_reader_to_go);
    tcase_add_test(tc, nothing_can_be_watched_that_is_not_open);
    suite_add_tcase(suite, tc);
    return suite;
}
