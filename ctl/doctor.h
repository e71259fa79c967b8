#ifndef COEXIST_CTL_DOCTOR_H
#define COEXIST_CTL_DOCTOR_H

#include "ctl/access.h"
#include "ctl/finding.h"
#include "ctl/session.h"

/*
 * The checks of the deployment, one function for each area (two for some). Each adds to the
 * findings what is wrong, or that nothing is; what could not be checked is a note. None of them
 * changes anything that lasts, and each of their waits ends in time.
 */

#define DOCTOR_TRY_MS 3000

struct doctor {
    struct session *session;
    const char *postfix_folder; /* of main.cf; NULL: Postfix's own */
    const char *resolver;       /* HOST:PORT of a name server; NULL: the system's */
    const struct config *config;
    struct link *link; /* to Redis; NULL: it cannot be asked */
    char **guest;      /* by domain: a user who lives at the peer; NULL: none is known. Owned */
    struct findings found;
};

/* Loads the configuration into the session. False, with a finding, when it is no good: nothing else
 * can then be checked. */
bool doctor_load(struct doctor *d);

/* Connects to Redis and asks for a sign of life. False, with a finding, when there is none, or the
 * state is in no Redis. */
bool doctor_connect(struct doctor *d);

/* Tells what could not be asked of Redis: a note where the user may not, with the rights that would
 * do; where Redis has failed, that it has, once. */
void doctor_unseen(struct doctor *d, const char *id, const char *what, const char *rights);

void doctor_forget_guests(struct doctor *d);

/* Whom the filter runs as, by `user` or by whose its socket is. False where neither tells. */
bool doctor_filter_user(const struct doctor *d, struct accessor *out);

void doctor_config(struct doctor *d);
void doctor_keys(struct doctor *d);
void doctor_redis(struct doctor *d); /* the server */
void doctor_sentinels(struct doctor *d);
void doctor_rights(struct doctor *d);   /* what our user may do there */
void doctor_keyspace(struct doctor *d); /* the keys below the prefix */
void doctor_records(struct doctor *d);  /* notes the guests too */
void doctor_postfix(struct doctor *d);
void doctor_dns(struct doctor *d);
void doctor_clocks(struct doctor *d);

#endif
