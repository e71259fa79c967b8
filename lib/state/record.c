#include "state/record.h"

#include <string.h>

#include "base/count.h"
#include "state/fault.h"

static const char *const kind_names[] = { "user", "group", "domain" };
static const char *const kind_fields[] = { "home, route, group, alias, calendar, note",
                                           "home, note", "home, mode" };

enum { IN_USER = 1 << RECORD_USER, IN_GROUP = 1 << RECORD_GROUP, IN_DOMAIN = 1 << RECORD_DOMAIN };

bool record_key(struct span prefix, enum record_kind kind, struct span name, struct buf *out)
{
    struct span word = span_of(kind_names[kind]);
    size_t fixed = word.n + 1;
    if (prefix.n > RECORD_KEY_MAX - fixed || name.n > RECORD_KEY_MAX - fixed - prefix.n)
        return false;
    buf_add(out, prefix);
    buf_add(out, word);
    buf_addc(out, ':');
    buf_add(out, name);
    return buf_ok(out);
}

bool record_of_key(struct span prefix, struct span key, enum record_kind *kind, struct span *name)
{
    if (key.n < prefix.n || !span_eq((struct span){ key.p, prefix.n }, prefix))
        return false;
    struct span rest = span_from(key, prefix.n);
    size_t colon = span_find(rest, ':');
    for (int k = 0; k < RECORD_KINDS && colon < rest.n; k++) {
        if (!span_eq((struct span){ rest.p, colon }, span_of(kind_names[k])))
            continue;
        *kind = (enum record_kind)k;
        *name = span_from(rest, colon + 1);
        return true;
    }
    return false;
}

static bool read_home(struct span value, struct record *out, char *fault)
{
    char word[FAULT_WORD_SIZE];
    if (home_parse(value, &out->home))
        return true;
    fault_set(fault, "home is '%s', not one of primary, secondary, both, moving",
              fault_word(value, word));
    return false;
}

static bool read_calendar(struct span value, struct record *out, char *fault)
{
    char word[FAULT_WORD_SIZE];
    enum system system;
    if (system_parse(value, &system)) {
        out->calendar = home_of(system);
        return true;
    }
    fault_set(fault, "calendar is '%s', not one of primary, secondary", fault_word(value, word));
    return false;
}

static bool read_mode(struct span value, struct record *out, char *fault)
{
    char word[FAULT_WORD_SIZE];
    if (mode_parse(value, &out->mode))
        return true;
    fault_set(fault, "mode is '%s', not one of enforce, observe", fault_word(value, word));
    return false;
}

static bool copy_text(const char *field, struct span value, char *to, size_t max, char *fault)
{
    if (value.n > max) {
        fault_set(fault, "%s has %zu octets, more than %zu", field, value.n, max);
        return false;
    }
    memcpy(to, value.p, value.n);
    to[value.n] = '\0';
    return true;
}

/*
 * An @ with something on both sides and, but for quoted local parts, nothing that shows a list, a
 * display name or a stray blank. What the mail system makes of it is for others to say.
 */
static bool looks_like_address(struct span s)
{
    size_t at = span_rfind(s, '@');
    if (at == 0 || at + 1 >= s.n)
        return false;
    for (size_t i = s.p[0] == '"' ? at : 0; i < s.n; i++)
        if (strchr(" <>,;", s.p[i]))
            return false;
    return true;
}

static bool copy_address(const char *field, struct span value, char *to, char *fault)
{
    char word[FAULT_WORD_SIZE];
    if (!copy_text(field, value, to, RECORD_VALUE_MAX, fault))
        return false;
    if (looks_like_address(value))
        return true;
    fault_set(fault, "%s is '%s', not an address", field, fault_word(value, word));
    return false;
}

static bool read_route(struct span value, struct record *out, char *fault)
{
    return copy_address("route", value, out->route, fault);
}

static bool read_alias(struct span value, struct record *out, char *fault)
{
    if (!copy_address("alias", value, out->alias, fault))
        return false;
    for (char *p = out->alias; *p; p++)
        *p = ascii_lower(*p);
    return true;
}

static bool read_group(struct span value, struct record *out, char *fault)
{
    return copy_text("group", value, out->group, RECORD_GROUP_MAX, fault);
}

static const struct rule {
    const char *name;
    unsigned kinds;
    bool (*read)(struct span value, struct record *out, char *fault); /* NULL: free text */
} rules[] = {
    { "home", IN_USER | IN_GROUP | IN_DOMAIN, read_home },
    { "route", IN_USER, read_route },
    { "group", IN_USER, read_group },
    { "alias", IN_USER, read_alias },
    { "calendar", IN_USER, read_calendar },
    { "note", IN_USER | IN_GROUP, NULL },
    { "mode", IN_DOMAIN, read_mode },
};

static const struct rule *rule_find(enum record_kind kind, struct span name)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if ((rules[i].kinds & 1u << kind) && span_eq(name, span_of(rules[i].name)))
            return &rules[i];
    return NULL;
}

static bool has_control(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return true;
    return false;
}

static bool read_field(const struct rule *rule, struct span value, struct record *out, char *fault)
{
    if (value.n == 0 && rule->read) {
        fault_set(fault, "%s is empty", rule->name);
        return false;
    }
    if (has_control(value)) {
        fault_set(fault, "%s has a control character in it", rule->name);
        return false;
    }
    return !rule->read || rule->read(value, out, fault);
}

bool record_read(enum record_kind kind, const struct record_field *field, size_t fields,
                 struct record *out, char fault[RECORD_FAULT_MAX])
{
    *out = (struct record){ .kind = kind };
    if (fields > RECORD_FIELDS_MAX) {
        fault_set(fault, "%zu fields, more than %d", fields, RECORD_FIELDS_MAX);
        return false;
    }
    for (size_t i = 0; i < fields; i++) {
        const struct rule *rule = rule_find(kind, field[i].name);
        if (!rule) {
            char word[FAULT_WORD_SIZE];
            fault_set(fault, "'%s' is not a field of a %s record (%s)",
                      fault_word(field[i].name, word), kind_names[kind], kind_fields[kind]);
            return false;
        }
        if (!read_field(rule, field[i].value, out, fault))
            return false;
    }
    const char *beside = out->home       ? "home"
                         : out->route[0] ? "route"
                         : out->group[0] ? "group"
                         : out->calendar ? "calendar"
                                         : NULL;
    if (out->alias[0] && beside) {
        fault_set(fault, "alias stands beside %s: the record of its target says that", beside);
        return false;
    }
    return true;
}
