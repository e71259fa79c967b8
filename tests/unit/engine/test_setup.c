#include "tests/support/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/setup.h"
#include "tests/support/redis_server.h"

#define ONE_KEY "k1 MDEyMzQ1Njc4OWFiY2RlZg==\n"

static char folder[64], conf[96], keys[96], error[ENGINE_ERROR_MAX];
static int guard, guard_pid;

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

/* A configuration of the least, with those options. */
static void write_conf(const char *options)
{
    char text[2000];
    snprintf(text, sizeof(text),
             "name = \"s.example\" keys = \"%s\" snapshot = \"\"\n%s\n"
             "system primary { hosts = { \"p.example\" } }\n"
             "system secondary { hosts = { \"s.example\" } }\n"
             "domain \"example.com\" {}\n",
             keys, options);
    write_file(conf, text, 0600);
}

static void setup(void)
{
    guard_pid = temporary_folder(folder, &guard);
    snprintf(conf, sizeof(conf), "%s/conf", folder);
    snprintf(keys, sizeof(keys), "%s/keys", folder);
    strcpy(error, "told by nobody");
    write_conf("state = \"memory:\"");
}

static void teardown(void)
{
    close(guard);
    waitpid(guard_pid, NULL, 0);
}

static struct engine *load_good(enum setup_purpose purpose)
{
    struct engine *e = setup_load(conf, purpose, NULL, error);
    ck_assert_msg(e != NULL, "%s", error);
    return e;
}

/* Refused, with one line that names the file and says why. */
static void assert_refused(enum setup_purpose purpose, const char *file, const char *why)
{
    struct engine *e = setup_load(conf, purpose, NULL, error);
    ck_assert_ptr_null(e);
    ck_assert_msg(strncmp(error, file, strlen(file)) == 0, "'%s' does not begin with %s", error,
                  file);
    ck_assert_msg(strstr(error, why) != NULL, "'%s' does not say '%s'", error, why);
    ck_assert_ptr_null(strchr(error, '\n'));
}

START_TEST(the_key_file_is_made_at_the_first_start)
{
    struct stat made, again;
    struct engine *e = load_good(SETUP_START);
    ck_assert_uint_eq(e->keys->keys, 1);
    struct key first = e->keys->key[0];
    ck_assert_uint_ge(first.secret_len, KEY_SECRET_MIN);
    engine_unref(e);
    ck_assert_int_eq(stat(keys, &made), 0);
    ck_assert_uint_eq(made.st_mode & 07777, 0600);
    static const enum setup_purpose later[] = { SETUP_START, SETUP_RELOAD, SETUP_TEST };
    for (size_t i = 0; i < COUNT_OF(later); i++) {
        e = load_good(later[i]);
        ck_assert_str_eq(e->keys->key[0].name, first.name);
        ck_assert_mem_eq(e->keys->key[0].secret, first.secret, first.secret_len);
        engine_unref(e);
    }
    ck_assert_int_eq(stat(keys, &again), 0);
    ck_assert_int_eq(made.st_mtim.tv_nsec, again.st_mtim.tv_nsec);
}
END_TEST

START_TEST(each_start_makes_another_key)
{
    struct engine *a = load_good(SETUP_START);
    ck_assert_int_eq(unlink(keys), 0);
    struct engine *b = load_good(SETUP_START);
    ck_assert_mem_ne(a->keys->key[0].secret, b->keys->key[0].secret, KEY_SECRET_MIN);
    engine_unref(a);
    engine_unref(b);
}
END_TEST

START_TEST(a_reload_makes_no_key)
{
    assert_refused(SETUP_RELOAD, keys, "No such file");
    ck_assert_int_ne(access(keys, F_OK), 0);
}
END_TEST

START_TEST(a_test_writes_nothing)
{
    struct engine *e = load_good(SETUP_TEST);
    ck_assert_uint_eq(e->keys->keys, 1);
    engine_unref(e);
    ck_assert_int_ne(access(keys, F_OK), 0);
}
END_TEST

