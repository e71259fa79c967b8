#include "tests/support/unit.h"

#include <string.h>

#include "ctl/json.h"

static const struct {
    struct span text;
    const char *json;
} texts[] = {
    { SPAN_ABSENT, "null" },
    { SPAN_LIT(""), "\"\"" },
    { SPAN_LIT("a\"b\\\x01"), "\"a\\\"b\\\\\\u0001\"" },
    { SPAN_LIT("\xc3\xbc"), "\"\xc3\xbc\"" },
    { SPAN_LIT("a\xff"
               "b\xc3"),
      "\"a\xef\xbf\xbd"
      "b\xef\xbf\xbd\"" },
    { SPAN_LIT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
    { SPAN_LIT("a\0b"), "\"a\\u0000b\"" },
};

static void is_written(json_t *made, const char *want)
{
    ck_assert_ptr_nonnull(made);
    char *text = json_dumps(made, JSON_ENCODE_ANY);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, want);
    free(text);
    json_decref(made);
}

START_TEST(a_strangers_text_is_valid_json)
{
    struct span text = texts[_i].text;
    if (span_present(text))
        text = unit_exact(text);
    is_written(json_span(text), texts[_i].json);
    free((void *)text.p);
}
END_TEST

static const struct {
    int64_t utc;
    const char *json;
} times[] = {
    { 0, "\"1970-01-01T00:00:00Z\"" },
    { 1732212345, "\"2024-11-21T18:05:45Z\"" },
    { -1, "\"1969-12-31T23:59:59Z\"" },
    { 253402300799, "\"9999-12-31T23:59:59Z\"" },
    { 253402300800, "null" },
    { -62135596800, "\"0001-01-01T00:00:00Z\"" },
    { -62135596801, "null" },
    { INT64_MAX, "null" },
    { INT64_MIN, "null" },
};

START_TEST(a_time_as_rfc_3339_has_it)
{
    is_written(json_time(times[_i].utc), times[_i].json);
}
END_TEST

START_TEST(nothing_is_null)
{
    is_written(json_text(NULL), "null");
    is_written(json_text(""), "\"\"");
    is_written(json_filled(""), "null");
    is_written(json_filled("x"), "\"x\"");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tc = tcase_create("json");
    tcase_add_loop_test(tc, a_strangers_text_is_valid_json, 0, COUNT_OF(texts));
    tcase_add_loop_test(tc, a_time_as_rfc_3339_has_it, 0, COUNT_OF(times));
    tcase_add_test(tc, nothing_is_null);
    suite_add_tcase(suite, tc);
    return suite;
}
