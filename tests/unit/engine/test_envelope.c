#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "engine/envelope.h"
#include "tests/support/engine_fixture.h"

#define RECIPIENTS_MAX 8

static struct config config = { .loop_mailbox = (char[]){ "<Loops@s.example>" } };
static struct engine engine = { .config = &config };

static void setup(void)
{
    ck_assert_int_eq(address_parse(span_of(config.loop_mailbox), &engine.loop_mailbox), RESULT_OK);
}

static void teardown(void)
{
    address_free(&engine.loop_mailbox);
    fixture_text(NULL);
}

/* A recipient that was decided so; target: its address at the peer, or NULL. */
static struct recipient make(const char *text, const char *params, enum action action,
                             enum action route, const char *target)
{
    struct recipient r = { .text = strdup(text), .params = strdup(params) };
    r.target = target ? strdup(target) : NULL;
    r.decision.action = action;
    r.decision.route = route;
    /* What is no address is not ours. */
    if (address_parse(span_of(text), &r.address) != RESULT_OK)
        ck_assert_int_eq(action, ACTION_LEAVE);
    return r;
}

/* `WHAT TEXT [TARGET]` for each recipient, in lines; WHAT is one letter. */
static struct recipient read_line(struct span line)
{
    char text[300], target[300] = "";
    char what;
    char *copy = strndup(line.p, line.n);
    ck_assert_int_ge(sscanf(copy, "%c %299s %299s", &what, text, target), 2);
    free(copy);
    const char *to = target[0] ? target : NULL;
    switch (what) {
    case 'L': /* left alone */
        return make(text, "", ACTION_LEAVE, ACTION_LEAVE, NULL);
    case 'H': /* here */
        return make(text, "", ACTION_HERE, ACTION_HERE, to);
    case 'D': /* diverted */
        return make(text, "", ACTION_DIVERT, ACTION_DIVERT, to);
    case 'B': /* both */
        return make(text, "", ACTION_BOTH, ACTION_BOTH, to);
    case 'M': /* to the loop mailbox */
        return make(text, "", ACTION_LOOP_MAILBOX, ACTION_DIVERT, to);
    case 'h': /* the message is held, it would go to the peer */
        return make(text, "", ACTION_HOLD, ACTION_DIVERT, to);
    case 'k': /* held, it would stay */
        return make(text, "", ACTION_HOLD, ACTION_HERE, to);
    default:
        ck_assert_int_eq(what, 'o'); /* observed, it would go to the peer */
        struct recipient r = make(text, "", ACTION_DIVERT, ACTION_DIVERT, to);
        r.decision.observed = true;
        return r;
    }
}

static size_t read_lines(const char *lines, struct recipient *r)
{
    struct span rest = span_of(lines), line;
    size_t n = 0;
    while (rest.n > 0 && span_split(&rest, '\n', &line)) {
        ck_assert_uint_lt(n, RECIPIENTS_MAX);
        r[n++] = read_line(line);
    }
    return n;
}

#define ORCPT(address) " ORCPT=rfc822;" address

