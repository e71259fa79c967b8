#ifndef COEXIST_CTL_NAMES_H
#define COEXIST_CTL_NAMES_H

#include "base/span.h"

/* A set of texts, each kept once and known by its number from 0 in the order of their coming. */

#define NAMES_NONE SIZE_MAX

struct names {
    struct name *by_text; /* hash */
    struct name **name;   /* by number */
    size_t names;
    size_t room;
};

/* The number of the text, which is added unless it is there; NAMES_NONE without memory. */
size_t names_put(struct names *n, struct span text);

/* Of a number that names_put() gave; lives as long as the set. */
const char *names_text(const struct names *n, size_t number);

void names_free(struct names *n);

#endif
