#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "state/cache_store.h"
#include "state/failing_store.h"
#include "state/memory_store.h"
#include "tests/support/owned_store.h"
#include "tests/support/redis_server.h"

/* What every store must do, run on each of them. */

#define EDITS_MAX 4
#define ASKED_MAX 4
#define PREFIX "coexist:"

/* A store under test, and how records come to be in it. */
struct subject {
    const char *name;
    struct store *store;
    struct redis_server *server; /* NULL: the memory store */
    struct store *below;         /* of a cache that is told what changes; NULL: no cache */
};

enum what { SET = 1, SET_STRING, UNSET, REMOVE };

struct edit {
    enum what what;
    enum record_kind kind;
    const char *name;
    const char *field;
    const char *value;
};

struct asked {
    enum record_kind kind;
    const char *name;
    enum store_answer answer;
    enum home home;
    const char *why;
};

static const struct contract_case {
    const char *what;
    struct edit edit[EDITS_MAX];
    struct asked asked[ASKED_MAX];
} cases[] = {
    { "an empty store has no record",
      { { 0 } },
      { { RECORD_USER, "a@b", STORE_ABSENT, HOME_UNSET, "" },
        { RECORD_GROUP, "g", STORE_ABSENT, HOME_UNSET, "" },
        { RECORD_DOMAIN, "b", STORE_ABSENT, HOME_UNSET, "" } } },
    { "a record is found under its kind and name only",
      { { SET, RECORD_USER, "a@b", "home", "primary" } },
      { { RECORD_USER, "a@b", STORE_FOUND, HOME_PRIMARY, "" },
        { RECORD_GROUP, "a@b", STORE_ABSENT, HOME_UNSET, "" },
        { RECORD_USER, "a@", STORE_ABSENT, HOME_UNSET, "" },
        { RECORD_USER, "A@b", STORE_ABSENT, HOME_UNSET, "" } } },
    { "answers come in the order of the queries",
      { { SET, RECORD_USER, "a@b", "home", "primary" },
        { SET, RECORD_GROUP, "g", "home", "both" },
        { SET, RECORD_DOMAIN, "b", "home", "where" } },
      { { RECORD_DOMAIN, "b", STORE_BAD, HOME_UNSET,
          "home is 'where', not one of primary, secondary, both, moving" },
        { RECORD_USER, "x@b", STORE_ABSENT, HOME_UNSET, "" },
        { RECORD_GROUP, "g", STORE_FOUND, HOME_BOTH, "" },
        { RECORD_USER, "a@b", STORE_FOUND, HOME_PRIMARY, "" } } },
    { "one name can be asked for twice",
      { { SET, RECORD_USER, "a@b", "home", "moving" } },
      { { RECORD_USER, "a@b", STORE_FOUND, HOME_MOVING, "" },
        { RECORD_USER, "a@b", STORE_FOUND, HOME_MOVING, "" } } },
    { "a later value takes the place of an earlier one",
      { { SET, RECORD_USER, "a@b", "home", "primary" },
        { SET, RECORD_USER, "a@b", "home", "secondary" } },
      { { RECORD_USER, "a@b", STORE_FOUND, HOME_SECONDARY, "" } } },
    { "the last field takes the record with it",
      { { SET, RECORD_USER, "a@b", "home", "primary" },
        { UNSET, RECORD_USER, "a@b", "home", NULL } },
      { { RECORD_USER, "a@b", STORE_ABSENT, HOME_UNSET, "" } } },
    { "another field does not",
      { { SET, RECORD_USER, "a@b", "home", "primary" },
        { SET, RECORD_USER, "a@b", "note", "n" },
        { UNSET, RECORD_USER, "a@b", "home", NULL },
        { UNSET, RECORD_USER, "a@b", "route", NULL } },
      { { RECORD_USER, "a@b", STORE_FOUND, HOME_UNSET, "" } } },
    { "a record can be removed whole",
      { { SET, RECORD_USER, "a@b", "home", "primary" },
        { SET, RECORD_USER, "a@b", "note", "n" },
        { REMOVE, RECORD_USER, "a@b", NULL, NULL } },
      { { RECORD_USER, "a@b", STORE_ABSENT, HOME_UNSET, "" } } },
    { "what is no hash is bad",
      { { SET_STRING, RECORD_USER, "a@b", NULL, NULL },
        { SET, RECORD_GROUP, "g", "home", "primary" } },
      { { RECORD_USER, "a@b", STORE_BAD, HOME_UNSET, "not a hash" },
        { RECORD_GROUP, "g", STORE_FOUND, HOME_PRIMARY, "" } } },
    { "a string takes the place of a hash, and can be removed",
      { { SET, RECORD_USER, "a@b", "home", "primary" },
        { SET_STRING, RECORD_USER, "a@b", NULL, NULL },
        { SET_STRING, RECORD_GROUP, "g", NULL, NULL },
        { REMOVE, RECORD_GROUP, "g", NULL, NULL } },
      { { RECORD_USER, "a@b", STORE_BAD, HOME_UNSET, "not a hash" },
        { RECORD_GROUP, "g", STORE_ABSENT, HOME_UNSET, "" } } },
    { "an empty value is bad",
      { { SET, RECORD_GROUP, "g", "home", "" } },
      { { RECORD_GROUP, "g", STORE_BAD, HOME_UNSET, "home is empty" } } },
    { "names are octets, blanks and all",
      { { SET, RECORD_GROUP, "Sales \xc3\xa4 *?[a]", "home", "both" },
        { SET, RECORD_USER, "", "home", "moving" } },
      { { RECORD_GROUP, "Sales \xc3\xa4 *?[a]", STORE_FOUND, HOME_BOTH, "" },
        { RECORD_GROUP, "Sales \xc3\xa4 xxa", STORE_ABSENT, HOME_UNSET, "" },
        { RECORD_USER, "", STORE_FOUND, HOME_MOVING, "" } } },
};

