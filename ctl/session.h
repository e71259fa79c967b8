#ifndef COEXIST_CTL_SESSION_H
#define COEXIST_CTL_SESSION_H

#include "core/keyring.h"
#include "ctl/link.h"
#include "ctl/out.h"
#include "ctl/status.h"
#include "sys/config.h"

/* One run of the tool: what all commands share. The configuration is read and Redis connected when
 * a command first asks for them. */

#define SESSION_CONFIG_FILE "/etc/coexist/coexist-milter.conf"

/* The filter's own user in Redis may not do all that an administrator does; the tool takes another
 * one from this variable, so that no password has to stand on a command line. */
#define SESSION_STATE_VARIABLE "COEXIST_STATE"

struct session {
    const char *config_file;
    bool config_given; /* named on the command line */
    const char *state; /* URL in place of the configuration's; NULL: that one */
    bool json;
    struct out out;
    struct config *config; /* NULL: not read yet */
    bool config_bad;       /* it was read, and told what is wrong with it */
    struct link *link;     /* NULL: none yet */
};

/* Writes to this stream, which stays the caller's. */
void session_init(struct session *s, FILE *to);
void session_free(struct session *s);

/* Tells `coexistctl: ...` on standard error, with nothing in it that could drive a terminal;
 * returns the status. */
enum status session_fail(const struct session *s, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An answer was not made, or not written: the first is told here, the second once by main().
 * STATUS_NO. */
enum status session_unmade(const struct session *s);

/* The configuration; NULL after telling, once, what is wrong with it: STATUS_USAGE then. Borrowed.
 */
const struct config *session_config(struct session *s);

/* The keys that sign and verify; a key file that is not there gives keys that verify nothing. The
 * caller wipes and frees them. NULL after telling what is wrong: STATUS_USAGE then. */
struct keyring *session_keys(struct session *s);

/* The URL of the state that is asked; of a session whose configuration has been read. */
const char *session_state(const struct session *s);

/*
 * The connection to Redis, connected. Borrowed. NULL after telling why not, with the status in
 * *why: STATUS_USAGE for the configuration, else STATUS_UNAVAILABLE.
 */
struct link *session_link(struct session *s, enum status *why);

/* Tells that Redis failed in the middle, by link_why(); STATUS_UNAVAILABLE. */
enum status session_lost(const struct session *s);

#endif
