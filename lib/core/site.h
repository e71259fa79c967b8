#ifndef COEXIST_CORE_SITE_H
#define COEXIST_CORE_SITE_H

#include "base/result.h"
#include "base/words.h"
#include "core/ip.h"

/* Who is who: host names as they stand in Received fields and client addresses, to places. */

enum place { PLACE_EXTERNAL, PLACE_PRIMARY, PLACE_SECONDARY, PLACE_GATEWAY };

const char *place_name(enum place p);
enum place place_of(enum system s);

#define SITE_HOST_MAX 255 /* octets of a host name, RFC 1035 section 2.3.4 */
#define SITE_HOSTS_MAX 10000
#define SITE_NETWORKS_MAX 10000

struct site;

struct site *site_new(void); /* NULL without memory */
void site_free(struct site *s);

/* NULL when good, else a sentence that says what is wrong. A host pattern is a name, or `*.` and a
 * name; a network is an address, or an address `/` prefix length, with no host bits set. */
const char *site_host_fault(struct span pattern);
const char *site_network_fault(struct span network);

/* RESULT_SYNTAX for what the fault functions refuse, RESULT_LIMIT over SITE_HOSTS_MAX or
 * SITE_NETWORKS_MAX, RESULT_CLASH for one that was added under another place. The same host or
 * network added again for the same place changes nothing. */
enum result site_add_host(struct site *s, enum place place, struct span pattern);
enum result site_add_network(struct site *s, enum place place, struct span network);

/*
 * The place of a host. Case and one trailing dot do not matter. `*.` matches one label or more, at
 * a label boundary, not the bare name. An exact name beats a pattern, a longer pattern a shorter;
 * PLACE_EXTERNAL when nothing matches.
 */
enum place site_host(const struct site *s, struct span host);

/* The place whose network holds the address; the longest prefix wins, PLACE_EXTERNAL if none. */
enum place site_ip(const struct site *s, const struct ip *ip);

/* localhost, *.localhost, localhost.localdomain, a loopback literal: a hop inside one system. */
bool site_is_loopback_name(struct span host);

#endif
