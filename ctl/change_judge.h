#ifndef COEXIST_CTL_CHANGE_JUDGE_H
#define COEXIST_CTL_CHANGE_JUDGE_H

#include "ctl/change.h"
#include "ctl/stored.h"
#include "sys/config.h"

/* One change and the record as it is now: what the record would be, and whether that is a good one
 * by itself. */

struct judged {
    struct record_field field[RECORD_FIELDS_MAX + CHANGE_FIELDS_MAX]; /* borrowed from both */
    size_t fields; /* 0: there is no record then */
    struct record record;
};

/* Fills effect, was, no_route and fault of the change. False without memory. */
bool change_judge(struct change *c, const struct stored *now, const struct config *config,
                  struct judged *out);

/* Mail for who lives there, with this route ("": none), has no way to the other system from here,
 * where it needs one. d: the domain of the configuration; NULL: none. */
bool change_lacks_way(enum home home, const char *route, const struct config_domain *d,
                      const struct config *config);

/* The change is a bad one. False without memory. */
bool change_refuse(struct change *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
