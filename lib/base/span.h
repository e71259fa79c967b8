#ifndef COEXIST_BASE_SPAN_H
#define COEXIST_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A span is borrowed text: a pointer and a length in octets, with no NUL behind it that anybody may
 * rely on. It owns nothing; whoever made the text keeps it alive. A span whose p is NULL is absent,
 * which differs from one that is present and empty.
 */
struct span {
    const char *p;
    size_t n;
};

#define SPAN_ABSENT ((struct span){ NULL, 0 })
#define SPAN_LIT(literal) ((struct span){ (literal), sizeof(literal) - 1 })

/* For printf's "%.*s"; an absent span prints as nothing. */
#define SPAN_ARG(s) (int)(s).n, (s).p ? (s).p : ""

/* The whole of a C string; NULL gives an absent span. */
struct span span_of(const char *text);

/* The octets from p up to, not including, end. */
struct span span_between(const char *p, const char *end);

/* What is left of s after its first n octets; empty where s is no longer than n. */
struct span span_from(struct span s, size_t n);

bool span_present(struct span s);
bool span_eq(struct span a, struct span b);

/* Equal but for the case of ASCII letters; other octets must be the same. */
bool span_ieq(struct span a, struct span b);

/* s begins (ends) with the given text, but for the case of ASCII letters. */
bool span_istarts(struct span s, struct span prefix);
bool span_iends(struct span s, struct span suffix);

/* Without the space, tab, CR and LF at both ends. */
struct span span_trim(struct span s);

/* Offset of the first (last) c in s, or s.n where there is none. */
size_t span_find(struct span s, char c);
size_t span_rfind(struct span s, char c);

/*
 * Takes the next item off *rest, up to sep or the end. Returns false once *rest is absent; a text
 * that ends in sep yields a last, empty item. The item is not trimmed.
 */
bool span_split(struct span *rest, char sep, struct span *item);

/* Decimal digits alone, no sign, no blank. False when empty, not digits, or over UINT64_MAX. */
bool span_number(struct span s, uint64_t *value);

/* c in lower case if it is an ASCII letter; any other octet as it is, whatever the locale. */
char ascii_lower(char c);

/* ASCII alone, whatever the locale. */
bool ascii_is_digit(char c);
bool ascii_is_letter(char c);

#endif
