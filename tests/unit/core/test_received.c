#include "tests/support/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "core/ip.h"
#include "core/received.h"
#include "tests/unit/core/received_cases_broken.h"
#include "tests/unit/core/received_cases_hosted.h"
#include "tests/unit/core/received_cases_product.h"
#include "tests/unit/core/received_cases_unix.h"

#define PARTS 8
#define FLIPS 150 /* mutations of each case */
#define HUGE_VALUE 60000
#define WHAT_MAX 128

#define GROUP(cases)                                                                               \
    {                                                                                              \
        cases, sizeof cases / sizeof *cases                                                        \
    }

static const struct {
    const struct received_case *cases;
    size_t count;
} groups[] = { GROUP(received_cases_unix), GROUP(received_cases_hosted),
               GROUP(received_cases_product), GROUP(received_cases_broken) };

#define GROUPS (sizeof groups / sizeof *groups)

static size_t case_count(void)
{
    size_t count = 0;
    for (size_t g = 0; g < GROUPS; g++)
        count += groups[g].count;
    return count;
}

static const struct received_case *case_at(int index)
{
    size_t i = (size_t)index, g = 0;
    for (; i >= groups[g].count; g++)
        i -= groups[g].count;
    return &groups[g].cases[i];
}

static void parts_of(const struct received *r, struct span part[PARTS])
{
    const struct span all[PARTS] = { r->from_helo, r->from_rdns, r->from_ip, r->by,
                                     r->via,       r->with,      r->id,      r->for_ };
    memcpy(part, all, sizeof all);
}

static void wanted_of(const struct received_case *c, const char *want[PARTS])
{
    const char *const all[PARTS] = {
        c->helo, c->rdns, c->ip, c->by, c->via, c->with, c->id, c->for_
    };
    memcpy(want, all, sizeof all);
}

static const char *const part_names[PARTS] = { "from_helo", "from_rdns", "from_ip", "by",
                                               "via",       "with",      "id",      "for" };

START_TEST(every_shape_is_read)
{
    const struct received_case *c = case_at(_i);
    struct span value = unit_exact(c->value), got[PARTS];
    const char *want[PARTS];
    char what[WHAT_MAX];
    struct received r;
    received_parse(value, &r);
    parts_of(&r, got);
    wanted_of(c, want);
    for (size_t i = 0; i < PARTS; i++) {
        snprintf(what, sizeof what, "%s: %s", c->name, part_names[i]);
        unit_assert_span(got[i], want[i], what);
    }
    ck_assert_msg(r.has_time == (c->time != NO_TIME), "%s: has_time", c->name);
    if (r.has_time)
        ck_assert_msg(r.time == c->time, "%s: time %" PRId64, c->name, r.time);
    ck_assert_msg(r.parsed != c->opaque, "%s: parsed", c->name);
    free((void *)value.p);
}
END_TEST

