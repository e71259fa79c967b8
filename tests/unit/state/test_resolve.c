#include "tests/support/unit.h"

#include <string.h>

#include "state/failing_store.h"
#include "state/memory_store.h"
#include "state/resolve.h"

#define SETS_MAX 6

#define OLD_MAX 4

/* A remembered record. */
struct old {
    const char *name;
    unsigned age_s;
};

/* A memory store that counts round trips, that has lost one record, and remembers some. */
struct watched_store {
    struct store store;
    struct store *inside;
    const char *lost;      /* name of the record that cannot be had, or NULL */
    const struct old *old; /* OLD_MAX, or NULL */
    unsigned trips;
    unsigned queries;
    unsigned answers[STORE_ANSWERS];
};

static void grow_old(const struct old *old, struct store_query *q)
{
    for (size_t i = 0; i < OLD_MAX && old[i].name; i++) {
        if (span_eq(q->name, span_of(old[i].name))) {
            q->stale = true;
            q->age_s = old[i].age_s;
        }
    }
}

static void watched_fetch(struct store *s, struct store_query *query, size_t n)
{
    struct watched_store *w = (struct watched_store *)s;
    w->trips++;
    w->queries += (unsigned)n;
    store_fetch(w->inside, query, n);
    for (size_t i = 0; i < n; i++) {
        if (w->lost && span_eq(query[i].name, span_of(w->lost))) {
            query[i].answer = STORE_UNAVAILABLE;
            strcpy(query[i].why, "lost");
        }
        if (w->old)
            grow_old(w->old, &query[i]);
        w->answers[query[i].answer]++;
    }
}

static const struct store_ops watched_ops = { .fetch = watched_fetch };

/* One field of one record; kind as in a key. A field NULL: the record is no hash. */
struct set {
    const char *kind;
    const char *name;
    const char *field;
    const char *value;
};

static void fill(struct store *memory, const struct set *set)
{
    for (size_t i = 0; i < SETS_MAX && set[i].kind; i++) {
        enum record_kind kind = strcmp(set[i].kind, "user") == 0    ? RECORD_USER
                                : strcmp(set[i].kind, "group") == 0 ? RECORD_GROUP
                                                                    : RECORD_DOMAIN;
        if (set[i].field)
            ck_assert(memory_store_set(memory, kind, set[i].name, set[i].field, set[i].value));
        else
            ck_assert(memory_store_set_string(memory, kind, set[i].name));
    }
}

