#include "ctl/subject.h"

#include <string.h>

#include "base/count.h"
#include "state/fault.h"

/* The first octet outside quotes that needs them; '\0': none does. */
static char find_special(const char *local)
{
    bool quoted = false;
    for (; *local; local++) {
        if (*local == '"')
            quoted = !quoted;
        else if (!quoted && !address_octet_is_plain(*local))
            return *local;
        else if (*local == '\\' && local[1])
            local++;
    }
    return '\0';
}

/* Columns of directories and links have these before an address. */
static const char *find_prefix(const char *local)
{
    static const char *const prefixes[] = { "smtp:", "mailto:" };
    for (size_t i = 0; i < COUNT_OF(prefixes); i++)
        if (span_istarts(span_of(local), span_of(prefixes[i])))
            return prefixes[i];
    return NULL;
}

bool subject_is_writable(const struct address *a, char fault[RECORD_FAULT_MAX])
{
    char word[FAULT_WORD_SIZE], special = find_special(a->local);
    const char *prefix = find_prefix(a->local);
    if (special == '\0')
        return true;
    fault_word(span_of(a->text), word);
    if (prefix)
        fault_set(fault, "'%s' is not an address: leave '%.*s' off", word, (int)strlen(prefix),
                  a->local);
    else
        fault_set(fault,
                  "'%s' is not an address: '%c' stands before the last @ without quotes; write "
                  "user@example.com",
                  word, special);
    return false;
}

static char *user_name(struct span text, bool to_write, char fault[RECORD_FAULT_MAX])
{
    struct address a;
    char word[FAULT_WORD_SIZE], *name = NULL;
    if (address_parse(span_trim(text), &a) != RESULT_OK || a.kind != ADDRESS_MAILBOX) {
        fault_set(fault, "'%s' is not an address: write user@example.com", fault_word(text, word));
    } else if (!to_write || subject_is_writable(&a, fault)) {
        name = a.key;
        a.key = NULL;
    }
    address_free(&a);
    return name;
}

static char *domain_name(struct span text)
{
    struct span name = span_trim(text);
    if (name.n > 1 && name.p[name.n - 1] == '.')
        name.n--;
    char *lower = strndup(name.n ? name.p : "", name.n);
    for (char *p = lower; p && *p; p++)
        *p = ascii_lower(*p);
    return lower;
}

static char *name_of(enum record_kind kind, struct span text, bool to_write,
                     char fault[RECORD_FAULT_MAX])
{
    fault_set(fault, "out of memory");
    switch (kind) {
    case RECORD_USER:
        return user_name(text, to_write, fault);
    case RECORD_DOMAIN:
        return domain_name(text);
    case RECORD_GROUP:
        break;
    }
    return strndup(text.n ? text.p : "", text.n);
}

char *subject_name(enum record_kind kind, struct span text, char fault[RECORD_FAULT_MAX])
{
    return name_of(kind, text, false, fault);
}

char *subject_name_to_write(enum record_kind kind, struct span text, char fault[RECORD_FAULT_MAX])
{
    return name_of(kind, text, true, fault);
}

void subject_write_address(struct buf *out, struct span name)
{
    size_t at = span_rfind(name, '@');
    if (at < name.n)
        address_write_local((struct span){ name.p, at }, out);
    buf_add(out, at < name.n ? span_from(name, at) : name);
}
