#ifndef COEXIST_CTL_PROBE_H
#define COEXIST_CTL_PROBE_H

#include <jansson.h>

#include "core/address.h"
#include "ctl/stream.h"
#include "ctl/submission.h"

/*
 * A message that is sent to see which way mail goes. It is known by its Message-ID, by which the
 * nodes' events tell what became of it, and says `Coexist-Probe: ID` for people and rules. That is
 * no X-Coexist field, which the filter would remove as forged.
 *
 * It is not marked as auto-submitted (RFC 3834), although it is: a message that is gets a treatment
 * of its own where it loops (it is held and not rejected), and the probe is to meet what the mail
 * of people meets; each one that loops would also stay in the hold queue for good. `Precedence:
 * bulk` and `X-Auto-Response-Suppress: All`, which decide nothing here, keep away the answers of
 * those who are on holiday.
 */

#define PROBE_TIMEOUT_MS 30000
#define PROBE_TIMEOUT_MAX_MS 86400000

/* A decision as an event told it. */
struct probe_sight {
    json_t *event;    /* event_json(); NULL: not seen */
    int64_t after_us; /* since the probe was begun, until it was read here */
};

struct probe {
    /* By the caller, all borrowed. */
    const struct config *config;
    struct stream *stream;
    const struct address *rcpt;         /* a mailbox of the configuration's domains */
    const struct address *back;         /* likewise, where it is to come back to; NULL: nowhere */
    const char *sender;                 /* "": the null sender */
    const struct submission_host *host; /* by SMTP; NULL: by the program */
    const char *program;
    unsigned timeout_ms; /* for all of it */
    /* Made by probe_begin(). */
    struct buf message_id; /* with its angle brackets */
    struct buf message;
    struct event_id after; /* the last event that was read, or is of no concern */
    int64_t began_us;
    /* Results. */
    struct submitted sent;
    int64_t sent_us; /* when the MTA had answered, since it was begun */
    struct probe_sight decision;
    struct probe_sight returned;
};

/* Makes the message, and notes where the stream of events ends: STATUS_YES. STATUS_UNAVAILABLE with
 * link_why(); STATUS_NO without memory or random octets. probe_free() after any of them. */
enum status probe_begin(struct probe *p);

/* Hands it to the MTA: fills sent. */
void probe_send(struct probe *p);

/*
 * Waits for the decision about the recipient: fills decision. Where the MTA has refused the
 * message, only for a moment, since the refusal may be its own; where it was not asked about the
 * recipient, not at all. STATUS_YES, whether it was seen or not; STATUS_UNAVAILABLE with
 * link_why().
 */
enum status probe_follow(struct probe *p);

/* Waits, likewise, for the decision about the address where it is to come back to. */
enum status probe_follow_back(struct probe *p);

void probe_free(struct probe *p);

/* The decision was seen, and lets the mail go on: it is delivered, or sent to the peer; or it is
 * only observed. */
bool probe_goes_on(const struct probe_sight *seen);

/* What an event says under a name; NULL for nothing. */
const char *probe_word(const struct probe_sight *seen, const char *name);

#endif