START_TEST(a_key_file_must_be_good_and_secret)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *why; /* NULL: good */
    } rows[] = {
        { ONE_KEY, 0600, NULL },
        { ONE_KEY "# old\n\nk0 MDEyMzQ1Njc4OWFiY2RlZg==\n", 0400, NULL },
        { ONE_KEY, 0640, "0600" },
        { ONE_KEY, 0604, "0600" },
        { ONE_KEY, 0620, "0600" },
        { ONE_KEY, 0602, "0600" },
        { "", 0600, ": there is no key" },
        { ONE_KEY "k2\n", 0600, ":2: " },
        { ONE_KEY ONE_KEY, 0600, ":2: " },
    };
    static const enum setup_purpose purposes[] = { SETUP_START, SETUP_RELOAD, SETUP_TEST };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t p = 0; p < COUNT_OF(purposes); p++) {
            unlink(keys);
            write_file(keys, rows[i].text, rows[i].mode);
            if (rows[i].why)
                assert_refused(purposes[p], keys, rows[i].why);
            else
                engine_unref(load_good(purposes[p]));
        }
}
END_TEST

START_TEST(a_key_file_that_cannot_be_made_is_told)
{
    char text[200];
    snprintf(text, sizeof(text), "%s/none/keys", folder);
    memcpy(keys, text, sizeof(keys));
    write_conf("state = \"memory:\"");
    assert_refused(SETUP_START, keys, "No such file");
    assert_refused(SETUP_RELOAD, keys, "No such file");
}
END_TEST

START_TEST(a_key_file_for_nobody_is_not_left_behind)
{
    write_conf("state = \"memory:\" user = \"nobody-of-this-name\"");
    if (geteuid() == 0)
        assert_refused(SETUP_START, keys, "user");
    else /* who is not root gives nothing away, and needs no such user */
        engine_unref(load_good(SETUP_START));
    ck_assert((access(keys, F_OK) == 0) == (geteuid() != 0));
}
END_TEST

START_TEST(root_may_look_at_keys_that_are_the_filters)
{
    const uid_t somebody = 65534;
    engine_unref(load_good(SETUP_START));
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(keys, somebody, somebody), 0);
    assert_refused(SETUP_START, keys, "right owner");
    assert_refused(SETUP_RELOAD, keys, "right owner");
    engine_unref(load_good(SETUP_TEST));
    ck_assert_int_eq(chmod(keys, 0640), 0);
    assert_refused(SETUP_TEST, keys, "chmod 0600");
}
END_TEST

