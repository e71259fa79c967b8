#ifndef COEXIST_TESTS_DECISION_PRODUCT_H
#define COEXIST_TESTS_DECISION_PRODUCT_H

#include <check.h>

#include "core/decision.h"

/* Each number stands for one input; all numbers below PRODUCT are the whole product. */
#define POLICIES (3 * 4 * 2)         /* on_conflict, on_loop, has_loop_mailbox */
#define MESSAGES (2 * 2 * 2 * 4 * 2) /* null, auto, imip, loop, alone */
#define PLACES (3 * 2 * 3 * 3)       /* calendar, has_route, maps and unsettled, mode */
#define STATES (6 * 5 * 2)           /* state, home, stale */
#define NODES (2 * 3)                /* node, origin */
#define OF_ONE_STATE (PLACES * MESSAGES * POLICIES)
#define PRODUCT (NODES * STATES * OF_ONE_STATE)

static inline unsigned digit(unsigned *number, unsigned base)
{
    unsigned d = *number % base;
    *number /= base;
    return d;
}

static inline void fill_state(unsigned number, struct decision_input *in)
{
    in->stale = digit(&number, 2);
    in->home = (enum home)digit(&number, 5);
    in->state = (enum decision_state)number;
}

static inline void fill_rest(unsigned number, struct decision_input *in)
{
    static const enum home calendars[] = { HOME_UNSET, HOME_PRIMARY, HOME_SECONDARY };
    in->calendar = calendars[digit(&number, 3)];
    in->has_route = digit(&number, 2);
    unsigned maps = digit(&number, 3);
    in->maps = maps > 0;
    in->unsettled = maps > 1;
    in->mode = (enum mode)digit(&number, 3);
    in->null_sender = digit(&number, 2);
    in->auto_submitted = digit(&number, 2);
    in->imip = digit(&number, 2);
    in->loop = (enum loop_verdict)digit(&number, 4);
    in->alone = digit(&number, 2);
    in->on_conflict = (enum on_conflict)digit(&number, 3);
    in->on_loop = (enum on_loop)digit(&number, 4);
    in->has_loop_mailbox = digit(&number, 2);
    if (number != 0)
        ck_abort_msg("the digits do not make up the number");
}

#endif
