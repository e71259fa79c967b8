#include "tests/support/unit.h"

#include <string.h>

#include "engine/snapshot_record.h"

#define KNOWN "\0\0\0\0\x65\x53\xf1\0"
#define SECONDS 1700000000
#define USER "\0"
#define FOUND "\0"
#define NAME "\0\x03u@d"
#define LIT(text)                                                                                  \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

static const struct {
    const char *what;
    struct span text;
    bool good;
} texts[] = {
    { "found",
      LIT(USER FOUND KNOWN NAME "\x01\x04home\0\x04"
                                "both"),
      true },
    { "without fields", LIT(USER FOUND KNOWN NAME "\0"), true },
    { "a note", LIT(USER FOUND KNOWN NAME "\x01\x04note\0\0"), true },
    { "absent", LIT(USER "\x01" KNOWN NAME), true },
    { "bad", LIT(USER "\x03" KNOWN NAME "\0\x03why"), true },
    { "a group",
      LIT("\x01" FOUND KNOWN NAME "\x01\x04home\0\x04"
          "both"),
      true },
    { "a domain",
      LIT("\x02" FOUND KNOWN NAME "\x01\x04mode\0\x07"
          "observe"),
      true },
    { "nothing", LIT(""), false },
    { "no such kind",
      LIT("\x03"
          "\x01" KNOWN NAME),
      false },
    { "no such kind, negative",
      LIT("\xff"
          "\x01" KNOWN NAME),
      false },
    { "unavailable", LIT(USER "\x02" KNOWN NAME), false },
    { "no such answer", LIT(USER "\x04" KNOWN NAME), false },
    { "known at no time",
      LIT(USER "\x01"
               "\x80\0\0\0\0\0\0\0" NAME),
      false },
    { "no name", LIT(USER "\x01" KNOWN "\0\0"), false },
    { "a name past the end", LIT(USER "\x01" KNOWN "\xff\xffu@d"), false },
    { "more behind it", LIT(USER "\x01" KNOWN NAME "\0"), false },
    { "more behind the fields", LIT(USER FOUND KNOWN NAME "\0\0"), false },
    { "fewer fields than said",
      LIT(USER FOUND KNOWN NAME "\x02\x04home\0\x04"
                                "both"),
      false },
    { "too many fields", LIT(USER FOUND KNOWN NAME "\x21"), false },
    { "a field past the end",
      LIT(USER FOUND KNOWN NAME "\x01\xffhome\0\x04"
                                "both"),
      false },
    { "a value past the end",
      LIT(USER FOUND KNOWN NAME "\x01\x04home\xff\xff"
                                "both"),
      false },
    { "a bad value",
      LIT(USER FOUND KNOWN NAME "\x01\x04home\0\x04"
                                "bath"),
      false },
    { "a field of another kind",
      LIT(USER FOUND KNOWN NAME "\x01\x04mode\0\x07"
                                "observe"),
      false },
    { "a control in a value",
      LIT(USER FOUND KNOWN NAME "\x01\x05group\0\x02"
                                "a\n"),
      false },
    { "a control in what is wrong", LIT(USER "\x03" KNOWN NAME "\0\x03w\ny"), false },
    { "an octet in what is wrong", LIT(USER "\x03" KNOWN NAME "\0\x03w\xe4y"), false },
    { "nothing that is wrong", LIT(USER "\x03" KNOWN NAME), false },
};

START_TEST(only_good_texts_are_read)
{
    struct store_query q;
    int64_t known = 0;
    struct span text = unit_exact(texts[_i].text);
    ck_assert_msg(snapshot_record_read(text, &q, &known) == texts[_i].good, "%s", texts[_i].what);
    if (texts[_i].good) {
        unit_assert_span(q.name, "u@d", texts[_i].what);
        ck_assert_int_eq(known, SECONDS);
        ck_assert_int_eq(q.record.kind, q.kind);
    }
    free((void *)text.p);
}
END_TEST

