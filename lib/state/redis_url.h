#ifndef COEXIST_STATE_REDIS_URL_H
#define COEXIST_STATE_REDIS_URL_H

#include "state/redis_config.h"

/*
 * Reads a `state` URL: redis://[user[:password]@]host[:port][/db], redis://:password@host,
 * unix:///path[?db=N], with %HH in user, password and path; an IPv6 host in brackets. `memory:` is
 * not one of these. NULL when good: the fields that the URL names are set in *out, whose strings
 * point into memory that the caller frees from *storage. Else a sentence that says what is wrong.
 */
const char *redis_url_parse(const char *url, struct redis_config *out, char **storage);

#endif
