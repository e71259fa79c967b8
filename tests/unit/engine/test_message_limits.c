#include "tests/support/unit.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/trace.h"
#include "engine/facts.h"
#include "tests/support/engine_fixture.h"

/* Messages of a size that only an accident or an attack has, and what a stamp gives away. */

static struct engine_fixture f;

static void setup(void)
{
    engine_fixture_open(&f, "loop_mailbox = \"loops@s.example.net\"\n");
}

static void teardown(void)
{
    engine_fixture_close(&f);
}

/* n different recipients, all of them accepted. */
static struct message *message_to(const char *who, size_t n)
{
    struct message *m = fixture_message(&f, who, "<a@b>");
    for (size_t i = 0; i < n; i++) {
        char rcpt[64];
        snprintf(rcpt, sizeof(rcpt), "<user%zu@example.com>", i);
        ck_assert_int_eq(fixture_rcpt(m, rcpt), 0);
    }
    return m;
}

START_TEST(there_is_a_limit_to_recipients)
{
    struct verdict v;
    struct reply reply;
    struct message *m = message_to("external", MESSAGE_RECIPIENTS_MAX);
    message_recipient(m, SPAN_LIT("<one@example.com>"), SPAN_LIT(""), "Q", &reply);
    ck_assert_int_eq(reply.code, 452);
    ck_assert_str_eq(reply.status, "4.5.3");
    message_recipient(m, SPAN_LIT("<one@elsewhere.example>"), SPAN_LIT(""), "Q", &reply);
    ck_assert_int_eq(reply.code, 452);
    fixture_end(m, &v);
    ck_assert(!v.failed && v.untraced);
    ck_assert_int_eq(v.reply.code, 0);
    ck_assert_uint_eq(v.edits, 2 * MESSAGE_RECIPIENTS_MAX + 1);
    ck_assert_str_eq(v.edit[0].name, "<user0@example.com.peer.invalid>");
    ck_assert_str_eq(v.edit[MESSAGE_RECIPIENTS_MAX].name, "<user0@example.com>");
    ck_assert_ptr_null(fixture_inserted(&v, "X-Coexist-Trace"));
    ck_assert_ptr_nonnull(fixture_inserted(&v, "X-Coexist-Route"));
    verdict_free(&v);
    message_free(m);
}
END_TEST

/* A refusal at RCPT would leave it with sendmail for ever. */
START_TEST(a_submission_over_the_limit_is_handed_back)
{
    struct verdict v;
    struct message *m = message_to("sendmail", MESSAGE_RECIPIENTS_MAX);
    ck_assert_int_eq(fixture_rcpt(m, "one@example.com"), 0);
    fixture_end(m, &v);
    ck_assert_str_eq(fixture_text(&v), "550 5.5.3\n");
    verdict_free(&v);
    message_free(m);
}
END_TEST

/* So many have room in a trace, each under one name. */
START_TEST(as_many_recipients_as_a_trace_holds_are_traced)
{
    for (size_t over = 0; over < 2; over++) {
        struct verdict v;
        struct message *m = message_to("external", TRACE_TOKENS_MAX + over);
        fixture_end(m, &v);
        const char *trace = fixture_inserted(&v, "X-Coexist-Trace");
        ck_assert(!v.failed);
        ck_assert_uint_eq(v.untraced, over);
        ck_assert_uint_eq(trace == NULL, over);
        ck_assert_msg(!trace || strlen(trace) < TRACE_VALUE_MAX, "the MTA would cut it");
        verdict_free(&v);
        message_free(m);
    }
    ck_assert_ptr_nonnull(strstr(buf_text(&f.log), "QUEUEID: untraced recipients=5001"));
}
END_TEST

/* The MTA walks the header from its top for each field that is removed. */
START_TEST(there_is_a_limit_to_what_removing_costs)
{
    for (unsigned over = 0; over < 2; over++) {
        struct verdict v;
        struct message *m = message_to("external", 1);
        size_t others = FACTS_REMOVAL_MAX / 100 - 101 + over;
        for (size_t i = 0; i < others; i++)
            fixture_header(m, "a: b\n");
        for (unsigned i = 0; i < 100; i++)
            fixture_header(m, "X-Coexist-Route: forged\n");
        fixture_header(m, "Subject: x\n");
        fixture_end(m, &v);
        ck_assert_int_eq(v.reply.code, over ? 550 : 0);
        verdict_free(&v);
        message_free(m);
    }
}
END_TEST

