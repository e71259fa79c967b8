#include "tests/support/unit.h"

#include <string.h>

#include "core/trace.h"
#include "tests/unit/core/trace_sample.h"

/* What trace_read() would refuse is never written; the first row shows that the others could be. */
static const struct {
    unsigned pass;
    int64_t time;
    int system;
    int origin;
    const char *id;
    const char *node;
    const char *journey;
    const char *to_peer;
    const char *kept;
    const char *would_go;
    bool want;
} writes[] = {
    { 1000, INT64_MAX, 1, 2, ID32, NODE250 "abcde", "Qw3rTy9_", "", NULL, "aZ3kQ9xB", true },
    { 0, 1, 0, 0, "1a", "a.b", "Qw3rTy9_", "", "", "", false },
    { 1001, 1, 0, 0, "1a", "a.b", "Qw3rTy9_", "", "", "", false },
    { 1, -1, 0, 0, "1a", "a.b", "Qw3rTy9_", "", "", "", false },
    { 1, 1, 2, 0, "1a", "a.b", "Qw3rTy9_", "", "", "", false },
    { 1, 1, 0, 3, "1a", "a.b", "Qw3rTy9_", "", "", "", false },
    { 1, 1, 0, 0, NULL, "a.b", "Qw3rTy9_", "", "", "", false },
    { 1, 1, 0, 0, "", "a.b", "Qw3rTy9_", "", "", "", false },
    { 1, 1, 0, 0, "1a;k=x", "a.b", "Qw3rTy9_", "", "", "", false },
    { 1, 1, 0, 0, ID32 "0", "a.b", "Qw3rTy9_", "", "", "", false },
    { 1, 1, 0, 0, "1a", NULL, "Qw3rTy9_", "", "", "", false },
    { 1, 1, 0, 0, "1a", "a\r\nBcc: b", "Qw3rTy9_", "", "", "", false },
    { 1, 1, 0, 0, "1a", NODE250 "abcdef", "Qw3rTy9_", "", "", "", false },
    { 1, 1, 0, 0, "1a", "a.b", NULL, "", "", "", false },
    { 1, 1, 0, 0, "1a", "a.b", "short", "", "", "", false },
    { 1, 1, 0, 0, "1a", "a.b", "Qw3rTy9_", "aZ3kQ9xB;77pQm1Yx", "", "", false },
    { 1, 1, 0, 0, "1a", "a.b", "Qw3rTy9_", "", "aZ3kQ9xB,", "", false },
    { 1, 1, 0, 0, "1a", "a.b", "Qw3rTy9_", "", "", " aZ3kQ9xB", false },
};

START_TEST(nothing_is_written_that_would_not_be_read)
{
    struct trace t = {
        .pass = writes[_i].pass,
        .time = writes[_i].time,
        .system = (enum system)writes[_i].system,
        .origin = (enum origin)writes[_i].origin,
        .id = span_of(writes[_i].id),
        .node = span_of(writes[_i].node),
        .journey = span_of(writes[_i].journey),
        .to_peer = span_of(writes[_i].to_peer),
        .kept = span_of(writes[_i].kept),
        .would_go = span_of(writes[_i].would_go),
    };
    struct keyring ring;
    struct buf out;

    sample_ring(&ring);
    buf_init(&out, 2000);
    trace_write(&t, &ring.key[0], &out);
    ck_assert_int_eq(buf_ok(&out), writes[_i].want);
    if (writes[_i].want)
        ck_assert_int_eq(sample_read(buf_span(&out), &ring), TRACE_VALID);
    buf_free(&out);
}
END_TEST

START_TEST(a_failed_or_full_buffer_stays_failed)
{
    struct trace t = sample_trace();
    struct keyring ring;
    struct buf out;

    sample_ring(&ring);
    buf_init(&out, TRACE_VALUE_MAX);
    trace_write(&t, &ring.key[0], &out);
    size_t fit = out.n;
    buf_free(&out);
    buf_init(&out, fit - 1);
    trace_write(&t, &ring.key[0], &out);
    ck_assert(!buf_ok(&out));
    buf_free(&out);
    buf_init(&out, fit);
    trace_write(&t, &ring.key[0], &out);
    ck_assert(buf_ok(&out));
    trace_write(&t, &ring.key[0], &out);
    ck_assert(!buf_ok(&out));
    buf_free(&out);
}
END_TEST