static void edit_memory(struct store *s, const struct edit *e)
{
    if (e->what == SET)
        ck_assert(memory_store_set(s, e->kind, e->name, e->field, e->value));
    else if (e->what == SET_STRING)
        ck_assert(memory_store_set_string(s, e->kind, e->name));
    else
        memory_store_unset(s, e->kind, e->name, e->field);
}

static void edit_redis(struct redis_server *server, const struct edit *e)
{
    static const char *const kinds[] = { "user", "group", "domain" };
    char key[256], reply[256];
    snprintf(key, sizeof(key), PREFIX "%s:%s", kinds[e->kind], e->name);
    if (e->what == SET)
        redis_server_run(server, reply, "HSET", key, e->field, e->value, NULL);
    else if (e->what == SET_STRING)
        redis_server_run(server, reply, "SET", key, "text", NULL);
    else if (e->what == UNSET)
        redis_server_run(server, reply, "HDEL", key, e->field, NULL);
    else
        redis_server_run(server, reply, "DEL", key, NULL);
}

static void edit(const struct subject *s, const struct edit *e)
{
    if (s->server)
        edit_redis(s->server, e);
    else
        edit_memory(s->below ? s->below : s->store, e);
    if (s->below)
        cache_invalidate(s->store, e->kind, span_of(e->name));
}

static void empty(const struct subject *s)
{
    char reply[256];
    if (s->server)
        redis_server_run(s->server, reply, "FLUSHALL", NULL);
    for (size_t i = 0; !s->server && i < COUNT_OF(cases); i++) {
        for (const struct edit *e = cases[i].edit; e < cases[i].edit + EDITS_MAX && e->what; e++) {
            const struct edit remove = { REMOVE, e->kind, e->name, NULL, NULL };
            edit(s, &remove);
        }
    }
}

static void assert_answer(const struct subject *s, const char *what, const struct store_query *got,
                          const struct asked *want)
{
    ck_assert_msg(got->answer == want->answer, "%s, %s: '%s' is %s (%s)", s->name, what, want->name,
                  store_answer_name(got->answer), got->why);
    ck_assert_msg(strcmp(got->why, want->why) == 0, "%s, %s: '%s'", s->name, what, got->why);
    if (want->answer == STORE_FOUND) {
        ck_assert_int_eq(got->record.kind, want->kind);
        ck_assert_msg(got->record.home == want->home, "%s, %s: home is %s", s->name, what,
                      home_name(got->record.home));
    }
}

