#ifndef COEXIST_CTL_POSTCONF_H
#define COEXIST_CTL_POSTCONF_H

#include "ctl/spawn.h"

/* The configuration of the Postfix on this host, as postconf(1) tells it: main.cf with every $name
 * replaced, and the services of master.cf with their own parameters. */

#define POSTCONF_TIMEOUT_MS 10000
#define POSTMAP_TIMEOUT_MS 5000

struct postconf_parameter {
    const char *name;
    const char *value;
};

/* A line of master.cf, and the parameters that its -o options set. */
struct postconf_service {
    const char *name; /* `smtp`, `127.0.0.1:10025` */
    const char *type; /* `inet`, `unix`, `pass` ... */
    bool chrooted;
    const char *command; /* the program: `smtpd` */
    struct postconf_parameter *own;
    size_t owns;
};

struct postconf {
    char *folder; /* of main.cf, from the root on; NULL: Postfix's own */
    struct postconf_parameter *parameter;
    size_t parameters;
    struct postconf_service *service;
    size_t services;
    struct spawned told[3]; /* what all of these point into */
};

/* Reads it. NULL with a sentence in why: Postfix is not there, or its configuration is no good. */
struct postconf *postconf_read(const char *folder, char why[SPAWN_WHY_MAX]);
void postconf_free(struct postconf *p); /* NULL is borne */

/* A parameter of main.cf; "" where Postfix knows none of that name. */
const char *postconf_value(const struct postconf *p, const char *name);

/* The same as one service sees it. */
const char *postconf_service_value(const struct postconf *p, const struct postconf_service *s,
                                   const char *name);

/* The service of that name and type; NULL for none. */
const struct postconf_service *postconf_service_find(const struct postconf *p, struct span name,
                                                     const char *type);

/* The next item of a list of Postfix: separated by commas and blanks, but for what stands in
 * braces. False at the end. */
bool postconf_list_next(struct span *rest, struct span *item);

/* The list has that word among its items, in any case. */
bool postconf_list_has(const char *list, const char *word);

enum postmap_answer { POSTMAP_FOUND, POSTMAP_ABSENT, POSTMAP_UNAVAILABLE };

/*
 * Asks one map, `regexp:/etc/postfix/undo`, for a key by postmap -q. *value: what it answers, for
 * the caller to free with buf_free(), whatever the result; of a failure, what postmap complains of.
 */
enum postmap_answer postmap_ask(const struct postconf *p, struct span map, const char *key,
                                struct buf *value);

#endif
