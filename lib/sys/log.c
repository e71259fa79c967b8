#include "sys/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syslog.h>
#include <unistd.h>

#define PROGRAM_MAX 32
#define QUEUE_ID_MAX 64
#define CUT_MARK "..."
#define NUMBER_MAX 24 /* octets of a number in decimal */
/* Program, PID, level and newline around the line. */
#define FRAME_MAX (PROGRAM_MAX + 64)

enum way { WAY_STDERR, WAY_SYSLOG, WAY_SINK };

/* Set before there are threads; the level and the PID alone may change later. */
static struct {
    enum way way;
    char program[PROGRAM_MAX + 1];
    log_sink sink;
    void *arg;
    atomic_int most;
    bool sees_forks;
    atomic_long pid; /* 0: to be asked for */
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

/* The child of a fork is another process. */
static void forget_pid(void)
{
    atomic_store(&where.pid, 0);
}

/* A system call, which is saved for each line. */
static long process_id(void)
{
    long pid = atomic_load_explicit(&where.pid, memory_order_relaxed);
    if (pid != 0)
        return pid;
    pid = getpid();
    if (where.sees_forks)
        atomic_store(&where.pid, pid);
    return pid;
}

static void open_way(enum way way, const char *program, enum log_level most)
{
    if (!where.sees_forks)
        where.sees_forks = pthread_atfork(NULL, NULL, forget_pid) == 0;
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
    size_t room = LOG_LINE_MAX - l->n;
    if (l->cut || text.n == 0)
        return;
    l->cut = text.n > room;
    size_t n = l->cut ? room : text.n;
    memcpy(l->text + l->n, text.p, n);
    l->n += n;
}

static void line_adds(struct log_line *l, const char *text)
{
    line_add(l, span_of(text));
}

static void line_addc(struct log_line *l, char c)
{
    line_add(l, (struct span){ &c, 1 });
}

static struct span number_text(long long value, char room[NUMBER_MAX])
{
    unsigned long long rest = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
    char *end = room + NUMBER_MAX, *p = end;
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--p = '-';
    return span_between(p, end);
}

static void line_init(struct log_line *l, enum log_level level)
{
    l->level = level;
    l->wanted = level_wanted(level);
    l->cut = false;
    l->n = 0;
}

static bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

static bool is_plain(struct span value)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=')
            return false;
    }
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
        line_addc(l, good ? c : '?');
    }
}

void log_begin(struct log_line *l, enum log_level level, const char *queue_id, const char *event)
{
    line_init(l, level);
    if (!l->wanted)
        return;
    add_queue_id(l, queue_id);
    line_adds(l, ": ");
    line_adds(l, event);
}

static void add_escape(struct log_line *l, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char escape[] = { '\\', 'x', digits[c >> 4], digits[c & 15] };
    line_add(l, (struct span){ escape, sizeof(escape) });
}

static void add_quoted(struct log_line *l, struct span value)
{
    line_addc(l, '"');
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (!is_printable(c))
            add_escape(l, (unsigned char)c);
        else if (c == '"' || c == '\\')
            line_add(l, (struct span){ (const char[]){ '\\', c }, 2 });
        else
            line_addc(l, c);
    }
    line_addc(l, '"');
}

void log_span(struct log_line *l, const char *key, struct span value)
{
    if (!l->wanted || l->cut)
        return;
    line_addc(l, ' ');
    line_adds(l, key);
    line_addc(l, '=');
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
    char room[NUMBER_MAX];
    log_span(l, key, number_text(value, room));
}

static char *put(char *to, struct span text)
{
    memcpy(to, text.p, text.n);
    return to + text.n;
}

/* One write, so that lines of several threads do not mix. */
static void write_stderr(enum log_level level, const char *line, size_t n)
{
    char framed[FRAME_MAX + LOG_LINE_MAX], room[NUMBER_MAX];
    char *end = put(framed, span_of(where.program));
    end = put(end, SPAN_LIT("["));
    end = put(end, number_text(process_id(), room));
    end = put(end, SPAN_LIT("]: "));
    end = put(end, span_of(levels[level].name));
    end = put(end, SPAN_LIT(": "));
    end = put(end, (struct span){ line, n });
    *end++ = '\n';
    while (write(STDERR_FILENO, framed, (size_t)(end - framed)) < 0 && errno == EINTR)
        continue;
}

static void line_write(enum log_level level, const char *line, size_t n)
{
    switch (where.way) {
    case WAY_STDERR:
        write_stderr(level, line, n);
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
    if (!l->wanted)
        return;
    if (l->cut)
        memcpy(l->text + l->n - strlen(CUT_MARK), CUT_MARK, strlen(CUT_MARK));
    l->text[l->n] = '\0';
    line_write(l->level, l->text, l->n);
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
