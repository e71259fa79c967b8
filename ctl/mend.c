#include "ctl/mend.h"

#include "ctl/shell_word.h"
#include "ctl/subject.h"
#include "state/record.h"

/* The user whose record counts: that of the key which said it, where that is a user's; else of the
 * mailbox, or the recipient itself, whose own record then counts before a group's or a default. */
static struct span user_of(const struct event *e, const char *prefix)
{
    enum record_kind kind;
    struct span name, key = event_get(e, "key"), alias = event_get(e, "alias-of");
    if (span_present(key) && record_of_key(span_of(prefix), key, &kind, &name) &&
        kind == RECORD_USER)
        return name;
    return span_present(alias) ? alias : event_get(e, "rcpt");
}

static void write_commands(struct mend *m, struct span user, const char *prefix, enum system to)
{
    if (!shell_word_can_be_typed(user) || !shell_word_can_be_typed(span_of(prefix)))
        return;
    struct buf address;
    buf_init(&address, MEND_TEXT_MAX);
    subject_write_address(&address, user);
    buf_adds(&m->flip, user.p[0] == '-' ? "coexistctl flip -- " : "coexistctl flip ");
    shell_word_add(&m->flip, buf_span(&address));
    buf_free(&address);
    buf_addf(&m->flip, " %s", system_name(to));
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    if (record_key(span_of(prefix), RECORD_USER, user, &key)) {
        buf_adds(&m->redis, "redis-cli HSET ");
        shell_word_add(&m->redis, buf_span(&key));
        buf_addf(&m->redis, " home %s", system_name(to));
    }
    buf_free(&key);
}

/* A path begins with the system of the node. */
static enum system system_of(const struct event *e, enum system otherwise)
{
    struct span path = event_get(e, "path");
    if (path.n > 0 && path.p[0] == system_letter(SYSTEM_PRIMARY))
        return SYSTEM_PRIMARY;
    if (path.n > 0 && path.p[0] == system_letter(SYSTEM_SECONDARY))
        return SYSTEM_SECONDARY;
    return otherwise;
}

static void add_group(struct mend *m, const struct event *e, const char *prefix)
{
    enum record_kind kind;
    struct span name, key = event_get(e, "key");
    if (span_present(key) && record_of_key(span_of(prefix), key, &kind, &name) &&
        kind == RECORD_GROUP)
        buf_adds(&m->when, ", and alone of its group, which the record comes from");
}

/* The peer hands over, or sends back, what by the record lives there. */
static void mend_returned(struct mend *m, const struct event *e, const char *prefix,
                          enum system own)
{
    const char *peer = system_name(system_other(own));
    write_commands(m, user_of(e, prefix), prefix, own);
    buf_addf(&m->when, "if the mailbox is on the %s already: the record is stale",
             system_name(own));
    add_group(m, e, prefix);
    buf_addf(&m->other,
             "if it is still on the %s: the routing there is wrong, which sends its mail here "
             "instead of delivering it (a forward or target address that is too early, an internal "
             "relay domain, an alias)",
             peer);
}

/* It is delivered here, and yet it comes again. */
static void mend_kept(struct mend *m, enum system own)
{
    buf_addf(&m->other,
             "the record says the %s, where it was delivered: no flip would mend it. Look for what "
             "sends it on from there: a forward, a rule, or a second address of the mailbox that "
             "leads back",
             system_name(own));
}

static void mend_both(struct mend *m, const struct event *e, const char *prefix, enum system own)
{
    write_commands(m, user_of(e, prefix), prefix, own);
    buf_addf(&m->when, "if the move is over: nothing is sent to the %s any more",
             system_name(system_other(own)));
    buf_addf(&m->other,
             "else the %s sends its copy back: take the forward to the %s off the mailbox there",
             system_name(system_other(own)), system_name(own));
}

void mend_init(struct mend *m, const struct event *e, const char *prefix, enum system own)
{
    enum home home = HOME_UNSET;
    enum system node = system_of(e, own);
    buf_init(&m->flip, MEND_TEXT_MAX);
    buf_init(&m->redis, MEND_TEXT_MAX);
    buf_init(&m->when, MEND_TEXT_MAX);
    buf_init(&m->other, MEND_TEXT_MAX);
    home_parse(event_get(e, "home"), &home);
    if (event_is(e, "reason", "hops"))
        buf_adds(&m->other, "no record is at fault: see in the path, or with `coexistctl inspect`, "
                            "which hosts pass it on");
    else if (!event_is_acted_on(e))
        buf_adds(&m->other, "only suspected, and nothing was held up: its path returns");
    else if (home == home_of(node))
        mend_kept(m, node);
    else if (home == HOME_BOTH)
        mend_both(m, e, prefix, node);
    else
        mend_returned(m, e, prefix, node);
}

bool mend_ok(const struct mend *m)
{
    return buf_ok(&m->flip) && buf_ok(&m->redis) && buf_ok(&m->when) && buf_ok(&m->other);
}

void mend_free(struct mend *m)
{
    buf_free(&m->flip);
    buf_free(&m->redis);
    buf_free(&m->when);
    buf_free(&m->other);
}
