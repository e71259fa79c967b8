#ifndef COEXIST_BASE_COUNT_H
#define COEXIST_BASE_COUNT_H

/* The number of elements of an array; not for a pointer. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
