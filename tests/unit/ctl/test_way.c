#include "ctl/way.h"

#include "ctl/way_draw.h"
#include "tests/unit/ctl/inspect_fixture.h"

#define HOPS_MAX 12

/* Received values, newest first, and what is made of them: by the configuration, and by guess. */
static const struct {
    const char *name;
    const char *hops[HOPS_MAX]; /* ended by NULL */
    size_t journey;             /* 0: all */
    const char *systems;        /* of each hop; `-` for none */
    const char *path;
    size_t crossings;
    const char *guessed;
    size_t guessed_crossings;
} cases[] = {
    { "nothing", { NULL }, 0, "", "", 0, "", 0 },
    { "one host", { "by s.example" }, 0, "secondary ", "S", 0, "s.example", 0 },
    { "from outside",
      { "by s.example", "by mx.other.example" },
      0,
      "secondary external ",
      "S<external",
      0,
      "s.example<other.example",
      0 },
    { "crossing",
      { "by s.example", "by p.example", "by mx.other.example" },
      0,
      "secondary primary external ",
      "S<P<external",
      1,
      "s.example<p.example<other.example",
      1 },
    { "to and fro",
      { "by s.example", "by p.example", "by s.example", "by p.example" },
      0,
      "secondary primary secondary primary ",
      "S<P<S<P",
      3,
      "s.example<p.example<s.example<p.example",
      3 },
    { "re-injection",
      { "by s.example", "by localhost (amavisd-new)", "by s.example", "by mx.other.example" },
      0,
      "secondary secondary secondary external ",
      "S<external",
      0,
      "s.example<other.example",
      0 },
    { "opaque hops",
      { "???", "by s.example", "???", "by p.example", "???" },
      0,
      "- secondary - primary - ",
      "S<P",
      1,
      "s.example<p.example",
      0 },
    { "a gateway between",
      { "by s.example", "by g.example", "by p.example" },
      0,
      "secondary gateway primary ",
      "S<P",
      1,
      "s.example<g.example<p.example",
      1 },
    { "localhost alone", { "by localhost" }, 0, "- ", "", 0, "", 0 },
    { "nobody of ours",
      { "by a.other.example", "by b.third.example" },
      0,
      "other.example third.example ",
      "other.example<third.example",
      0,
      "other.example<third.example",
      0 },
    { "later hosts of others",
      { "by mx.other.example", "by s.example", "by p.example" },
      0,
      "external secondary primary ",
      "S<P",
      1,
      "other.example<s.example<p.example",
      1 },
    { "an earlier journey",
      { "by s.example", "by p.example", "by s.example", "by p.example" },
      1,
      "secondary primary secondary primary ",
      "S",
      0,
      "s.example",
      0 },
    { "one owner",
      { "by c.other.example", "by b.other.example", "by a.other.example" },
      0,
      "other.example other.example other.example ",
      "other.example",
      0,
      "other.example",
      0 },
    { "one owner, to and fro",
      { "by a.other.example", "by b.other.example", "by a.other.example" },
      0,
      "a.other.example b.other.example a.other.example ",
      "a.other.example<b.other.example<a.other.example",
      2,
      "a.other.example<b.other.example<a.other.example",
      2 },
    { "doors of a farm",
      { "by a.other.example with mapi", "by b.other.example with mapi",
        "by a.other.example with mapi" },
      0,
      "other.example (Exchange) other.example (Exchange) other.example (Exchange) ",
      "other.example (Exchange)",
      0,
      "other.example (Exchange)",
      0 },
    { "two products of one owner",
      { "from x (LHLO x) by a.other.example with LMTP", "by b.other.example with Microsoft SMTP",
        "by mx.third.example" },
      0,
      "other.example (Zimbra) other.example (Exchange) third.example ",
      "other.example (Zimbra)<other.example (Exchange)<third.example",
      1,
      "other.example (Zimbra)<other.example (Exchange)<third.example",
      1 },
    { "from inside, by the recipient",
      { "by mx.google.com with SMTP for <u@other.example>", "by mx.other.example" },
      0,
      "Google other.example ",
      "Google<other.example",
      1,
      "Google<other.example",
      1 },
};

static void read_way(struct way *w, const struct viewpoint *v, size_t i)
{
    size_t n = 0;
    *w = (struct way){ .hops = 0 };
    while (cases[i].hops[n])
        way_add(w, span_of(cases[i].hops[n++]));
    ck_assert(way_finish(w, v, cases[i].journey ? cases[i].journey : n, false));
    ck_assert_uint_eq(w->total, n);
}

static void assert_way(const struct way *w, const struct viewpoint *v, const char *path,
                       size_t crossings, const char *name)
{
    struct buf text;
    buf_init(&text, 10000);
    way_write_path(w, v, &text);
    unit_assert_span(buf_span(&text), path, name);
    ck_assert_msg(w->crossings == crossings, "%s: %zu crossings", name, w->crossings);
    buf_free(&text);
}

