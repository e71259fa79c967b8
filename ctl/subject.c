#include "ctl/subject.h"

#include <string.h>

#include "state/fault.h"

static char *user_name(struct span text, char fault[RECORD_FAULT_MAX])
{
    struct address a;
    char word[FAULT_WORD_SIZE], *name = NULL;
    if (address_parse(span_trim(text), &a) == RESULT_OK && a.kind == ADDRESS_MAILBOX) {
        name = a.key;
        a.key = NULL;
    } else {
        fault_set(fault, "'%s' is not an address: write user@example.com", fault_word(text, word));
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

char *subject_name(enum record_kind kind, struct span text, char fault[RECORD_FAULT_MAX])
{
    fault_set(fault, "out of memory");
    switch (kind) {
    case RECORD_USER:
        return user_name(text, fault);
    case RECORD_DOMAIN:
        return domain_name(text);
    case RECORD_GROUP:
        break;
    }
    return strndup(text.n ? text.p : "", text.n);
}
