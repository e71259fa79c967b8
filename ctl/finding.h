#ifndef COEXIST_CTL_FINDING_H
#define COEXIST_CTL_FINDING_H

#include <jansson.h>

#include "ctl/out.h"
#include "ctl/status.h"

/* What a check of the deployment has found: what is right, and what is wrong with what it causes
 * and the command that mends it. */

enum area {
    AREA_CONFIG,
    AREA_KEYS,
    AREA_REDIS,
    AREA_RECORDS,
    AREA_POSTFIX,
    AREA_DNS,
    AREA_CLOCKS,
    AREA_COUNT
};

const char *area_name(enum area a);
bool area_parse(const char *name, enum area *out);

enum severity {
    SEVERITY_OK,      /* a check that found nothing wrong */
    SEVERITY_NOTE,    /* worth knowing: also what could not be checked */
    SEVERITY_WARNING, /* mail may go wrong, or will when something else happens */
    SEVERITY_FAULT    /* mail goes wrong, or waits */
};

const char *severity_name(enum severity s);

#define FINDINGS_MAX 2000
#define FINDING_TEXT_MAX 1024
#define FINDING_SAME_MAX 10 /* of one id that are kept; further ones are counted */

struct finding {
    enum area area;
    enum severity severity;
    const char *id; /* a literal, the same in all versions; "" for SEVERITY_OK */
    char *what;     /* owned, as are the next two; they may hold what strangers wrote */
    char *causes;   /* NULL for none */
    char *mend;     /* NULL for none */
    size_t more;    /* so many others of this id were not kept */
};

struct findings {
    enum area area; /* of what is added next */
    struct finding *at;
    size_t n;
    struct finding *open; /* the one begun last; NULL where it is not kept */
    bool failed;          /* no memory: some are missing */
};

void findings_free(struct findings *f);

/* A check that found nothing wrong. */
void finding_ok(struct findings *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Begins a finding; what is wrong, what that causes and the command that mends it are then told by
 * the next three, each once. */
void finding_begin(struct findings *f, enum severity severity, const char *id);
void finding_what(struct findings *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void finding_causes(struct findings *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void finding_mend(struct findings *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Of a key in Redis that is to go: `redis-cli DEL KEY`, and more, which is prose. */
void finding_mend_key(struct findings *f, struct span key, const char *more);

/* How many there are of a severity, those that were not kept included. */
size_t findings_count(const struct findings *f, enum severity severity);

/* There is one of that id. */
bool findings_have(const struct findings *f, const char *id);

/* There is one of that id which begins to tell what is wrong with these words. */
bool findings_tell(const struct findings *f, const char *id, const char *words);

/* For people: by area, in lines, and a last line that sums up. */
void findings_print(const struct findings *f, struct out *o);

/* { "verdict": "good" or "wrong", "faults", "warnings", "notes", "findings": [...], "ok": [...] };
 * the caller's reference, NULL without memory. */
json_t *findings_json(const struct findings *f);

#endif
