#include "tests/support/unit.h"

#include <string.h>

#include "core/taglist.h"
#include "core/trace.h"
#include "tests/unit/core/trace_sample.h"

/* Whatever happens to a written value on its way: it verifies if and only if blanks alone changed.
 */

#define VALUE_ROOM 2000
#define MUTATIONS 20000

static struct keyring ring;
static char written[VALUE_ROOM];  /* as trace_write() made it */
static char stripped[VALUE_ROOM]; /* without its blanks */
static struct span original;      /* what the tests change: folded or unfolded */
static struct span original_bare;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void setup(void)
{
    struct trace t = sample_trace();
    struct buf out;

    sample_ring(&ring);
    buf_init(&out, VALUE_ROOM);
    trace_write(&t, &ring.key[0], &out);
    ck_assert(buf_ok(&out));
    original = (struct span){ written, out.n };
    memcpy(written, out.p, out.n);
    buf_free(&out);
    original_bare = (struct span){ stripped, taglist_strip(original, stripped) };
}

static void unfold(void)
{
    for (size_t i = 0; i < original.n; i++)
        if (is_blank(written[i]))
            written[i] = ' ';
}

/* The value verifies if and only if it is the original but for blanks. */
static void assert_fate(struct span value)
{
    char bare[2 * VALUE_ROOM];
    struct span text = { bare, taglist_strip(value, bare) };
    bool want = span_eq(text, original_bare);
    enum trace_verdict got = sample_read(value, &ring);

    ck_assert_msg((got == TRACE_VALID) == want, "%s: %.*s", trace_verdict_name(got),
                  SPAN_ARG(value));
}

static size_t flip_all_bits(void)
{
    size_t harmless = 0;
    for (size_t bit = 0; bit < 8 * original.n; bit++) {
        char *octet = &written[bit / 8];
        char before = *octet;
        *octet = (char)(before ^ 1 << bit % 8);
        enum trace_verdict got = sample_read(original, &ring);
        if (is_blank(before) && is_blank(*octet)) {
            ck_assert_int_eq(got, TRACE_VALID);
            harmless++;
        } else {
            ck_assert_msg(got != TRACE_VALID, "bit %zu: %.*s", bit, SPAN_ARG(original));
        }
        *octet = before;
    }
    ck_assert_int_eq(sample_read(original, &ring), TRACE_VALID);
    return harmless;
}

START_TEST(no_flipped_bit_verifies_folded)
{
    /* One bit makes a tab a CR; no two other blanks are so close. Two tabs are written. */
    ck_assert_uint_eq(flip_all_bits(), 2);
}
END_TEST

START_TEST(no_flipped_bit_verifies_unfolded)
{
    unfold();
    ck_assert_uint_eq(flip_all_bits(), 0);
}
END_TEST

START_TEST(no_octet_can_be_left_out)
{
    char value[VALUE_ROOM];
    for (size_t at = 0; at < original.n; at++) {
        memcpy(value, original.p, at);
        memcpy(value + at, original.p + at + 1, original.n - at - 1);
        assert_fate((struct span){ value, original.n - 1 });
    }
}
END_TEST

START_TEST(no_octet_can_be_added)
{
    static const char added[] = "\0;=,b-_+/A0a \t\r\n\v\f\x7f\x80\xa0\xff";
    char value[VALUE_ROOM];

    for (size_t at = 0; at <= original.n; at++) {
        memcpy(value, original.p, at);
        memcpy(value + at + 1, original.p + at, original.n - at);
        for (size_t i = 0; i < sizeof(added); i++) {
            value[at] = added[i];
            assert_fate((struct span){ value, original.n + 1 });
        }
    }
}
END_TEST

START_TEST(no_part_is_enough)
{
    for (size_t n = 0; n < original.n; n++) {
        assert_fate((struct span){ original.p, n });
        assert_fate(span_from(original, original.n - n));
    }
}
END_TEST

START_TEST(unused_bits_of_the_signature_count)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *last = &written[original.n - 2];
    size_t value = (size_t)(strchr(base64, *last) - base64);

    ck_assert_int_eq(last[1], '=');
    for (size_t unused = 0; unused < 4; unused++) {
        *last = base64[(value & ~(size_t)3) | unused];
        enum trace_verdict want = ((value & 3) == unused) ? TRACE_VALID : TRACE_FORGED;
        ck_assert_int_eq(sample_read(original, &ring), want);
    }
}
END_TEST