/* What must hold for any input: each part that is there is not empty and lies inside the value. */
static void assert_sound(struct span value, const char *what)
{
    struct received r;
    struct span part[PARTS];
    struct ip ip;
    received_parse(value, &r);
    parts_of(&r, part);
    for (size_t i = 0; i < PARTS; i++) {
        if (!span_present(part[i]))
            continue;
        ck_assert_msg(part[i].n > 0, "%s: %s is empty", what, part_names[i]);
        ck_assert_msg(part[i].p >= value.p && part[i].p + part[i].n <= value.p + value.n,
                      "%s: %s lies outside", what, part_names[i]);
    }
    ck_assert_msg(!span_present(r.from_ip) || ip_parse(r.from_ip, &ip), "%s: no address", what);
    bool something = span_present(r.from_helo) || span_present(r.from_ip) || span_present(r.by);
    ck_assert_msg(r.parsed == (something || r.has_time), "%s: parsed", what);
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

START_TEST(any_truncation_is_sound)
{
    const struct received_case *c = case_at(_i);
    for (size_t n = 0; n < c->value.n; n++) {
        struct span cut = unit_exact((struct span){ c->value.p, n });
        assert_sound(cut, c->name);
        free((void *)cut.p);
    }
}
END_TEST

START_TEST(any_deletion_is_sound)
{
    const struct received_case *c = case_at(_i);
    for (size_t n = 0; n < c->value.n; n++) {
        struct span less = unit_exact(span_from(c->value, 1));
        memcpy((char *)less.p, c->value.p, n);
        assert_sound(less, c->name);
        free((void *)less.p);
    }
}
END_TEST

START_TEST(any_flipped_octets_are_sound)
{
    static const char marks[] = "()[]<>;:,.@=%\"\\ \r\n\0\x80";
    const struct received_case *c = case_at(_i);
    uint32_t random = 0x2545F491u + (uint32_t)_i;
    for (size_t i = 0; i < FLIPS && c->value.n > 0; i++) {
        struct span value = unit_exact(c->value);
        for (size_t flips = 1 + next_random(&random) % 4; flips > 0; flips--) {
            char *at = (char *)value.p + next_random(&random) % value.n;
            bool mark = next_random(&random) % 2;
            *at = mark ? marks[next_random(&random) % (sizeof marks - 1)]
                       : (char)next_random(&random);
        }
        assert_sound(value, c->name);
        free((void *)value.p);
    }
}
END_TEST

/* Folding at every blank changes no part that has no blank in it. */
START_TEST(folding_changes_nothing)
{
    const struct received_case *c = case_at(_i);
    struct buf folded;
    const char *want[PARTS];
    struct span got[PARTS];
    struct received r;
    buf_init(&folded, c->value.n * 3);
    for (size_t i = 0; i < c->value.n; i++) {
        if (c->value.p[i] == ' ')
            buf_adds(&folded, "\r\n");
        buf_addc(&folded, c->value.p[i]);
    }
    ck_assert(buf_ok(&folded));
    received_parse(buf_span(&folded), &r);
    parts_of(&r, got);
    wanted_of(c, want);
    for (size_t i = 0; i < PARTS; i++)
        if (!want[i] || !strchr(want[i], ' '))
            unit_assert_span(got[i], want[i], c->name);
    ck_assert_msg(r.has_time == (c->time != NO_TIME), "%s: has_time", c->name);
    buf_free(&folded);
}
END_TEST

/* A value of HUGE_VALUE octets: the given beginning, then the filler over and over. */
static struct span huge_value(struct span head, struct span filler)
{
    char *text = malloc(HUGE_VALUE);
    ck_assert_ptr_nonnull(text);
    memcpy(text, head.p, head.n);
    for (size_t i = head.n; i < HUGE_VALUE; i++)
        text[i] = filler.p[(i - head.n) % filler.n];
    return (struct span){ text, HUGE_VALUE };
}

START_TEST(huge_values_are_read_up_to_the_limit)
{
    static const struct span fillers[] = {
        SPAN_LIT("("),       SPAN_LIT(")"),     SPAN_LIT("["),          SPAN_LIT("<"),
        SPAN_LIT(";"),       SPAN_LIT("<\"<"),  SPAN_LIT("(\\"),        SPAN_LIT("by "),
        SPAN_LIT("x"),       SPAN_LIT("(x) "),  SPAN_LIT("[1.2.3.4] "), SPAN_LIT("; 21 Nov "),
        SPAN_LIT("via a "),  SPAN_LIT("\r\n "), SPAN_LIT("1:"),         SPAN_LIT("for a@b, "),
        SPAN_LIT("\x80\xff")
    };
    struct span head = SPAN_LIT("from a.example (b.example [192.0.2.1]) by mx.example with SMTP ");
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++) {
        struct span value = huge_value(head, fillers[i]);
        struct received r;
        received_parse(value, &r);
        unit_assert_span(r.from_ip, "192.0.2.1", "from_ip");
        unit_assert_span(r.by, "mx.example", "by");
        unit_assert_span(r.with, "SMTP", "with");
        assert_sound(value, "huge");
        free((void *)value.p);
    }
}
END_TEST

START_TEST(what_lies_behind_the_limit_is_passed_over)
{
    struct span id = SPAN_LIT(" id 42; Sat, 21 Nov 2026 10:15:30 +0000");
    struct span value = huge_value(SPAN_LIT("by mx.example "), SPAN_LIT(" "));
    struct received r;
    memcpy((char *)value.p + RECEIVED_MAX - id.n, id.p, id.n);
    received_parse(value, &r);
    unit_assert_span(r.id, "42", "id that ends at the limit");
    ck_assert(r.has_time);
    memset((char *)value.p + RECEIVED_MAX - id.n, ' ', id.n);
    memcpy((char *)value.p + RECEIVED_MAX, id.p, id.n);
    received_parse(value, &r);
    unit_assert_span(r.id, NULL, "id behind the limit");
    ck_assert(!r.has_time);
    ck_assert(r.parsed);
    free((void *)value.p);
}
END_TEST

START_TEST(an_absent_value_is_an_opaque_hop)
{
    struct received r;
    memset(&r, 0xFF, sizeof r);
    received_parse(SPAN_ABSENT, &r);
    ck_assert(!r.parsed);
    ck_assert(!r.has_time);
    unit_assert_span(r.by, NULL, "by");
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("received");
    TCase *tc = tcase_create("received");
    int count = (int)case_count();
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, every_shape_is_read, 0, count);
    tcase_add_loop_test(tc, any_truncation_is_sound, 0, count);
    tcase_add_loop_test(tc, any_deletion_is_sound, 0, count);
    tcase_add_loop_test(tc, any_flipped_octets_are_sound, 0, count);
    tcase_add_loop_test(tc, folding_changes_nothing, 0, count);
    tcase_add_test(tc, huge_values_are_read_up_to_the_limit);
    tcase_add_test(tc, what_lies_behind_the_limit_is_passed_over);
    tcase_add_test(tc, an_absent_value_is_an_opaque_hop);
    suite_add_tcase(suite, tc);
    return suite;
}
