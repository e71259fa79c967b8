#ifndef COEXIST_CTL_PROBE_MESSAGE_H
#define COEXIST_CTL_PROBE_MESSAGE_H

#include "ctl/probe.h"

/* Writes message_id and message of a probe that has its configuration, rcpt and sender (RFC 5322,
 * lines end in CRLF). False without memory or random octets. */
bool probe_message_make(struct probe *p);

#endif
