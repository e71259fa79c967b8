#include "tests/support/unit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "state/deadline.h"
#include "state/redis_connection.h"
#include "tests/support/fake_redis.h"

/* Commands, replies of any shape, and messages that nobody asked for. */

#define AMPLE_MS 20000
#define SHORT_MS 40
#define READY_S 30

static struct redis_connection *open_at(const struct fake_redis *fake)
{
    const struct redis_config config = { .path = fake->path, .prefix = "" };
    const struct redis_place place = { .address.length = 0 };
    char why[RECORD_FAULT_MAX];
    struct redis_connection *c = redis_connection_open(&config, &place, deadline_in(AMPLE_MS), why);
    ck_assert_msg(c, "%s", why);
    return c;
}

static enum redis_outcome send_all(struct redis_connection *c, char why[RECORD_FAULT_MAX])
{
    return redis_connection_send(c, deadline_in(AMPLE_MS), why);
}

static void ask(struct redis_connection *c)
{
    const struct span word = SPAN_LIT("PING");
    char why[RECORD_FAULT_MAX];
    redis_connection_add(c, &word, 1);
    ck_assert_int_eq(send_all(c, why), OUTCOME_DONE);
}

static struct redis_reply *reply_of(struct redis_connection *c)
{
    struct redis_reply *r = NULL;
    char why[RECORD_FAULT_MAX];
    ck_assert_msg(redis_connection_reply(c, deadline_in(AMPLE_MS), &r, why) == OUTCOME_DONE, "%s",
                  why);
    return r;
}

/* Writes a reply down: T text, N number, E error, - nil, (...) list. */
static void describe(const struct redis_reply *r, struct buf *out)
{
    struct span text = redis_reply_text(r);
    switch (redis_reply_kind(r)) {
    case REDIS_NIL:
        buf_adds(out, "-");
        break;
    case REDIS_NUMBER:
        buf_addf(out, "N%lld", (long long)redis_reply_number(r));
        break;
    case REDIS_TEXT:
    case REDIS_ERROR:
        buf_addf(out, "%c%.*s", redis_reply_kind(r) == REDIS_TEXT ? 'T' : 'E', SPAN_ARG(text));
        break;
    case REDIS_LIST:
        buf_adds(out, "(");
        for (size_t i = 0; i < redis_reply_items(r); i++) {
            if (i > 0)
                buf_adds(out, " ");
            describe(redis_reply_item(r, i), out);
        }
        buf_adds(out, ")");
        break;
    default:
        buf_adds(out, "?");
    }
}

static const struct reply_case {
    const char *text;
    const char *want;
} reply_cases[] = {
    { "+OK\r\n", "TOK" },
    { "$0\r\n\r\n", "T" },
    { "$-1\r\n", "-" },
    { "*-1\r\n", "-" },
    { ":-9223372036854775808\r\n", "N-9223372036854775808" },
    { "-ERR a, b\r\n", "EERR a, b" },
    { "*0\r\n", "()" },
    { "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n",
      "(Tmessage T__redis__:invalidate (Ta Tb))" },
    { "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*-1\r\n",
      "(Tmessage T__redis__:invalidate -)" },
    { "*3\r\n$6\r\nmaster\r\n:5\r\n*1\r\n*3\r\n$1\r\nh\r\n$1\r\n1\r\n$1\r\n5\r\n",
      "(Tmaster N5 ((Th T1 T5)))" },
    { "*1\r\n*2\r\n*1\r\n*0\r\n-ERR x\r\n", "(((()) EERR x))" },
};