START_TEST(what_the_layers_know_is_checked)
{
    static const struct {
        const char *options;
        const char *why; /* NULL: good */
    } rows[] = {
        { "state = \"memory:\"", NULL },
        { "state = \"redis://127.0.0.1:1/0\"", NULL },
        { "state = \"unix:///nowhere\"", NULL },
        { "state = \"memory:x\"", ":2: state" },
        { "state = \"http://x\"", ":2: state" },
        { "state = \"memory:\" loop_mailbox = \"a@b\"", NULL },
        { "state = \"memory:\" loop_mailbox = \"<a@b>\"", NULL },
        { "state = \"memory:\" loop_mailbox = \"postmaster\"", NULL },
        { "state = \"memory:\" loop_mailbox = \"\"", NULL },
        { "state = \"memory:\" loop_mailbox = \"<>\"", ":2: loop_mailbox" },
        { "state = \"memory:\" loop_mailbox = \"a@b, c@d\"", ":2: loop_mailbox" },
        { "state = \"memory:\" loop_mailbox = \"not an address\"", ":2: loop_mailbox" },
        { "state = \"memory:\" loop_mailbox = \"a@b@c\"", ":2: loop_mailbox" },
        { "state = \"memory:\" loop_mailbox = \"\" on_loop = divert", "loop_mailbox" },
        { "state = \"memory:\" domain \"d\" { route = \"%u@\" }", ":2: route" },
        { "state = \"memory:\" domain \"d\" { route = \"%a\" }", ":2: route" },
        { "state = \"memory:\" gateway { hosts = { \"a..b\" } }", ":2: hosts" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        write_file(keys, ONE_KEY, 0600);
        write_conf(rows[i].options);
        if (!rows[i].why) {
            struct engine *e = setup_load(conf, SETUP_RELOAD, NULL, error);
            ck_assert_msg(e != NULL, "%s: %s", rows[i].options, error);
            engine_unref(e);
            continue;
        }
        assert_refused(SETUP_RELOAD, conf, rows[i].why);
    }
}
END_TEST

START_TEST(a_file_that_is_not_there_is_told)
{
    ck_assert_int_eq(unlink(conf), 0);
    assert_refused(SETUP_TEST, conf, "No such file");
}
END_TEST

START_TEST(an_engine_has_what_the_configuration_says)
{
    write_conf("state = \"memory:\" loop_mailbox = \"<Loops@Example.com>\"\n"
               "gateway { hosts = { \"g.example\" } }");
    struct engine *e = load_good(SETUP_TEST);
    ck_assert_int_eq(site_host(e->site, SPAN_LIT("p.example")), PLACE_PRIMARY);
    ck_assert_int_eq(site_host(e->site, SPAN_LIT("s.example")), PLACE_SECONDARY);
    ck_assert_int_eq(site_host(e->site, SPAN_LIT("g.example")), PLACE_GATEWAY);
    ck_assert_str_eq(e->loop_mailbox.key, "loops@example.com");
    struct engine *same = engine_ref(e);
    engine_unref(e);
    ck_assert_str_eq(same->config->name, "s.example");
    engine_unref(same);
    engine_unref(NULL);
}
END_TEST

/* A list in which a host or network has two places would route by the order of its blocks. */
START_TEST(one_thing_stands_in_one_block)
{
    static const struct {
        const char *options, *why;
    } rows[] = {
        { "gateway { hosts = { \"S.example.\" } }",
          "gateway: 'S.example.': stands in another block too" },
        { "gateway { hosts = { \"*.p.example\" } } gateway { hosts = { \"P.example\" } }",
          "gateway: 'P.example': stands in another block too" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        write_conf(rows[i].options);
        assert_refused(SETUP_TEST, conf, rows[i].why);
    }
    write_conf("gateway { hosts = { \"g.example\", \"g.example\" } }");
    engine_unref(load_good(SETUP_TEST));
}
END_TEST

START_TEST(tls_files_must_be_there)
{
    static const struct {
        const char *before, *after, *why;
    } rows[] = {
        { "tls_ca = /none #", "", ": tls_ca: /none: No such file or directory" },
        { "tls_cert = /none tls_key = ", "", ": tls_cert: /none: No such file or directory" },
        { "tls_cert = ", " tls_key = /none", ": tls_key: /none: No such file or directory" },
    };
    char options[300];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        snprintf(options, sizeof(options), "state = \"memory:\" %s\"%s\"%s", rows[i].before, conf,
                 rows[i].after);
        write_conf(options);
        assert_refused(SETUP_TEST, conf, rows[i].why);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("setup");
    TCase *tc = tcase_create("setup");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_key_file_is_made_at_the_first_start);
    tcase_add_test(tc, each_start_makes_another_key);
    tcase_add_test(tc, a_reload_makes_no_key);
    tcase_add_test(tc, one_thing_stands_in_one_block);
    tcase_add_test(tc, a_test_writes_nothing);
    tcase_add_test(tc, a_key_file_must_be_good_and_secret);
    tcase_add_test(tc, a_key_file_that_cannot_be_made_is_told);
    tcase_add_test(tc, a_key_file_for_nobody_is_not_left_behind);
    tcase_add_test(tc, root_may_look_at_keys_that_are_the_filters);
    tcase_add_test(tc, what_the_layers_know_is_checked);
    tcase_add_test(tc, a_file_that_is_not_there_is_told);
    tcase_add_test(tc, an_engine_has_what_the_configuration_says);
    tcase_add_test(tc, tls_files_must_be_there);
    suite_add_tcase(suite, tc);
    return suite;
}