/* With as many fields as a message may have, the fields go; with more, the message. */
START_TEST(there_is_a_limit_to_forged_fields)
{
    for (unsigned over = 0; over < 2; over++) {
        struct verdict v;
        struct message *m = message_to("external", 1);
        for (unsigned i = 0; i < FACTS_OWN_MAX + over; i++)
            fixture_header(m, "X-Coexist-Route: forged\n");
        fixture_end(m, &v);
        if (over) {
            ck_assert_str_eq(fixture_text(&v), "550 5.6.0\n");
        } else {
            ck_assert_int_eq(v.reply.code, 0);
            ck_assert_uint_eq(v.edits, 2 + FACTS_OWN_MAX + 2);
            ck_assert_uint_eq(v.edit[2].index, FACTS_OWN_MAX);
            ck_assert_uint_eq(v.edit[1 + FACTS_OWN_MAX].index, 1);
        }
        verdict_free(&v);
        message_free(m);
    }
}
END_TEST

START_TEST(odd_addresses_do_no_harm)
{
    static const char *const odd[] = {
        "<\"quoted \\\" part\"@example.com>",
        "<@relay.example:user@example.com>",
        "<b\xc3\xbc@example.com>",
        "<\xff\xfe@example.com>",
        "<user@EXAMPLE.COM.>",
        "<+ext@example.com>",
        "<user+@example.com>",
        "<us er@example.com>",
        "<user%example.com@example.com>",
    };
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        struct verdict v;
        struct message *m = fixture_message(&f, "external", "<a@b>");
        ck_assert_msg(fixture_rcpt(m, odd[i]) == 0, "%s", odd[i]);
        fixture_end(m, &v);
        ck_assert_msg(!v.failed && v.edits == 4, "%s: %s", odd[i], fixture_text(&v));
        ck_assert_int_eq(v.edit[0].kind, EDIT_ADD_RECIPIENT);
        ck_assert_int_eq(v.edit[1].kind, EDIT_DELETE_RECIPIENT);
        ck_assert_str_eq(v.edit[1].name, odd[i]);
        verdict_free(&v);
        message_free(m);
    }
}
END_TEST

/* A recipient as long as the route leaves no room for: deferred by name, not cut. */
START_TEST(an_address_without_room_for_its_route_is_deferred)
{
    char rcpt[ADDRESS_MAX + 3] = "<";
    memset(rcpt + 1, 'x', ADDRESS_MAX - strlen("@example.com"));
    strcat(rcpt, "@example.com>");
    struct message *m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, rcpt), 451);
    message_free(m);
}
END_TEST

START_TEST(a_long_address_leaves_room_for_the_reason)
{
    char rcpt[ADDRESS_MAX + 3] = "<";
    struct reply reply;
    memset(rcpt + 1, 'x', ADDRESS_MAX - strlen("@example.com"));
    strcat(rcpt, "@example.com>");
    engine_fixture_lose_state(&f);
    struct message *m = fixture_message(&f, "external", "<a@b>");
    message_recipient(m, span_of(rcpt), SPAN_LIT(""), "Q", &reply);
    ck_assert_int_eq(reply.code, 451);
    ck_assert_ptr_nonnull(strstr(reply.text, ">: where this mailbox lives cannot be found out"));
    ck_assert_ptr_null(strstr(reply.text, "coexist:user:"));
    ck_assert_ptr_nonnull(strstr(reply.text, " (coexist s.example.net)"));
    message_free(m);
}
END_TEST

#define HIDDEN "hidden.person@example.com"

static bool holds(const char *text, const char *part)
{
    for (; *text; text++)
        if (strncasecmp(text, part, strlen(part)) == 0)
            return true;
    return false;
}

/* The first octets of a hash without a key, in the form of a token and in hex. */
static void assert_no_plain_hash(const char *text, const char *of, size_t n)
{
    static const char *const digests[] = { "MD5", "SHA1", "SHA256", "SHA512" };
    for (size_t d = 0; d < COUNT_OF(digests); d++) {
        unsigned char hash[EVP_MAX_MD_SIZE], base64[16];
        char hex[13];
        ck_assert(EVP_Q_digest(NULL, digests[d], NULL, of, n, hash, NULL));
        EVP_EncodeBlock(base64, hash, 6);
        for (size_t i = 0; i < 8; i++)
            base64[i] = base64[i] == '+' ? '-' : base64[i] == '/' ? '_' : base64[i];
        for (size_t i = 0; i < 6; i++)
            snprintf(hex + 2 * i, 3, "%02x", hash[i]);
        ck_assert_msg(!strstr(text, (char *)base64), "%s of %s", digests[d], of);
        ck_assert_msg(!holds(text, hex), "%s of %s", digests[d], of);
    }
}

