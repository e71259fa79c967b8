#ifndef COEXIST_CORE_RECEIVED_CLIENT_H
#define COEXIST_CORE_RECEIVED_CLIENT_H

#include "core/received.h"
#include "core/received_lex.h"

/*
 * The `from` clause of a Received field: who the client was. What stands directly behind `from` is
 * the name of the greeting for most servers (Postfix, Sendmail, Exchange: `helo (rdns [ip])`), but
 * the reverse name for qmail and its kin (`rdns (HELO helo) (ident@ip)`) and for Exim
 * (`rdns ([ip] helo=helo)`, where helo= is left out when both are the same).
 */
struct received_client {
    struct span name; /* directly behind `from` */
    struct span helo; /* after HELO or helo= in a comment */
    struct span rdns; /* the name in front of the address in a comment */
    struct span ip;
    bool greeted;     /* qmail's shape: HELO and a blank */
    bool address_led; /* a comment that begins with the address, as Exim's does */
    bool exim_greeted;
    size_t tokens;
    struct received_group {
        size_t words;
        struct span first;
        enum { RECEIVED_AWAITS_NOTHING, RECEIVED_AWAITS_HELO, RECEIVED_AWAITS_VALUE } awaits;
    } open; /* what stands outside comments */
};

/* Takes the next token of the clause. */
void received_client_token(struct received_client *c, const struct received_token *token);

/* Writes from_helo, from_rdns and from_ip; exim: the field says that Exim wrote it. */
void received_client_finish(struct received_client *c, bool exim, struct received *out);

/* A host as a token names it: brackets, `IPv6:` tag and port of an address literal kept off; absent
 * where it names none. */
struct span received_host(const struct received_token *token);

#endif