/* The address asked for is foo@ex.org, or foo+x@ex.org where base is set. */
static const struct resolve_case {
    const char *what;
    struct set set[SETS_MAX];
    bool base;
    const char *lost;
    struct resolution want;
    unsigned trips;
} cases[] = {
    { .what = "no record at all", .want = { .answer = STORE_ABSENT }, .trips = 1 },
    { .what = "the user's own home",
      .set = { { "user", "foo@ex.org", "home", "secondary" },
               { "user", "foo@ex.org", "route", "foo@peer" },
               { "user", "foo@ex.org", "calendar", "primary" },
               { "domain", "ex.org", "home", "primary" },
               { "domain", "ex.org", "mode", "observe" } },
      .want = { .answer = STORE_FOUND,
                .home = HOME_SECONDARY,
                .source = SOURCE_USER,
                .mode = MODE_OBSERVE,
                .calendar = HOME_PRIMARY,
                .route = "foo@peer",
                .key = "c:user:foo@ex.org" },
      .trips = 1 },
    { .what = "a home goes before a group, which is not asked for",
      .set = { { "user", "foo@ex.org", "home", "both" }, { "user", "foo@ex.org", "group", "g" } },
      .want = { .answer = STORE_FOUND,
                .home = HOME_BOTH,
                .source = SOURCE_USER,
                .key = "c:user:foo@ex.org" },
      .trips = 1 },
    { .what = "the group's home",
      .set = { { "user", "foo@ex.org", "group", "Sales" },
               { "user", "foo@ex.org", "route", "foo@peer" },
               { "group", "Sales", "home", "moving" },
               { "domain", "ex.org", "home", "primary" } },
      .want = { .answer = STORE_FOUND,
                .home = HOME_MOVING,
                .source = SOURCE_GROUP,
                .route = "foo@peer",
                .key = "c:group:Sales" },
      .trips = 2 },
    { .what = "a group without a home leaves it to the domain",
      .set = { { "user", "foo@ex.org", "group", "g" },
               { "user", "foo@ex.org", "calendar", "secondary" },
               { "group", "g", "note", "later" },
               { "domain", "ex.org", "home", "primary" } },
      .want = { .answer = STORE_ABSENT,
                .home = HOME_PRIMARY,
                .source = SOURCE_DOMAIN,
                .calendar = HOME_SECONDARY,
                .key = "c:domain:ex.org" },
      .trips = 2 },
    { .what = "a user without home or group leaves it to the domain",
      .set = { { "user", "foo@ex.org", "note", "n" }, { "domain", "ex.org", "home", "both" } },
      .want = { .answer = STORE_ABSENT,
                .home = HOME_BOTH,
                .source = SOURCE_DOMAIN,
                .key = "c:domain:ex.org" },
      .trips = 1 },
    { .what = "a domain without a home says nothing",
      .set = { { "domain", "ex.org", "mode", "enforce" } },
      .want = { .answer = STORE_ABSENT, .mode = MODE_ENFORCE },
      .trips = 1 },
    { .what = "the base of an extended address",
      .base = true,
      .set = { { "user", "foo@ex.org", "home", "primary" } },
      .want = { .answer = STORE_FOUND,
                .home = HOME_PRIMARY,
                .source = SOURCE_USER,
                .key = "c:user:foo@ex.org" },
      .trips = 1 },
    { .what = "the whole address goes before a base that is bad",
      .base = true,
      .set = { { "user", "foo+x@ex.org", "home", "secondary" },
               { "user", "foo@ex.org", "home", "nowhere" } },
      .want = { .answer = STORE_FOUND,
                .home = HOME_SECONDARY,
                .source = SOURCE_USER,
                .key = "c:user:foo+x@ex.org" },
      .trips = 1 },
    { .what = "and before one that cannot be had, even where it says no home",
      .base = true,
      .lost = "foo@ex.org",
      .set = { { "user", "foo+x@ex.org", "note", "n" } },
      .want = { .answer = STORE_ABSENT },
      .trips = 1 },
    { .what = "a bad whole address is not made up for by its base",
      .base = true,
      .set = { { "user", "foo+x@ex.org", "home", "" },
               { "user", "foo@ex.org", "home", "primary" } },
      .want = { .answer = STORE_BAD, .key = "c:user:foo+x@ex.org", .why = "home is empty" },
      .trips = 1 },
    { .what = "nor one that cannot be had",
      .base = true,
      .lost = "foo+x@ex.org",
      .set = { { "user", "foo@ex.org", "home", "primary" },
               { "domain", "ex.org", "mode", "observe" } },
      .want = { .answer = STORE_UNAVAILABLE,
                .mode = MODE_OBSERVE,
                .key = "c:user:foo+x@ex.org",
                .why = "lost" },
      .trips = 1 },
    { .what = "a bad base",
      .base = true,
      .set = { { "user", "foo@ex.org", NULL, NULL } },
      .want = { .answer = STORE_BAD, .key = "c:user:foo@ex.org", .why = "not a hash" },
      .trips = 1 },
    { .what = "a bad domain record counts where no user has a home",
      .set = { { "domain", "ex.org", "home", "here" } },
      .want = { .answer = STORE_BAD,
                .key = "c:domain:ex.org",
                .why = "home is 'here', not one of primary, secondary, both, moving" },
      .trips = 1 },
    { .what = "and where one has: the mode is not known",
      .set = { { "domain", "ex.org", "mode", "obsreve" },
               { "user", "foo@ex.org", "home", "both" } },
      .want = { .answer = STORE_BAD,
                .home = HOME_BOTH,
                .source = SOURCE_USER,
                .key = "c:domain:ex.org",
                .why = "mode is 'obsreve', not one of enforce, observe" },
      .trips = 1 },
    { .what = "so with a domain record that cannot be had",
      .lost = "ex.org",
      .want = { .answer = STORE_UNAVAILABLE, .key = "c:domain:ex.org", .why = "lost" },
      .trips = 1 },
    { .what = "whether or not a user has a record",
      .lost = "ex.org",
      .set = { { "user", "foo@ex.org", "home", "both" } },
      .want = { .answer = STORE_UNAVAILABLE,
                .home = HOME_BOTH,
                .source = SOURCE_USER,
                .key = "c:domain:ex.org",
                .why = "lost" },
      .trips = 1 },
    { .what = "a group without a record",
      .set = { { "user", "foo@ex.org", "group", "sales" }, { "domain", "ex.org", "home", "both" } },
      .want = { .answer = STORE_BAD,
                .key = "c:user:foo@ex.org",
                .why = "group 'sales' has no record: set its home, or remove the field" },
      .trips = 2 },
    { .what = "a bad group",
      .set = { { "user", "foo@ex.org", "group", "g" }, { "group", "g", "mode", "observe" } },
      .want = { .answer = STORE_BAD,
                .key = "c:group:g",
                .why = "'mode' is not a field of a group record (home, note)" },
      .trips = 2 },
    { .what = "a group that cannot be had",
      .lost = "g",
      .set = { { "user", "foo@ex.org", "group", "g" }, { "group", "g", "home", "primary" } },
      .want = { .answer = STORE_UNAVAILABLE, .key = "c:group:g", .why = "lost" },
      .trips = 2 },
    { .what = "an alias",
      .set = { { "user", "foo@ex.org", "alias", "Bar@ex.org" },
               { "user", "bar@ex.org", "home", "secondary" },
               { "user", "bar@ex.org", "route", "bar@peer" },
               { "user", "bar@ex.org", "calendar", "primary" } },
      .want = { .answer = STORE_FOUND,
                .home = HOME_SECONDARY,
                .source = SOURCE_USER,
                .calendar = HOME_PRIMARY,
                .route = "bar@peer",
                .mailbox = "bar@ex.org",
                .key = "c:user:bar@ex.org" },
      .trips = 2 },
    { .what = "an alias of the base, and the target's group",
      .base = true,
      .set = { { "user", "foo@ex.org", "alias", "bar@ex.org" },
               { "user", "bar@ex.org", "group", "g" },
               { "group", "g", "home", "primary" } },
      .want = { .answer = STORE_FOUND,
                .home = HOME_PRIMARY,
                .source = SOURCE_GROUP,
                .mailbox = "bar@ex.org",
                .key = "c:group:g" },
      .trips = 3 },
    { .what = "an alias of one without a record leaves it to the domain",
      .set = { { "user", "foo@ex.org", "alias", "bar@ex.org" },
               { "domain", "ex.org", "home", "primary" } },
      .want = { .answer = STORE_ABSENT,
                .home = HOME_PRIMARY,
                .source = SOURCE_DOMAIN,
                .mailbox = "bar@ex.org",
                .key = "c:domain:ex.org" },
      .trips = 2 },
    { .what = "an alias of an alias",
      .set = { { "user", "foo@ex.org", "alias", "bar@ex.org" },
               { "user", "bar@ex.org", "alias", "baz@ex.org" },
               { "user", "baz@ex.org", "home", "primary" } },
      .want = { .answer = STORE_BAD,
                .key = "c:user:foo@ex.org",
                .why = "alias 'bar@ex.org' is itself an alias: set alias to 'baz@ex.org'" },
      .trips = 2 },
    { .what = "an alias of itself",
      .set = { { "user", "foo@ex.org", "alias", "foo@ex.org" } },
      .want = { .answer = STORE_BAD,
                .key = "c:user:foo@ex.org",
                .why = "alias is the address itself: remove the field, set home" },
      .trips = 1 },
    { .what = "an alias back to where it began",
      .set = { { "user", "foo@ex.org", "alias", "bar@ex.org" },
               { "user", "bar@ex.org", "alias", "foo@ex.org" } },
      .want = { .answer = STORE_BAD,
                .key = "c:user:foo@ex.org",
                .why = "alias 'bar@ex.org' is itself an alias: set alias to 'foo@ex.org'" },
      .trips = 2 },
    { .what = "an alias to another domain",
      .set = { { "user", "foo@ex.org", "alias", "bar@sub.ex.org" },
               { "user", "bar@sub.ex.org", "home", "primary" },
               { "domain", "ex.org", "mode", "observe" } },
      .want = { .answer = STORE_BAD,
                .mode = MODE_OBSERVE,
                .key = "c:user:foo@ex.org",
                .why = "alias is 'bar@sub.ex.org', in another domain: set home and route instead" },
      .trips = 1 },
    { .what = "an alias whose target is bad",
      .set = { { "user", "foo@ex.org", "alias", "bar@ex.org" },
               { "user", "bar@ex.org", NULL, NULL } },
      .want = { .answer = STORE_BAD,
                .mailbox = "bar@ex.org",
                .key = "c:user:bar@ex.org",
                .why = "not a hash" },
      .trips = 2 },
    { .what = "an alias whose target cannot be had",
      .lost = "bar@ex.org",
      .set = { { "user", "foo@ex.org", "alias", "bar@ex.org" } },
      .want = { .answer = STORE_UNAVAILABLE,
                .mailbox = "bar@ex.org",
                .key = "c:user:bar@ex.org",
                .why = "lost" },
      .trips = 2 },
};

