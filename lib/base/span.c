#include "base/span.h"

#include <string.h>

struct span span_of(const char *text)
{
    return (struct span){ text, text ? strlen(text) : 0 };
}

struct span span_between(const char *p, const char *end)
{
    return (struct span){ p, (size_t)(end - p) };
}

struct span span_from(struct span s, size_t n)
{
    if (n > s.n)
        n = s.n;
    return (struct span){ s.p ? s.p + n : NULL, s.n - n };
}

bool span_present(struct span s)
{
    return s.p != NULL;
}

bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool ascii_is_letter(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

bool span_ieq(struct span a, struct span b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    return true;
}

bool span_istarts(struct span s, struct span prefix)
{
    return s.n >= prefix.n && span_ieq((struct span){ s.p, prefix.n }, prefix);
}

bool span_iends(struct span s, struct span suffix)
{
    if (suffix.n == 0 || s.n < suffix.n)
        return suffix.n == 0;
    return span_ieq((struct span){ s.p + (s.n - suffix.n), suffix.n }, suffix);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
    while (s.n > 0 && is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

size_t span_find(struct span s, char c)
{
    const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;
    return at ? (size_t)(at - s.p) : s.n;
}

size_t span_rfind(struct span s, char c)
{
    for (size_t i = s.n; i > 0; i--)
        if (s.p[i - 1] == c)
            return i - 1;
    return s.n;
}

bool span_split(struct span *rest, char sep, struct span *item)
{
    if (!span_present(*rest))
        return false;
    size_t at = span_find(*rest, sep);
    *item = (struct span){ rest->p, at };
    *rest = at < rest->n ? span_from(*rest, at + 1) : SPAN_ABSENT;
    return true;
}

bool span_number(struct span s, uint64_t *value)
{
    uint64_t sum = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]))
            return false;
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}
