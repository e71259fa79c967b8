#ifndef COEXIST_TESTS_EVENT_FIXTURE_H
#define COEXIST_TESTS_EVENT_FIXTURE_H

#include <string.h>

#include "ctl/event.h"
#include "tests/support/unit.h"

/* An event of a text: `NAME=VALUE` and a newline for each field. Names and values stand in blocks
 * of exactly their size; event_release() frees them. */
static inline void event_of(const char *text, struct event *out)
{
    struct span rest = span_of(text), line;
    *out = (struct event){ .ms = 1 };
    while (span_split(&rest, '\n', &line)) {
        size_t at = span_find(line, '=');
        if (at == line.n)
            continue;
        out->field[out->fields++] = (struct event_field){
            unit_exact((struct span){ line.p, at }),
            unit_exact(span_from(line, at + 1)),
        };
    }
}

static inline void event_release(struct event *e)
{
    for (size_t i = 0; i < e->fields; i++) {
        free((void *)(uintptr_t)e->field[i].name.p);
        free((void *)(uintptr_t)e->field[i].value.p);
    }
    *e = (struct event){ 0 };
}

#endif
