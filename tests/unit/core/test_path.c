#include "tests/support/unit.h"

#include <string.h>

#include "core/path.h"

#define HOPS_MAX 300

static struct site *site;

static void add_host(enum place place, const char *pattern)
{
    ck_assert_int_eq(site_add_host(site, place, span_of(pattern)), RESULT_OK);
}

static void setup(void)
{
    site = site_new();
    ck_assert_ptr_nonnull(site);
    add_host(PLACE_PRIMARY, "p1.example.com");
    add_host(PLACE_PRIMARY, "*.outlook.example");
    add_host(PLACE_SECONDARY, "s1.example.com");
    add_host(PLACE_SECONDARY, "s2.example.com");
    add_host(PLACE_GATEWAY, "*.filter.example.net");
}

static void teardown(void)
{
    site_free(site);
}

/* Hosts as a table writes them: one letter each, or the name itself. */
static const struct {
    const char *word;
    const char *host; /* NULL: no `by` */
} hosts[] = {
    { "P", "p1.example.com" },
    { "Q", "am0pr01.prod.outlook.example" },
    { "S", "s1.example.com" },
    { "Z", "s2.example.com" },
    { "g", "in7.filter.example.net" },
    { "l", "localhost" },
    { "-", NULL },
    { "x", "mx.elsewhere.test" },
};

static struct span host_of(struct span word)
{
    for (size_t i = 0; i < COUNT_OF(hosts); i++)
        if (span_eq(word, span_of(hosts[i].word)))
            return hosts[i].host ? unit_exact(span_of(hosts[i].host)) : SPAN_ABSENT;
    return unit_exact(word);
}

/* Makes the hops of a line such as `S P l x`, newest first; returns their number. */
static size_t make_hops(const char *line, struct received *hop)
{
    struct span rest = *line ? span_of(line) : SPAN_ABSENT;
    struct span word;
    size_t n = 0;

    while (span_split(&rest, ' ', &word)) {
        ck_assert_uint_lt(n, HOPS_MAX);
        hop[n++] = (struct received){ .by = host_of(word), .parsed = word.p[0] != '-' };
    }
    return n;
}

static void free_hops(struct received *hop, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free((void *)hop[i].by.p);
}

/* Writes the hops of each visit: `S P1-2 S3` is the present one without hops, then 1 to 2, then 3.
 */
static void show_hops(const struct path *p, struct buf *out)
{
    for (size_t i = 0; i < p->visits; i++) {
        const struct path_visit *v = &p->visit[i];
        buf_addf(out, "%s%c", i > 0 ? " " : "", system_letter(v->system));
        if (v->first != PATH_NO_HOP)
            buf_addf(out, "%zu", v->first);
        if (v->last != v->first)
            buf_addf(out, "-%zu", v->last);
    }
}

