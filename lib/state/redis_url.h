#ifndef COEXIST_STATE_REDIS_URL_H
#define COEXIST_STATE_REDIS_URL_H

#include "state/redis_config.h"

/*
 * Reads a `state` URL:
 *   redis://[user[:password]@]host[:port][/db]      redis://:password@host
 *   rediss://...                                    the same with TLS
 *   unix:///path[?db=N]                             user and password as ?user=U&password=P
 *   redis+sentinel://[user:password@]host[:port],host[:port].../NAME[/db]
 *                                                   ?sentinel_user=U&sentinel_password=P
 *   rediss+sentinel://...
 * with %HH in user, password, path and name; an IPv6 host in brackets. `memory:` is not one of
 * these. NULL when good: the fields that the URL names are set in *out (tls.on for the forms with
 * TLS), whose strings point into memory that the caller frees from *storage. Else a sentence that
 * says what is wrong; so for TLS where this build has none.
 */
const char *redis_url_parse(const char *url, struct redis_config *out, char **storage);

#endif