/* The inserted fields of a message to a hidden recipient who lives there, as one text. */
static char *stamps(const char *home)
{
    struct buf text;
    struct verdict v;
    engine_fixture_user(&f, HIDDEN, "home", home);
    struct message *m = fixture_message(&f, "external", "<a@b>");
    ck_assert_int_eq(fixture_rcpt(m, "<Hidden.Person@Example.com>"), 0);
    fixture_header(m, "Received: by p.example.net for <" HIDDEN ">\n"
                      "Received: by s.example.net for <" HIDDEN ">\n"
                      "Message-ID: <1@example.com>\n");
    fixture_end(m, &v);
    buf_init(&text, 100000);
    for (size_t i = 0; i < v.edits; i++)
        if (v.edit[i].kind == EDIT_INSERT_HEADER || v.edit[i].kind == EDIT_HOLD)
            buf_addf(&text, "%s: %s\n", v.edit[i].name ? v.edit[i].name : "", v.edit[i].value);
    ck_assert_uint_gt(text.n, 0);
    verdict_free(&v);
    message_free(m);
    return buf_take(&text);
}

/* Who has a copy of a message cannot tell who else got one, not even by guessing. */
START_TEST(a_stamp_tells_no_hidden_recipient)
{
    static const char *const homes[] = { "primary", "secondary", "both" };
    for (size_t i = 0; i < COUNT_OF(homes); i++) {
        char *text = stamps(homes[i]), id[16] = "", salted[64];
        ck_assert(!holds(text, "hidden"));
        ck_assert(!holds(text, "person"));
        ck_assert(!holds(text, "example.com"));
        ck_assert(!holds(text, "peer.invalid"));
        const char *at = strstr(text, "; id=");
        ck_assert_ptr_nonnull(at);
        ck_assert_int_eq(sscanf(at, "; id=%11[0-9a-z];", id), 1);
        int n = snprintf(salted, sizeof(salted), "%s%cr%c%s", id, 0, 0, HIDDEN);
        assert_no_plain_hash(text, HIDDEN, strlen(HIDDEN));
        assert_no_plain_hash(text, "Hidden.Person@Example.com", strlen(HIDDEN));
        assert_no_plain_hash(text, salted, (size_t)n);
        snprintf(salted, sizeof(salted), "%s%s", id, HIDDEN);
        assert_no_plain_hash(text, salted, strlen(salted));
        free(text);
    }
}
END_TEST

/* The value of a tag in the trace of those stamps, copied. */
static void read_tag(const char *text, const char *tag, char out[32])
{
    const char *at = strstr(text, tag);
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(sscanf(at + strlen(tag), "%31[^;]", out), 1);
}

/* Nor can two messages be told to be to the same, nor a token be made with another key. */
START_TEST(stamps_of_two_messages_have_nothing_in_common)
{
    char *one = stamps("primary"), *two = stamps("primary");
    static const char *const tags[] = { " id=", " j=", " p=" };
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        char a[32], b[32];
        read_tag(one, tags[i], a);
        read_tag(two, tags[i], b);
        ck_assert_str_ne(a, b);
    }
    char id[32], token[32];
    read_tag(one, " id=", id);
    read_tag(one, " p=", token);
    const struct keyring *keys = f.engine->keys;
    struct token mine = token_make(&keys->key[0], span_of(id), TOKEN_RECIPIENT, SPAN_LIT(HIDDEN));
    struct token other = token_make(&keys->key[1], span_of(id), TOKEN_RECIPIENT, SPAN_LIT(HIDDEN));
    ck_assert_str_eq(token, mine.text);
    ck_assert_str_ne(token, other.text);
    free(one);
    free(two);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("message limits");
    TCase *tc = tcase_create("message limits");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, there_is_a_limit_to_recipients);
    tcase_add_test(tc, a_submission_over_the_limit_is_handed_back);
    tcase_add_test(tc, as_many_recipients_as_a_trace_holds_are_traced);
    tcase_add_test(tc, there_is_a_limit_to_what_removing_costs);
    tcase_add_test(tc, there_is_a_limit_to_forged_fields);
    tcase_add_test(tc, odd_addresses_do_no_harm);
    tcase_add_test(tc, an_address_without_room_for_its_route_is_deferred);
    tcase_add_test(tc, a_long_address_leaves_room_for_the_reason);
    tcase_add_test(tc, a_stamp_tells_no_hidden_recipient);
    tcase_add_test(tc, stamps_of_two_messages_have_nothing_in_common);
    suite_add_tcase(suite, tc);
    return suite;
}
