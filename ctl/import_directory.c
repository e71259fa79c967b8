#include "ctl/import_directory.h"

#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "ctl/import_source.h"
#include "ctl/ldif.h"
#include "ctl/zmprov.h"

/* Directories: LDIF of Zimbra's or Active Directory's LDAP and of our own export, and what zmprov
 * prints. */

/* No directory has an attribute of that name: what zmprov calls the account. */
#define ACCOUNT_NAME "# name"

/* Ours, in the order of enum import_field. */
static const char *const own_names[IMPORT_FIELDS] = {
    "coexistHome", "coexistRoute", "coexistGroup", "coexistAlias", "coexistCalendar", "coexistNote",
};

const char *import_own_attribute(enum import_field f)
{
    return own_names[f];
}

static const char *const wanted[] = {
    "dn",
    "objectClass",
    "mail",
    "zimbraMailDeliveryAddress",
    "zimbraMailTransport",
    "zimbraMailAlias",
    "targetAddress",
    "proxyAddresses",
    "msExchRecipientTypeDetails",
    "changetype",
};

bool import_entry_wants(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        if (span_ieq(name, span_of(wanted[i])))
            return true;
    for (size_t i = 0; i < IMPORT_FIELDS; i++)
        if (span_ieq(name, span_of(own_names[i])))
            return true;
    return false;
}

/* An attribute that has one value stands twice where a user has written one into a text that is
 * printed as it is. */
static bool is_single(struct import_source *s, const struct attributes *a, const char *name)
{
    size_t first = attributes_find(a, name);
    for (size_t i = first + 1; i < a->n; i++) {
        if (!span_ieq(attributes_name(a, i), span_of(name)))
            continue;
        import_fault(s->im, a->at[i].line, name, "stands in line %zu too: which one is it?",
                     a->at[first].line);
        return false;
    }
    return true;
}

static void take_own(struct import_source *s, const struct attributes *a, size_t line)
{
    struct import_user u = { .line = line, .column = "mail" };
    u.address = attributes_get(a, "mail");
    bool good = is_single(s, a, "mail");
    for (size_t f = 0; f < IMPORT_FIELDS; f++) {
        import_user_say(&u, f, attributes_get(a, own_names[f]), own_names[f]);
        good = good && is_single(s, a, own_names[f]);
    }
    if (good)
        import_source_take(s, &u);
}

/* The delivery address is the account's own; `mail` has its aliases too, and comes last. */
static struct span address_of(const struct attributes *a, const char **name)
{
    static const char *const names[] = { "zimbraMailDeliveryAddress", ACCOUNT_NAME, "mail" };
    struct span address = SPAN_ABSENT;
    for (size_t i = 0; i < COUNT_OF(names) && !span_present(address); i++) {
        *name = names[i];
        address = attributes_get(a, *name);
    }
    return address;
}

static void take_zimbra(struct import_source *s, const struct attributes *a, size_t line)
{
    struct import_user u = { .line = line };
    enum system system;
    u.address = address_of(a, &u.column);
    if (!is_single(s, a, "zimbraMailTransport") || !is_single(s, a, "zimbraMailDeliveryAddress"))
        return;
    struct span transport = attributes_get(a, "zimbraMailTransport");
    if (!transports_system(&s->transports, transport, &system)) {
        import_skip(s->im, SKIP_UNKNOWN_SYSTEM, line, u.address, transport);
        return;
    }
    import_user_say(&u, FIELD_HOME, span_of(system_name(system)), "zimbraMailTransport");
    if (!import_source_take(s, &u))
        return;
    for (size_t i = 0; i < a->n; i++) {
        struct span value = attributes_value(a, i);
        if (span_ieq(attributes_name(a, i), SPAN_LIT("mail")) ||
            (span_ieq(attributes_name(a, i), SPAN_LIT("zimbraMailAlias")) &&
             !attributes_has(a, "mail", value)))
            import_take_alias(s->im, line, "mail", value, u.address);
    }
}

static void take_active_directory(struct import_source *s, const struct attributes *a, size_t line)
{
    const struct exchange_recipient r = {
        .line = line,
        .address = attributes_get(a, "mail"),
        .type = attributes_get(a, "msExchRecipientTypeDetails"),
        .target = attributes_get(a, "targetAddress"),
        .address_name = "mail",
        .target_name = "targetAddress",
        .type_name = "msExchRecipientTypeDetails",
    };
    if (!import_exchange_take(s, &r))
        return;
    for (size_t i = 0; i < a->n; i++) {
        struct span value = attributes_value(a, i);
        if (span_ieq(attributes_name(a, i), SPAN_LIT("proxyAddresses")) &&
            span_istarts(value, SPAN_LIT("smtp:")))
            import_take_alias(s->im, line, "proxyAddresses", span_from(value, sizeof("smtp:") - 1),
                              r.address);
    }
}

