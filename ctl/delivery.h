#ifndef COEXIST_CTL_DELIVERY_H
#define COEXIST_CTL_DELIVERY_H

#include "ctl/mail.h"

/* What a bounce says of each recipient. Values are folded as they came; all are absent where the
 * bounce does not tell. */

#define DELIVERY_RECIPIENTS_MAX 100 /* kept; all are counted */

struct delivery_recipient {
    struct span original; /* addresses without their type (`rfc822;`) */
    struct span final;
    struct span action;
    struct span status;
    struct span remote_mta; /* without its type (`dns;`) */
    struct span diagnostic; /* with its type: `smtp; 550 5.1.1 no such user` */
};

struct delivery {
    struct span reporting_mta;
    struct span arrival_date;
    struct delivery_recipient recipient[DELIVERY_RECIPIENTS_MAX];
    size_t recipients; /* kept */
    size_t total;
};

/* Reads a message/delivery-status (RFC 3464 section 2) or message/global-delivery-status (RFC
 * 6533), decoded. *out points into the text. */
void delivery_read(struct span text, struct delivery *out);

/* What a bounce in words says, in an X-Failed-Recipients field (Exim, Gmail), or else as qmail
 * does,
 * `<address>:` and the reason in the lines below. *out points into both. */
void delivery_read_words(const struct mail *bounce, struct span text, struct delivery *out);

#endif
