#ifndef COEXIST_SYS_EXPOSITION_H
#define COEXIST_SYS_EXPOSITION_H

#include "base/buf.h"

/*
 * The text that Prometheus reads, its format 0.0.4: for each family of metrics two comment lines,
 * then a line for each sample. All samples of a family stand together.
 */

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8" /* the Content-Type */
#define EXPOSITION_LABELS_MAX 4

struct exposition_label {
    const char *name;
    const char *value; /* any text in UTF-8; escaped here */
};

/* `# HELP` and `# TYPE`. type: counter, gauge or histogram. */
void exposition_family(struct buf *out, const char *name, const char *type, const char *help);

/* One sample; suffix: "" or what a histogram puts behind its name. label may be NULL with none. */
void exposition_count(struct buf *out, const char *name, const char *suffix,
                      const struct exposition_label *label, size_t labels, uint64_t value);

/* The same with a value in microseconds, written in seconds. */
void exposition_seconds(struct buf *out, const char *name, const char *suffix,
                        const struct exposition_label *label, size_t labels, uint64_t us);

#define EXPOSITION_NUMBER_MAX 32

/* Microseconds in seconds, without trailing zeros: 50 is 0.00005, 1000000 is 1. */
void exposition_number(uint64_t us, char out[EXPOSITION_NUMBER_MAX]);

#endif
