#include "tests/support/unit.h"

#include "sys/exposition.h"

static struct buf out;

static void setup(void)
{
    buf_init(&out, 1000);
}

static void teardown(void)
{
    buf_free(&out);
}

START_TEST(a_family_says_what_it_is)
{
    exposition_family(&out, "a_total", "counter", "What is \"counted\", a \\ and a\nnew line.");
    ck_assert_str_eq(buf_text(&out),
                     "# HELP a_total What is \"counted\", a \\\\ and a\\nnew line.\n"
                     "# TYPE a_total counter\n");
}
END_TEST

START_TEST(samples_have_any_number_of_labels)
{
    const struct exposition_label label[EXPOSITION_LABELS_MAX] = {
        { "a", "1" }, { "b", "" }, { "c", "x,y=z {}" }, { "d", "+Inf" }
    };
    exposition_count(&out, "x", "", NULL, 0, 0);
    exposition_count(&out, "x", "_bucket", label, 1, 7);
    exposition_count(&out, "x", "", label, 4, UINT64_MAX);
    exposition_seconds(&out, "x", "_sum", NULL, 0, 1500000);
    ck_assert_str_eq(buf_text(&out), "x 0\n"
                                     "x_bucket{a=\"1\"} 7\n"
                                     "x{a=\"1\",b=\"\",c=\"x,y=z {}\",d=\"+Inf\"} "
                                     "18446744073709551615\n"
                                     "x_sum 1.5\n");
}
END_TEST

START_TEST(a_label_is_escaped)
{
    static const struct {
        const char *value, *line;
    } rows[] = {
        { "plain", "x{l=\"plain\"} 1\n" },
        { "a\"b", "x{l=\"a\\\"b\"} 1\n" },
        { "a\\b", "x{l=\"a\\\\b\"} 1\n" },
        { "a\nb", "x{l=\"a\\nb\"} 1\n" },
        { "\\\"\n", "x{l=\"\\\\\\\"\\n\"} 1\n" },
        { "a\\n", "x{l=\"a\\\\n\"} 1\n" },
        { "\"} 5\nforged 1", "x{l=\"\\\"} 5\\nforged 1\"} 1\n" },
        { "gr\xc3\xbc\xc3\x9f", "x{l=\"gr\xc3\xbc\xc3\x9f\"} 1\n" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct exposition_label label = { "l", rows[i].value };
        buf_clear(&out);
        exposition_count(&out, "x", "", &label, 1, 1);
        ck_assert_str_eq(buf_text(&out), rows[i].line);
    }
}
END_TEST

START_TEST(microseconds_are_seconds)
{
    static const struct {
        uint64_t us;
        const char *text;
    } rows[] = {
        { 0, "0" },
        { 1, "0.000001" },
        { 50, "0.00005" },
        { 100000, "0.1" },
        { 123456, "0.123456" },
        { 1000000, "1" },
        { 10000000, "10" },
        { 1000001, "1.000001" },
        { 100000000000000, "100000000" },
        { UINT64_MAX, "18446744073709.551615" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[EXPOSITION_NUMBER_MAX];
        exposition_number(rows[i].us, text);
        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

/* The buffer's limit ends it, as it does every text. */
START_TEST(a_page_that_is_too_long_fails)
{
    struct buf small;
    buf_init(&small, 20);
    exposition_family(&small, "a_total", "counter", "Too much to say.");
    ck_assert(!buf_ok(&small));
    buf_free(&small);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("exposition");
    TCase *tc = tcase_create("exposition");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_family_says_what_it_is);
    tcase_add_test(tc, samples_have_any_number_of_labels);
    tcase_add_test(tc, a_label_is_escaped);
    tcase_add_test(tc, microseconds_are_seconds);
    tcase_add_test(tc, a_page_that_is_too_long_fails);
    suite_add_tcase(suite, tc);
    return suite;
}
