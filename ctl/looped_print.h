#ifndef COEXIST_CTL_LOOPED_PRINT_H
#define COEXIST_CTL_LOOPED_PRINT_H

#include <jansson.h>

#include "ctl/looped.h"
#include "ctl/mend.h"
#include "ctl/out.h"

/* How loops are told. own: see mend_init(). */
struct looped_view {
    const char *prefix;
    enum system own;
};

/* Several lines for one recipient, or for one event. */
void looped_print_row(struct out *o, const struct looped_row *row, const struct looped_view *v);
void looped_print_event(struct out *o, const struct event *e, const struct looped_view *v);

/* NULL without memory. */
json_t *looped_row_json(const struct looped_row *row, const struct looped_view *v);
json_t *looped_event_json(const struct event *e, const struct looped_view *v);

#endif
