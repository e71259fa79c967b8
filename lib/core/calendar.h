#ifndef COEXIST_CORE_CALENDAR_H
#define COEXIST_CORE_CALENDAR_H

#include <stdbool.h>

/*
 * An iCalendar stream (RFC 5545), octet by octet: whether it asks for something, that is, whether
 * an object in it has a METHOD (RFC 5546 section 1.4). Lines may be folded anywhere. A METHOD
 * inside a component of the object is none of it.
 */

#define CALENDAR_NAME_MAX 8 /* octets of a property's name that are looked at */

struct calendar {
    bool has_method; /* so far; it stays */
    enum { CALENDAR_NAME, CALENDAR_PARAMETERS, CALENDAR_QUOTED, CALENDAR_VALUE, CALENDAR_REST } at;
    char name[CALENDAR_NAME_MAX]; /* in lower case */
    unsigned char named;          /* octets of it */
    bool inside_line;             /* the line under way has not ended */
    unsigned depth;               /* objects and components that have begun and not ended */
};

void calendar_init(struct calendar *c);

/* Takes the next octet. */
void calendar_take(struct calendar *c, char octet);

#endif
