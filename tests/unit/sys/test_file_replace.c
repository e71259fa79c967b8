#include "tests/unit/sys/file_folder.h"

#include <signal.h>
#include <sys/resource.h>

static void assert_file(const char *want)
{
    struct buf b;
    buf_init(&b, 100);
    ck_assert_int_eq(file_read(path, &b), RESULT_OK);
    ck_assert_str_eq(buf_text(&b), want);
    buf_free(&b);
}

static const char *new_path(void)
{
    static char name[sizeof(path) + sizeof(FILE_NEW_SUFFIX)];
    snprintf(name, sizeof(name), "%s" FILE_NEW_SUFFIX, path);
    return name;
}

START_TEST(a_replacement_shows_when_it_is_whole)
{
    struct file_replacement r;
    struct stat st;
    make_file(SPAN_LIT("old"), 0644);
    mode_t old = umask(0);
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(file_replace_begin(&r, path), RESULT_OK);
        ck_assert_int_eq(file_replace_add(&r, SPAN_LIT("new")), RESULT_OK);
        ck_assert_int_eq(file_replace_add(&r, SPAN_LIT("er")), RESULT_OK);
        assert_file(again ? "newer" : "old");
        ck_assert_int_eq(file_replace_end(&r), RESULT_OK);
        file_replace_drop(&r);
        assert_file("newer");
    }
    umask(old);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

START_TEST(a_dropped_replacement_leaves_the_old_file)
{
    struct file_replacement r;
    make_file(SPAN_LIT("old"), 0644);
    ck_assert_int_eq(file_replace_begin(&r, path), RESULT_OK);
    ck_assert_int_eq(file_replace_add(&r, SPAN_LIT("new")), RESULT_OK);
    file_replace_drop(&r);
    file_replace_drop(&r);
    assert_file("old");
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

/* A process that is killed leaves no more behind than one file, however often it is. */
START_TEST(what_was_left_behind_is_written_over)
{
    struct file_replacement r;
    int fd = open(new_path(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "a long text left behind", 23), 23);
    ck_assert_int_eq(fchmod(fd, 0644), 0);
    close(fd);
    ck_assert_int_eq(file_replace_begin(&r, path), RESULT_OK);
    ck_assert_int_eq(file_replace_add(&r, SPAN_LIT("new")), RESULT_OK);
    ck_assert_int_eq(file_replace_end(&r), RESULT_OK);
    assert_file("new");
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

START_TEST(one_at_a_time_replaces)
{
    struct file_replacement first, second;
    ck_assert_int_eq(file_replace_begin(&first, path), RESULT_OK);
    ck_assert_int_eq(file_replace_add(&first, SPAN_LIT("first")), RESULT_OK);
    errno = 0;
    ck_assert_int_eq(file_replace_begin(&second, path), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EWOULDBLOCK);
    errno = 0;
    ck_assert_int_eq(file_replace_add(&second, SPAN_LIT("second")), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EWOULDBLOCK);
    ck_assert_int_eq(file_replace_end(&second), RESULT_SYSTEM);
    file_replace_drop(&second);
    ck_assert_int_eq(file_replace_end(&first), RESULT_OK);
    assert_file("first");
    ck_assert_int_eq(file_replace_begin(&second, path), RESULT_OK);
    file_replace_drop(&second);
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

/* What stands in its way is neither written through nor removed. */
START_TEST(a_replacement_is_never_written_elsewhere)
{
    struct file_replacement r;
    make_file(SPAN_LIT("old"), 0644);
    ck_assert_int_eq(symlink(path, new_path()), 0);
    ck_assert_int_eq(file_replace_begin(&r, path), RESULT_SYSTEM);
    ck_assert_int_eq(errno, ELOOP);
    unlink(new_path());
    ck_assert_int_eq(link(path, new_path()), 0);
    ck_assert_int_eq(file_replace_begin(&r, path), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EEXIST);
    unlink(new_path());
    ck_assert_int_eq(mkdir(new_path(), 0700), 0);
    ck_assert_int_eq(file_replace_begin(&r, path), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EISDIR);
    assert_file("old");
    ck_assert_uint_eq(files_in_folder(), 2);
}
END_TEST

START_TEST(a_replacement_that_fails_leaves_nothing)
{
    struct file_replacement r;
    ck_assert_int_eq(file_replace_begin(&r, "/nonexistent/folder/x"), RESULT_SYSTEM);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(file_replace_begin(&r, path), RESULT_OK);
    ck_assert_int_eq(file_replace_end(&r), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EISDIR);
    errno = 0;
    ck_assert_int_eq(file_replace_add(&r, SPAN_LIT("late")), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

/* A full disk; the signal of the limit is ignored, so that writing fails. */
START_TEST(a_replacement_without_room_leaves_the_old_file)
{
    struct file_replacement r;
    struct rlimit before, small;
    make_file(SPAN_LIT("old"), 0600);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum result begun = file_replace_begin(&r, path);
    enum result added = file_replace_add(&r, SPAN_LIT("12345678"));
    int why = errno;
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    ck_assert_int_eq(begun, RESULT_OK);
    ck_assert_int_eq(added, RESULT_SYSTEM);
    ck_assert_int_eq(why, EFBIG);
    ck_assert_int_eq(file_replace_end(&r), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EFBIG);
    assert_file("old");
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("file_replace");
    TCase *tc = tcase_create("file_replace");
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, make_folder, remove_folder);
    tcase_add_checked_fixture(tc, empty_folder, NULL);
    tcase_add_test(tc, a_replacement_shows_when_it_is_whole);
    tcase_add_test(tc, a_dropped_replacement_leaves_the_old_file);
    tcase_add_test(tc, what_was_left_behind_is_written_over);
    tcase_add_test(tc, one_at_a_time_replaces);
    tcase_add_test(tc, a_replacement_is_never_written_elsewhere);
    tcase_add_test(tc, a_replacement_that_fails_leaves_nothing);
    tcase_add_test(tc, a_replacement_without_room_leaves_the_old_file);
    suite_add_tcase(suite, tc);
    return suite;
}
