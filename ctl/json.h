#ifndef COEXIST_CTL_JSON_H
#define COEXIST_CTL_JSON_H

#include <jansson.h>

#include "ctl/session.h"

/* JSON as all commands print it, on jansson. */

/* A string; each octet that is no UTF-8 becomes U+FFFD. null for an absent span. The caller's
 * reference; NULL without memory, which jansson's setters take for a failure. */
json_t *json_span(struct span text);

/* json_span() of a C string; null for NULL, and by json_filled() also for "". */
json_t *json_text(const char *text);
json_t *json_filled(const char *text);

/* YYYY-MM-DDTHH:MM:SSZ (RFC 3339) of seconds UTC; null outside the years 1 to 9999. */
json_t *json_time(int64_t utc);

/* Prints the whole answer of a command, indented, and takes the reference. The status to return:
 * as given, or STATUS_NO after telling that there was no memory (root NULL) or no room. */
enum status json_print(struct session *s, json_t *root, enum status status);

/* Prints one of many answers in a line of its own, at once, and takes the reference. False when it
 * was NULL or could not be written. */
bool json_print_line(struct session *s, json_t *root);

#endif
