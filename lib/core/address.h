#ifndef COEXIST_CORE_ADDRESS_H
#define COEXIST_CORE_ADDRESS_H

#include "base/buf.h"
#include "base/result.h"

/*
 * An envelope address (RFC 5321 section 4.1.2 Path, RFC 6531 for octets above 127), read as mail
 * servers read it: more is accepted than the grammar allows, since the MTA has accepted it already.
 */

/* The longest path that is read, in octets; RFC 5321 section 4.5.3.1.3 asks for 256. */
#define ADDRESS_MAX 1024

enum address_kind {
    ADDRESS_NULL, /* <> : the null reverse-path */
    ADDRESS_BARE, /* a local part without a domain: <postmaster> */
    ADDRESS_MAILBOX
};

/* Owned by whoever calls address_parse(); the members are freed by address_free(). */
struct address {
    enum address_kind kind;
    char *text;   /* verbatim without the angle brackets, source route included */
    char *local;  /* local part as written, quotes included, case kept */
    char *domain; /* as written, without a trailing dot; "" unless ADDRESS_MAILBOX */
    char *key;    /* lower case (ASCII), quotes and source route removed: local@domain, or local */
    size_t key_local; /* octets of the key that are its local part */
};

/*
 * Reads `<path>` or a bare path: quoted local parts, quoted pairs, address literals, source routes
 * (`@a,@b:user@host`), octets above 127. The domain begins after the last @ outside quotes.
 * RESULT_SYNTAX: control characters, an unclosed quote, an empty local part or domain, quotes or
 * blanks in the domain, text behind the closing bracket, and what the MTA would take for a comment,
 * list or group: unquoted ( ) < > , ; anywhere. RESULT_LIMIT: longer than ADDRESS_MAX. On any error
 * *out is empty and needs no address_free(), which it nevertheless bears.
 */
enum result address_parse(struct span text, struct address *out);

void address_free(struct address *a);

/* The key's local part without its extension: the part before the first delimiter, which is not
 * the first octet. Absent where there is no extension or the delimiter is '\0'. */
struct span address_base(const struct address *a, char delimiter);

/* The octet needs no quotes in a local part: it is one of RFC 5321's Dot-string, wherever the dots
 * stand, or of RFC 6531's. */
bool address_octet_is_plain(char c);

/* Appends a local part that is given without quotes as it stands in an address: with them, and
 * quoted pairs, where some octet needs them. */
void address_write_local(struct span local, struct buf *out);

/* The key's domain; empty unless ADDRESS_MAILBOX. */
struct span address_key_domain(const struct address *a);

#endif