START_TEST(replies_are_read)
{
    const struct reply_case *r = &reply_cases[_i];
    const struct fake_step script[] = { { r->text, 0, FAKE_GO_ON } };
    struct fake_redis fake;
    struct buf got;
    buf_init(&got, 4096);
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct redis_connection *c = open_at(&fake);
    for (int i = 0; i < 2; i++) {
        ask(c);
        struct redis_reply *reply = reply_of(c);
        buf_clear(&got);
        describe(reply, &got);
        ck_assert_str_eq(buf_text(&got), r->want);
        redis_reply_free(reply);
        ck_assert(redis_connection_in_step(c));
    }
    buf_free(&got);
    redis_connection_close(c);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(what_is_not_there_is_nothing)
{
    static const struct fake_step script[] = { { "*1\r\n:7\r\n", 0, FAKE_GO_ON },
                                               { "-ERR no, not 'x'\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct redis_connection *c = open_at(&fake);
    ask(c);
    struct redis_reply *list = reply_of(c);
    ck_assert_int_eq(redis_reply_number(list), 0);
    ck_assert(!span_present(redis_reply_text(list)));
    ck_assert_int_eq(redis_reply_number(redis_reply_item(list, 0)), 7);
    ck_assert(!span_present(redis_reply_text(redis_reply_item(list, 0))));
    ck_assert_ptr_null(redis_reply_item(list, 1));
    ck_assert_int_eq(redis_reply_kind(NULL), REDIS_TOO_LONG);
    ck_assert_uint_eq(redis_reply_items(NULL), 0);
    ck_assert_ptr_null(redis_reply_item(NULL, 0));
    ck_assert(!span_present(redis_reply_text(NULL)));
    redis_reply_free(NULL);
    redis_reply_free(list);
    ask(c);
    struct redis_reply *error = reply_of(c);
    unit_assert_span(redis_reply_error_words(error), "ERR no", "words");
    redis_reply_free(error);
    redis_connection_close(c);
    fake_redis_stop(&fake);
}
END_TEST

/* So many times the unit, between a beginning and an end. */
struct big_case {
    const char *begin;
    const char *unit;
    size_t units;
    const char *end;
    enum redis_outcome outcome;
};

static const struct big_case big_cases[] = {
    { "*1\r\n*1\r\n*1\r\n*1\r\n", "", 0, "*0\r\n", OUTCOME_DONE },
    { "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "", 0, "*0\r\n", OUTCOME_FAILED },
    { "*65536\r\n", ":1\r\n", 65536, "", OUTCOME_DONE },
    { "*65537\r\n", "", 0, "", OUTCOME_TOO_LONG },
    { "*2147483647\r\n", "", 0, "", OUTCOME_TOO_LONG },
    { "*2\r\n*32768\r\n", ":1\r\n", 32768, "*32766\r\n", OUTCOME_STALE },
    { "*2\r\n*32768\r\n", ":1\r\n", 32768, "*32767\r\n", OUTCOME_TOO_LONG },
    { "*60000\r\n", "*0\r\n", 59999, "*5537\r\n", OUTCOME_TOO_LONG },
    { "$1048000\r\n", "x", 1048000, "\r\n", OUTCOME_DONE },
    { "$1048577\r\n", "x", 1048577, "\r\n", OUTCOME_TOO_LONG },
    { "+", "x", 1100000, "", OUTCOME_TOO_LONG },
};

static char *big_text(const struct big_case *b)
{
    struct buf text;
    buf_init(&text, 4000000);
    buf_adds(&text, b->begin);
    for (size_t i = 0; i < b->units; i++)
        buf_adds(&text, b->unit);
    buf_adds(&text, b->end);
    char *taken = buf_take(&text);
    ck_assert_ptr_nonnull(taken);
    return taken;
}

/* STALE stands for: so far all is well, and the rest does not come. */
START_TEST(replies_have_their_limits)
{
    const struct big_case *b = &big_cases[_i];
    bool waits = b->outcome == OUTCOME_STALE;
    char *text = big_text(b), why[RECORD_FAULT_MAX] = "";
    const struct fake_step script[] = { { text, 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct redis_connection *c = open_at(&fake);
    ask(c);
    struct redis_reply *r = NULL;
    enum redis_outcome got =
        redis_connection_reply(c, deadline_in(waits ? 1000 : AMPLE_MS), &r, why);
    ck_assert_msg(got == (waits ? OUTCOME_FAILED : b->outcome), "%d: %s", (int)got, why);
    if (waits)
        ck_assert_str_eq(why, "no answer in time");
    if (b->outcome == OUTCOME_FAILED)
        ck_assert_str_eq(why, "not an answer of Redis: lists in lists");
    redis_reply_free(r);
    /* The limits are of one reply. */
    if (b->outcome == OUTCOME_DONE) {
        ask(c);
        redis_reply_free(reply_of(c));
    }
    redis_connection_close(c);
    fake_redis_stop(&fake);
    free(text);
}
END_TEST

static void assert_commands(const struct fake_redis *fake, unsigned want)
{
    time_t end = time(NULL) + READY_S;
    while (atomic_load(&fake->commands) != want) {
        ck_assert_msg(time(NULL) < end, "%u commands, want %u", atomic_load(&fake->commands), want);
        poll(NULL, 0, 5);
    }
}

START_TEST(commands_are_added_in_two_ways)
{
    static const struct fake_step script[] = { { "+OK\r\n", 0, FAKE_GO_ON } };
    const struct span set[] = { SPAN_LIT("SET"), SPAN_LIT("k"), SPAN_LIT("a\0b") };
    const struct span formatted = SPAN_LIT("*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nPING\r\n$1\r\nx\r\n");
    struct fake_redis fake;
    char why[RECORD_FAULT_MAX];
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct redis_connection *c = open_at(&fake);
    redis_connection_add(c, set, COUNT_OF(set));
    redis_connection_add_formatted(c, formatted);
    ck_assert_int_eq(send_all(c, why), OUTCOME_DONE);
    for (int i = 0; i < 3; i++)
        redis_reply_free(reply_of(c));
    assert_commands(&fake, 3);
    redis_connection_close(c);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(commands_have_so_many_words)
{
    static const struct fake_step script[] = { { "+OK\r\n", 0, FAKE_GO_ON } };
    struct span word[REDIS_WORDS_MAX + 1];
    struct fake_redis fake;
    char why[RECORD_FAULT_MAX] = "";
    for (size_t i = 0; i < COUNT_OF(word); i++)
        word[i] = SPAN_LIT("w");
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct redis_connection *c = open_at(&fake);
    redis_connection_add(c, word, REDIS_WORDS_MAX);
    ck_assert_int_eq(send_all(c, why), OUTCOME_DONE);
    redis_reply_free(reply_of(c));
    redis_connection_add(c, word, REDIS_WORDS_MAX + 1);
    ck_assert_int_eq(send_all(c, why), OUTCOME_FAILED);
    ck_assert_str_ne(why, "");
    ck_assert_uint_eq(fake.commands, 1);
    redis_connection_close(c);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(messages_are_waited_for)
{
    static const struct fake_step script[] = { { "+OK\r\n+one\r\n+two\r\n", 0, FAKE_GO_ON },
                                               { NULL, 0, FAKE_CLOSE } };
    struct fake_redis fake;
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct redis_connection *c = open_at(&fake);
    ck_assert(!redis_connection_wait(c, -1, deadline_in(SHORT_MS)));
    ask(c);
    for (int i = 0; i < 3; i++) {
        ck_assert(redis_connection_wait(c, -1, deadline_in(AMPLE_MS)));
        redis_reply_free(reply_of(c));
    }
    ck_assert(!redis_connection_wait(c, -1, deadline_in(SHORT_MS)));
    ask(c);
    struct redis_reply *r;
    char why[RECORD_FAULT_MAX];
    ck_assert(redis_connection_wait(c, -1, deadline_in(AMPLE_MS)));
    ck_assert(redis_connection_wait(c, -1, deadline_in(AMPLE_MS)));
    ck_assert_int_eq(redis_connection_reply(c, deadline_in(AMPLE_MS), &r, why), OUTCOME_FAILED);
    ck_assert_str_eq(why, "the connection was closed");
    redis_connection_close(c);
    fake_redis_stop(&fake);
}
END_TEST

START_TEST(waiting_ends_when_woken)
{
    static const struct fake_step script[] = { { "+OK\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    int wake[2];
    fake_redis_start(&fake, script, COUNT_OF(script));
    struct redis_connection *c = open_at(&fake);
    ck_assert_int_eq(pipe(wake), 0);
    ck_assert(!redis_connection_wait(c, wake[0], deadline_in(SHORT_MS)));
    ck_assert_int_eq(write(wake[1], "x", 1), 1);
    int64_t far = deadline_in(3600000);
    ck_assert(!redis_connection_wait(c, wake[0], far));
    ask(c);
    redis_reply_free(reply_of(c));
    close(wake[1]);
    ck_assert(!redis_connection_wait(c, wake[0], far));
    close(wake[0]);
    redis_connection_close(c);
    fake_redis_stop(&fake);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_connection");
    TCase *tc = tcase_create("redis_connection");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, replies_are_read, 0, COUNT_OF(reply_cases));
    tcase_add_test(tc, what_is_not_there_is_nothing);
    tcase_add_loop_test(tc, replies_have_their_limits, 0, COUNT_OF(big_cases));
    tcase_add_test(tc, commands_are_added_in_two_ways);
    tcase_add_test(tc, commands_have_so_many_words);
    tcase_add_test(tc, messages_are_waited_for);
    tcase_add_test(tc, waiting_ends_when_woken);
    suite_add_tcase(suite, tc);
    return suite;
}
