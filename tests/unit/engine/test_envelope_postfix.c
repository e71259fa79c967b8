#include "tests/support/unit.h"

#include <string.h>

#include "engine/envelope.h"

/*
 * Envelopes at random, put through the MTA's own way with edits: an added recipient goes to the end
 * of the list, whoever is there; a deleted one takes all of exactly that text with it.
 */

#define SEEDS 10
#define ROUNDS 1000
#define ROUNDS_WATCHED 100
#define RECIPIENTS_MAX 6
#define FINAL_MAX (2 * RECIPIENTS_MAX)

#define LOOPS "loops@s"

static struct config config = { .loop_mailbox = (char[]){ LOOPS } };
static struct engine engine = { .config = &config };

/* Each is one mailbox, written in several ways. */
static const char *const people[][3] = {
    { "<a@d>", "<A@d>", "<a@D.>" },    { "<b@d>", "<@r:b@d>", "b@d" },
    { "<c@d>", "<\"c\"@d>", "<C@D>" }, { "<a@p>", "<A@P>", "<@x,@y:a@p>" },
    { "<b@p>", "<B@p>", "<\"b\"@p>" }, { "<loops@s>", "<Loops@S>", "<\"loops\"@s>" },
};

/* Where a mailbox may be sent, the same for all its names. */
static const char *const targets[] = { "a@p", "b@p", "B@P", "b@d", "c@d", "x@p" };

static unsigned long seed;

static unsigned pick(unsigned n)
{
    seed = seed * 6364136223846793005ul + 1442695040888963407ul;
    return (unsigned)(seed >> 33) % n;
}

/* What is decided for one mailbox. */
struct fate {
    enum action action, route;
    const char *target;
    bool observed;
};

static struct fate make_fate(unsigned person)
{
    static const enum action actions[] = { ACTION_LEAVE,        ACTION_HERE,   ACTION_DIVERT,
                                           ACTION_DIVERT,       ACTION_DIVERT, ACTION_BOTH,
                                           ACTION_LOOP_MAILBOX, ACTION_HOLD };
    static const enum action routes[] = { ACTION_HERE, ACTION_DIVERT, ACTION_BOTH };
    struct fate f = { .action = actions[pick(COUNT_OF(actions))], .observed = pick(10) == 0 };
    struct address own, to;
    f.route = f.action == ACTION_HOLD ? routes[pick(3)] : f.action;
    f.target = pick(8) ? targets[pick(COUNT_OF(targets))] : NULL;
    if (!f.target)
        return f;
    /* A route never leads to the recipient itself; nor is the loop mailbox its own. */
    ck_assert_int_eq(address_parse(span_of(people[person][0]), &own), RESULT_OK);
    ck_assert_int_eq(address_parse(span_of(f.target), &to), RESULT_OK);
    if (strcmp(own.key, to.key) == 0)
        f.target = NULL;
    if (f.action == ACTION_LOOP_MAILBOX && strcmp(own.key, LOOPS) == 0)
        f.action = f.route = ACTION_HERE;
    address_free(&own);
    address_free(&to);
    return f;
}

static size_t make_envelope(struct recipient r[RECIPIENTS_MAX])
{
    struct fate fate[COUNT_OF(people)] = { { .target = NULL } };
    size_t n = 1 + pick(RECIPIENTS_MAX);
    for (unsigned i = 0; i < COUNT_OF(people); i++)
        fate[i] = make_fate(i);
    for (size_t i = 0; i < n; i++) {
        unsigned person = pick(COUNT_OF(people));
        /* A flip between two commands for the same mailbox. */
        struct fate f = pick(6) ? fate[person] : make_fate(person);
        const char *text = people[person][pick(3)];
        r[i] = (struct recipient){ .text = strdup(text), .params = strdup("") };
        r[i].target = f.target ? strdup(f.target) : NULL;
        r[i].decision = (struct decision){ f.action, REASON_DEFAULT, f.route, f.observed };
        ck_assert_int_eq(address_parse(span_of(text), &r[i].address), RESULT_OK);
    }
    return n;
}

struct mta {
    char *text[FINAL_MAX];
    size_t n;
};

static void mta_add(struct mta *m, const char *text)
{
    ck_assert_uint_lt(m->n, FINAL_MAX);
    m->text[m->n++] = strdup(text);
}

static void mta_delete(struct mta *m, const char *text)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (strcmp(m->text[i], text) == 0)
            free(m->text[i]);
        else
            m->text[kept++] = m->text[i];
    }
    m->n = kept;
}

static bool same_mailbox(const char *text, const char *key)
{
    struct address a;
    ck_assert_int_eq(address_parse(span_of(text), &a), RESULT_OK);
    bool same = strcmp(a.key, key) == 0;
    address_free(&a);
    return same;
}

static size_t mta_count(const struct mta *m, const char *key)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        n += same_mailbox(m->text[i], key);
    return n;
}

/* The contract's own words: what becomes of a recipient's delivery, and by what address. */
static enum action delivery(const struct recipient *r)
{
    const struct decision *d = &r->decision;
    if (d->observed)
        return ACTION_LEAVE;
    return d->action == ACTION_HOLD ? d->route : d->action;
}