static const struct {
    enum system node;
    const char *hops;
    const char *path;
    const char *visits;
    size_t crossings;
} paths[] = {
    /* Beginnings. */
    { SYSTEM_SECONDARY, "", "S", "S", 0 },
    { SYSTEM_SECONDARY, "x", "S<external", "S", 0 },
    { SYSTEM_SECONDARY, "x x x", "S<external", "S", 0 },
    { SYSTEM_SECONDARY, "S", "S", "S0", 0 },
    { SYSTEM_SECONDARY, "S x", "S<external", "S0", 0 },
    { SYSTEM_SECONDARY, "P", "S<P", "S P0", 1 },
    { SYSTEM_SECONDARY, "P x", "S<P<external", "S P0", 1 },
    /* Hops of one system are one visit, whatever its hosts are called. */
    { SYSTEM_SECONDARY, "S S S x", "S<external", "S0-2", 0 },
    { SYSTEM_SECONDARY, "S Z S P", "S<P", "S0-2 P3", 1 },
    { SYSTEM_SECONDARY, "P Q Q P x", "S<P<external", "S P0-3", 1 },
    { SYSTEM_SECONDARY, "S1.EXAMPLE.COM. P", "S<P", "S0 P1", 1 },
    { SYSTEM_SECONDARY, "outlook.example", "S<external", "S", 0 },
    { SYSTEM_SECONDARY, "notp1.example.com P", "S<external", "S", 0 },
    /* Ping-pong. */
    { SYSTEM_SECONDARY, "P S x", "S<P<S<external", "S P0 S1", 2 },
    { SYSTEM_SECONDARY, "P S P S", "S<P<S<P<S", "S P0 S1 P2 S3", 4 },
    { SYSTEM_SECONDARY, "P S P S P x", "S<P<S<P<S<P<external", "S P0 S1 P2 S3 P4", 5 },
    { SYSTEM_SECONDARY, "Q P Z S Q P S x", "S<P<S<P<S<external", "S P0-1 S2-3 P4-5 S6", 4 },
    { SYSTEM_SECONDARY, "S P S P", "S<P<S<P", "S0 P1 S2 P3", 3 },
    /* Re-injection by a content filter. */
    { SYSTEM_SECONDARY, "l S", "S", "S1", 0 },
    { SYSTEM_SECONDARY, "S l S x", "S<external", "S0-2", 0 },
    { SYSTEM_SECONDARY, "l S P l P x", "S<P<external", "S1 P2-4", 1 },
    { SYSTEM_SECONDARY, "S localhost.localdomain S P S l S", "S<P<S", "S0-2 P3 S4-6", 2 },
    { SYSTEM_SECONDARY, "S [127.0.0.1] S", "S", "S0-2", 0 },
    { SYSTEM_SECONDARY, "l", "S", "S", 0 },
    { SYSTEM_SECONDARY, "l x", "S<external", "S", 0 },
    /* Gateways belong to neither and hide nothing. */
    { SYSTEM_SECONDARY, "g", "S", "S", 0 },
    { SYSTEM_SECONDARY, "g g x", "S<external", "S", 0 },
    { SYSTEM_SECONDARY, "g P", "S<P", "S P1", 1 },
    { SYSTEM_SECONDARY, "g P g S g x", "S<P<S<external", "S P1 S3", 2 },
    { SYSTEM_SECONDARY, "P g P", "S<P", "S P0-2", 1 },
    { SYSTEM_SECONDARY, "S g S P", "S<P", "S0-2 P3", 1 },
    /* Hops that do not say who wrote them. */
    { SYSTEM_SECONDARY, "-", "S", "S", 0 },
    { SYSTEM_SECONDARY, "- - P - - x", "S<P<external", "S P2", 1 },
    { SYSTEM_SECONDARY, "P - S - P", "S<P<S<P", "S P0 S2 P4", 3 },
    { SYSTEM_SECONDARY, "S - S", "S", "S0-2", 0 },
    /* An unknown host ends the run; what is older was another journey, or is forged. */
    { SYSTEM_SECONDARY, "x P S P S", "S<external", "S", 0 },
    { SYSTEM_SECONDARY, "P x S P S P", "S<P<external", "S P0", 1 },
    { SYSTEM_SECONDARY, "S P S x P S", "S<P<S<external", "S0 P1 S2", 2 },
    { SYSTEM_SECONDARY, "P g x P", "S<P<external", "S P0", 1 },
    { SYSTEM_SECONDARY, "P - x", "S<P<external", "S P0", 1 },
    { SYSTEM_SECONDARY, "P l x S", "S<P<external", "S P0", 1 },
    /* The same seen from the other side. */
    { SYSTEM_PRIMARY, "", "P", "P", 0 },
    { SYSTEM_PRIMARY, "P x", "P<external", "P0", 0 },
    { SYSTEM_PRIMARY, "S P S g l x", "P<S<P<S<external", "P S0 P1 S2", 3 },
};

START_TEST(hops_become_visits)
{
    const char *line = paths[_i].hops;
    const char *want = paths[_i].path;
    enum system node = paths[_i].node;
    size_t crossings = paths[_i].crossings;
    struct received hop[HOPS_MAX];
    struct path path;
    struct buf text;

    size_t n = make_hops(line, hop);
    memset(&path, 0xa5, sizeof(path));
    path_build(hop, n, site, node, &path);
    buf_init(&text, 1000);
    path_write(&path, PATH_VISITS_MAX, &text);
    ck_assert_msg(strcmp(buf_text(&text), want) == 0, "'%s' gives %s, want %s", line,
                  buf_text(&text), want);
    buf_clear(&text);
    show_hops(&path, &text);
    ck_assert_msg(strcmp(buf_text(&text), paths[_i].visits) == 0, "'%s' has visits %s, want %s",
                  line, buf_text(&text), paths[_i].visits);
    ck_assert_uint_eq(path.crossings, crossings);
    ck_assert_uint_eq(path_entries(&path, node), crossings / 2 + 1);
    ck_assert_uint_eq(path_entries(&path, system_other(node)), (crossings + 1) / 2);
    ck_assert(path.external == (strstr(want, "external") != NULL));
    ck_assert(!path.cut);
    buf_free(&text);
    free_hops(hop, n);
}
END_TEST

