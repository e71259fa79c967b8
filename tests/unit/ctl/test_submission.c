#include "tests/support/unit.h"

#include "ctl/submission.h"

static const struct {
    const char *text;
    const char *host; /* NULL: refused */
    unsigned port;
} hosts[] = {
    { "127.0.0.1", "127.0.0.1", 25 },
    { "mail.example.com", "mail.example.com", 25 },
    { "mail_1.example:587", "mail_1.example", 587 },
    { "[::1]", "[::1]", 25 },
    { "[2001:db8::1]:2525", "[2001:db8::1]", 2525 },
    { "[fe80::1%eth0]:1", "[fe80::1%eth0]", 1 },
    { "a:65535", "a", 65535 },
    { "", NULL, 0 },
    { ":25", NULL, 0 },
    { "a:", NULL, 0 },
    { "a:0", NULL, 0 },
    { "a:65536", NULL, 0 },
    { "a:99999999999999999999", NULL, 0 },
    { "a:25x", NULL, 0 },
    { "a:25:26", NULL, 0 },
    { "::1", NULL, 0 },
    { "[", NULL, 0 },
    { "[]", NULL, 0 },
    { "[]:25", NULL, 0 },
    { "[::1", NULL, 0 },
    { "[::1]25", NULL, 0 },
    { "[::1/x]", NULL, 0 },
    { "a/b", NULL, 0 },
    { "user@host", NULL, 0 },
    { "a b", NULL, 0 },
    { "a\r\nb", NULL, 0 },
    { "h\xc3\xb6st", NULL, 0 },
};

START_TEST(test_host)
{
    struct submission_host got = { SPAN_ABSENT, 0 };
    struct span text = unit_exact(span_of(hosts[_i].text));
    ck_assert_msg(submission_host_read(text, &got) == (hosts[_i].host != NULL), "%s",
                  hosts[_i].text);
    if (hosts[_i].host) {
        unit_assert_span(got.host, hosts[_i].host, hosts[_i].text);
        ck_assert_uint_eq(got.port, hosts[_i].port);
    }
    free((void *)text.p);
}
END_TEST

static struct submission usual(void)
{
    return (struct submission){ .sender = "",
                                .rcpt = "bob@example.com",
                                .helo = "n.example",
                                .message = SPAN_LIT("A: b\r\n\r\nText.\r\n"),
                                .timeout_ms = 60000 };
}

/* Programs that every system has, and what they make of the arguments of sendmail(1). */
static const struct {
    const char *program;
    bool taken;
    const char *step;
    const char *reply;
} programs[] = {
    { "/bin/echo", true, "echo", "-oi -f <> -- bob@example.com" },
    { "/bin/false", false, "false", "status 1" },
    { "/nowhere/at-all", false, "at-all", "/nowhere/at-all: No such file or directory" },
};

START_TEST(test_program)
{
    const struct submission s = usual();
    struct submitted got;
    submission_pipe(&s, programs[_i].program, &got);
    /* echo(1) does not read: it may be gone before the message is written. */
    if (!programs[_i].taken)
        ck_assert(!got.taken);
    ck_assert_int_eq(got.code, 0);
    ck_assert_str_eq(got.step, programs[_i].step);
    unit_assert_span(buf_span(&got.reply), programs[_i].reply, "reply");
    submitted_free(&got);
}
END_TEST

START_TEST(test_name_that_makes_no_url)
{
    char name[2000];
    struct submission s = usual();
    struct submission_host host = { SPAN_LIT("127.0.0.1"), SUBMISSION_PORT };
    struct submitted got;
    for (size_t i = 0; i < sizeof(name); i++)
        name[i] = 'a';
    name[sizeof(name) - 1] = '\0';
    s.helo = name;
    submission_to(&s, &host, &got);
    ck_assert(!got.taken);
    unit_assert_span(buf_span(&got.reply), "the name of the host is too long", "reply");
    submitted_free(&got);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("submission");
    TCase *tcase = tcase_create("submission");
    tcase_add_loop_test(tcase, test_host, 0, COUNT_OF(hosts));
    tcase_add_loop_test(tcase, test_program, 0, COUNT_OF(programs));
    tcase_add_test(tcase, test_name_that_makes_no_url);
    suite_add_tcase(suite, tcase);
    return suite;
}
