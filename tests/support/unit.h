#ifndef COEXIST_TESTS_UNIT_H
#define COEXIST_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

#include "base/count.h"
#include "base/span.h"

/* The one suite of a test program; each tests/unit/LAYER/test_NOUN.c defines it. */
Suite *unit_suite(void);

/*
 * A copy of the text in a heap block of exactly its size, so that reading past its end shows under
 * AddressSanitizer and valgrind. The caller frees (void *)result.p.
 */
struct span unit_exact(struct span text);

/* Fails the test with both texts shown unless they are equal, octet for octet. */
void unit_assert_span(struct span got, const char *want, const char *what);

/* Does valgrind, AddressSanitizer or ThreadSanitizer watch this program? Then it is slow and large:
 * what it shows of time and memory says nothing, and many repetitions cost too much. */
bool unit_is_watched(void);

#endif