/* None but the whole of a good text is good. */
START_TEST(a_part_of_a_text_is_none)
{
    struct store_query q;
    int64_t known;
    for (size_t n = 0; texts[_i].good && n < texts[_i].text.n; n++) {
        struct span text = unit_exact((struct span){ texts[_i].text.p, n });
        ck_assert_msg(!snapshot_record_read(text, &q, &known), "%zu of %s", n, texts[_i].what);
        free((void *)text.p);
    }
}
END_TEST

/* Machines of either order of octets write and read the same. */
START_TEST(a_text_is_written_as_it_is_read)
{
    struct store_query q;
    int64_t known;
    struct buf out;
    if (!texts[_i].good || strcmp(texts[_i].what, "a note") == 0)
        return;
    ck_assert(snapshot_record_read(texts[_i].text, &q, &known));
    buf_init(&out, SNAPSHOT_RECORD_MAX);
    ck_assert(snapshot_record_write(&q, known, &out));
    ck_assert_msg(span_eq(buf_span(&out), texts[_i].text), "%s", texts[_i].what);
    buf_free(&out);
}
END_TEST

START_TEST(the_longest_record_fits)
{
    static char name[RECORD_KEY_MAX + 1];
    struct buf out;
    struct store_query q = { .answer = STORE_FOUND }, again;
    int64_t known;
    memset(name, 'n', sizeof(name));
    memset(q.record.route, 'r', RECORD_VALUE_MAX);
    q.record.route[1] = '@';
    memset(q.record.group, 'g', RECORD_GROUP_MAX);
    q.record.home = HOME_SECONDARY;
    q.record.calendar = HOME_SECONDARY;
    q.name = (struct span){ name, RECORD_KEY_MAX };
    buf_init(&out, SNAPSHOT_RECORD_MAX);
    ck_assert(snapshot_record_write(&q, SECONDS, &out));
    ck_assert(snapshot_record_read(buf_span(&out), &again, &known));
    ck_assert(span_eq(again.name, q.name));
    ck_assert_str_eq(again.record.route, q.record.route);
    ck_assert_str_eq(again.record.group, q.record.group);
    buf_free(&out);
}
END_TEST

START_TEST(what_is_none_to_keep_is_not_written)
{
    static char name[RECORD_KEY_MAX + 1];
    const struct store_query rows[] = {
        { .name = LIT("u@d"), .answer = STORE_UNAVAILABLE },
        { .name = LIT("u@d"), .answer = (enum store_answer)7 },
        { .name = LIT("u@d"), .answer = STORE_ABSENT, .kind = (enum record_kind)3 },
        { .name = LIT(""), .answer = STORE_ABSENT },
        { .name = { name, sizeof(name) }, .answer = STORE_ABSENT },
    };
    struct buf out;
    buf_init(&out, SNAPSHOT_RECORD_MAX);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        ck_assert_msg(!snapshot_record_write(&rows[i], SECONDS, &out), "row %zu", i);
    const struct store_query good = { .name = LIT("u@d"), .answer = STORE_ABSENT };
    ck_assert(!snapshot_record_write(&good, -1, &out));
    ck_assert_uint_eq(out.n, 0);
    ck_assert(buf_ok(&out));
    ck_assert(snapshot_record_write(&good, 0, &out));
    buf_free(&out);
    buf_init(&out, 5);
    ck_assert(!snapshot_record_write(&good, 0, &out));
    ck_assert(!buf_ok(&out));
    buf_free(&out);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("snapshot_record");
    TCase *tc = tcase_create("snapshot_record");
    tcase_add_loop_test(tc, only_good_texts_are_read, 0, COUNT_OF(texts));
    tcase_add_loop_test(tc, a_part_of_a_text_is_none, 0, COUNT_OF(texts));
    tcase_add_loop_test(tc, a_text_is_written_as_it_is_read, 0, COUNT_OF(texts));
    tcase_add_test(tc, the_longest_record_fits);
    tcase_add_test(tc, what_is_none_to_keep_is_not_written);
    suite_add_tcase(suite, tc);
    return suite;
}