static const struct {
    const char *what;
    const char *recipients;
    const char *edits;
} plans[] = {
    { "all stay", "H <a@d>\nL <b@d>\n", "" },
    { "one goes", "D <a@d> a@p\n", "add <a@p>" ORCPT("a@d") "\ndelete <a@d>\n" },
    { "additions before deletions", "D <a@d> a@p\nD <b@d> b@p\n",
      "add <a@p>" ORCPT("a@d") "\nadd <b@p>" ORCPT("b@d") "\ndelete <a@d>\ndelete <b@d>\n" },
    { "text as it came", "D <Anna+x@D.Example.> anna@p\n",
      "add <anna@p>" ORCPT("Anna+2Bx@D.Example") "\ndelete <Anna+x@D.Example.>\n" },
    { "without brackets", "D Anna@d anna@p\n", "add <anna@p>" ORCPT("Anna@d") "\ndelete Anna@d\n" },
    { "source route", "D <@relay:a@d> a@p\n", "add <a@p>" ORCPT("a@d") "\ndelete <@relay:a@d>\n" },
    { "no target: the map's", "D <a@d>\n", "" },
    { "both", "B <a@d> a@p\n", "add <a@p>" ORCPT("a@d") "\n" },
    { "loop mailbox", "M <a@d> a@p\n", "add <Loops@s.example>" ORCPT("a@d") "\ndelete <a@d>\n" },
    { "two to the loop mailbox", "M <a@d>\nM <b@d>\n",
      "add <Loops@s.example>" ORCPT("a@d") "\ndelete <a@d>\ndelete <b@d>\n" },
    { "loop mailbox is there", "M <a@d>\nH <loops@S.example>\n", "delete <a@d>\n" },
    { "held, to go", "h <a@d> a@p\n", "add <a@p>" ORCPT("a@d") "\ndelete <a@d>\n" },
    { "held, to stay", "k <a@d> a@p\n", "" },
    { "observed", "o <a@d> a@p\n", "" },
    { "here, with a target", "H <a@d> a@p\n", "" },

    { "two to one target", "D <a@d> x@p\nD <b@d> x@p\n",
      "add <x@p>" ORCPT("a@d") "\ndelete <a@d>\ndelete <b@d>\n" },
    { "two to one target, in two cases", "D <a@d> x@p\nD <b@d> X@P\n",
      "add <x@p>" ORCPT("a@d") "\ndelete <a@d>\ndelete <b@d>\n" },
    { "the same twice", "D <a@d> a@p\nD <a@d> a@p\n",
      "add <a@p>" ORCPT("a@d") "\ndelete <a@d>\ndelete <a@d>\n" },
    { "the same in two cases", "D <a@d> a@p\nD <A@D> A@p\n",
      "add <a@p>" ORCPT("a@d") "\ndelete <a@d>\ndelete <A@D>\n" },
    { "flipped between two commands", "H <a@d>\nD <a@d> a@p\n", "add <a@p>" ORCPT("a@d") "\n" },
    { "flipped back between two", "D <A@d> a@p\nH <a@d>\n", "add <a@p>" ORCPT("A@d") "\n" },
    { "both, twice", "B <a@d> a@p\nB <A@d> A@p\n", "add <a@p>" ORCPT("a@d") "\n" },
    { "the target is there and stays", "D <a@d> a@p\nL <a@p>\n", "delete <a@d>\n" },
    { "the target is there first", "L <A@P>\nD <a@d> a@p\n", "delete <a@d>\n" },
    { "the copy is there", "B <a@d> a@p\nL <a@p>\n", "" },
    { "the target goes elsewhere itself", "D <a@d> b@d\nD <b@d> b@p\n",
      "add <b@p>" ORCPT("b@d") "\ndelete <a@d>\n" },
    { "the target went elsewhere before", "D <b@d> b@p\nD <a@d> b@d\n",
      "add <b@p>" ORCPT("b@d") "\ndelete <a@d>\n" },
    { "in a circle", "D <a@d> b@d\nD <b@d> a@d\n", "" },
    { "one of two ways to the same", "D <a@d> x@p\nM <b@d> x@p\n",
      "add <x@p>" ORCPT("a@d") "\nadd <Loops@s.example>" ORCPT("b@d") "\ndelete <a@d>\n"
                                                                      "delete <b@d>\n" },
    { "no address", "L postmaster@\nD <a@d> a@p\n", "add <a@p>" ORCPT("a@d") "\ndelete <a@d>\n" },
};

static void free_all(struct recipient *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        recipient_free(&r[i]);
}

START_TEST(the_edits_are_the_fewest)
{
    struct recipient r[RECIPIENTS_MAX];
    struct verdict v = { .edits = 0 };
    size_t n = read_lines(plans[_i].recipients, r);
    envelope_plan(r, n, &engine, &v);
    ck_assert_msg(!v.failed, "%s: failed", plans[_i].what);
    const char *text = fixture_text(&v);
    ck_assert_msg(strcmp(text, plans[_i].edits) == 0, "%s: got\n%swant\n%s", plans[_i].what, text,
                  plans[_i].edits);
    verdict_free(&v);
    free_all(r, n);
}
END_TEST

START_TEST(no_message_without_recipients_is_changed)
{
    struct verdict v = { .edits = 0 };
    envelope_plan(NULL, 0, &engine, &v);
    ck_assert(!v.failed);
    ck_assert_uint_eq(v.edits, 0);
    verdict_free(&v);
}
END_TEST

