#include "sys/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syslog.h>
#include <unistd.h>

#define PROGRAM_MAX 32
#define QUEUE_ID_MAX 64
#define CUT_MARK "..."
/* Program, PID, level and newline around the line. */
#define FRAME_MAX (PROGRAM_MAX + 64)

enum way { WAY_STDERR, WAY_SYSLOG, WAY_SINK };

/* Set before there are threads; the level alone may change later. */
static struct {
    enum way way;
    char program[PROGRAM_MAX + 1];
    log_sink sink;
    void *arg;
    atomic_int most;
} where = { .way = WAY_STDERR, .program = "coexist-milter", .most = LOG_LEVEL_INFO };

static const struct {
    const char *name;
    int priority;
} levels[] = {
    [LOG_LEVEL_ERROR] = { "error", LOG_ERR },
    [LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
    [LOG_LEVEL_INFO] = { "info", LOG_INFO },
    [LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

static void open_way(enum way way, const char *program, enum log_level most)
{
    where.way = way;
    snprintf(where.program, sizeof(where.program), "%s", program);
    log_set_level(most);
}

void log_open_stderr(const char *program, enum log_level most)
{
    open_way(WAY_STDERR, program, most);
}

void log_open_syslog(const char *program, enum log_level most)
{
    open_way(WAY_SYSLOG, program, most);
    openlog(where.program, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void log_open_sink(log_sink sink, void *arg, enum log_level most)
{
    where.way = WAY_SINK;
    where.sink = sink;
    where.arg = arg;
    log_set_level(most);
}

void log_set_level(enum log_level most)
{
    atomic_store(&where.most, (int)most);
}

static bool level_wanted(enum log_level level)
{
    return (int)level <= atomic_load(&where.most);
}

/* As much as has room; the addition that does not fit marks the line as cut, and is its last. */
static void line_add(struct log_line *l, struct span text)
{
    size_t room = l->text.limit - l->text.n;
    if (text.n <= room) {
        buf_add(&l->text, text);
        return;
    }
    buf_add(&l->text, (struct span){ text.p, room });
    buf_addc(&l->text, '.');
}

static void line_adds(struct log_line *l, const char *text)
{
    line_add(l, span_of(text));
}

/* A line that nobody wants has no room at all and so costs no memory. */
static void line_init(struct log_line *l, enum log_level level)
{
    l->level = level;
    buf_init(&l->text, level_wanted(level) ? LOG_LINE_MAX : 0);
}

static bool line_wanted(const struct log_line *l)
{
    return l->text.limit > 0;
}

static bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

static bool is_plain(struct span value)
{
    for (size_t i = 0; i < value.n; i++)
        if (!is_printable(value.p[i]) || strchr(" \"\\=", value.p[i]))
            return false;
    return value.n > 0;
}

/* The name comes from the mail system; a blank or a colon in it would end it early. */
static void add_queue_id(struct log_line *l, const char *queue_id)
{
    if (!queue_id || !*queue_id)
        queue_id = "NOQUEUE";
    size_t n = strnlen(queue_id, QUEUE_ID_MAX);
    for (size_t i = 0; i < n; i++) {
        char c = queue_id[i];
        bool good = is_printable(c) && c != ' ' && c != ':';
        line_add(l, good ? (struct span){ queue_id + i, 1 } : SPAN_LIT("?"));
    }
}

void log_begin(struct log_line *l, enum log_level level, const char *queue_id, const char *event)
{
    line_init(l, level);
    if (!line_wanted(l))
        return;
    add_queue_id(l, queue_id);
    line_adds(l, ": ");
    line_adds(l, event);
}

static void add_quoted(struct log_line *l, struct span value)
{
    line_adds(l, "\"");
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        char escape[5];
        if (!is_printable(c))
            snprintf(escape, sizeof(escape), "\\x%02X", (unsigned)(unsigned char)c);
        else if (c == '"' || c == '\\')
            snprintf(escape, sizeof(escape), "\\%c", c);
        else
            snprintf(escape, sizeof(escape), "%c", c);
        line_adds(l, escape);
    }
    line_adds(l, "\"");
}

void log_span(struct log_line *l, const char *key, struct span value)
{
    if (!line_wanted(l) || !buf_ok(&l->text))
        return;
    line_adds(l, " ");
    line_adds(l, key);
    line_adds(l, "=");
    if (is_plain(value))
        line_add(l, value);
    else
        add_quoted(l, value);
}

void log_text(struct log_line *l, const char *key, const char *value)
{
    log_span(l, key, span_of(value));
}

void log_number(struct log_line *l, const char *key, long long value)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%lld", value);
    log_text(l, key, digits);
}

/* One write, so that lines of several threads do not mix. */
static void write_stderr(enum log_level level, const char *line)
{
    char framed[LOG_LINE_MAX + FRAME_MAX];
    int n = snprintf(framed, sizeof(framed), "%s[%ld]: %s: %s\n", where.program, (long)getpid(),
                     levels[level].name, line);
    if (n < 0 || (size_t)n >= sizeof(framed))
        return;
    while (write(STDERR_FILENO, framed, (size_t)n) < 0 && errno == EINTR)
        continue;
}

static void line_write(enum log_level level, const char *line)
{
    switch (where.way) {
    case WAY_STDERR:
        write_stderr(level, line);
        break;
    case WAY_SYSLOG:
        syslog(levels[level].priority, "%s", line);
        break;
    case WAY_SINK:
        where.sink(level, line, where.arg);
        break;
    }
}

void log_end(struct log_line *l)
{
    if (line_wanted(l)) {
        char line[LOG_LINE_MAX + 1];
        size_t n = l->text.n;
        memcpy(line, buf_text(&l->text), n + 1);
        if (!buf_ok(&l->text)) {
            size_t keep = n < LOG_LINE_MAX - strlen(CUT_MARK) ? n : LOG_LINE_MAX - strlen(CUT_MARK);
            memcpy(line + keep, CUT_MARK, sizeof(CUT_MARK));
        }
        line_write(l->level, line);
    }
    buf_free(&l->text);
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    if (!level_wanted(level))
        return;
    /* One octet more than a line holds, so that a longer text is seen to be cut. */
    char text[LOG_LINE_MAX + 2];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct log_line l;
    line_init(&l, level);
    line_adds(&l, event);
    log_text(&l, "text", n < 0 ? format : text);
    log_end(&l);
}
