#ifndef COEXIST_SYS_LOG_H
#define COEXIST_SYS_LOG_H

#include "base/span.h"

/*
 * One line for each event: `queue-id: event key=value key=value`. Values are escaped so that no
 * input can forge a line or a field. Lines are whole however many threads log, and cost no memory
 * but the stack's.
 */

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* stderr: each line as `coexist-milter[PID]: LEVEL: ...`; syslog: facility mail. A line below the
 * level is not written. Call once, before threads. */
void log_open_stderr(const char *program, enum log_level most);
void log_open_syslog(const char *program, enum log_level most);

/* A test, or another front end, takes the lines instead: without program, PID and newline. */
typedef void (*log_sink)(enum log_level level, const char *line, void *arg);
void log_open_sink(log_sink sink, void *arg, enum log_level most);

void log_set_level(enum log_level most);

#define LOG_LINE_MAX 2000 /* a longer line is cut, and ends in `...` */

/* A line being built. queue_id NULL or "": the line begins with NOQUEUE. */
struct log_line {
    enum log_level level;
    bool wanted;
    bool cut;
    size_t n;
    char text[LOG_LINE_MAX + 1];
};

void log_begin(struct log_line *l, enum log_level level, const char *queue_id, const char *event);

/*
 * Adds ` key=value`. The value stands as it is when it is made of printable ASCII without blank,
 * `"`, `\` and `=`; else in double quotes with `\"`, `\\` and `\xHH` for what is not printable
 * ASCII. An empty value is "". key must be a literal of lower-case letters and `-`.
 */
void log_span(struct log_line *l, const char *key, struct span value);
void log_text(struct log_line *l, const char *key, const char *value);
void log_number(struct log_line *l, const char *key, long long value);

/* Writes the line. */
void log_end(struct log_line *l);

/* A whole line outside any message: `event text="formatted"`, for start, stop and failures. */
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
