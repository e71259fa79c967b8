#include "tests/support/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/standard.h"

static bool refuses(int fd)
{
    char c = 'x';
    ssize_t done = fd == STDIN_FILENO ? read(fd, &c, 1) : write(fd, &c, 1);
    return done < 0 && errno == EBADF;
}

/* In a child whose closed ones are the bits of a number: what is opened next is none of the three,
 * and what was closed still cannot be used. */
static int fill_where_closed(unsigned closed)
{
    int kept = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (dup2(kept, fd) != fd || ((closed >> fd & 1) && close(fd) != 0))
            return 2;
    if (!standard_fill() || open("/dev/null", O_RDWR) <= STDERR_FILENO)
        return 1;
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (refuses(fd) != (closed >> fd & 1))
            return 3;
    return 0;
}

START_TEST(fills_what_is_closed_and_leaves_the_others)
{
    int ended;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(fill_where_closed((unsigned)_i));
    ck_assert_int_eq(waitpid(child, &ended, 0), child);
    ck_assert(WIFEXITED(ended));
    ck_assert_int_eq(WEXITSTATUS(ended), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("standard");
    TCase *tc = tcase_create("standard");
    tcase_add_loop_test(tc, fills_what_is_closed_and_leaves_the_others, 0, 1 << 3);
    suite_add_tcase(suite, tc);
    return suite;
}