static bool is_zimbra_account(const struct attributes *a)
{
    bool group = attributes_has(a, "objectClass", SPAN_LIT("zimbraDistributionList")) ||
                 attributes_has(a, "objectClass", SPAN_LIT("zimbraGroup"));
    return !group && (span_present(attributes_get(a, "zimbraMailTransport")) ||
                      attributes_has(a, "objectClass", SPAN_LIT("zimbraAccount")));
}

static bool is_exchange_recipient(const struct attributes *a)
{
    return span_present(attributes_get(a, "msExchRecipientTypeDetails")) ||
           span_present(attributes_get(a, "targetAddress"));
}

void import_entry_take(struct import_source *s, const struct attributes *a, size_t line)
{
    struct span change = attributes_get(a, "changetype");
    const char *name;
    struct span address = address_of(a, &name);
    s->im->rows++;
    if (span_present(change) && !span_ieq(span_trim(change), SPAN_LIT("add")))
        import_skip(s->im, SKIP_CHANGE_RECORD, line, address, change);
    else if (!span_present(address))
        import_skip(s->im, SKIP_NO_ADDRESS, line, SPAN_ABSENT, attributes_get(a, "dn"));
    else if (attributes_has(a, "objectClass", SPAN_LIT(IMPORT_OWN_CLASS)))
        take_own(s, a, line);
    else if (is_zimbra_account(a))
        take_zimbra(s, a, line);
    else if (!is_exchange_recipient(a))
        import_skip(s->im, SKIP_NOT_MAILBOX, line, address, SPAN_ABSENT);
    else if (import_source_needs_system(s, line))
        take_active_directory(s, a, line);
}

static void keep(struct import_source *s, struct attributes *a, struct span name, struct span value,
                 size_t line)
{
    if (!attributes_add(a, name, value, line))
        import_fault(s->im, line, NULL, "the entry is too large: more than %d values",
                     ATTRIBUTES_MAX);
}

static void read_attribute(struct import_source *s, struct ldif *l, struct attributes *a,
                           struct buf *value)
{
    char name[64];
    if (!import_entry_wants(l->name))
        return;
    snprintf(name, sizeof(name), "%.*s", SPAN_ARG(l->name));
    if (ldif_value(l, value))
        keep(s, a, l->name, buf_span(value), l->name_line);
    else
        import_fault(s->im, l->fault_line, name, "%s", l->fault);
}

/* The line of an entry is the one of its first attribute, `dn`. */
void import_ldif_read(struct import_source *s, struct span text)
{
    struct ldif l;
    struct attributes a;
    struct buf value;
    enum ldif_step step;
    size_t line = 0, faults = 0;
    ldif_begin(&l, text);
    attributes_init(&a);
    buf_init(&value, LDIF_VALUE_MAX);
    while ((step = ldif_next(&l)) < LDIF_END && !s->im->failed) {
        if (line == 0) {
            line = l.name_line;
            faults = s->im->report.faults;
        }
        if (step == LDIF_ATTRIBUTE) {
            read_attribute(s, &l, &a, &value);
            continue;
        }
        /* What is wrong with an attribute is told already. */
        if (s->im->report.faults == faults)
            import_entry_take(s, &a, line);
        attributes_clear(&a);
        line = 0;
    }
    if (step == LDIF_FAULT)
        import_fault(s->im, l.fault_line, NULL, "%s", l.fault);
    attributes_free(&a);
    buf_free(&value);
}

void import_zmprov_read(struct import_source *s, struct span text)
{
    struct zmprov z;
    struct attributes a;
    enum zmprov_step step = ZMPROV_ATTRIBUTE;
    size_t line = 0;
    zmprov_begin(&z, text);
    attributes_init(&a);
    while (step != ZMPROV_END && !s->im->failed) {
        step = zmprov_next(&z);
        if (step == ZMPROV_ATTRIBUTE) {
            if (import_entry_wants(z.name))
                keep(s, &a, z.name, z.value, z.name_line);
            continue;
        }
        if (line > 0)
            import_entry_take(s, &a, line);
        attributes_clear(&a);
        line = z.name_line;
        if (step == ZMPROV_ACCOUNT)
            keep(s, &a, SPAN_LIT(ACCOUNT_NAME), z.value, line);
    }
    attributes_free(&a);
}
