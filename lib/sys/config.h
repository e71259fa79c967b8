#ifndef COEXIST_SYS_CONFIG_H
#define COEXIST_SYS_CONFIG_H

#include "base/words.h"

/* The configuration file: libconfuse syntax, checked whole before it is used, immutable after. */

struct string_list {
    char **item;
    size_t n;
};

/* A system or gateway block. */
struct config_system {
    struct string_list hosts;
    struct string_list networks;
    char *identify; /* `Header: value` or `cert: CN`; NULL when not set */
    char *nexthop;  /* NULL when not set */
};

struct config_domain {
    char *name;     /* lower case, no trailing dot */
    enum home home; /* of users without a record; HOME_UNSET when not set */
    char *route;    /* template; NULL when not set */
    enum mode mode; /* MODE_ENFORCE unless set */
    bool calendar;  /* invitations are looked for in bodies too; true unless set */
};

struct config {
    char *file;
    enum system node;
    char *name;           /* this node in headers and log; the host's FQDN unless set */
    char *listen;         /* unix:PATH or inet:PORT@HOST or inet6:PORT@HOST */
    unsigned socket_mode; /* of a unix socket; 0660 */
    char *socket_group;   /* owning group of a unix socket; NULL: leave it */
    char *user;           /* to run as when started as root; NULL: stay */
    char *maps;           /* NULL: off */
    char *metrics;        /* NULL: off */
    char *state;          /* URL */
    char *prefix;
    char *replica; /* URL that records are read from instead; NULL: from `state` */
    char *tls_ca;  /* PEM files for rediss:// URLs; NULL: the system's, none, none */
    char *tls_cert;
    char *tls_key;
    unsigned connect_timeout_ms;
    unsigned command_timeout_ms;
    unsigned cache_entries; /* 0: no cache, and none of the next four */
    unsigned cache_max_age_s;
    unsigned stale_max_s;
    char *snapshot; /* file; NULL: none */
    unsigned snapshot_interval_s;
    unsigned ledger_window_s; /* 0: no ledger */
    unsigned breaker_limit;   /* 0: no breaker */
    unsigned breaker_window_s;
    unsigned events_max; /* entries of the stream; 0: no events */
    char *keys;          /* file */
    enum on_conflict on_conflict;
    enum on_loop on_loop;
    char *loop_mailbox;
    unsigned max_crossings;
    unsigned max_hops;
    char recipient_delimiter; /* '\0': none */
    char *myorigin;           /* domain of addresses without one; NULL: they are left alone */
    struct config_system system[SYSTEM_COUNT]; /* by enum system */
    struct string_list gateways;
    struct config_domain *domain;
    size_t domains;
};

/*
 * What the layers above know and this one must ask: each takes a value and returns NULL when it is
 * good, else a sentence that says what is wrong with it and what would be right. A NULL function
 * accepts everything.
 */
struct config_checks {
    const char *(*host)(struct span pattern);
    const char *(*network)(struct span network);
    const char *(*route)(struct span template);
    const char *(*address)(struct span mailbox);
    const char *(*state)(const char *url);
};

#define CONFIG_ERROR_MAX 512

/*
 * Reads and checks a file. Returns a configuration that the caller frees with config_free(), or
 * NULL with one line in error: `FILE:LINE: OPTION: what is wrong; accepted: ...` (`FILE: ...` where
 * it is about the whole file: it cannot be read, no domain, a system without hosts). The first
 * fault found is the one told.
 */
struct config *config_load(const char *file, const struct config_checks *checks,
                           char error[CONFIG_ERROR_MAX]);

void config_free(struct config *c); /* NULL is borne */

/* The domain block for a lower-case domain name, or NULL: not ours. */
const struct config_domain *config_find_domain(const struct config *c, struct span domain);

#endif
