#include "ctl/zmprov.h"

#include <string.h>

#include "ctl/text_file.h"

#define ACCOUNT SPAN_LIT("# name ")

void zmprov_begin(struct zmprov *z, struct span text)
{
    *z = (struct zmprov){ .rest = text, .line = 1 };
}

bool zmprov_is_account(struct span line)
{
    return line.n > ACCOUNT.n && memcmp(line.p, ACCOUNT.p, ACCOUNT.n) == 0;
}

/* Octet by octet, as the tool sorts them. */
static bool is_before(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n > 0 ? memcmp(a.p, b.p, n) : 0;
    return order < 0 || (order == 0 && a.n < b.n);
}

/* `NAME: VALUE`, or `NAME:: VALUE` of a binary one. */
static bool split(struct span line, struct span *name, struct span *value)
{
    size_t n = 0;
    while (n < line.n &&
           (ascii_is_letter(line.p[n]) || ascii_is_digit(line.p[n]) || line.p[n] == '-'))
        n++;
    if (n == 0 || n == line.n || line.p[n] != ':')
        return false;
    *name = (struct span){ line.p, n };
    *value = span_from(line, n + 1);
    if (value->n > 0 && value->p[0] == ':')
        *value = span_from(*value, 1);
    bool good = value->n == 0 || value->p[0] == ' ';
    *value = span_trim(*value);
    return good;
}

enum zmprov_step zmprov_next(struct zmprov *z)
{
    struct span line, name;
    while (text_line(&z->rest, &line)) {
        z->name_line = z->line++;
        if (zmprov_is_account(line)) {
            z->in_account = true;
            z->name = SPAN_LIT("");
            z->value = span_trim(span_from(line, ACCOUNT.n));
            return ZMPROV_ACCOUNT;
        }
        if (!z->in_account || !split(line, &name, &z->value) || is_before(name, z->name))
            continue;
        z->name = name;
        return ZMPROV_ATTRIBUTE;
    }
    return ZMPROV_END;
}
