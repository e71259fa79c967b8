#include "tests/unit/sys/file_folder.h"

#define NOBODY 65534

/* The buffer holds "old" before each failure, and still does after it. */
static void assert_refused(const char *name, enum result (*reader)(const char *, struct buf *),
                           size_t limit, enum result want, int want_errno)
{
    struct buf b;
    buf_init(&b, limit);
    buf_adds(&b, "old");
    errno = 0;
    ck_assert_int_eq(reader(name, &b), want);
    if (want == RESULT_SYSTEM)
        ck_assert_int_eq(errno, want_errno);
    ck_assert_str_eq(buf_text(&b), "old");
    ck_assert(buf_ok(&b));
    buf_free(&b);
}

START_TEST(a_file_is_read_whole_and_replaces_the_text)
{
    char big[50000];
    memset(big, 'x', sizeof(big));
    big[20000] = '\0';
    make_file((struct span){ big, sizeof(big) }, 0644);
    struct buf b;
    buf_init(&b, sizeof(big));
    buf_adds(&b, "old");
    ck_assert_int_eq(file_read(path, &b), RESULT_OK);
    ck_assert(span_eq(buf_span(&b), ((struct span){ big, sizeof(big) })));
    buf_free(&b);
    assert_refused(path, file_read, sizeof(big) - 1, RESULT_LIMIT, 0);
}
END_TEST

START_TEST(an_empty_file_is_an_empty_text)
{
    make_file(SPAN_LIT(""), 0600);
    struct buf b;
    buf_init(&b, 10);
    ck_assert_int_eq(file_read(path, &b), RESULT_OK);
    unit_assert_span(buf_span(&b), "", "text");
    buf_free(&b);
}
END_TEST

static enum result read_unowned_secret(const char *file, struct buf *out)
{
    return file_read_secret(file, NULL, out);
}

START_TEST(only_regular_files_are_read)
{
    assert_refused(path, file_read, 10, RESULT_SYSTEM, ENOENT);
    assert_refused(folder, file_read, 10, RESULT_SYSTEM, EISDIR);
    assert_refused("/dev/zero", file_read, 10, RESULT_SYSTEM, EINVAL);
    assert_refused(folder, read_unowned_secret, 10, RESULT_SYSTEM, EISDIR);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    assert_refused(path, file_read, 10, RESULT_SYSTEM, EINVAL);
}
END_TEST

START_TEST(a_secret_is_for_its_owner_alone)
{
    static const struct {
        mode_t mode;
        enum result want;
    } rows[] = {
        { 0600, RESULT_OK },     { 0400, RESULT_OK },     { 0700, RESULT_OK },
        { 0640, RESULT_SYNTAX }, { 0620, RESULT_SYNTAX }, { 0604, RESULT_SYNTAX },
        { 0602, RESULT_SYNTAX }, { 0666, RESULT_SYNTAX },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make_file(SPAN_LIT("secret"), rows[i].mode);
        if (rows[i].want == RESULT_OK) {
            struct buf b;
            buf_init(&b, 10);
            ck_assert_int_eq(file_read_secret(path, NULL, &b), RESULT_OK);
            ck_assert_str_eq(buf_text(&b), "secret");
            buf_free(&b);
        } else {
            assert_refused(path, read_unowned_secret, 10, rows[i].want, 0);
        }
        unlink(path);
    }
}
END_TEST

/* Root may give files away, and so is the one who can test it. */
START_TEST(a_secret_of_somebody_else_is_refused)
{
    make_file(SPAN_LIT("secret"), 0600);
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
    assert_refused(path, read_unowned_secret, 10, RESULT_SYNTAX, 0);
    struct buf b;
    buf_init(&b, 10);
    const struct account nobody = { NOBODY, NOBODY }, another = { NOBODY - 1, NOBODY };
    ck_assert_int_eq(file_read_secret(path, &another, &b), RESULT_SYNTAX);
    ck_assert_int_eq(file_read_secret(path, &nobody, &b), RESULT_OK);
    buf_free(&b);
}
END_TEST

