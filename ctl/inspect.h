#ifndef COEXIST_CTL_INSPECT_H
#define COEXIST_CTL_INSPECT_H

#include "ctl/json.h"
#include "ctl/judgement.h"

/*
 * A message looked at, and the messages that it wraps: the innermost is the one that is meant when
 * those around it are bounces.
 */

#define INSPECT_NEST_MAX 8 /* messages within each other that are read */

enum inspect_depth {
    INSPECT_ORIGINAL, /* go into bounces and journals */
    INSPECT_OUTER,    /* the file's own message, whatever it wraps */
    INSPECT_INNER     /* go into whatever has a message attached */
};

struct inspection {
    struct viewpoint viewpoint;
    struct letter *letter[INSPECT_NEST_MAX]; /* the file's own message first */
    struct judgement judgement[INSPECT_NEST_MAX];
    size_t letters;
    bool cut;    /* there was more in the file than MAIL_MAX */
    bool nested; /* deeper messages were not read, INSPECT_NEST_MAX */
    bool quoted; /* the file is a text that quotes a message */
    struct buf quote;
};

enum inspect_result { INSPECT_DONE, INSPECT_NO_MESSAGE, INSPECT_NO_MEMORY };

/*
 * Reads a text, which must outlive the inspection; i->viewpoint is open, all else empty.
 * inspection_free() frees it, and the viewpoint with it, after each result.
 */
enum inspect_result inspect_text(struct inspection *i, struct span text, enum inspect_depth depth);
void inspection_free(struct inspection *i);

/* The message that is meant, and its verdict. */
const struct letter *inspection_letter(const struct inspection *i);
const struct judgement *inspection_judgement(const struct inspection *i);

/* Prints for people: the bounces from the outside in, then the way, oldest hop first. */
void inspect_draw(const struct inspection *i, struct out *o);

/*
 * {"hops":[{"from_helo","from_rdns","from_ip","by","with","id","for","time","system","parsed"}...
 * newest first], "path", "crossings", "traces":[...], "verdict", ...}; what is absent is null. A
 * new reference, NULL without memory.
 */
json_t *inspect_json(const struct inspection *i);

#endif
