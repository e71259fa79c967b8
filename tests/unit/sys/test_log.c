#include "tests/support/unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/log.h"

/* What the sink has been given last. */
struct seen {
    unsigned lines;
    enum log_level level;
    char line[4 * LOG_LINE_MAX];
};

static struct seen seen;

static void take_line(enum log_level level, const char *line, void *arg)
{
    struct seen *s = arg;
    s->lines++;
    s->level = level;
    snprintf(s->line, sizeof(s->line), "%s", line);
}

static void setup(void)
{
    seen = (struct seen){ 0 };
    log_open_sink(take_line, &seen, LOG_LEVEL_DEBUG);
}

static void log_one(const char *queue_id, const char *key, struct span value)
{
    struct log_line l;
    log_begin(&l, LOG_LEVEL_INFO, queue_id, "decide");
    log_span(&l, key, value);
    log_end(&l);
}

START_TEST(values_are_escaped_where_they_must)
{
    static const struct {
        struct span value;
        const char *want;
    } rows[] = {
        { SPAN_LIT("a@b.example"), "v=a@b.example" },
        { SPAN_LIT("!#$%&'()*+,-./:;<>?@[]^_`{|}~"), "v=!#$%&'()*+,-./:;<>?@[]^_`{|}~" },
        { SPAN_LIT(""), "v=\"\"" },
        { SPAN_ABSENT, "v=\"\"" },
        { SPAN_LIT("a b"), "v=\"a b\"" },
        { SPAN_LIT("a=b"), "v=\"a=b\"" },
        { SPAN_LIT("\"q\""), "v=\"\\\"q\\\"\"" },
        { SPAN_LIT("c:\\x"), "v=\"c:\\\\x\"" },
        { SPAN_LIT("a\r\nb: decide rcpt=x"), "v=\"a\\x0D\\x0Ab: decide rcpt=x\"" },
        { SPAN_LIT("\0\x7f\x80\xff\x1b[0m"), "v=\"\\x00\\x7F\\x80\\xFF\\x1B[0m\"" },
        { SPAN_LIT("\xc3\xa9"), "v=\"\\xC3\\xA9\"" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char want[256];
        struct span value = rows[i].value.p ? unit_exact(rows[i].value) : SPAN_ABSENT;
        log_one("4bXq2", "v", value);
        snprintf(want, sizeof(want), "4bXq2: decide %s", rows[i].want);
        ck_assert_str_eq(seen.line, want);
        free((void *)value.p);
    }
}
END_TEST

START_TEST(a_line_has_its_queue_id_and_fields_in_order)
{
    struct log_line l;
    log_begin(&l, LOG_LEVEL_WARNING, "", "loop");
    log_text(&l, "rcpt", "a@b");
    log_text(&l, "none", NULL);
    log_number(&l, "n", -9223372036854775807LL - 1);
    log_number(&l, "passes", 0);
    log_number(&l, "most", 9223372036854775807LL);
    log_number(&l, "ten", -10);
    log_end(&l);
    ck_assert_str_eq(seen.line, "NOQUEUE: loop rcpt=a@b none=\"\" n=-9223372036854775808 passes=0 "
                                "most=9223372036854775807 ten=-10");
    ck_assert_int_eq(seen.level, LOG_LEVEL_WARNING);
    ck_assert_uint_eq(seen.lines, 1);
    log_one(NULL, "a", SPAN_LIT("b"));
    ck_assert_str_eq(seen.line, "NOQUEUE: decide a=b");
    log_one("x: y\nz\x80", "a", SPAN_LIT("b"));
    ck_assert_str_eq(seen.line, "x??y?z?: decide a=b");
}
END_TEST

START_TEST(an_event_is_a_text)
{
    log_event(LOG_LEVEL_ERROR, "start", "version %s, %d\n%s", "0.1", 7, "\"x\"");
    ck_assert_str_eq(seen.line, "start text=\"version 0.1, 7\\x0A\\\"x\\\"\"");
    ck_assert_int_eq(seen.level, LOG_LEVEL_ERROR);
    log_event(LOG_LEVEL_INFO, "stop", "%s", "done");
    ck_assert_str_eq(seen.line, "stop text=done");
}
END_TEST

/* Logs one value that makes the line as long as asked, plain or with an escape at its end. */
static void log_long(size_t line, bool quoted)
{
    size_t head = strlen("q: decide v=") + (quoted ? strlen("\"\"") : 0);
    struct span value = { NULL, line - head };
    char *text = malloc(value.n);
    ck_assert_ptr_nonnull(text);
    memset(text, quoted ? ' ' : 'x', value.n);
    value.p = text;
    log_one("q", "v", value);
    free(text);
}

START_TEST(a_line_over_the_limit_is_cut_and_says_so)
{
    for (int quoted = 0; quoted < 2; quoted++) {
        log_long(LOG_LINE_MAX, quoted);
        ck_assert_uint_eq(strlen(seen.line), LOG_LINE_MAX);
        ck_assert_int_eq(seen.line[LOG_LINE_MAX - 1], quoted ? '"' : 'x');
        log_long(LOG_LINE_MAX + 1, quoted);
        ck_assert_uint_eq(strlen(seen.line), LOG_LINE_MAX);
        ck_assert_str_eq(seen.line + LOG_LINE_MAX - 3, "...");
        log_long(100000, quoted);
        ck_assert_uint_eq(strlen(seen.line), LOG_LINE_MAX);
        ck_assert_str_eq(seen.line + LOG_LINE_MAX - 4, quoted ? " ..." : "x...");
    }
    char big[3 * LOG_LINE_MAX];
    memset(big, 'e', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    log_event(LOG_LEVEL_INFO, "start", "%s", big);
    ck_assert_uint_eq(strlen(seen.line), LOG_LINE_MAX);
    ck_assert_str_eq(seen.line + LOG_LINE_MAX - 4, "e...");
}
END_TEST

START_TEST(nothing_follows_a_cut)
{
    struct log_line l;
    log_begin(&l, LOG_LEVEL_INFO, "q", "decide");
    char big[LOG_LINE_MAX];
    memset(big, 'x', sizeof(big));
    log_span(&l, "big", (struct span){ big, sizeof(big) });
    log_text(&l, "next", "y");
    log_end(&l);
    ck_assert_uint_eq(strlen(seen.line), LOG_LINE_MAX);
    ck_assert_ptr_null(strstr(seen.line, "next"));
}
END_TEST

START_TEST(a_line_below_the_level_is_not_written)
{
    log_set_level(LOG_LEVEL_WARNING);
    log_one("q", "a", SPAN_LIT("b"));
    log_event(LOG_LEVEL_DEBUG, "start", "%s", "x");
    ck_assert_uint_eq(seen.lines, 0);
    log_event(LOG_LEVEL_WARNING, "start", "%s", "x");
    log_event(LOG_LEVEL_ERROR, "start", "%s", "x");
    ck_assert_uint_eq(seen.lines, 2);
}
END_TEST

#define ROUNDS 3000

static int hex(char c)
{
    return c >= 'A' ? c - 'A' + 10 : c - '0';
}

/* Reads a value as the contract writes it; returns where it ends. */
static const char *read_value(const char *p, unsigned char *out, size_t *n)
{
    *n = 0;
    if (*p != '"') {
        for (; *p && *p != ' '; p++)
            out[(*n)++] = (unsigned char)*p;
        return p;
    }
    for (p++; *p != '"'; p++) {
        if (*p == '\0')
            ck_abort_msg("a quoted value without an end");
        if (*p == '\\' && *++p == 'x') {
            out[(*n)++] = (unsigned char)(hex(p[1]) * 16 + hex(p[2]));
            p += 2;
        } else {
            out[(*n)++] = (unsigned char)*p;
        }
    }
    return p + 1;
}

static const char *assert_field(const char *p, const char *key, struct span value)
{
    unsigned char got[LOG_LINE_MAX];
    size_t n = strlen(key);
    ck_assert_int_eq(*p++, ' ');
    ck_assert_msg(strncmp(p, key, n) == 0 && p[n] == '=', "no %s= at %s", key, p);
    p = read_value(p + n + 1, got, &n);
    ck_assert_uint_eq(n, value.n);
    ck_assert_int_eq(memcmp(got, value.p, n), 0);
    return p;
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Half of the octets are those that the format itself is made of. */
static struct span mutate(uint32_t *state, unsigned char *room, size_t most)
{
    static const char marks[] = " \"\\=:x0A\n\r\t";
    size_t n = next_random(state) % (most + 1);
    for (size_t i = 0; i < n; i++) {
        uint32_t r = next_random(state);
        room[i] = (unsigned char)(r % 2 ? marks[r / 2 % sizeof(marks)] : (char)(r / 2));
    }
    return unit_exact((struct span){ (const char *)room, n });
}

static bool is_printable(const char *text)
{
    while (*text >= ' ' && *text <= '~')
        text++;
    return *text == '\0';
}

START_TEST(whatever_is_logged_is_one_line_and_reads_back)
{
    uint32_t state = 20240229;
    unsigned char room[100];
    for (int round = 0; round < ROUNDS; round++) {
        struct span a = mutate(&state, room, 100), b = mutate(&state, room, 40);
        struct log_line l;
        log_begin(&l, LOG_LEVEL_INFO, "4bXq2", "decide");
        log_span(&l, "a", a);
        log_number(&l, "n", round);
        log_span(&l, "b", b);
        log_end(&l);
        ck_assert_msg(is_printable(seen.line), "%s", seen.line);
        char digits[16];
        snprintf(digits, sizeof(digits), "%d", round);
        ck_assert_int_eq(strncmp(seen.line, "4bXq2: decide", 13), 0);
        const char *p = assert_field(seen.line + 13, "a", a);
        p = assert_field(p, "n", span_of(digits));
        p = assert_field(p, "b", b);
        ck_assert_str_eq(p, "");
        free((void *)a.p);
        free((void *)b.p);
    }
    ck_assert_uint_eq(seen.lines, ROUNDS);
}
END_TEST

/* Standard error goes into a file from here on; returns the one it went to before. */
static int catch_stderr(int file)
{
    int old = dup(STDERR_FILENO);
    ck_assert_int_ge(old, 0);
    ck_assert_int_eq(dup2(file, STDERR_FILENO), STDERR_FILENO);
    return old;
}

static char *caught(int file, int old)
{
    ck_assert_int_eq(dup2(old, STDERR_FILENO), STDERR_FILENO);
    close(old);
    off_t n = lseek(file, 0, SEEK_END);
    ck_assert_int_ge(n, 0);
    char *text = calloc(1, (size_t)n + 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(pread(file, text, (size_t)n, 0), n);
    close(file);
    return text;
}

static int temporary_file(void)
{
    char path[] = "/tmp/coexist-log-XXXXXX";
    int fd = mkostemp(path, O_APPEND);
    ck_assert_int_ge(fd, 0);
    unlink(path);
    return fd;
}

START_TEST(stderr_lines_have_program_pid_and_level)
{
    int file = temporary_file(), old = catch_stderr(file);
    log_open_stderr("coexist-test", LOG_LEVEL_INFO);
    log_one("q", "a", SPAN_LIT("b"));
    log_event(LOG_LEVEL_ERROR, "stop", "%s", "x y");
    log_event(LOG_LEVEL_DEBUG, "stop", "%s", "unseen");
    char *text = caught(file, old), want[256];
    snprintf(want, sizeof(want),
             "coexist-test[%ld]: info: q: decide a=b\n"
             "coexist-test[%ld]: error: stop text=\"x y\"\n",
             (long)getpid(), (long)getpid());
    ck_assert_str_eq(text, want);
    free(text);
}
END_TEST

/* Also one that goes into the background after it has logged. */
START_TEST(a_child_logs_its_own_pid)
{
    int file = temporary_file(), old = catch_stderr(file);
    log_open_stderr("t", LOG_LEVEL_INFO);
    log_one("q", "of", SPAN_LIT("parent"));
    pid_t child = fork();
    if (child == 0) {
        log_one("q", "of", SPAN_LIT("child"));
        _exit(0);
    }
    pid_t ended = waitpid(child, NULL, 0);
    log_one("q", "of", SPAN_LIT("parent"));
    char *text = caught(file, old), want[256];
    ck_assert_int_eq(ended, child);
    snprintf(want, sizeof(want),
             "t[%ld]: info: q: decide of=parent\n"
             "t[%ld]: info: q: decide of=child\n"
             "t[%ld]: info: q: decide of=parent\n",
             (long)getpid(), (long)child, (long)getpid());
    ck_assert_str_eq(text, want);
    free(text);
}
END_TEST

START_TEST(the_longest_line_goes_out_whole)
{
    int file = temporary_file(), old = catch_stderr(file);
    char program[100];
    memset(program, 'p', sizeof(program) - 1);
    program[sizeof(program) - 1] = '\0';
    log_open_stderr(program, LOG_LEVEL_DEBUG);
    struct log_line l;
    log_begin(&l, LOG_LEVEL_WARNING, "q", "decide");
    char big[LOG_LINE_MAX];
    memset(big, 'x', sizeof(big));
    log_span(&l, "big", (struct span){ big, sizeof(big) });
    log_end(&l);
    char *text = caught(file, old), head[128];
    int n = snprintf(head, sizeof(head), "%.32s[%ld]: warning: q: decide big=x", program,
                     (long)getpid());
    ck_assert_msg(strncmp(text, head, (size_t)n) == 0, "%s", text);
    ck_assert_uint_eq(strlen(text), (size_t)n - strlen("q: decide big=x") + LOG_LINE_MAX + 1);
    ck_assert_str_eq(text + strlen(text) - 5, "x...\n");
    free(text);
}
END_TEST

#define THREADS 8
#define LINES 200

static void *log_many(void *arg)
{
    char letter = *(const char *)arg, value[1500];
    memset(value, letter, sizeof(value));
    for (int i = 0; i < LINES; i++)
        log_one("q", "v", (struct span){ value, sizeof(value) });
    return NULL;
}

START_TEST(lines_of_many_threads_stay_whole)
{
    static const char letters[THREADS] = "abcdefgh";
    pthread_t thread[THREADS];
    int file = temporary_file(), old = catch_stderr(file);
    log_open_stderr("t", LOG_LEVEL_INFO);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, log_many, (void *)&letters[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    char *text = caught(file, old);
    struct span rest = span_of(text), line;
    unsigned lines = 0;
    while (span_split(&rest, '\n', &line) && line.n > 0) {
        char letter[2] = { line.p[line.n - 1], '\0' };
        ck_assert_uint_eq(strspn(line.p + line.n - 1500, letter), 1500);
        ck_assert_uint_eq(span_find(line, 't'), 0);
        lines++;
    }
    ck_assert_uint_eq(lines, THREADS * LINES);
    free(text);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("log");
    TCase *tc = tcase_create("log");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, values_are_escaped_where_they_must);
    tcase_add_test(tc, a_line_has_its_queue_id_and_fields_in_order);
    tcase_add_test(tc, an_event_is_a_text);
    tcase_add_test(tc, a_line_over_the_limit_is_cut_and_says_so);
    tcase_add_test(tc, nothing_follows_a_cut);
    tcase_add_test(tc, a_line_below_the_level_is_not_written);
    tcase_add_test(tc, whatever_is_logged_is_one_line_and_reads_back);
    tcase_add_test(tc, stderr_lines_have_program_pid_and_level);
    tcase_add_test(tc, a_child_logs_its_own_pid);
    tcase_add_test(tc, the_longest_line_goes_out_whole);
    tcase_add_test(tc, lines_of_many_threads_stay_whole);
    suite_add_tcase(suite, tc);
    return suite;
}
