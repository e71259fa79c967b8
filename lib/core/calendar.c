#include "core/calendar.h"

#include "base/span.h"

#define DEPTH_MAX 1000000 /* deeper than any text can return from; what is in there is inside */

void calendar_init(struct calendar *c)
{
    *c = (struct calendar){ .at = CALENDAR_NAME };
}

static bool is_named(const struct calendar *c, const char *name)
{
    return span_eq((struct span){ c->name, c->named }, span_of(name));
}

/* The property has a value that is not blank. */
static void take_property(struct calendar *c)
{
    if (is_named(c, "begin") && c->depth < DEPTH_MAX)
        c->depth++;
    else if (is_named(c, "end") && c->depth > 0)
        c->depth--;
    else if (is_named(c, "method") && c->depth == 1)
        c->has_method = true;
}

static void take_name(struct calendar *c, char octet)
{
    bool order_mark = c->named == 0 && (unsigned char)octet >= 0x80;
    if (octet == ':' || octet == ';')
        c->at = octet == ':' ? CALENDAR_VALUE : CALENDAR_PARAMETERS;
    else if (c->named == CALENDAR_NAME_MAX)
        c->at = CALENDAR_REST;
    else if (!order_mark)
        c->name[c->named++] = ascii_lower(octet);
}

static void take_in_line(struct calendar *c, char octet)
{
    switch (c->at) {
    case CALENDAR_NAME:
        take_name(c, octet);
        return;
    case CALENDAR_PARAMETERS:
        if (octet == ':')
            c->at = CALENDAR_VALUE;
        else if (octet == '"')
            c->at = CALENDAR_QUOTED;
        return;
    case CALENDAR_QUOTED:
        if (octet == '"')
            c->at = CALENDAR_PARAMETERS;
        return;
    case CALENDAR_VALUE:
        if (octet == ' ' || octet == '\t')
            return;
        c->at = CALENDAR_REST;
        take_property(c);
        return;
    case CALENDAR_REST:
        return;
    }
}

void calendar_take(struct calendar *c, char octet)
{
    if (octet == '\r')
        return;
    if (octet == '\n') {
        c->inside_line = false;
        return;
    }
    bool begins = !c->inside_line;
    c->inside_line = true;
    if (begins && (octet == ' ' || octet == '\t'))
        return; /* the line before goes on */
    if (begins) {
        c->at = CALENDAR_NAME;
        c->named = 0;
    }
    take_in_line(c, octet);
}