static void run_asked(const struct subject *s, const struct contract_case *c)
{
    struct store_query query[ASKED_MAX];
    size_t n = 0;
    for (; n < ASKED_MAX && c->asked[n].name; n++) {
        memset(&query[n], 0x5a, sizeof(query[n]));
        query[n].kind = c->asked[n].kind;
        query[n].name = unit_exact(span_of(c->asked[n].name));
    }
    store_fetch(s->store, query, n);
    for (size_t i = 0; i < n; i++) {
        assert_answer(s, c->what, &query[i], &c->asked[i]);
        free((void *)query[i].name.p);
    }
}

/* What is asked twice is answered twice, also by what remembers. */
static void run_case(const struct subject *s, const struct contract_case *c)
{
    empty(s);
    for (const struct edit *e = c->edit; e < c->edit + EDITS_MAX && e->what; e++)
        edit(s, e);
    run_asked(s, c);
    run_asked(s, c);
}

static enum store_answer ask(const struct subject *s, enum record_kind kind, struct span name,
                             char *why)
{
    struct store_query q = { .kind = kind, .name = name };
    store_fetch(s->store, &q, 1);
    strcpy(why, q.why);
    return q.answer;
}

/* A name with a NUL in it is another name; one that is too long for a key is a fault. */
static void run_names(const struct subject *s)
{
    static char text[RECORD_KEY_MAX + 1];
    char why[RECORD_FAULT_MAX];
    memset(text, 'a', sizeof(text));
    const struct edit e = { SET, RECORD_USER, "a@b", "home", "primary" };
    edit(s, &e);
    ck_assert_int_eq(ask(s, RECORD_USER, SPAN_LIT("a@b"), why), STORE_FOUND);
    ck_assert_int_eq(ask(s, RECORD_USER, SPAN_LIT("a@b\0"), why), STORE_ABSENT);
    ck_assert_int_eq(ask(s, RECORD_USER, (struct span){ text, 1024 }, why), STORE_ABSENT);
    ck_assert_int_eq(ask(s, RECORD_USER, (struct span){ text, sizeof(text) }, why), STORE_BAD);
    ck_assert_str_eq(why, "the key has more than 1280 octets");
    struct store_query q[] = { { .kind = RECORD_USER, .name = SPAN_LIT("x@b") },
                               { .kind = RECORD_USER, .name = { text, sizeof(text) } },
                               { .kind = RECORD_USER, .name = SPAN_LIT("a@b") } };
    store_fetch(s->store, q, COUNT_OF(q));
    ck_assert_int_eq(q[0].answer, STORE_ABSENT);
    ck_assert_int_eq(q[1].answer, STORE_BAD);
    ck_assert_int_eq(q[2].answer, STORE_FOUND);
}

static void run_field_limit(const struct subject *s)
{
    char why[RECORD_FAULT_MAX], field[16];
    for (int i = 0; i <= RECORD_FIELDS_MAX; i++) {
        snprintf(field, sizeof(field), "f%d", i);
        const struct edit e = { SET, RECORD_GROUP, "many", field, "v" };
        edit(s, &e);
    }
    ck_assert_int_eq(ask(s, RECORD_GROUP, SPAN_LIT("many"), why), STORE_BAD);
    ck_assert_str_eq(why, "33 fields, more than 32");
}

#define BATCH 200

/* More queries at once than any pipe takes in one piece. */
static void run_batch(const struct subject *s)
{
    static struct store_query query[BATCH];
    static char name[BATCH][1024];
    memset(name, 'n', sizeof(name));
    for (int i = 0; i < BATCH; i++) {
        snprintf(name[i], sizeof(name[i]), "n%d@b", i);
        const struct edit e = { SET, RECORD_USER, name[i], "home", i % 2 ? "primary" : "both" };
        if (i % 3)
            edit(s, &e);
        query[i] = (struct store_query){ .kind = RECORD_USER, .name = span_of(name[i]) };
    }
    store_fetch(s->store, query, BATCH);
    for (int i = 0; i < BATCH; i++) {
        ck_assert_int_eq(query[i].answer, i % 3 ? STORE_FOUND : STORE_ABSENT);
        if (i % 3)
            ck_assert_int_eq(query[i].record.home, i % 2 ? HOME_PRIMARY : HOME_BOTH);
    }
}

