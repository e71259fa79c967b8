#ifndef COEXIST_CTL_PROBE_REPORT_H
#define COEXIST_CTL_PROBE_REPORT_H

#include "ctl/probe.h"
#include "ctl/session.h"

/* What a probe has shown, for people, monitors and programs. */

enum probe_verdict {
    PROBE_OK,       /* decided, and the mail goes on; and come back, where it was to */
    PROBE_WARNING,  /* the same, later than warn_ms */
    PROBE_CRITICAL, /* the same, later than critical_ms */
    PROBE_STOPPED,  /* taken, and then held or put aside */
    PROBE_REFUSED,  /* deferred or rejected */
    PROBE_LOST,     /* taken, and no decision was seen; or it did not come back */
    PROBE_FAILED    /* it could not be sent */
};
const char *probe_verdict_name(enum probe_verdict v);

struct probe_limits {
    unsigned warn_ms; /* 0: none */
    unsigned critical_ms;
};

enum probe_verdict probe_judge(const struct probe *p, const struct probe_limits *limits);

/* STATUS_YES for the first two verdicts, else STATUS_NO. */
enum status probe_verdict_status(enum probe_verdict v);

/* The story, each part as soon as it is there. */
void probe_tell_sending(const struct probe *p, struct out *o);
void probe_tell_sent(const struct probe *p, struct out *o);
void probe_tell_sight(const struct probe *p, const struct probe_sight *seen, struct out *o);

/* `probe ok: bob@example.com divert home-peer to=... in 0.03 s`. */
void probe_tell_line(const struct probe *p, const struct probe_limits *limits, enum probe_verdict v,
                     struct out *o);

/* {"verdict","rcpt","sender","message_id","mta","taken","step","reply","ms","decision",
 * "return"}. NULL without memory. */
json_t *probe_json(const struct probe *p, enum probe_verdict v);

#endif