/* Tokens that differ, joined by commas. The caller frees the buffer. */
static void many_tokens(size_t count, struct buf *list)
{
    buf_init(list, TRACE_VALUE_MAX);
    for (size_t i = 0; i < count; i++)
        buf_addf(list, "%s%08zu", i > 0 ? "," : "", i);
    ck_assert(buf_ok(list));
}

static void assert_lines_are_short(const char *text)
{
    size_t column = strlen("X-Coexist-Trace: ");
    for (; *text; text++) {
        column = *text == '\n' ? 0 : column + 1;
        ck_assert_uint_le(column, 76);
        ck_assert(*text != '\n' || text[1] == '\t');
        ck_assert(*text != '\r');
    }
}

START_TEST(long_lists_are_folded_and_read)
{
    struct trace t = sample_trace();
    struct keyring ring;
    struct buf list;
    struct buf out;

    many_tokens(TRACE_TOKENS_MAX, &list);
    t.to_peer = buf_span(&list);
    sample_ring(&ring);
    buf_init(&out, TRACE_VALUE_MAX);
    trace_write(&t, &ring.key[0], &out);
    ck_assert(buf_ok(&out));
    assert_lines_are_short(buf_text(&out));
    ck_assert_int_eq(trace_read(buf_span(&out), &ring, &t), TRACE_VALID);
    ck_assert(span_eq(t.to_peer, buf_span(&list)));
    trace_free(&t);
    buf_free(&out);
    buf_free(&list);
}
END_TEST

/* Whether lists of these sizes are written, to a buffer that would bear more. What is written must
 * be within the limit. */
static bool lists_fit(size_t to_peer, size_t kept)
{
    struct trace t = sample_trace();
    struct keyring ring;
    struct buf list[2];
    struct buf out;

    many_tokens(to_peer, &list[0]);
    many_tokens(kept, &list[1]);
    t.to_peer = buf_span(&list[0]);
    t.kept = buf_span(&list[1]);
    sample_ring(&ring);
    buf_init(&out, (size_t)4 * TRACE_VALUE_MAX);
    trace_write(&t, &ring.key[0], &out);
    bool good = buf_ok(&out);
    if (good) {
        ck_assert_uint_le(out.n + strlen("X-Coexist-Trace: "), TRACE_VALUE_MAX);
        ck_assert_int_eq(sample_read(buf_span(&out), &ring), TRACE_VALID);
    }
    buf_free(&out);
    buf_free(&list[0]);
    buf_free(&list[1]);
    return good;
}

START_TEST(lists_and_the_whole_have_limits)
{
    ck_assert(lists_fit(TRACE_TOKENS_MAX, 0));
    ck_assert(lists_fit(0, TRACE_TOKENS_MAX));
    ck_assert(lists_fit(TRACE_TOKENS_MAX, 1400));
    for (size_t kept = 1401; kept < 1600; kept++)
        lists_fit(TRACE_TOKENS_MAX, kept);
    ck_assert(!lists_fit(TRACE_TOKENS_MAX + 1, 0));
    ck_assert(!lists_fit(0, TRACE_TOKENS_MAX + 1));
    ck_assert(!lists_fit(TRACE_TOKENS_MAX, 1600));
    ck_assert(!lists_fit(TRACE_TOKENS_MAX, TRACE_TOKENS_MAX));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("trace writing");
    TCase *tc = tcase_create("trace writing");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, nothing_is_written_that_would_not_be_read, 0, COUNT_OF(writes));
    tcase_add_test(tc, a_failed_or_full_buffer_stays_failed);
    tcase_add_test(tc, long_lists_are_folded_and_read);
    tcase_add_test(tc, lists_and_the_whole_have_limits);
    suite_add_tcase(suite, tc);
    return suite;
}