static const struct resolve_request plain = { .address = SPAN_LIT("foo@ex.org"),
                                              .domain = SPAN_LIT("ex.org"),
                                              .prefix = SPAN_LIT("c:") };

/* The request in blocks of the exact size of each text. */
static void resolve_exact(struct store *s, bool base, struct resolution *out)
{
    struct span address = unit_exact(base ? span_of("foo+x@ex.org") : span_of("foo@ex.org"));
    struct span local = unit_exact(span_of("foo"));
    struct span domain = unit_exact(span_of("ex.org"));
    struct span prefix = unit_exact(span_of("c:"));
    const struct resolve_request request = { address, base ? local : SPAN_ABSENT, domain, prefix };
    resolve_address(s, &request, out);
    free((void *)address.p);
    free((void *)local.p);
    free((void *)domain.p);
    free((void *)prefix.p);
}

START_TEST(records_are_resolved)
{
    const struct resolve_case *c = &cases[_i];
    struct watched_store w = { .store = { &watched_ops },
                               .inside = memory_store_new(),
                               .lost = c->lost };
    struct resolution got;
    ck_assert_ptr_nonnull(w.inside);
    fill(w.inside, c->set);
    resolve_exact(&w.store, c->base, &got);
    ck_assert_msg(got.answer == c->want.answer, "%s: %s, %s", c->what,
                  store_answer_name(got.answer), got.why);
    ck_assert_msg(got.home == c->want.home, "%s: home is %s", c->what, home_name(got.home));
    ck_assert_msg(got.mode == c->want.mode, "%s: mode is %s", c->what, mode_name(got.mode));
    ck_assert_msg(got.source == c->want.source, "%s: source is %d", c->what, got.source);
    ck_assert_msg(got.calendar == c->want.calendar, "%s: calendar", c->what);
    ck_assert_str_eq(got.route, c->want.route);
    ck_assert_str_eq(got.mailbox, c->want.mailbox);
    ck_assert_str_eq(got.key, c->want.key);
    ck_assert_str_eq(got.why, c->want.why);
    ck_assert_msg(w.trips == c->trips, "%s: %u round trips", c->what, w.trips);
    ck_assert_msg(memcmp(got.asked, w.answers, sizeof(w.answers)) == 0, "%s: asked", c->what);
    store_close(w.inside);
}
END_TEST

