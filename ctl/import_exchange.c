#include "ctl/import_source.h"

#include <string.h>

#include "base/count.h"
#include "core/route.h"

/*
 * Recipients of Exchange and Exchange Online: `Get-Recipient | Export-Csv`, Get-Mailbox,
 * Get-MailUser, Get-RemoteMailbox, and the same in the words of Active Directory. A mailbox is on
 * the system that exported it; a mail user stands for one on the other, which its external address
 * (targetAddress) reaches.
 */

static const char *const address_names[] = { "PrimarySmtpAddress", "WindowsEmailAddress", "mail",
                                             NULL };
static const char *const type_names[] = { "RecipientTypeDetails", "msExchRecipientTypeDetails",
                                          "RecipientType", NULL };
static const char *const target_names[] = { "ExternalEmailAddress", "RemoteRoutingAddress",
                                            "targetAddress", NULL };
static const char *const others_names[] = { "EmailAddresses", "proxyAddresses", NULL };

#define HOW_TO_EXPORT                                                                              \
    "Get-Recipient -ResultSize Unlimited | Select PrimarySmtpAddress,RecipientTypeDetails,"        \
    "ExternalEmailAddress,EmailAddresses | Export-Csv FILE"

enum what { WHAT_OTHER, WHAT_MAILBOX, WHAT_MAIL_USER, WHAT_REMOTE_MAILBOX };

/* The names of RecipientTypeDetails, and the numbers that Active Directory keeps for them. What is
 * not here is no mailbox of a user's: groups, contacts, guests, those of Exchange itself. */
static const struct {
    const char *name;
    const char *number;
    enum what what;
} types[] = {
    { "UserMailbox", "1", WHAT_MAILBOX },
    { "LinkedMailbox", "2", WHAT_MAILBOX },
    { "SharedMailbox", "4", WHAT_MAILBOX },
    { "LegacyMailbox", "8", WHAT_MAILBOX },
    { "RoomMailbox", "16", WHAT_MAILBOX },
    { "EquipmentMailbox", "32", WHAT_MAILBOX },
    { "SchedulingMailbox", "", WHAT_MAILBOX },
    { "LinkedRoomMailbox", "", WHAT_MAILBOX },
    { "TeamMailbox", "137438953472", WHAT_MAILBOX },
    { "GroupMailbox", "", WHAT_MAILBOX },
    { "MailUser", "128", WHAT_MAIL_USER },
    { "RemoteUserMailbox", "2147483648", WHAT_REMOTE_MAILBOX },
    { "RemoteRoomMailbox", "8589934592", WHAT_REMOTE_MAILBOX },
    { "RemoteEquipmentMailbox", "17179869184", WHAT_REMOTE_MAILBOX },
    { "RemoteSharedMailbox", "34359738368", WHAT_REMOTE_MAILBOX },
    { "RemoteTeamMailbox", "", WHAT_REMOTE_MAILBOX },
};

/* Without a type, what has an external address is a mail user. */
static enum what what_is(const struct exchange_recipient *r)
{
    struct span type = span_trim(r->type);
    if (type.n == 0)
        return r->target.n > 0 ? WHAT_MAIL_USER : WHAT_OTHER;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (span_ieq(type, span_of(types[i].name)) || span_eq(type, span_of(types[i].number)))
            return types[i].what;
    return WHAT_OTHER;
}

/* Without the `SMTP:` that stands before it; false where another kind of address does. */
static bool strip_kind(struct span *address)
{
    *address = span_trim(*address);
    if (span_istarts(*address, SPAN_LIT("smtp:")))
        *address = span_from(*address, sizeof("smtp:") - 1);
    else if (span_find(*address, ':') < span_find(*address, '@'))
        return false;
    return address->n > 0;
}

static bool is_made_by_template(const struct config_domain *d, const struct address *mailbox,
                                struct span target)
{
    struct buf made;
    buf_init(&made, ADDRESS_MAX);
    bool same = d && d->route && route_expand(span_of(d->route), mailbox, &made) == RESULT_OK &&
                span_ieq(buf_span(&made), target);
    buf_free(&made);
    return same;
}

/* The route that a mail user needs of its own: none where its target is the address itself, or the
 * one that the domain's template makes. */
static struct span route_of(const struct import_source *s, const struct exchange_recipient *r,
                            struct span target)
{
    struct address a;
    struct span route = target;
    if (address_parse(span_trim(r->address), &a) == RESULT_OK && a.kind == ADDRESS_MAILBOX) {
        const struct config_domain *d = config_find_domain(s->im->config, address_key_domain(&a));
        if (span_ieq(span_of(a.key), target) || is_made_by_template(d, &a, target))
            route = SPAN_ABSENT;
    }
    address_free(&a);
    return route;
}

