#include "ctl/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* uthash calls exit() without memory unless told otherwise. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "ctl/subject.h"
#include "ctl/text_file.h"
#include "state/fault.h"

#define FAULT_TEXT_MAX 512
#define NO_CHANGE ((size_t)-1)

#define BIT(field) (1u << (field))
/* What stands in the record of a mailbox, and never beside an alias. */
#define OF_MAILBOX (BIT(FIELD_HOME) | BIT(FIELD_ROUTE) | BIT(FIELD_GROUP) | BIT(FIELD_CALENDAR))

static const char *const field_names[IMPORT_FIELDS] = {
    "home", "route", "group", "alias", "calendar", "note",
};

struct import_seen {
    UT_hash_handle hh;
    size_t change; /* its number in the list; NO_CHANGE: it was passed over */
    size_t octets;
    char address[];
};

const char *import_field_name(enum import_field f)
{
    return field_names[f];
}

void import_user_say(struct import_user *u, enum import_field f, struct span value,
                     const char *column)
{
    u->says |= BIT(f);
    u->value[f] = value;
    u->value_column[f] = column;
}

bool import_init(struct import *im, const struct config *config)
{
    *im = (struct import){ .config = config, .part = "column" };
    im->covered = calloc(config->domains + 1, sizeof(*im->covered));
    return im->covered;
}

void import_free(struct import *im)
{
    struct import_seen *s = im->seen;
    HASH_CLEAR(hh, im->seen);
    while (s) {
        struct import_seen *next = s->hh.next;
        free(s);
        s = next;
    }
    changes_free(&im->changes);
    import_report_free(&im->report);
    free(im->covered);
    *im = (struct import){ 0 };
}

void import_fault(struct import *im, size_t line, const char *column, const char *format, ...)
{
    char text[FAULT_TEXT_MAX];
    int n = column ? snprintf(text, sizeof(text), "%s %s: ", im->part, column) : 0;
    size_t at = n < 0 ? 0 : (size_t)n < sizeof(text) / 2 ? (size_t)n : sizeof(text) / 2;
    va_list args;
    va_start(args, format);
    vsnprintf(text + at, sizeof(text) - at, format, args);
    va_end(args);
    import_report_fault(&im->report, line, text);
}

static struct import_seen *find(const struct import *im, struct span address)
{
    struct import_seen *s = NULL;
    if (address.n > 0)
        HASH_FIND(hh, im->seen, address.p, address.n, s);
    return s;
}

bool import_knows(const struct import *im, struct span address)
{
    return find(im, address);
}

static bool remember(struct import *im, struct span address, size_t change)
{
    struct import_seen *s = find(im, address);
    if (s) {
        s->change = s->change == NO_CHANGE ? change : s->change;
        return true;
    }
    s = calloc(1, sizeof(*s) + address.n);
    if (s) {
        s->change = change;
        s->octets = address.n;
        memcpy(s->address, address.p, address.n);
        HASH_ADD_KEYPTR(hh, im->seen, s->address, s->octets, s);
    }
    if (!s || !s->hh.tbl) {
        free(s);
        im->failed = true;
        return false;
    }
    return true;
}

static const struct config_domain *domain_of(struct import *im, const struct address *a)
{
    const struct config_domain *d = config_find_domain(im->config, address_key_domain(a));
    if (d)
        im->covered[d - im->config->domain] = true;
    return d;
}

void import_skip(struct import *im, enum import_skip why, size_t line, struct span address,
                 struct span detail)
{
    struct address a;
    import_report_skip(&im->report, why, line, address, detail);
    if (address_parse(span_trim(address), &a) == RESULT_OK && a.kind == ADDRESS_MAILBOX &&
        domain_of(im, &a))
        remember(im, span_of(a.key), NO_CHANGE);
    address_free(&a);
}

/* Reads an address that must be a mailbox's; false after noting a fault. */
static bool read_address(struct import *im, size_t line, const char *column, struct span text,
                         struct address *out)
{
    char word[FAULT_WORD_SIZE];
    text = span_trim(text);
    enum result read = address_parse(text, out);
    im->failed = im->failed || read == RESULT_NO_MEMORY;
    if (read == RESULT_OK && out->kind == ADDRESS_MAILBOX && text_is_utf8(text))
        return true;
    address_free(out);
    if (read == RESULT_OK && !text_is_utf8(text))
        import_fault(im, line, column, "'%s' is not UTF-8: save the file in UTF-8",
                     fault_word(text, word));
    else
        import_fault(im, line, column, "'%s' is not an address: write user@example.com",
                     fault_word(text, word));
    return false;
}

static bool check_name(struct import *im, const struct import_user *u, const struct address *a)
{
    char fault[RECORD_FAULT_MAX];
    if (subject_is_writable(a, fault))
        return true;
    import_fault(im, u->line, u->column, "%s", fault);
    return false;
}

/* Each value by itself, so that the column at fault can be named. */
static bool check_values(struct import *im, const struct import_user *u)
{
    bool good = true;
    for (size_t f = 0; f < IMPORT_FIELDS; f++) {
        struct record record;
        char fault[RECORD_FAULT_MAX];
        const struct record_field field = { span_of(field_names[f]), u->value[f] };
        if (!(u->says & BIT(f)) || !span_present(u->value[f]))
            continue;
        if (!text_is_utf8(u->value[f]))
            import_fault(im, u->line, u->value_column[f],
                         "the text is not UTF-8: save the file in UTF-8");
        else if (!record_read(RECORD_USER, &field, 1, &record, fault))
            import_fault(im, u->line, u->value_column[f], "%s", fault);
        else
            continue;
        good = false;
    }
    return good;
}

