#ifndef COEXIST_STATE_REDIS_TLS_H
#define COEXIST_STATE_REDIS_TLS_H

#include <stdint.h>

#include "state/record.h"
#include "state/redis_config.h"

/* TLS below a connection to Redis, where hiredis was built with it. */

struct redisContext;

/*
 * Begins TLS on a connected socket that does not block. The files of the configuration are read
 * each time, so that renewed ones count from the next connection on. The server's certificate must
 * be good for the host, a name or a numeric address. False, with a sentence in why, on any failure;
 * always in a build without TLS.
 */
bool redis_tls_begin(struct redisContext *x, const struct redis_tls *tls, const char *host,
                     int64_t deadline, char why[RECORD_FAULT_MAX]);

/* Before each reading and writing: OpenSSL takes an earlier error of the thread, left by whomever,
 * for one of this connection. */
void redis_tls_forget(void);

/* What TLS has against the reading or writing that has just failed; NULL: nothing. */
const char *redis_tls_reason(void);

#endif
