#include "tests/support/unit.h"

#include <errno.h>
#include <signal.h>

#include "state/deadline.h"
#include "state/thread.h"

#define WAIT_MS 20

static void *signals_blocked(void *count)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    *(int *)count = sigismember(&mask, SIGTERM) + sigismember(&mask, SIGUSR1);
    return count;
}

START_TEST(it_takes_no_signals_and_leaves_ours_as_they_are)
{
    pthread_t thread;
    void *result = NULL;
    int blocked = 0;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    ck_assert(thread_start(&thread, signals_blocked, &blocked));
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    ck_assert_ptr_eq(result, &blocked);
    ck_assert_int_eq(blocked, 2);
    ck_assert_int_eq(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
    ck_assert_int_eq(sigismember(&after, SIGUSR1), sigismember(&before, SIGUSR1));
}
END_TEST

START_TEST(a_condition_waits_until_a_deadline)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never;
    thread_condition_init(&never);
    int64_t deadline = deadline_in(WAIT_MS);
    const struct timespec until = deadline_timespec(deadline);
    pthread_mutex_lock(&lock);
    int error;
    do
        error = pthread_cond_timedwait(&never, &lock, &until);
    while (error == 0);
    pthread_mutex_unlock(&lock);
    ck_assert_int_eq(error, ETIMEDOUT);
    ck_assert_int_eq(deadline_left(deadline), 0);
    pthread_cond_destroy(&never);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("thread");
    TCase *tc = tcase_create("thread");
    tcase_add_test(tc, it_takes_no_signals_and_leaves_ours_as_they_are);
    tcase_add_test(tc, a_condition_waits_until_a_deadline);
    suite_add_tcase(suite, tc);
    return suite;
}
