#ifndef COEXIST_CTL_CHANGE_H
#define COEXIST_CTL_CHANGE_H

#include "ctl/status.h"
#include "state/record.h"

/* What is to become of records: a list that is checked whole before any of it is written, see
 * change_run.h. */

#define CHANGE_FIELDS_MAX 8
#define CHANGE_NOTE_MAX                                                                            \
    4096 /* octets of a note that is set; one that is there already may have more */
#define CHANGES_MAX 5000000

struct change_field {
    const char *name; /* a literal, or owned by whoever made the change: outlives it */
    char *value;      /* owned; NULL: the field goes */
};

enum change_effect {
    CHANGE_NONE,    /* it is so already */
    CHANGE_NEW,     /* there was no record */
    CHANGE_ALTERS,  /* a field that was there becomes another, comes or goes */
    CHANGE_REMOVES, /* the record goes */
    CHANGE_BAD      /* it would leave a bad record; fault says why */
};

struct change {
    enum record_kind kind;
    char *name;  /* owned; lower case for users and domains */
    size_t line; /* in the file that asks for it; 0: none does */
    bool whole;  /* fields that are not named here go; with no field the record goes */
    struct change_field field[CHANGE_FIELDS_MAX];
    size_t fields;
    /* Filled by the check. */
    enum change_effect effect;
    enum home was;   /* its home before */
    char *fault;     /* owned; of CHANGE_BAD */
    bool no_route;   /* good, but mail could not reach the other system: nothing names an address */
    size_t stranded; /* of a group: its users of whom that is true */
    char *stranded_one; /* owned; one of them */
};

struct changes {
    struct change *at;
    size_t n;
    size_t room;
};

/* A further change, with no field yet. NULL without memory or above CHANGES_MAX. Pointers to
 * earlier ones are then no longer good. */
struct change *changes_add(struct changes *c, enum record_kind kind, struct span name);
void changes_free(struct changes *c);

/* value: absent to remove the field. False without memory or above CHANGE_FIELDS_MAX. */
bool change_set(struct change *c, const char *field, struct span value);

/* The field is set or removed by it. */
bool change_names(const struct change *c, const char *field);

/* The value that a field is set to; NULL for none. */
const char *change_value(const struct change *c, const char *field);

#endif
