#ifndef COEXIST_MILTER_MAPS_CLIENT_H
#define COEXIST_MILTER_MAPS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/netstring.h"
#include "engine/map.h"

/*
 * A connection to the maps: requests in, replies out, in order, each within a buffer that does not
 * grow. While replies wait to be read by the client, nothing is read from it.
 */

#define MAPS_IN_MAX (MAP_REQUEST_MAX + NETSTRING_FRAME_MAX)
#define MAPS_OUT_MAX (2 * (MAP_REPLY_MAX + NETSTRING_FRAME_MAX))

struct maps_job;

struct maps_client {
    int fd; /* -1: closed */
    TAILQ_ENTRY(maps_client) by_use;
    TAILQ_ENTRY(maps_client) by_patience;
    TAILQ_ENTRY(maps_client) by_turn;
    bool in_turn; /* it has asked more than was answered, and waits until the others had their turn
                   */
    struct maps_job *job; /* that its request waits for; NULL: none */
    int64_t asked_us;     /* when */
    uint32_t events;      /* that epoll is told to tell */
    size_t in_at;
    size_t in_n;
    size_t out_at;
    size_t out_n;
    char in[MAPS_IN_MAX];
    char out[MAPS_OUT_MAX];
};

/* Takes over the descriptor, which does not block; with NULL, without memory, not. */
struct maps_client *maps_client_new(int fd);

/* Closes it where it is open. */
void maps_client_free(struct maps_client *c);

/* Reads once. False: the client has gone, or ended. */
bool maps_client_read(struct maps_client *c);

/* The next request that came whole, valid until the next call of maps_client_read(). */
enum netstring maps_client_next(struct maps_client *c, struct span *request);

/* Room for one more reply, however long. */
bool maps_client_has_room(const struct maps_client *c);

/* reply: at most MAP_REPLY_MAX octets; there is room. */
void maps_client_reply(struct maps_client *c, struct span reply);

/* Sends what waits to be sent, as far as the client takes it. False: the client has gone. */
bool maps_client_flush(struct maps_client *c);

bool maps_client_owes(const struct maps_client *c);

#endif
