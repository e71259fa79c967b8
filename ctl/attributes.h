#ifndef COEXIST_CTL_ATTRIBUTES_H
#define COEXIST_CTL_ATTRIBUTES_H

#include "base/buf.h"

/* The attributes of one entry of a directory, in the order in which they came. Names are compared
 * but for the case of ASCII letters. */

#define ATTRIBUTES_MAX 4096           /* values of one entry that are kept */
#define ATTRIBUTES_TEXT_MAX (4 << 20) /* octets of them, with their names */

struct attributes {
    struct attribute {
        size_t name, name_octets; /* where they are in text */
        size_t value, value_octets;
        size_t line;
    } * at;
    size_t n;
    size_t room;
    struct buf text;
};

void attributes_init(struct attributes *a);
void attributes_free(struct attributes *a);

/* Makes it empty, and keeps the memory. */
void attributes_clear(struct attributes *a);

/* Keeps copies. False without memory, or above a cap. */
bool attributes_add(struct attributes *a, struct span name, struct span value, size_t line);

/* Valid until the next addition. */
struct span attributes_name(const struct attributes *a, size_t i);
struct span attributes_value(const struct attributes *a, size_t i);

/* The first of that name: its number, or a->n where there is none. */
size_t attributes_find(const struct attributes *a, const char *name);

/* Its value; absent where there is none. */
struct span attributes_get(const struct attributes *a, const char *name);

/* Whether one of the values of that name is this, but for the case of ASCII letters. */
bool attributes_has(const struct attributes *a, const char *name, struct span value);

#endif
