#ifndef COEXIST_TESTS_RECEIVED_CASE_H
#define COEXIST_TESTS_RECEIVED_CASE_H

#include "base/span.h"

/* A Received field as mail servers write it, and what is to be read out of it. */

#define NO_TIME INT64_MIN
#define AT_10_15_30 INT64_C(1795256130) /* 2026-11-21 10:15:30 UTC */

struct received_case {
    const char *name;
    struct span value;
    const char *helo, *rdns, *ip, *by, *via, *with, *id, *for_; /* NULL: absent */
    int64_t time;
    bool opaque;
};

#endif