START_TEST(an_empty_by_is_opaque)
{
    struct received hop[] = { { .by = SPAN_LIT("") }, { .by = SPAN_LIT("p1.example.com") } };
    struct path path;

    path_build(hop, 2, site, SYSTEM_SECONDARY, &path);
    ck_assert_uint_eq(path.visits, 2);
    ck_assert_uint_eq(path.visit[1].first, 1);
}
END_TEST

/* A path from count hops by P, S, P, ... and then those of the tail, at a node of S. */
static void build_alternating(size_t count, const char *tail, struct path *path)
{
    struct received hop[HOPS_MAX];

    ck_assert_uint_lt(count, HOPS_MAX);
    for (size_t i = 0; i < count; i++)
        hop[i] = (struct received){ .by = host_of(i % 2 == 0 ? SPAN_LIT("P") : SPAN_LIT("S")) };
    size_t n = count + make_hops(tail, hop + count);
    path_build(hop, n, site, SYSTEM_SECONDARY, path);
    free_hops(hop, n);
}

static const struct {
    size_t count;
    const char *tail;
    size_t visits;
    bool external;
    bool cut;
} lengths[] = {
    { PATH_VISITS_MAX - 2, "x", PATH_VISITS_MAX - 1, true, false },
    { PATH_VISITS_MAX - 1, "", PATH_VISITS_MAX, false, false },
    { PATH_VISITS_MAX - 1, "x", PATH_VISITS_MAX, true, false },
    { PATH_VISITS_MAX - 1, "P g l - P", PATH_VISITS_MAX, false, false },
    { PATH_VISITS_MAX - 1, "P g S", PATH_VISITS_MAX, false, true },
    { PATH_VISITS_MAX, "", PATH_VISITS_MAX, false, true },
    { PATH_VISITS_MAX, "x", PATH_VISITS_MAX, false, true },
    { 200, "", PATH_VISITS_MAX, false, true },
    { 200, "P S x", PATH_VISITS_MAX, false, true },
};

START_TEST(visits_have_a_limit)
{
    struct path path;
    struct buf text;

    build_alternating(lengths[_i].count, lengths[_i].tail, &path);
    ck_assert_uint_eq(path.visits, lengths[_i].visits);
    ck_assert_uint_eq(path.crossings, path.visits - 1);
    ck_assert_uint_eq(path_entries(&path, SYSTEM_SECONDARY), (path.visits + 1) / 2);
    ck_assert_int_eq(path.external, lengths[_i].external);
    ck_assert_int_eq(path.cut, lengths[_i].cut);
    buf_init(&text, 1000);
    path_write(&path, SIZE_MAX, &text);
    ck_assert_uint_eq(text.n, 2 * path.visits - 1 + (path.external ? 9 : 0) + (path.cut ? 4 : 0));
    ck_assert_int_eq(span_iends(buf_span(&text), SPAN_LIT("<...")), path.cut);
    buf_free(&text);
}
END_TEST

static const struct {
    const char *hops;
    size_t most;
    const char *want;
} texts[] = {
    { "", 0, "..." },
    { "", 1, "S" },
    { "x", 0, "..." },
    { "x", 1, "S<external" },
    { "P S P x", 1, "S<..." },
    { "P S P x", 3, "S<P<S<..." },
    { "P S P x", 4, "S<P<S<P<external" },
    { "P S P x", SIZE_MAX, "S<P<S<P<external" },
    { "P S P", 3, "S<P<S<..." },
    { "P S P", 4, "S<P<S<P" },
};

START_TEST(a_long_path_is_abridged)
{
    struct received hop[HOPS_MAX];
    struct path path;
    struct buf text;

    size_t n = make_hops(texts[_i].hops, hop);
    path_build(hop, n, site, SYSTEM_SECONDARY, &path);
    buf_init(&text, 1000);
    path_write(&path, texts[_i].most, &text);
    ck_assert_str_eq(buf_text(&text), texts[_i].want);
    buf_free(&text);
    free_hops(hop, n);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("path");
    TCase *tc = tcase_create("path");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, hops_become_visits, 0, COUNT_OF(paths));
    tcase_add_test(tc, an_empty_by_is_opaque);
    tcase_add_loop_test(tc, visits_have_a_limit, 0, COUNT_OF(lengths));
    tcase_add_loop_test(tc, a_long_path_is_abridged, 0, COUNT_OF(texts));
    suite_add_tcase(suite, tc);
    return suite;
}
