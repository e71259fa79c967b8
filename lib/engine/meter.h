#ifndef COEXIST_ENGINE_METER_H
#define COEXIST_ENGINE_METER_H

#include "engine/backend_totals.h"
#include "engine/map.h"
#include "engine/recipient.h"
#include "sys/metrics.h"

/*
 * What one process has counted of its mail since its start, whatever was reloaded meanwhile: a
 * reload hands the meter on to the next engine. All functions may be called from any thread, and
 * bear a NULL meter, which counts nothing.
 */

/* What became of a message, from its MAIL command on. */
enum message_outcome {
    MESSAGE_UNFINISHED, /* it did not come to its end: the client gave up, or nobody was left */
    MESSAGE_ACCEPTED,
    MESSAGE_HELD, /* to the hold queue */
    MESSAGE_DEFERRED,
    MESSAGE_REJECTED,
    MESSAGE_FAILED /* the MTA did not take an edit, and keeps the message */
};
#define MESSAGE_OUTCOMES (MESSAGE_FAILED + 1)

/* Why nothing was decided for a recipient. */
enum undecided {
    UNDECIDED_UNREADABLE, /* no address, and refused as such */
    UNDECIDED_TOO_MANY,
    UNDECIDED_NO_MEMORY
};
#define UNDECIDED_CAUSES (UNDECIDED_NO_MEMORY + 1)

/* What the MTA waited for. */
enum meter_step { METER_RCPT, METER_END };

struct meter {
    struct metrics *metrics;
    struct backend_totals *totals;
    int64_t started; /* seconds UTC */
    atomic_uint refs;
};

struct meter *meter_new(void); /* NULL without memory */
struct meter *meter_ref(struct meter *m);
void meter_unref(struct meter *m);

void meter_message(struct meter *m, enum message_outcome outcome);

/* The recipient's decision, once it is final; with the evidence where it loops, and as a conflict
 * where it is one. */
void meter_recipient(struct meter *m, const struct recipient *r);

void meter_undecided(struct meter *m, enum undecided cause);

/* Records asked for, by the store's answer. */
void meter_lookups(struct meter *m, const unsigned asked[STORE_ANSWERS]);

/* X-Coexist fields that were no valid ones, and have been removed. */
void meter_forged(struct meter *m, size_t fields);

/* A reply of a map: see map_table_name(). */
void meter_map(struct meter *m, unsigned map, enum map_result result);

void meter_took(struct meter *m, enum meter_step step, int64_t us);

void meter_reload(struct meter *m, bool good);

#endif