START_TEST(tags_keep_their_places)
{
    struct buf value;
    struct span rest = original_bare;
    struct span tag;

    /* Each tag in turn goes to the front, the first one to the end. */
    for (size_t at = 0; span_split(&rest, ';', &tag); at++) {
        buf_init(&value, VALUE_ROOM);
        struct span before = span_between(original_bare.p, tag.p);
        struct span after = span_from(original_bare, before.n + tag.n + 1);
        buf_add(&value, at > 0 ? tag : after);
        buf_addc(&value, ';');
        buf_add(&value, at > 0 ? before : tag);
        buf_add(&value, at > 0 ? after : SPAN_ABSENT);
        ck_assert_int_ne(sample_read(buf_span(&value), &ring), TRACE_VALID);
        buf_free(&value);
    }
}
END_TEST

/* xorshift64 (Marsaglia): the same numbers in each run. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % below;
}

/* Changes a value of n octets in one way, in place; returns its new length, at most n + 40. */
static size_t mutate(char *value, size_t n, uint64_t *state)
{
    static const char likely[] = ";;==,b= \t\r\nikvp0129";
    size_t at = draw(state, n + 1);
    size_t length = draw(state, 40 < n - at ? 40 : n - at + 1);
    size_t to;

    switch (draw(state, 7)) {
    case 0:
        if (at < n)
            value[at] = (char)draw(state, 256);
        return n;
    case 1:
        if (at < n)
            value[at] = likely[draw(state, sizeof(likely) - 1)];
        return n;
    case 2:
        memmove(value + at + 1, value + at, n - at);
        value[at] = likely[draw(state, sizeof(likely) - 1)];
        return n + 1;
    case 3:
        memmove(value + at, value + at + length, n - at - length);
        return n - length;
    case 4:
        memmove(value + at + length, value + at, n - at);
        return n + length;
    case 5:
        to = draw(state, n - length + 1);
        memmove(value + to, value + at, length);
        return n;
    default:
        return at > 0 ? at : n;
    }
}

START_TEST(no_mutation_verifies)
{
    char value[2 * VALUE_ROOM];
    uint64_t state = 0x9e3779b97f4a7c15;

    for (int round = 0; round < MUTATIONS; round++) {
        size_t n = original.n;
        memcpy(value, original.p, n);
        for (uint64_t changes = 1 + draw(&state, 4); changes > 0 && n > 0; changes--)
            n = mutate(value, n, &state);
        assert_fate((struct span){ value, n });
    }
}
END_TEST

/* A text repeated up to the given length. */
static struct span repeat(const char *text, size_t n)
{
    char *p = malloc(n);
    ck_assert_ptr_nonnull(p);
    for (size_t i = 0; i < n; i++)
        p[i] = text[i % strlen(text)];
    return (struct span){ p, n };
}

START_TEST(huge_values_are_malformed)
{
    static const char *const texts[] = { " ",      ";",      "=",    ",",         "a", "a=;",
                                         "b=;a=;", "v=1;\n", "\xff", "aZ3kQ9xB,", "b", "b=" };
    static const size_t sizes[] = { TRACE_VALUE_MAX, TRACE_VALUE_MAX + 1, 10 * TRACE_VALUE_MAX };

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        for (size_t j = 0; j < 3; j++) {
            struct span value = repeat(texts[i], sizes[j]);
            ck_assert_int_eq(sample_read(value, &ring), TRACE_MALFORMED);
            free((void *)value.p);
        }
    }
}
END_TEST

START_TEST(the_length_is_limited_blanks_included)
{
    struct span value = repeat(" ", TRACE_VALUE_MAX + 1);

    memcpy((char *)value.p, original.p, original.n);
    ck_assert_int_eq(sample_read((struct span){ value.p, TRACE_VALUE_MAX }, &ring), TRACE_VALID);
    ck_assert_int_eq(sample_read(value, &ring), TRACE_MALFORMED);
    free((void *)value.p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("trace forgery");
    TCase *tc = tcase_create("trace forgery");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, no_flipped_bit_verifies_folded);
    tcase_add_test(tc, no_flipped_bit_verifies_unfolded);
    tcase_add_test(tc, no_octet_can_be_left_out);
    tcase_add_test(tc, no_octet_can_be_added);
    tcase_add_test(tc, no_part_is_enough);
    tcase_add_test(tc, unused_bits_of_the_signature_count);
    tcase_add_test(tc, tags_keep_their_places);
    tcase_add_test(tc, no_mutation_verifies);
    tcase_add_test(tc, huge_values_are_malformed);
    tcase_add_test(tc, the_length_is_limited_blanks_included);
    suite_add_tcase(suite, tc);
    return suite;
}