bool import_exchange_take(struct import_source *s, const struct exchange_recipient *r)
{
    struct import_user u = { .line = r->line, .column = r->address_name, .address = r->address };
    struct span target = r->target;
    enum what what = what_is(r);
    bool reaches = strip_kind(&target);
    if (span_trim(r->address).n == 0 || what == WHAT_OTHER) {
        bool unnamed = span_trim(r->address).n == 0;
        import_skip(s->im, unnamed ? SKIP_NO_ADDRESS : SKIP_NOT_MAILBOX, r->line, r->address,
                    r->type);
        return false;
    }
    if (what == WHAT_MAIL_USER && !reaches) {
        import_skip(s->im, SKIP_NO_TARGET, r->line, r->address, r->target);
        return false;
    }
    import_user_say(&u, FIELD_HOME, import_source_home(s, what != WHAT_MAILBOX), r->type_name);
    if (what != WHAT_MAILBOX && reaches)
        import_user_say(&u, FIELD_ROUTE, route_of(s, r, target), r->target_name);
    return import_source_take(s, &u);
}

/* What stands between addresses in a list: blanks, and what people join them by. */
static bool is_between(char c)
{
    return memchr(" ,;|{}\t\r\n", c, 9) != NULL;
}

void import_exchange_aliases(struct import_source *s, size_t line, const char *column,
                             struct span list, struct span mailbox)
{
    const struct span kind = SPAN_LIT("smtp:");
    size_t i = 0;
    if (span_istarts(list, SPAN_LIT("System.")) || span_istarts(list, SPAN_LIT("Microsoft."))) {
        import_skip(s->im, SKIP_UNREADABLE_ALIAS, line, mailbox, list);
        return;
    }
    while (i < list.n) {
        size_t begin = i;
        while (i < list.n && !is_between(list.p[i]))
            i++;
        struct span word = { list.p + begin, i - begin };
        if (span_istarts(word, kind))
            import_take_alias(s->im, line, column, span_from(word, kind.n), mailbox);
        i++;
    }
}

/* Without types, what has no external address may be a mailbox or a group. The file is refused, for
 * one such row: to guess would take groups for mailboxes, and to pass it over leave mailboxes out.
 */
static bool is_untold(struct import_source *s, const struct import_columns *c,
                      const struct exchange_recipient *r)
{
    bool untold =
        c->type == CSV_FIELDS_MAX && span_trim(r->target).n == 0 && span_trim(r->address).n > 0;
    if (untold && !s->asked_type)
        import_fault(s->im, r->line, NULL,
                     "nothing says whether this is a mailbox: there is no column "
                     "RecipientTypeDetails; export it by " HOW_TO_EXPORT);
    s->asked_type = s->asked_type || untold;
    return untold;
}

static void read_row(struct import_source *s, const struct import_columns *c,
                     const struct csv_row *row)
{
    const struct exchange_recipient r = {
        .line = row->line,
        .address = import_cell(row, c->address),
        .type = import_cell(row, c->type),
        .target = import_cell(row, c->target),
        .address_name = c->address_name,
        .target_name = c->target_name,
        .type_name = c->type_name,
    };
    if (!is_untold(s, c, &r) && import_exchange_take(s, &r))
        import_exchange_aliases(s, row->line, c->others_name, import_cell(row, c->others),
                                r.address);
}

import_row_reader *import_exchange_find(struct import_source *s, const struct csv_row *names,
                                        struct import_columns *c)
{
    c->address = import_find_column(names, address_names, &c->address_name);
    c->type = import_find_column(names, type_names, &c->type_name);
    c->target = import_find_column(names, target_names, &c->target_name);
    c->others = import_find_column(names, others_names, &c->others_name);
    bool tells = c->type < CSV_FIELDS_MAX || c->target < CSV_FIELDS_MAX;
    if (c->address == CSV_FIELDS_MAX || (!tells && strcmp(c->address_name, "mail") == 0))
        return NULL;
    s->kind = "exchange";
    if (!tells)
        import_fault(s->im, names->line, NULL,
                     "nothing says which rows are mailboxes; export that by " HOW_TO_EXPORT);
    if (s->set->home != HOME_UNSET)
        import_source_refuse_home(s, names->line);
    if (!import_source_needs_system(s, names->line) || s->im->report.faults > 0)
        return NULL;
    return read_row;
}
