#ifndef COEXIST_BENCH_LINK_H
#define COEXIST_BENCH_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A connection to a milter as Postfix 3.7 makes it: protocol 6, every action and step offered, the
 * same output buffer (4 kB on a unix socket, four segments on TCP), Nagle's algorithm left on.
 */

#define LINK_INPUT_MAX 65536
#define LINK_STAGES 7 /* of macro lists: connect, helo, mail, rcpt, data, eom, eoh */
#define LINK_MACROS_MAX 256

struct agreement {
    uint32_t version;
    uint32_t actions;
    uint32_t steps;
    char macros[LINK_STAGES][LINK_MACROS_MAX]; /* names with a blank between them */
};

struct link {
    int fd;
    size_t buffer; /* octets that one write takes at most */
    unsigned char input[LINK_INPUT_MAX];
    size_t from, to; /* what is read and not taken yet */
    struct agreement agreed;
};

struct packet {
    char command;
    const unsigned char *data; /* valid until the next link_read() */
    size_t n;
};

/* Connects to unix:PATH, inet:PORT@HOST or inet6:PORT@HOST and negotiates. False, with a message
 * on stderr, when that fails. */
bool link_open(struct link *l, const char *socket);

void link_close(struct link *l);

/* Writes all of it, waiting. */
bool link_write(struct link *l, const void *data, size_t n);

/* Takes the next whole packet out of what was read: 1; 0: read more first; -1: that is none. */
int link_take(struct link *l, struct packet *out);

/* Reads what is there: 1; 0: nothing yet, on a socket that does not block; -1: the end. */
int link_read(struct link *l);

/* Reads up to the next packet, waiting. */
bool link_next(struct link *l, struct packet *out);

#endif