static unsigned filled(const struct import_user *u)
{
    unsigned bits = 0;
    for (size_t f = 0; f < IMPORT_FIELDS; f++)
        if ((u->says & BIT(f)) && span_present(u->value[f]))
            bits |= BIT(f);
    return bits;
}

/* An alias has nothing of a mailbox beside it, and the other way round. */
static bool complete(struct import *im, struct import_user *u)
{
    unsigned has = filled(u);
    if (has & BIT(FIELD_ALIAS)) {
        for (size_t f = 0; f < IMPORT_FIELDS; f++) {
            if (!(has & OF_MAILBOX & BIT(f)))
                continue;
            import_fault(im, u->line, u->value_column[FIELD_ALIAS],
                         "an alias has no %s: the row of its mailbox says that", field_names[f]);
            return false;
        }
        u->says |= OF_MAILBOX;
    } else if (has & OF_MAILBOX) {
        u->says |= BIT(FIELD_ALIAS);
    } else if (!(has & BIT(FIELD_NOTE))) {
        import_fault(im, u->line, NULL,
                     "nothing is filled in: a row says at least one of home, route, group, alias, "
                     "calendar, note");
        return false;
    }
    return true;
}

/* `home primary`, or `no home`. */
static const char *describe(const char *field, const char *value, char out[FAULT_TEXT_MAX])
{
    char word[FAULT_WORD_SIZE];
    if (value)
        snprintf(out, FAULT_TEXT_MAX, "%s %s", field, fault_word(span_of(value), word));
    else
        snprintf(out, FAULT_TEXT_MAX, "no %s", field);
    return out;
}

/* The same address again: it must say the same. */
static void compare(struct import *im, const struct import_user *u, const struct change *before)
{
    static const enum import_field order[] = { FIELD_ALIAS, FIELD_HOME,     FIELD_ROUTE,
                                               FIELD_GROUP, FIELD_CALENDAR, FIELD_NOTE };
    char there[FAULT_TEXT_MAX], here[FAULT_TEXT_MAX], value[RECORD_VALUE_MAX * 8];
    for (size_t i = 0; i < IMPORT_FIELDS; i++) {
        enum import_field f = order[i];
        const char *old = change_value(before, field_names[f]);
        struct span new = u->says &BIT(f) ? u->value[f] : SPAN_ABSENT;
        if (span_present(new) == (old != NULL) && span_eq(new, span_of(old)))
            continue;
        snprintf(value, sizeof(value), "%.*s", SPAN_ARG(new));
        import_fault(im, u->line, u->column, "%s stands in line %zu too: there %s, here %s",
                     before->name, before->line, describe(field_names[f], old, there),
                     describe(field_names[f], span_present(new) ? value : NULL, here));
        return;
    }
    im->repeated += before->line != u->line;
}

static bool add(struct import *im, const struct import_user *u, struct span address)
{
    struct change *c = changes_add(&im->changes, RECORD_USER, address);
    bool good = c && remember(im, address, im->changes.n - 1);
    if (c)
        c->line = u->line;
    for (size_t f = 0; good && f < IMPORT_FIELDS; f++)
        if (u->says & BIT(f))
            good = change_set(c, field_names[f], u->value[f]);
    im->failed = im->failed || !good;
    return good;
}

static bool take(struct import *im, const struct import_user *user, const struct address *a)
{
    struct import_user u = *user;
    struct span address = span_of(a->key);
    struct import_seen *before = find(im, address);
    if (!domain_of(im, a)) {
        import_skip(im, SKIP_OTHER_DOMAIN, u.line, address, SPAN_ABSENT);
        return false;
    }
    if (!check_name(im, &u, a) || !check_values(im, &u) || !complete(im, &u)) {
        remember(im, address, NO_CHANGE);
        return false;
    }
    if (!before || before->change == NO_CHANGE)
        return add(im, &u, address);
    compare(im, &u, &im->changes.at[before->change]);
    return true;
}

bool import_take(struct import *im, const struct import_user *u)
{
    struct address a;
    if (!read_address(im, u->line, u->column, u->address, &a))
        return false;
    bool taken = take(im, u, &a);
    address_free(&a);
    return taken;
}

static void take_alias(struct import *im, struct import_user *u, const struct address *alias,
                       const struct address *mailbox)
{
    if (span_eq(span_of(alias->key), span_of(mailbox->key)))
        return;
    if (!domain_of(im, alias))
        import_skip(im, SKIP_OTHER_DOMAIN, u->line, span_of(alias->key), SPAN_ABSENT);
    else if (!span_eq(address_key_domain(alias), address_key_domain(mailbox)))
        import_skip(im, SKIP_ALIAS_DOMAIN, u->line, span_of(alias->key), span_of(mailbox->key));
    else {
        import_user_say(u, FIELD_ALIAS, span_of(mailbox->key), u->column);
        take(im, u, alias);
    }
}

void import_take_alias(struct import *im, size_t line, const char *column, struct span alias,
                       struct span mailbox)
{
    struct address a, m;
    struct import_user u = { .line = line, .column = column };
    if (!read_address(im, line, column, alias, &a))
        return;
    if (address_parse(span_trim(mailbox), &m) == RESULT_OK && m.kind == ADDRESS_MAILBOX)
        take_alias(im, &u, &a, &m);
    address_free(&m);
    address_free(&a);
}
