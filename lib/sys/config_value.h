#ifndef COEXIST_SYS_CONFIG_VALUE_H
#define COEXIST_SYS_CONFIG_VALUE_H

#include "base/span.h"

/* The forms of single values in the configuration file. Each says whether the text is of its form;
 * none needs a name to be resolved or a file to exist. */

#define CONFIG_PREFIX_MAX 64

/* Labels of letters, digits and inner hyphens, joined by dots; the last not all digits (RFC 1123
 * section 2.1). No trailing dot. */
bool value_is_host(struct span text);

/* unix:/PATH, local:/PATH, inet:PORT@HOST, inet6:PORT@HOST; the path short enough for a socket. */
bool value_is_listen(struct span text);

/* HOST:PORT, ADDRESS:PORT or [IPV6]:PORT. */
bool value_is_endpoint(struct span text);

bool value_is_path(struct span text); /* absolute */
bool value_is_path_or_none(struct span text);
bool value_is_prefix(struct span text); /* 1 to CONFIG_PREFIX_MAX printable octets, no blank */
bool value_is_account(struct span text);
bool value_is_next_hop(struct span text);
bool value_is_identify(struct span text);
bool value_is_delimiter(struct span text); /* one character or none */
bool value_is_filled(struct span text);    /* anything but nothing */
bool value_is_anything(struct span text);

/* on or off. *on may be NULL. */
bool value_switch(struct span text, bool *on);

/* Octal digits, at most 0777. *mode may be NULL. */
bool value_octal_mode(struct span text, unsigned *mode);

/* Decimal digits, from least to most. *number may be NULL. */
bool value_number(struct span text, unsigned least, unsigned most, unsigned *number);

#endif
