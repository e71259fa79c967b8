#ifndef COEXIST_CTL_WAY_H
#define COEXIST_CTL_WAY_H

#include "core/path.h"
#include "ctl/names.h"
#include "ctl/viewpoint.h"

/*
 * The way that a message has taken: all its Received fields, newest first, with the systems that
 * they belong to. Where the message has been at systems of the configuration those are its own
 * (`primary`, `secondary`, `gateway`, `external`), as path_build() sees them; else they are guessed
 * by name. Where hosts of one owner
 * hand a message to and fro, each is a system of its own. What has no host of its own belongs to
 * where it stands between.
 */

#define WAY_HOPS_MAX 10000 /* kept, the newest; all are counted */

struct way_hop {
    struct span value;
    const char *system; /* NULL: nobody knows */
    const char *label;  /* the same, said more exactly: `external: Google` */
    const char
        *owner; /* `Google`, `example.com`: whose host it is, by its name; NULL: nobody knows */
    enum place place; /* with a configuration */
    bool loose;       /* belongs to where it stands between */
    bool has_delay;
    int64_t delay; /* seconds since the hop before it that has a time; below 0 is clock skew */
};

/* Hops of one system that follow each other. */
struct way_visit {
    const char *label; /* NULL: nobody knows */
    const char *owner; /* of its newest hop that has one, and so the next */
    enum place place;
    size_t first;    /* index of its newest hop */
    size_t last;     /* of its oldest */
    size_t crossing; /* the number, from the oldest, of the crossing by which the message came; 0:
                        by none */
    size_t time;     /* how often the system has been visited by then: 1 for the first */
};

struct way {
    struct received *received; /* of each hop */
    struct way_hop *hop;
    size_t hops;
    size_t room;
    size_t total;            /* Received fields in the message */
    size_t journey;          /* hops newer than the newest Resent block */
    struct way_visit *visit; /* newest first, of all hops */
    size_t visits;
    size_t crossings; /* steps from one system to another, in this journey; where they are guessed,
                         without the first step, from an author outside */
    struct names names;
    bool by_site; /* the systems are those of the configuration */
    bool no_memory;
};

/* Adds the next Received field, an older one; the value must outlive the way. */
void way_add(struct way *w, struct span value);

/* After the last: finds the systems and the visits. traced: a valid trace says that it has been at
 * one of the configuration's. False without memory. */
bool way_finish(struct way *w, const struct viewpoint *v, size_t journey, bool traced);

void way_free(struct way *w);

/* The visit began in this journey. */
bool way_is_of_journey(const struct way *w, const struct way_visit *visit);

/* Writes `S<P<S<P<external`, or the guessed names in place of letters, at most PATH_VISITS_MAX of
 * them; nothing where no system is known. */
void way_write_path(const struct way *w, const struct viewpoint *v, struct buf *out);

/* The system of the newest hop that belongs to one; false where there is none in this journey. What
 * hosts of others did with the message after that is set aside. */
bool way_newest_system(const struct way *w, const struct viewpoint *v, enum system *out);

#endif
