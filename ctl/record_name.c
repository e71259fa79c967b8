#include "ctl/record_name.h"

#include "base/count.h"

static bool is_lower(struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] != ascii_lower(name.p[i]))
            return false;
    return true;
}

/* Less than address_parse() asks for: of a quoted local part the key has no quotes. */
static bool is_address(struct span name)
{
    size_t at = span_rfind(name, '@');
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c < ' ' || c == 0x7f || (c == ' ' && i > at))
            return false;
    }
    return at > 0 && at + 1 < name.n;
}

enum record_name record_name_judge(enum record_kind kind, struct span name)
{
    if (kind == RECORD_USER && !is_address(name))
        return RECORD_NAME_NO_ADDRESS;
    return kind == RECORD_GROUP || is_lower(name) ? RECORD_NAME_GOOD : RECORD_NAME_CASE;
}

struct span record_name_domain(struct span name)
{
    return span_from(name, span_rfind(name, '@') + 1);
}

const char *record_name_fault(enum record_name n)
{
    static const char *const faults[] = {
        [RECORD_NAME_CASE] = "its name is not in lower case, so that nobody looks it up",
        [RECORD_NAME_NO_ADDRESS] = "its name is no address, so that nobody looks it up",
    };
    return (size_t)n < COUNT_OF(faults) ? faults[n] : NULL;
}
