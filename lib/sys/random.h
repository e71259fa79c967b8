#ifndef COEXIST_SYS_RANDOM_H
#define COEXIST_SYS_RANDOM_H

#include <stdbool.h>
#include <stddef.h>

/* Fills n octets from the kernel's generator (getrandom). False only where it has none. */
bool random_octets(unsigned char *out, size_t n);

/*
 * Writes n characters of [0-9a-z] without bias, and a NUL: out has n + 1 octets. For names that
 * must not meet, not for secrets: what the kernel gave is kept for many names. None is given twice,
 * in no thread and on no side of a fork.
 */
bool random_name(char *out, size_t n);

#endif
