#ifndef COEXIST_BENCH_SCRIPT_H
#define COEXIST_BENCH_SCRIPT_H

#include "tests/bench/link.h"

/*
 * One message as Postfix tells it to a filter, encoded once for what was agreed and sent many
 * times: what differs from message to message is patched in. A step that the filter left out is
 * not sent, its macros are; a step that it does not answer is not waited for.
 */

#define SCRIPT_NAME_LEN 12 /* of a recipient's local part: four letters and eight digits */
#define SCRIPT_SERIAL_LEN 12
#define SCRIPT_RCPTS_MAX 1000
#define SCRIPT_HEADERS_MAX 1000

struct shape {
    const char *client; /* IPv4 address of the SMTP client */
    const char *host;   /* its name */
    const char *domain; /* of the recipients */
    unsigned recipients;
    unsigned headers;
};

/* What is sent at once; `expects` is the step whose answer is then waited for, or 0. */
struct segment {
    size_t from, to;
    char expects;
};

struct patch {
    size_t at;
    int recipient; /* its number, or -1: the serial number of the message */
};

struct script {
    unsigned char *data;
    size_t n, room;
    struct segment *segment;
    size_t segments, segments_room;
    struct patch *patch;
    size_t patches, patches_room;
    size_t unsent; /* where the segment begins that is not closed yet */
};

/* CONNECT and HELO; what stands behind `unsent` waits for more. False without memory. */
bool script_greet(struct script *s, const struct agreement *a, const struct shape *shape);

/* From the ABORT that ends the message before to the end of this one. False without memory. */
bool script_message(struct script *s, const struct agreement *a, const struct shape *shape);

void script_free(struct script *s);

/* Patches a copy of the script's data: serial is SCRIPT_SERIAL_LEN octets, names holds
 * SCRIPT_NAME_LEN octets for each recipient. */
void script_fill(const struct script *s, unsigned char *data, const char *serial,
                 const char *names);

#endif
