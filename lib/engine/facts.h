#ifndef COEXIST_ENGINE_FACTS_H
#define COEXIST_ENGINE_FACTS_H

#include "core/path.h"
#include "core/trace.h"
#include "core/transfer.h"
#include "engine/engine.h"

/* What the header of one message says, kept as far as a decision needs it. */

#define FACTS_HOPS_MAX 128      /* newest Received fields kept; all are counted */
#define FACTS_TRACES_MAX 32     /* newest traces verified; older ones are treated as forged */
#define FACTS_OWN_MAX 2000      /* X-Coexist fields to remove */
#define FACTS_OWN_OCTETS 262144 /* in the names of all of them */
/* X-Coexist fields times all fields: for each one removed, the MTA walks the header from its top.
 */
#define FACTS_REMOVAL_MAX 5000000
#define FACTS_LISTS_MAX 4    /* List-Id fields that count */
#define FACTS_VALUE_MAX 1024 /* of a field that identifies the message */
#define FACTS_TYPE_MAX 4096  /* of a Content-Type */

#define FACTS_JOURNEY_MAX ((FACTS_LISTS_MAX + 4) * (FACTS_VALUE_MAX + 1))

/* A field between the systems alone that came with the message: one of this project, or the header
 * that identified the peer, which is a secret of the two. */
struct own_field {
    char *name;
    uint32_t hash;   /* of the name in lower case */
    unsigned index;  /* among fields of that name, from 1, newest first */
    bool identifies; /* the peer's identify header */
    char *trace;     /* value of an X-Coexist-Trace that may be verified, else NULL */
};

struct facts {
    char **received;      /* newest first */
    struct received *hop; /* of received[] */
    size_t hops;
    size_t hop_room;
    size_t hops_total;
    size_t hops_journey; /* hops newer than the newest Resent block */
    struct own_field *own;
    size_t owns;
    size_t own_room;
    size_t fields; /* of the whole header */
    size_t own_octets;
    size_t trace_fields;
    bool too_many; /* more X-Coexist fields than anybody but an attacker would send */
    bool no_memory;
    bool resent;
    char *message_id;
    char *resent_id;
    char *resent_date;
    char *resent_from;
    char *list_id[FACTS_LISTS_MAX];
    size_t lists;
    bool auto_submitted;
    bool imip;          /* as far as the header says */
    char *content_type; /* the first, where the body may say that it is; NULL: it cannot */
    bool typed;         /* the first has been seen */
    enum transfer encoding;
    bool encoded;
    bool peer_identified;     /* the peer's identify header was there */
    unsigned identify_fields; /* fields of its name, whatever their value */
    /* Made by facts_finish(). */
    struct trace *trace; /* valid ones of this journey, newest first */
    size_t traces;
    struct trace *other; /* valid ones of earlier journeys */
    size_t others;
    size_t forged; /* traces that are none of ours; without a valid one, all other own fields too */
    enum trace_verdict trace_fault; /* of the last such trace; TRACE_VALID when there was none */
};

/* Call with each header field, in the order in which they stand, newest (topmost) first. */
void facts_header(struct facts *f, const struct engine *e, struct span name, struct span value);

/*
 * Call once after the last field: verifies the traces and tells those of this journey from older
 * ones. A field of own[] whose trace is then NULL is to be removed.
 */
void facts_finish(struct facts *f, const struct keyring *keys);

/*
 * The text that identifies the message's journey, which its traces are bound to: Message-ID, Resent
 * block, List-Id. Without the Message-ID too, for a message that had none on an earlier pass.
 */
void facts_journey(const struct facts *f, bool with_message_id, struct buf *out);

void facts_free(struct facts *f);

#endif