START_TEST(one_trip_asks_for_user_base_and_domain)
{
    struct watched_store w = { .store = { &watched_ops }, .inside = memory_store_new() };
    struct resolution got;
    resolve_exact(&w.store, true, &got);
    ck_assert_uint_eq(w.trips, 1);
    ck_assert_uint_eq(w.queries, 3);
    resolve_exact(&w.store, false, &got);
    ck_assert_uint_eq(w.trips, 2);
    ck_assert_uint_eq(w.queries, 5);
    store_close(w.inside);
}
END_TEST

static const struct old_case {
    const char *what;
    struct set set[SETS_MAX];
    struct old old[OLD_MAX];
    bool stale;
    unsigned age_s;
} old_cases[] = {
    { .what = "nothing remembered", .set = { { "user", "foo@ex.org", "home", "both" } } },
    { .what = "a user that is remembered",
      .set = { { "user", "foo+x@ex.org", "home", "both" } },
      .old = { { "foo+x@ex.org", 7 } },
      .stale = true,
      .age_s = 7 },
    { .what = "one that was known to be right a moment ago",
      .set = { { "user", "foo+x@ex.org", "home", "both" } },
      .old = { { "foo+x@ex.org", 0 } },
      .stale = true },
    { .what = "that a user has no record is remembered, and that of the base is not",
      .set = { { "user", "foo@ex.org", "home", "both" } },
      .old = { { "foo+x@ex.org", 8 } },
      .stale = true,
      .age_s = 8 },
    { .what = "the base is older",
      .set = { { "user", "foo@ex.org", "home", "both" } },
      .old = { { "foo+x@ex.org", 8 }, { "foo@ex.org", 9 } },
      .stale = true,
      .age_s = 9 },
    { .what = "a base that is not looked at",
      .set = { { "user", "foo+x@ex.org", "home", "both" },
               { "user", "foo@ex.org", "home", "both" } },
      .old = { { "foo@ex.org", 9 } } },
    { .what = "the domain is looked at for its mode, also where a user has a home",
      .set = { { "user", "foo+x@ex.org", "home", "both" } },
      .old = { { "ex.org", 10 } },
      .stale = true,
      .age_s = 10 },
    { .what = "the oldest counts, in whatever order",
      .set = { { "user", "foo+x@ex.org", "home", "both" } },
      .old = { { "foo+x@ex.org", 12 }, { "ex.org", 11 } },
      .stale = true,
      .age_s = 12 },
    { .what = "the target of an alias",
      .set = { { "user", "foo@ex.org", "alias", "bar@ex.org" } },
      .old = { { "bar@ex.org", 13 } },
      .stale = true,
      .age_s = 13 },
    { .what = "a group",
      .set = { { "user", "foo@ex.org", "group", "g" }, { "group", "g", "home", "primary" } },
      .old = { { "g", 14 } },
      .stale = true,
      .age_s = 14 },
    { .what = "a group that has no record",
      .set = { { "user", "foo@ex.org", "group", "g" } },
      .old = { { "g", 15 } },
      .stale = true,
      .age_s = 15 },
    { .what = "a group that is not asked for",
      .set = { { "user", "foo@ex.org", "group", "g" }, { "user", "foo@ex.org", "home", "both" } },
      .old = { { "g", 16 } } },
};

