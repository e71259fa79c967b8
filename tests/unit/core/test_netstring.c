#include "tests/support/unit.h"

#include <string.h>

#include "core/netstring.h"

#define MOST 12

static const struct sample {
    const char *in;
    enum netstring result;
    const char *text;
    size_t taken;
} samples[] = {
    { "0:,", NETSTRING_WHOLE, "", 3 },
    { "5:hello,", NETSTRING_WHOLE, "hello", 8 },
    { "5:hello,3:you,", NETSTRING_WHOLE, "hello", 8 },
    { "12:123456789012,", NETSTRING_WHOLE, "123456789012", 16 },
    { "3:,:,,", NETSTRING_WHOLE, ",:,", 6 },
    { "3:\xff\r\n,", NETSTRING_WHOLE, "\xff\r\n", 6 },
    { "", NETSTRING_PART, NULL, 0 },
    { "1", NETSTRING_PART, NULL, 0 },
    { "12", NETSTRING_PART, NULL, 0 },
    { "12:", NETSTRING_PART, NULL, 0 },
    { "5:hell", NETSTRING_PART, NULL, 0 },
    { "5:hello", NETSTRING_PART, NULL, 0 },
    { "0:", NETSTRING_PART, NULL, 0 },
    { "0", NETSTRING_PART, NULL, 0 },
    { "13", NETSTRING_BAD, NULL, 0 },
    { "13:1234567890123,", NETSTRING_BAD, NULL, 0 },
    { "99999999999999999999999999", NETSTRING_BAD, NULL, 0 },
    { "00", NETSTRING_BAD, NULL, 0 },
    { "05:hello,", NETSTRING_BAD, NULL, 0 },
    { ":,", NETSTRING_BAD, NULL, 0 },
    { "-1:,", NETSTRING_BAD, NULL, 0 },
    { "+1:a,", NETSTRING_BAD, NULL, 0 },
    { " 1:a,", NETSTRING_BAD, NULL, 0 },
    { "1 :a,", NETSTRING_BAD, NULL, 0 },
    { "5;hello,", NETSTRING_BAD, NULL, 0 },
    { "5:hello;", NETSTRING_BAD, NULL, 0 },
    { "4:hello,", NETSTRING_BAD, NULL, 0 },
    { "GET / HTTP/1.0\r\n", NETSTRING_BAD, NULL, 0 },
    { "\r\n", NETSTRING_BAD, NULL, 0 },
};

static void check_sample(struct span in, const struct sample *s)
{
    struct span text = SPAN_ABSENT;
    size_t taken = 0;
    enum netstring result = netstring_read(in, MOST, &text, &taken);
    ck_assert_msg(result == s->result, "'%s': %d", s->in, (int)result);
    if (result != NETSTRING_WHOLE)
        return;
    unit_assert_span(text, s->text, s->in);
    ck_assert_uint_eq(taken, s->taken);
}

START_TEST(test_samples)
{
    struct span in = unit_exact(span_of(samples[_i].in));
    check_sample(in, &samples[_i]);
    free((void *)in.p);
}
END_TEST

/* What is whole is a part before its last octet has come, however it is cut. */
START_TEST(test_each_beginning_is_a_part)
{
    const struct sample *s = &samples[_i];
    const struct sample part = { s->in, NETSTRING_PART, NULL, 0 };
    if (s->result != NETSTRING_WHOLE)
        return;
    for (size_t n = 0; n < s->taken; n++) {
        struct span in = unit_exact((struct span){ s->in, n });
        check_sample(in, &part);
        free((void *)in.p);
    }
}
END_TEST

START_TEST(test_a_part_is_never_longer_than_the_limit)
{
    char in[MOST + NETSTRING_FRAME_MAX + 1];
    struct span text;
    size_t taken;
    memcpy(in, "12:", 3);
    memset(in + 3, 'x', sizeof(in) - 3);
    for (size_t n = 0; n <= sizeof(in); n++) {
        enum netstring result = netstring_read((struct span){ in, n }, MOST, &text, &taken);
        ck_assert_int_eq(result, n < 16 ? NETSTRING_PART : NETSTRING_BAD);
    }
}
END_TEST

START_TEST(test_written_as_read)
{
    char octets[300], out[400];
    for (size_t n = 0; n <= sizeof(octets); n++) {
        memset(octets, (int)(n % 256), n);
        struct span text = { octets, n }, back = SPAN_ABSENT;
        size_t taken = 0, length = netstring_write(text, out, sizeof(out));
        ck_assert_uint_gt(length, n);
        ck_assert_uint_eq(netstring_write(text, out, length - 1), 0);
        ck_assert_uint_eq(netstring_write(text, out, length), length);
        ck_assert_int_eq(netstring_read((struct span){ out, length }, n, &back, &taken),
                         NETSTRING_WHOLE);
        ck_assert(span_eq(back, text));
        ck_assert_uint_eq(taken, length);
    }
    ck_assert_uint_eq(netstring_write(SPAN_ABSENT, out, sizeof(out)), 3);
    ck_assert_uint_eq(netstring_write(SPAN_LIT("x"), out, 0), 0);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("netstring");
    TCase *tc = tcase_create("netstring");
    tcase_add_loop_test(tc, test_samples, 0, (int)COUNT_OF(samples));
    tcase_add_loop_test(tc, test_each_beginning_is_a_part, 0, (int)COUNT_OF(samples));
    tcase_add_test(tc, test_a_part_is_never_longer_than_the_limit);
    tcase_add_test(tc, test_written_as_read);
    suite_add_tcase(suite, tc);
    return suite;
}