static const struct {
    const char *text, *params, *want;
} params[] = {
    { "<a@d>", "", "ORCPT=rfc822;a@d" },
    { "<Bob+x@Example.com>", "", "ORCPT=rfc822;Bob+2Bx@Example.com" },
    { "<\"a b\"@d>", "", "ORCPT=rfc822;\"a+20b\"@d" },
    { "<@r:a@d>", "", "ORCPT=rfc822;a@d" },
    { "<a@d>", "NOTIFY=NEVER", "NOTIFY=NEVER ORCPT=rfc822;a@d" },
    { "<a@d>", "notify=success,Failure", "notify=success,Failure ORCPT=rfc822;a@d" },
    { "<a@d>", "ORCPT=rfc822;x@y", "ORCPT=rfc822;x@y" },
    { "<a@d>", "orcpt=RFC822;X@y NOTIFY=DELAY", "orcpt=RFC822;X@y NOTIFY=DELAY" },
    { "<a@d>", "NOTIFY=DELAY Orcpt=utf-8;x@y", "NOTIFY=DELAY Orcpt=utf-8;x@y" },
    { "<a@d>", "X-OTHER=1 NOTIFY=DELAY RRVS=2014-04-03T23:01:00Z",
      "NOTIFY=DELAY ORCPT=rfc822;a@d" },
    { "<a@d>", "SMTPUTF8", "ORCPT=rfc822;a@d" },
    { "<a@d>", "XNOTIFY=NEVER ORCPTX=1", "ORCPT=rfc822;a@d" },
    { "<a@d>", "  NOTIFY=NEVER  ", "NOTIFY=NEVER ORCPT=rfc822;a@d" },
    { "<b\xc3\xbc@d>", "", "ORCPT=utf-8;b\\x{FC}@d" },
    { "<b\xc3\xbc@d>", "ORCPT=rfc822;x@y", "ORCPT=rfc822;x@y" },
    { "<b\xfc@d>", "", "ORCPT=rfc822;b+FC@d" },
    { "<a@\xe4\xbe\x8b.example>", "NOTIFY=NEVER", "NOTIFY=NEVER ORCPT=utf-8;a@\\x{4F8B}.example" },
};

START_TEST(an_added_recipient_keeps_its_notification)
{
    struct recipient r =
        make(params[_i].text, params[_i].params, ACTION_DIVERT, ACTION_DIVERT, "t@p");
    struct buf out;
    buf_init(&out, 1000);
    envelope_params(&r, &out);
    ck_assert(buf_ok(&out));
    ck_assert_str_eq(buf_text(&out), params[_i].want);
    buf_free(&out);
    recipient_free(&r);
}
END_TEST

/* The longest address, all of it octets that need an escape. */
START_TEST(the_longest_address_has_an_original_recipient)
{
    char text[ADDRESS_MAX + 3] = "<";
    struct verdict v = { .edits = 0 };
    memset(text + 1, 0xfc, ADDRESS_MAX - 2);
    strcpy(text + ADDRESS_MAX - 1, "@d>");
    struct recipient r =
        make(text, "NOTIFY=SUCCESS,FAILURE,DELAY", ACTION_DIVERT, ACTION_DIVERT, "t@p");
    envelope_plan(&r, 1, &engine, &v);
    ck_assert(!v.failed);
    ck_assert_uint_eq(v.edits, 2);
    ck_assert_uint_eq(strlen(v.edit[0].value),
                      strlen("NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;@d") +
                          3 * (ADDRESS_MAX - 2));
    ck_assert_str_eq(v.edit[1].name, text);
    verdict_free(&v);
    recipient_free(&r);
}
END_TEST

START_TEST(parameters_without_end_fail_the_plan)
{
    char long_param[6000] = "ORCPT=rfc822;";
    struct verdict v = { .edits = 0 };
    memset(long_param + strlen(long_param), 'x', 5000);
    struct recipient r = make("<a@d>", long_param, ACTION_DIVERT, ACTION_DIVERT, "a@p");
    envelope_plan(&r, 1, &engine, &v);
    ck_assert(v.failed);
    verdict_free(&v);
    recipient_free(&r);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("envelope");
    TCase *tc = tcase_create("envelope");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, the_edits_are_the_fewest, 0, COUNT_OF(plans));
    tcase_add_test(tc, no_message_without_recipients_is_changed);
    tcase_add_loop_test(tc, an_added_recipient_keeps_its_notification, 0, COUNT_OF(params));
    tcase_add_test(tc, the_longest_address_has_an_original_recipient);
    tcase_add_test(tc, parameters_without_end_fail_the_plan);
    suite_add_tcase(suite, tc);
    return suite;
}