START_TEST(a_written_secret_is_read_back)
{
    mode_t old = umask(0);
    ck_assert_int_eq(file_write_secret(path, SPAN_LIT("k \0 v\n")), RESULT_OK);
    umask(old);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_uint_eq(st.st_nlink, 1);
    struct buf b;
    buf_init(&b, 10);
    ck_assert_int_eq(file_read_secret(path, NULL, &b), RESULT_OK);
    ck_assert(span_eq(buf_span(&b), SPAN_LIT("k \0 v\n")));
    buf_free(&b);
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

START_TEST(a_secret_never_replaces_a_file)
{
    make_file(SPAN_LIT("old"), 0644);
    errno = 0;
    ck_assert_int_eq(file_write_secret(path, SPAN_LIT("new")), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EEXIST);
    struct buf b;
    buf_init(&b, 10);
    ck_assert_int_eq(file_read(path, &b), RESULT_OK);
    ck_assert_str_eq(buf_text(&b), "old");
    buf_free(&b);
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

START_TEST(a_dangling_link_is_a_file_that_exists)
{
    ck_assert_int_eq(symlink("/nonexistent/x", path), 0);
    errno = 0;
    ck_assert_int_eq(file_write_secret(path, SPAN_LIT("new")), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EEXIST);
    ck_assert_uint_eq(files_in_folder(), 1);
}
END_TEST

START_TEST(a_secret_without_a_folder_fails)
{
    errno = 0;
    ck_assert_int_eq(file_write_secret("/nonexistent/folder/key", SPAN_LIT("x")), RESULT_SYSTEM);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_file_is_read_in_pieces_and_stays_the_same)
{
    make_file(SPAN_LIT("0123456789"), 0644);
    struct file_pieces f;
    char piece[10];
    ck_assert_int_eq(file_open_pieces(path, NULL, &f), RESULT_OK);
    unlink(path);
    make_file(SPAN_LIT("another"), 0644);
    ck_assert_uint_eq(f.size, 10);
    for (uint64_t at = 0; at <= 10; at++) {
        size_t rest = 10 - (size_t)at;
        ck_assert_int_eq(file_read_piece(&f, at, piece, rest), RESULT_OK);
        ck_assert_mem_eq(piece, &"0123456789"[at], rest);
        ck_assert_int_eq(file_read_piece(&f, at + 1, piece, rest), rest ? RESULT_LIMIT : RESULT_OK);
    }
    file_close_pieces(&f);
}
END_TEST

START_TEST(pieces_are_of_a_file_that_others_cannot_change)
{
    static const struct {
        mode_t mode;
        enum result want;
    } rows[] = {
        { 0600, RESULT_OK },
        { 0644, RESULT_OK },
        { 0620, RESULT_SYNTAX },
        { 0602, RESULT_SYNTAX },
    };
    struct file_pieces f;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        make_file(SPAN_LIT("text"), rows[i].mode);
        enum result got = file_open_pieces(path, NULL, &f);
        ck_assert_msg(got == rows[i].want, "mode %o", (unsigned)rows[i].mode);
        if (got == RESULT_OK)
            file_close_pieces(&f);
        unlink(path);
    }
    errno = 0;
    ck_assert_int_eq(file_open_pieces(path, NULL, &f), RESULT_SYSTEM);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(file_open_pieces(folder, NULL, &f), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(file_open_pieces(path, NULL, &f), RESULT_SYSTEM);
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(pieces_of_somebody_elses_file_are_refused)
{
    make_file(SPAN_LIT("text"), 0600);
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
    struct file_pieces f;
    const struct account nobody = { NOBODY, NOBODY }, another = { NOBODY - 1, NOBODY };
    ck_assert_int_eq(file_open_pieces(path, NULL, &f), RESULT_SYNTAX);
    ck_assert_int_eq(file_open_pieces(path, &another, &f), RESULT_SYNTAX);
    ck_assert_int_eq(file_open_pieces(path, &nobody, &f), RESULT_OK);
    file_close_pieces(&f);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *tc = tcase_create("file");
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, make_folder, remove_folder);
    tcase_add_checked_fixture(tc, empty_folder, NULL);
    tcase_add_test(tc, a_file_is_read_whole_and_replaces_the_text);
    tcase_add_test(tc, an_empty_file_is_an_empty_text);
    tcase_add_test(tc, only_regular_files_are_read);
    tcase_add_test(tc, a_secret_is_for_its_owner_alone);
    tcase_add_test(tc, a_secret_of_somebody_else_is_refused);
    tcase_add_test(tc, a_written_secret_is_read_back);
    tcase_add_test(tc, a_secret_never_replaces_a_file);
    tcase_add_test(tc, a_dangling_link_is_a_file_that_exists);
    tcase_add_test(tc, a_secret_without_a_folder_fails);
    tcase_add_test(tc, a_file_is_read_in_pieces_and_stays_the_same);
    tcase_add_test(tc, pieces_are_of_a_file_that_others_cannot_change);
    tcase_add_test(tc, pieces_of_somebody_elses_file_are_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
