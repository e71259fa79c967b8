#include "tests/support/unit.h"

#include <string.h>

#include "ctl/spawn.h"

#define MS 20000

static const struct {
    const char *script;
    int status;
    const char *out;
    const char *complaint;
} scripts[] = {
    { "echo yes", 0, "yes\n", "" },
    { "echo no >&2; exit 3", 3, "", "no\n" },
    { "read word; echo \"<$word>\"", 0, "<>\n", "" },
    { "printf '\\0\\377'", 0, "\0\377", "" },
    { "exec 2>&-; echo on", 0, "on\n", "" },
    { "kill -PIPE $$; echo alive", -1, "", "" },
};

START_TEST(test_run)
{
    struct spawned s;
    char why[SPAWN_WHY_MAX] = "";
    const char *const argv[] = { "sh", "-c", scripts[_i].script, NULL };
    bool ended = spawn_run(argv, MS, &s, why);
    if (scripts[_i].status < 0) {
        ck_assert(!ended);
        ck_assert_str_eq(why, "sh: it was killed");
        return;
    }
    ck_assert_msg(ended, "%s", why);
    ck_assert_int_eq(s.status, scripts[_i].status);
    ck_assert_str_eq(s.complaint, scripts[_i].complaint);
    ck_assert_int_eq(memcmp(buf_text(&s.out), scripts[_i].out, strlen(scripts[_i].out)), 0);
    spawned_free(&s);
}
END_TEST

START_TEST(test_arguments_meet_no_shell)
{
    struct spawned s;
    char why[SPAWN_WHY_MAX];
    const char *const argv[] = { "echo", "$(id) `id` ; *", NULL };
    ck_assert(spawn_run(argv, MS, &s, why));
    ck_assert_str_eq(buf_text(&s.out), "$(id) `id` ; *\n");
    spawned_free(&s);
}
END_TEST

START_TEST(test_no_such_program)
{
    struct spawned s;
    char why[SPAWN_WHY_MAX];
    const char *const argv[] = { "no-such-program-anywhere", NULL };
    ck_assert(!spawn_run(argv, MS, &s, why));
    ck_assert_str_eq(why, "no-such-program-anywhere: No such file or directory");
}
END_TEST

START_TEST(test_one_that_does_not_end)
{
    struct spawned s;
    char why[SPAWN_WHY_MAX];
    const char *const argv[] = { "sleep", "1000", NULL };
    ck_assert(!spawn_run(argv, 100, &s, why));
    ck_assert_str_eq(why, "sleep: it does not end");
}
END_TEST

START_TEST(test_one_that_tells_too_much)
{
    struct spawned s;
    char why[SPAWN_WHY_MAX];
    const char *const argv[] = { "cat", "/dev/zero", NULL };
    ck_assert(!spawn_run(argv, MS, &s, why));
    ck_assert_str_eq(why, "cat: it tells too much");
}
END_TEST

/* It must not wait for room in a pipe that nobody empties. */
START_TEST(test_a_long_complaint_is_cut)
{
    struct spawned s;
    char why[SPAWN_WHY_MAX];
    const char *const argv[] = { "sh", "-c", "head -c 500000 /dev/zero | tr '\\0' x >&2; echo on",
                                 NULL };
    ck_assert_msg(spawn_run(argv, MS, &s, why), "%s", why);
    ck_assert_str_eq(buf_text(&s.out), "on\n");
    ck_assert_uint_lt(strlen(s.complaint), SPAWN_COMPLAINT_MAX);
    spawned_free(&s);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("spawn");
    TCase *c = tcase_create("spawn");
    tcase_add_loop_test(c, test_run, 0, COUNT_OF(scripts));
    tcase_add_test(c, test_arguments_meet_no_shell);
    tcase_add_test(c, test_no_such_program);
    tcase_add_test(c, test_one_that_does_not_end);
    tcase_add_test(c, test_one_that_tells_too_much);
    tcase_add_test(c, test_a_long_complaint_is_cut);
    suite_add_tcase(s, c);
    return s;
}