START_TEST(systems_are_those_of_the_configuration)
{
    struct inspect_fixture f;
    struct viewpoint v;
    struct way w;
    struct buf systems;
    inspect_fixture_open(&f, FIXTURE_KEYS, "");
    viewpoint_of(&v, &f);
    read_way(&w, &v, (size_t)_i);
    buf_init(&systems, 10000);
    for (size_t i = 0; i < w.hops; i++)
        buf_addf(&systems, "%s ", w.hop[i].system ? w.hop[i].system : "-");
    unit_assert_span(buf_span(&systems), cases[_i].systems, cases[_i].name);
    assert_way(&w, &v, cases[_i].path, cases[_i].crossings, cases[_i].name);
    buf_free(&systems);
    way_free(&w);
    viewpoint_close(&v);
    inspect_fixture_close(&f);
}
END_TEST

START_TEST(systems_are_guessed_without)
{
    struct viewpoint v = { .engine = NULL };
    struct way w;
    ck_assert(viewpoint_blank(&v));
    read_way(&w, &v, (size_t)_i);
    assert_way(&w, &v, cases[_i].guessed, cases[_i].guessed_crossings, cases[_i].name);
    way_free(&w);
    viewpoint_close(&v);
}
END_TEST

START_TEST(delays_are_measured_between_times)
{
    static const char *const hops[] = { "by a.example; Sat, 21 Nov 2026 10:15:30 +0000",
                                        "by b.example; Sat, 21 Nov 2026 10:15:40 +0000",
                                        "by c.example",
                                        "by d.example; Sat, 21 Nov 2026 10:10:40 +0000" };
    static const int64_t want[] = { -10, 300, 0, 0 };
    static const bool has[] = { true, true, false, false };
    struct viewpoint v = { .engine = NULL };
    struct way w = { .hops = 0 };
    ck_assert(viewpoint_blank(&v));
    for (size_t i = 0; i < COUNT_OF(hops); i++)
        way_add(&w, span_of(hops[i]));
    ck_assert(way_finish(&w, &v, w.hops, false));
    for (size_t i = 0; i < COUNT_OF(hops); i++) {
        ck_assert_int_eq(w.hop[i].has_delay, has[i]);
        ck_assert_int_eq(w.hop[i].delay, want[i]);
    }
    way_free(&w);
    viewpoint_close(&v);
}
END_TEST

START_TEST(hops_have_a_limit)
{
    struct viewpoint v = { .engine = NULL };
    struct way w = { .hops = 0 };
    struct buf path;
    ck_assert(viewpoint_blank(&v));
    for (size_t i = 0; i < WAY_HOPS_MAX + 5; i++)
        way_add(&w, i % 2 ? SPAN_LIT("by a.one.example") : SPAN_LIT("by b.two.example"));
    ck_assert(way_finish(&w, &v, w.total, false));
    ck_assert_uint_eq(w.hops, WAY_HOPS_MAX);
    ck_assert_uint_eq(w.total, WAY_HOPS_MAX + 5);
    ck_assert_uint_eq(w.visits, WAY_HOPS_MAX);
    ck_assert_uint_eq(w.crossings, WAY_HOPS_MAX - 1);
    ck_assert_uint_eq(w.visit[0].time, WAY_HOPS_MAX / 2);
    buf_init(&path, 100000);
    way_write_path(&w, &v, &path);
    ck_assert(span_iends(buf_span(&path), SPAN_LIT("<...")));
    buf_free(&path);
    way_free(&w);
    viewpoint_close(&v);
}
END_TEST

static const struct {
    int64_t seconds;
    const char *text;
} delays[] = {
    { 0, "+0 s" },          { 59, "+59 s" },
    { 60, "+1 min 0 s" },   { 3599, "+59 min 59 s" },
    { 3600, "+1 h 0 min" }, { 86399, "+23 h 59 min" },
    { 86400, "+1 d 0 h" },  { -4, "-4 s" },
    { -90, "-1 min 30 s" }, { INT64_MIN, "-106751991167300 d 15 h" },
};

START_TEST(delays_are_written)
{
    struct buf text;
    buf_init(&text, 100);
    delay_write(delays[_i].seconds, &text);
    unit_assert_span(buf_span(&text), delays[_i].text, "delay");
    buf_free(&text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("way");
    TCase *tc = tcase_create("way");
    tcase_set_timeout(tc, 20);
    tcase_add_loop_test(tc, systems_are_those_of_the_configuration, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, systems_are_guessed_without, 0, COUNT_OF(cases));
    tcase_add_test(tc, delays_are_measured_between_times);
    tcase_add_test(tc, hops_have_a_limit);
    tcase_add_loop_test(tc, delays_are_written, 0, COUNT_OF(delays));
    suite_add_tcase(suite, tc);
    return suite;
}
