#ifndef COEXIST_CTL_DOCTOR_POSTFIX_H
#define COEXIST_CTL_DOCTOR_POSTFIX_H

#include "ctl/doctor.h"
#include "ctl/milter_list.h"
#include "ctl/postfix_lines.h"

/* The checks of doctor_postfix(), and what they share. */

struct postfix_check {
    struct doctor *d;
    const struct postconf *p;
    const char *queue;                 /* queue_directory */
    struct endpoint socket;            /* `listen` */
    const struct postfix_lines *right; /* what Postfix should have */
};

/* How Postfix finds the filter: the lists of filters, and what goes with them. */
void doctor_milters(struct postfix_check *k);

/* Whether it gets through to it: the socket and its mode. */
void doctor_socket(struct postfix_check *k);

/* Whether what the filter diverts gets to the peer: route domains, transports, maps. */
void doctor_routes(struct postfix_check *k);

/* Whether Postfix takes mail for who lives at the peer: it asks its tables before the filter. */
void doctor_recipients(struct postfix_check *k);

/* What the two must agree on: domains, names, limits. */
void doctor_agreement(struct postfix_check *k);

/* Adds `postconf -e 'NAME = VALUE'` with the right value, for this Postfix, as what mends. */
void doctor_mend_main(struct postfix_check *k, const char *name, const char *value);

/* The service is a smtpd that takes mail by SMTP. */
bool doctor_is_listener(const struct postconf_service *s);

#endif