START_TEST(what_was_remembered_is_told)
{
    const struct old_case *c = &old_cases[_i];
    struct watched_store w = { .store = { &watched_ops },
                               .inside = memory_store_new(),
                               .old = c->old };
    struct resolution got;
    memset(&got, 0x5a, sizeof(got));
    fill(w.inside, c->set);
    resolve_exact(&w.store, true, &got);
    ck_assert_msg(got.stale == c->stale, "%s: stale is %d", c->what, got.stale);
    ck_assert_msg(got.age_s == c->age_s, "%s: %u s", c->what, got.age_s);
    store_close(w.inside);
}
END_TEST

static const struct failing_case {
    enum store_answer answer;
    const char *key;
    const char *why;
} failing_cases[] = {
    { STORE_UNAVAILABLE, "c:user:foo@ex.org", "because" },
    { STORE_BAD, "c:user:foo@ex.org", "because" },
    { STORE_ABSENT, "", "" },
};

START_TEST(a_failing_store_is_passed_on)
{
    const struct failing_case *c = &failing_cases[_i];
    struct store *s = failing_store_new(c->answer, "because");
    struct resolution got;
    resolve_address(s, &plain, &got);
    ck_assert_int_eq(got.answer, c->answer);
    ck_assert_str_eq(got.key, c->key);
    ck_assert_str_eq(got.why, c->why);
    ck_assert_int_eq(got.home, HOME_UNSET);
    ck_assert_int_eq(got.mode, MODE_UNSET);
    store_close(s);
}
END_TEST

/* Neither reads as somebody else, nor overruns anything. */
START_TEST(an_endless_address_is_bad)
{
    static char text[2 * RECORD_KEY_MAX];
    memset(text, 'a', sizeof(text));
    struct store *s = memory_store_new();
    struct resolution got;
    const struct resolve_request request = { .address = { text, sizeof(text) },
                                             .base = { text, RECORD_KEY_MAX },
                                             .domain = SPAN_LIT("ex.org"),
                                             .prefix = SPAN_LIT("c:") };
    resolve_address(s, &request, &got);
    ck_assert_int_eq(got.answer, STORE_BAD);
    ck_assert_str_eq(got.key, "");
    ck_assert_str_eq(got.why, "the key has more than 1280 octets");
    store_close(s);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("resolve");
    TCase *tc = tcase_create("resolve");
    tcase_add_loop_test(tc, records_are_resolved, 0, COUNT_OF(cases));
    tcase_add_loop_test(tc, what_was_remembered_is_told, 0, COUNT_OF(old_cases));
    tcase_add_test(tc, one_trip_asks_for_user_base_and_domain);
    tcase_add_loop_test(tc, a_failing_store_is_passed_on, 0, COUNT_OF(failing_cases));
    tcase_add_test(tc, an_endless_address_is_bad);
    suite_add_tcase(suite, tc);
    return suite;
}