static void run_contract(const struct subject *s)
{
    ck_assert_ptr_nonnull(s->store);
    store_fetch(s->store, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        run_case(s, &cases[i]);
    run_names(s);
    run_field_limit(s);
    run_batch(s);
    store_close(s->store);
}

START_TEST(memory_store_keeps_the_contract)
{
    const struct subject s = { "memory", memory_store_new(), NULL, NULL };
    run_contract(&s);
}
END_TEST

START_TEST(cache_keeps_the_contract)
{
    const struct cache_config config = { .entries_max = 10000 };
    struct store *below = memory_store_new();
    const struct subject s = { "cache", cache_store_new(below, &config), NULL, below };
    ck_assert_ptr_nonnull(s.store);
    cache_set_state(s.store, CACHE_FRESH);
    run_contract(&s);
}
END_TEST

/* The programs that speak the protocol; the first is always there. */
static const char *const programs[] = { "redis-server", "valkey-server" };

START_TEST(redis_store_keeps_the_contract)
{
    struct redis_server server;
    redis_server_init(&server);
    server.program = programs[_i];
    redis_server_start(&server, NULL);
    const struct redis_config config = { .path = server.path,
                                         .prefix = PREFIX,
                                         .connect_timeout_ms = 10000,
                                         .command_timeout_ms = 10000 };
    const struct subject s = { programs[_i], owned_store_new(&config), &server, NULL };
    run_contract(&s);
    redis_server_free(&server);
}
END_TEST

static const struct failing_case {
    enum store_answer answer;
    const char *given;
    const char *why;
} failing_cases[] = {
    { STORE_UNAVAILABLE, "out\nof \xc3\xb6rder", "out?of ??rder" },
    { STORE_BAD, "home is empty", "home is empty" },
    { STORE_ABSENT, "nobody sees this", "" },
    { STORE_UNAVAILABLE, NULL, "" },
};

START_TEST(failing_store_gives_its_one_answer)
{
    const struct failing_case *c = &failing_cases[_i];
    const struct subject s = { "failing", failing_store_new(c->answer, c->given), NULL, NULL };
    ck_assert_ptr_nonnull(s.store);
    struct store_query query[2] = { { .kind = RECORD_USER, .name = SPAN_LIT("a@b") },
                                    { .kind = RECORD_DOMAIN, .name = SPAN_LIT("b") } };
    store_fetch(s.store, query, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct asked want = { query[i].kind, "", c->answer, HOME_UNSET, c->why };
        assert_answer(&s, "fetch", &query[i], &want);
    }
    store_close(s.store);
}
END_TEST

/* As HSET on a string does. */
START_TEST(memory_store_does_not_set_a_field_of_a_string)
{
    struct store *s = memory_store_new();
    ck_assert(memory_store_set_string(s, RECORD_USER, "a@b"));
    ck_assert(!memory_store_set(s, RECORD_USER, "a@b", "home", "primary"));
    memory_store_unset(s, RECORD_USER, "a@b", "home");
    struct store_query q = { .kind = RECORD_USER, .name = SPAN_LIT("a@b") };
    store_fetch(s, &q, 1);
    ck_assert_int_eq(q.answer, STORE_BAD);
    store_close(s);
}
END_TEST

START_TEST(answers_have_names)
{
    ck_assert_str_eq(store_answer_name(STORE_FOUND), "found");
    ck_assert_str_eq(store_answer_name(STORE_ABSENT), "absent");
    ck_assert_str_eq(store_answer_name(STORE_UNAVAILABLE), "unavailable");
    ck_assert_str_eq(store_answer_name(STORE_BAD), "bad");
    ck_assert_str_eq(store_answer_name((enum store_answer)9), "?");
    store_close(NULL);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *tc = tcase_create("store");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, memory_store_keeps_the_contract);
    tcase_add_test(tc, cache_keeps_the_contract);
    for (int i = 0; i < (int)COUNT_OF(programs); i++)
        if (i == 0 || redis_server_exists(programs[i]))
            tcase_add_loop_test(tc, redis_store_keeps_the_contract, i, i + 1);
    tcase_add_loop_test(tc, failing_store_gives_its_one_answer, 0, COUNT_OF(failing_cases));
    tcase_add_test(tc, memory_store_does_not_set_a_field_of_a_string);
    tcase_add_test(tc, answers_have_names);
    suite_add_tcase(suite, tc);
    return suite;
}
