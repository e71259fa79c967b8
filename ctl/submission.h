#ifndef COEXIST_CTL_SUBMISSION_H
#define COEXIST_CTL_SUBMISSION_H

#include "base/buf.h"

/* Handing one message for one recipient to an MTA, and what that says to it. */

#define SUBMISSION_REPLY_MAX 2048 /* octets of a reply that are kept, of all its lines together */
#define SUBMISSION_STEP_MAX 16
#define SUBMISSION_PORT 25

struct submission {
    const char *sender; /* without angle brackets; "" for the null sender */
    const char *rcpt;
    const char *helo;    /* the name given in EHLO */
    struct span message; /* lines end in CRLF, the last one too */
    unsigned timeout_ms; /* of all of it */
};

/* Begun by submission_to() or submission_pipe(), freed by submitted_free(). */
struct submitted {
    bool taken;                     /* the MTA is answerable for the message now */
    int code;                       /* of the last reply; 0: the MTA has not said anything */
    char step[SUBMISSION_STEP_MAX]; /* what that was the reply to: connect, EHLO, MAIL, RCPT, DATA,
                                       message; or the program's name */
    struct buf reply; /* `451 4.2.1 <bob@example.com>: ...`, lines joined by blanks; where the MTA
                         says nothing, or takes the message with no words, why */
};

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT, of SUBMISSION_PORT where it names none. */
struct submission_host {
    struct span host; /* with the brackets; borrowed */
    unsigned port;
};

/* False for anything else. */
bool submission_host_read(struct span text, struct submission_host *out);

/* By SMTP (RFC 5321), in clear and without authentication. */
void submission_to(const struct submission *s, const struct submission_host *host,
                   struct submitted *out);

/* By a program that takes the message as sendmail(1) does: `PROGRAM -oi -f SENDER -- RCPT`. Its
 * first words are the reply where it fails. One that does not end in time is killed. */
void submission_pipe(const struct submission *s, const char *program, struct submitted *out);

void submitted_free(struct submitted *s);

#endif