static bool wants_target(const struct recipient *r)
{
    enum action a = delivery(r);
    return a == ACTION_LOOP_MAILBOX || ((a == ACTION_DIVERT || a == ACTION_BOTH) && r->target);
}

static const char *target(const struct recipient *r)
{
    return delivery(r) == ACTION_LOOP_MAILBOX ? LOOPS : r->target;
}

static bool stays(const struct recipient *r)
{
    return !wants_target(r) || delivery(r) == ACTION_BOTH;
}

static size_t count_text(char *const *text, size_t n, const char *wanted)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += strcmp(text[i], wanted) == 0;
    return count;
}

static void assert_nobody_is_lost(const struct recipient *r, size_t n, const struct mta *m)
{
    ck_assert_uint_gt(m->n, 0);
    for (size_t i = 0; i < n; i++) {
        if (stays(&r[i]))
            ck_assert_msg(count_text(m->text, m->n, r[i].text) > 0, "%s is lost", r[i].text);
        if (wants_target(&r[i])) {
            struct address a;
            ck_assert_int_eq(address_parse(span_of(target(&r[i])), &a), RESULT_OK);
            ck_assert_msg(mta_count(m, a.key) > 0, "%s for %s is lost", a.key, r[i].text);
            address_free(&a);
        }
    }
}

/* Everybody at the end came to stay, or is the target of one who came. */
static void assert_nobody_is_there_in_vain(const struct recipient *r, size_t n, const struct mta *m)
{
    for (size_t i = 0; i < m->n; i++) {
        bool wanted = false;
        for (size_t j = 0; j < n && !wanted; j++) {
            wanted = stays(&r[j]) && same_mailbox(m->text[i], r[j].address.key);
            if (!wanted && wants_target(&r[j])) {
                struct address a;
                ck_assert_int_eq(address_parse(span_of(target(&r[j])), &a), RESULT_OK);
                wanted = same_mailbox(m->text[i], a.key);
                address_free(&a);
            }
        }
        ck_assert_msg(wanted, "%s is there in vain", m->text[i]);
    }
}

/* No mailbox is there more often than it came, or than once. */
static void assert_nobody_is_added_twice(const struct recipient *r, size_t n, const struct mta *m)
{
    for (size_t i = 0; i < m->n; i++) {
        struct address a;
        size_t came = 0;
        ck_assert_int_eq(address_parse(span_of(m->text[i]), &a), RESULT_OK);
        for (size_t j = 0; j < n; j++)
            came += strcmp(r[j].address.key, a.key) == 0;
        size_t there = mta_count(m, a.key);
        ck_assert_msg(there <= (came ? came : 1), "%s came %zu times and is there %zu times", a.key,
                      came, there);
        address_free(&a);
    }
}

static void apply(const struct verdict *v, struct mta *m)
{
    bool deleted = false;
    for (size_t i = 0; i < v->edits; i++) {
        const struct edit *e = &v->edit[i];
        ck_assert(e->kind == EDIT_ADD_RECIPIENT || e->kind == EDIT_DELETE_RECIPIENT);
        if (e->kind == EDIT_ADD_RECIPIENT) {
            ck_assert_msg(!deleted, "%s is added behind a deletion", e->name);
            mta_add(m, e->name);
        } else {
            deleted = true;
            mta_delete(m, e->name);
        }
    }
}

/* Returns how many edits there were. */
static size_t play_round(void)
{
    struct recipient r[RECIPIENTS_MAX];
    struct verdict v = { .edits = 0 };
    struct mta m = { .n = 0 };
    size_t n = make_envelope(r);
    for (size_t i = 0; i < n; i++)
        mta_add(&m, r[i].text);
    envelope_plan(r, n, &engine, &v);
    ck_assert(!v.failed);
    size_t edits = v.edits;
    apply(&v, &m);
    assert_nobody_is_lost(r, n, &m);
    assert_nobody_is_there_in_vain(r, n, &m);
    assert_nobody_is_added_twice(r, n, &m);
    while (m.n > 0)
        free(m.text[--m.n]);
    verdict_free(&v);
    for (size_t i = 0; i < n; i++)
        recipient_free(&r[i]);
    return edits;
}

START_TEST(the_mta_loses_nobody)
{
    const unsigned rounds = unit_is_watched() ? ROUNDS_WATCHED : ROUNDS;
    size_t edits = 0;
    seed = (unsigned long)_i;
    ck_assert_int_eq(address_parse(SPAN_LIT(LOOPS), &engine.loop_mailbox), RESULT_OK);
    for (unsigned i = 0; i < rounds; i++)
        edits += play_round();
    ck_assert_uint_gt(edits, rounds);
    address_free(&engine.loop_mailbox);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("envelope at the MTA");
    TCase *tc = tcase_create("envelope at the MTA");
    tcase_add_loop_test(tc, the_mta_loses_nobody, 0, SEEDS);
    suite_add_tcase(suite, tc);
    return suite;
}
