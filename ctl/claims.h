#ifndef COEXIST_CTL_CLAIMS_H
#define COEXIST_CTL_CLAIMS_H

#include "core/taglist.h"
#include "core/trace.h"
#include "ctl/viewpoint.h"

/*
 * What the X-Coexist-Trace fields of a message claim, whoever wrote them, and whether that is so.
 */

#define CLAIMS_MAX 100 /* listed, the newest; all are counted */

enum claim_verdict {
    CLAIM_VALID,
    CLAIM_MALFORMED,
    CLAIM_UNKNOWN_KEY,
    CLAIM_FORGED,
    CLAIM_UNVERIFIED /* it is a tag list; there are no keys to verify it with */
};
const char *claim_verdict_name(enum claim_verdict v);

/* One trace as it is written; what it does not say, or says in no way that can be read, is absent.
 */
struct claim {
    enum claim_verdict verdict;
    bool has_pass, has_time;
    uint64_t pass;
    int64_t time;
    struct span id;
    struct span node;
    struct span system;
    struct span origin;
    struct span key_name;
    size_t to_peer; /* tokens */
    size_t kept;
    size_t would_go;
    char *text; /* owned; the spans point into it */
};

struct claims {
    struct claim claim[CLAIMS_MAX]; /* newest first */
    size_t claims;
    size_t total;
    bool no_memory;
};

/* Adds the next trace, an older one. */
void claims_add(struct claims *c, const struct viewpoint *v, struct span value);
void claims_free(struct claims *c);

#endif
