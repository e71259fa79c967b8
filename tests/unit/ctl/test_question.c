#include "tests/support/unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/interrupt.h"
#include "ctl/question.h"

static int typist;

/* What is typed at the question: standard input ends after it only when is_all is set. */
static void type(const char *text, bool is_all)
{
    int pipes[2];
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert_int_eq(dup2(pipes[0], STDIN_FILENO), STDIN_FILENO);
    close(pipes[0]);
    ck_assert_int_eq(write(pipes[1], text, strlen(text)), (ssize_t)strlen(text));
    typist = pipes[1];
    if (is_all)
        close(typist);
    clearerr(stdin);
}

static const struct {
    const char *typed;
    bool yes;
} answers[] = {
    { "y\n", true }, { "YES\n", true },        { " yes \n", true }, { "n\n", false },
    { "\n", false }, { "yesterday\n", false }, { "ye s\n", false }, { "", false },
};

START_TEST(only_yes_is_yes)
{
    interrupt_watch();
    type(answers[_i].typed, true);
    ck_assert_int_eq(question_ask("Well?"), answers[_i].yes);
}
END_TEST

START_TEST(a_line_is_enough)
{
    interrupt_watch();
    type("yes\n", false);
    ck_assert(question_ask("Well?"));
    close(typist);
}
END_TEST

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

/* It is a no at once: nothing more is typed, and the input does not end. */
START_TEST(who_interrupted_before_has_said_no)
{
    volatile const int *interrupted = interrupt_watch();
    type("", false);
    ck_assert_int_eq(raise(signals[_i]), 0);
    ck_assert_int_eq(*interrupted, 1);
    ck_assert(!question_ask("Well?"));
    close(typist);
}
END_TEST

/* Before the question, while it is asked, or while it waits: whenever it comes, it is seen. */
START_TEST(who_interrupts_meanwhile_says_no)
{
    interrupt_watch();
    type("", false);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        kill(parent, signals[_i]);
        _exit(0);
    }
    ck_assert(!question_ask("Well?"));
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    close(typist);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("question");
    TCase *tc = tcase_create("question");
    tcase_add_loop_test(tc, only_yes_is_yes, 0, COUNT_OF(answers));
    tcase_add_test(tc, a_line_is_enough);
    tcase_add_loop_test(tc, who_interrupted_before_has_said_no, 0, COUNT_OF(signals));
    tcase_add_loop_test(tc, who_interrupts_meanwhile_says_no, 0, COUNT_OF(signals));
    suite_add_tcase(suite, tc);
    return suite;
}
