#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/postconf.h"

static const struct {
    const char *list;
    const char *items; /* with | between */
} lists[] = {
    { "", "" },
    { " , \t\n", "" },
    { "a", "a" },
    { "a, b c,,d", "a|b|c|d" },
    { "inline:{ { .x = smtp:[h]:25 } { y = z } }, hash:/etc/x",
      "inline:{ { .x = smtp:[h]:25 } { y = z } }|hash:/etc/x" },
    { "{ a, b=c },{d}", "{ a, b=c }|{d}" },
    { "{ a b", "{ a b" },
    { "a } b", "a|}|b" },
};

START_TEST(test_list)
{
    struct span text = unit_exact(span_of(lists[_i].list)), rest = text, item;
    char got[200] = "";
    size_t n = 0;
    while (postconf_list_next(&rest, &item))
        n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%.*s", n > 0 ? "|" : "", SPAN_ARG(item));
    ck_assert_str_eq(got, lists[_i].items);
    free((void *)text.p);
}
END_TEST

START_TEST(test_list_has)
{
    ck_assert(postconf_list_has("bounce, notify", "bounce"));
    ck_assert(postconf_list_has("a Example.COM", "example.com"));
    ck_assert(!postconf_list_has("bounces, notify", "bounce"));
    ck_assert(!postconf_list_has("", "bounce"));
}
END_TEST

/* A Postfix of two files. */
struct folder {
    char path[64];
    char file[2][96];
};

static void write_file(const char *path, const char *text)
{
    FILE *to = fopen(path, "w");
    ck_assert_ptr_nonnull(to);
    ck_assert(fputs(text, to) >= 0);
    ck_assert_int_eq(fclose(to), 0);
}

static void folder_make(struct folder *f, const char *main, const char *master)
{
    snprintf(f->path, sizeof(f->path), "/tmp/coexist-postconf-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->path));
    snprintf(f->file[0], sizeof(f->file[0]), "%s/main.cf", f->path);
    snprintf(f->file[1], sizeof(f->file[1]), "%s/master.cf", f->path);
    write_file(f->file[0], main);
    write_file(f->file[1], master);
}

static void folder_remove(const struct folder *f)
{
    unlink(f->file[0]);
    unlink(f->file[1]);
    rmdir(f->path);
}

START_TEST(test_read)
{
    struct folder f;
    char why[SPAWN_WHY_MAX];
    folder_make(&f,
                "compatibility_level = 3.6\nmine = unix:a\nsmtpd_milters = $mine, unix:b\n"
                "mydestination =\n",
                "smtp inet n - y - - smtpd\n  -o {smtpd_milters=$mine unix:c} -o a=b\n"
                "[::1]:10025 inet n - - - - smtpd -o smtpd_milters=\n"
                "top unix - - n - - smtp\n  -o smtp_generic_maps=regexp:/etc/undo\n");
    struct postconf *p = postconf_read(f.path, why);
    ck_assert_msg(p != NULL, "%s", why);
    ck_assert_str_eq(postconf_value(p, "smtpd_milters"), "unix:a, unix:b");
    ck_assert_str_eq(postconf_value(p, "mydestination"), "");
    ck_assert_str_eq(postconf_value(p, "no_such_parameter"), "");
    ck_assert_uint_eq(p->services, 3);
    const struct postconf_service *s = postconf_service_find(p, SPAN_LIT("smtp"), "inet");
    ck_assert_ptr_nonnull(s);
    ck_assert(s->chrooted);
    ck_assert_str_eq(s->command, "smtpd");
    ck_assert_str_eq(postconf_service_value(p, s, "smtpd_milters"), "unix:a unix:c");
    ck_assert_str_eq(postconf_service_value(p, s, "mine"), "unix:a");
    s = postconf_service_find(p, SPAN_LIT("[::1]:10025"), "inet");
    ck_assert_ptr_nonnull(s);
    ck_assert(!s->chrooted);
    ck_assert_str_eq(postconf_service_value(p, s, "smtpd_milters"), "");
    s = postconf_service_find(p, SPAN_LIT("top"), "unix");
    ck_assert_ptr_nonnull(s);
    ck_assert_str_eq(postconf_service_value(p, s, "smtp_generic_maps"), "regexp:/etc/undo");
    ck_assert_ptr_null(postconf_service_find(p, SPAN_LIT("top"), "inet"));
    postconf_free(p);
    folder_remove(&f);
}
END_TEST

/* What `-` in the column chroot means depends on how old the configuration is. */
START_TEST(test_chroot_of_old)
{
    struct folder f;
    char why[SPAWN_WHY_MAX];
    folder_make(&f, "", "smtp inet n - - - - smtpd\n");
    struct postconf *p = postconf_read(f.path, why);
    ck_assert_msg(p != NULL, "%s", why);
    ck_assert(p->service[0].chrooted);
    postconf_free(p);
    folder_remove(&f);
}
END_TEST

START_TEST(test_nothing_there)
{
    char why[SPAWN_WHY_MAX];
    ck_assert_ptr_null(postconf_read("/nonexistent", why));
    ck_assert_ptr_nonnull(strstr(why, "/nonexistent/main.cf: No such file"));
}
END_TEST

START_TEST(test_maps)
{
    struct folder f;
    struct buf value;
    char why[SPAWN_WHY_MAX];
    folder_make(&f, "compatibility_level = 3.6\n", "smtp inet n - n - - smtpd\n");
    struct postconf *p = postconf_read(f.path, why);
    ck_assert_msg(p != NULL, "%s", why);
    ck_assert_int_eq(postmap_ask(p, SPAN_LIT("inline:{ { a = b c } }"), "a", &value),
                     POSTMAP_FOUND);
    ck_assert_str_eq(buf_text(&value), "b c");
    buf_free(&value);
    ck_assert_int_eq(postmap_ask(p, SPAN_LIT("inline:{ a=b }"), "c", &value), POSTMAP_ABSENT);
    ck_assert_str_eq(buf_text(&value), "");
    buf_free(&value);
    ck_assert_int_eq(postmap_ask(p, SPAN_LIT("regexp:/nonexistent"), "c", &value),
                     POSTMAP_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(buf_text(&value), "/nonexistent"));
    buf_free(&value);
    postconf_free(p);
    folder_remove(&f);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("postconf");
    TCase *c = tcase_create("postconf");
    tcase_add_loop_test(c, test_list, 0, COUNT_OF(lists));
    tcase_add_test(c, test_list_has);
    tcase_add_test(c, test_read);
    tcase_add_test(c, test_chroot_of_old);
    tcase_add_test(c, test_nothing_there);
    tcase_add_test(c, test_maps);
    suite_add_tcase(s, c);
    return s;
}
