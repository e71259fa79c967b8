#ifndef COEXIST_BASE_RESULT_H
#define COEXIST_BASE_RESULT_H

/*
 * The result of what can fail for a reason that the caller must tell apart. A function that returns
 * it changes its outputs only with RESULT_OK, unless its contract says otherwise.
 */
enum result {
    RESULT_OK,
    RESULT_SYNTAX,    /* the input is not of the form that is asked for */
    RESULT_LIMIT,     /* the input passes a named cap */
    RESULT_CLASH,     /* the opposite was said before */
    RESULT_NO_MEMORY, /* nothing was allocated */
    RESULT_SYSTEM     /* the operating system or a library refused; errno may tell more */
};

/* A few words for a message; never NULL. */
const char *result_text(enum result r);

#endif
