#ifndef COEXIST_CORE_RECEIVED_LEX_H
#define COEXIST_CORE_RECEIVED_LEX_H

#include "base/span.h"

/*
 * Cuts a Received value into tokens, forgiving: blanks, commas, quotes, control characters and
 * closing marks that close nothing only separate words. An opening mark that is never closed counts
 * as a blank. No token is ever empty of input, and none reaches outside it.
 */

enum received_kind {
    RECEIVED_WORD,
    RECEIVED_BRACKET, /* [text] */
    RECEIVED_ANGLE,   /* <text>; a quoted local part may hold anything */
    RECEIVED_COMMENT, /* (text), nested */
    RECEIVED_SEMICOLON
};

struct received_token {
    enum received_kind kind;
    struct span text;  /* what stands between the marks */
    const char *start; /* the token's first octet, its mark included */
    bool glued;        /* nothing stands between it and the token before */
};

struct received_lex {
    struct span rest;
    unsigned unclosed;
};

/* How many comments and angle brackets without end are looked at; after that all of them are blanks
 * unseen, so that the work stays linear. */
#define RECEIVED_UNCLOSED_MAX 4

void received_lex_init(struct received_lex *lex, struct span text);

/* The next token; false at the end. lex->rest.p is then, and after each token, where it ended. */
bool received_lex_next(struct received_lex *lex, struct received_token *token);

#endif
