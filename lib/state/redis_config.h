#ifndef COEXIST_STATE_REDIS_CONFIG_H
#define COEXIST_STATE_REDIS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

/* How to reach the Redis that is meant, and what to send there. All strings are borrowed. */

#define REDIS_PATH_MAX 106 /* of a unix socket: hiredis cuts a longer one without a word */
#define REDIS_HOST_MAX 255
#define REDIS_SENTINELS_MAX 16
#define REDIS_PORT 6379
#define REDIS_SENTINEL_PORT 26379

struct redis_host {
    const char *name; /* or a numeric address */
    unsigned port;    /* 0: the usual one */
};

struct redis_tls {
    bool on;
    const char *ca;   /* PEM file of authorities; NULL: those of the system */
    const char *cert; /* PEM file, with key; or NULL for no client certificate */
    const char *key;
};

struct redis_config {
    const char *host; /* NULL when path or sentinels are set */
    unsigned port;
    const char *path;                                /* unix socket, or NULL */
    struct redis_host sentinel[REDIS_SENTINELS_MAX]; /* asked in turn for the master */
    size_t sentinels;
    const char *master;            /* its name there */
    const char *sentinel_user;     /* or NULL */
    const char *sentinel_password; /* or NULL: no AUTH at the Sentinels */
    const char *user;              /* ACL user, or NULL */
    const char *password;          /* or NULL: no AUTH */
    unsigned database;
    struct redis_tls tls; /* to the server and to the Sentinels */
    const char *prefix;
    unsigned connect_timeout_ms; /* the whole of connecting: Sentinels, TLS, AUTH and SELECT too */
    unsigned command_timeout_ms; /* the whole of one exchange but for connecting */
};

/* This build can do TLS (hiredis was built with it). */
bool redis_tls_built_in(void);

#endif
