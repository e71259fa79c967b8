#include "tests/support/redis_server.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/span.h"

#define OPTIONS_MAX 40
#define PORTS_TRIED 10
#define READY_S 20

int temporary_folder(char folder[64], int *guard)
{
    strcpy(folder, "/tmp/coexist-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    int pid = fork();
    /* A group of its own: check(3) kills that of a test which takes too long. */
    setpgid(pid, 0);
    /* Nothing is asserted in the child: check(3) would write into the same file in both. */
    if (pid == 0) {
        dup2(ends[0], STDIN_FILENO);
        execl("/bin/sh", "sh", "-c", "read line; rm -rf \"$0\"", folder, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    close(ends[0]);
    *guard = ends[1];
    return pid;
}

void redis_server_init(struct redis_server *s)
{
    memset(s, 0, sizeof(*s));
    s->guard_pid = temporary_folder(s->folder, &s->guard);
    snprintf(s->path, sizeof(s->path), "%s/redis.sock", s->folder);
}

bool redis_server_exists(const char *program)
{
    char path[512];
    struct span rest = span_of(getenv("PATH")), folder;
    while (span_split(&rest, ':', &folder)) {
        snprintf(path, sizeof(path), "%.*s/%s", SPAN_ARG(folder), program);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

static int connect_to(const char *path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* The first line of the reply to what is sent; false when there is none. */
static bool ask(int fd, const char *command, size_t n, char *reply, size_t size)
{
    if (send(fd, command, n, MSG_NOSIGNAL) != (ssize_t)n)
        return false;
    size_t got = 0;
    while (got + 1 < size) {
        ssize_t r = recv(fd, reply + got, size - 1 - got, 0);
        if (r <= 0)
            return false;
        got += (size_t)r;
        reply[got] = '\0';
        char *end = strstr(reply, "\r\n");
        if (end) {
            *end = '\0';
            return true;
        }
    }
    return true;
}

/* Any reply will do, since a server that wants a password is there too, but not LOADING. */
static bool is_ready(const char *path)
{
    char reply[256] = "";
    int fd = connect_to(path);
    if (fd < 0)
        return false;
    bool answered = ask(fd, "PING\r\n", 6, reply, sizeof(reply));
    close(fd);
    return answered && strncmp(reply, "-LOADING", 8) != 0;
}

/* Runs the words, and does not come back. */
static void run_server(const struct redis_server *s, const char *const *words)
{
    const char *program = s->program ? s->program : "redis-server";
    const char *argv[OPTIONS_MAX + 2] = { program };
    for (size_t n = 1; *words && n < OPTIONS_MAX + 1; words++)
        argv[n++] = *words;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* False when it ends at its start. */
static bool try_start(struct redis_server *s, const char *const *words)
{
    s->pid = fork();
    if (s->pid == 0)
        run_server(s, words);
    ck_assert_int_gt(s->pid, 0);
    time_t end = time(NULL) + READY_S;
    while (!is_ready(s->path)) {
        if (waitpid(s->pid, NULL, WNOHANG) != 0) {
            s->pid = 0;
            return false;
        }
        ck_assert_msg(time(NULL) < end, "redis-server does not answer");
        poll(NULL, 0, 5);
    }
    return true;
}

static bool try_start_with(struct redis_server *s, const char *const *more,
                           const char *const *options)
{
    const char *words[OPTIONS_MAX + 1] = {
        "--port", "0",           "--unixsocket", s->path, "--save",  "",          "--appendonly",
        "no",     "--databases", "16",           "--dir", s->folder, "--logfile", "log",
    };
    size_t n = 0;
    while (words[n])
        n++;
    for (; more && *more; more++)
        words[n++] = *more;
    for (; options && *options; options++) {
        ck_assert_uint_lt(n, OPTIONS_MAX);
        words[n++] = *options;
    }
    return try_start(s, words);
}

void redis_server_start(struct redis_server *s, const char *const *options)
{
    ck_assert_msg(try_start_with(s, NULL, options), "redis-server ended at its start");
}

/* Below those that the system gives to others; another test may still be faster. */
static unsigned some_port(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 16000 + ((unsigned)getpid() * 131 + (unsigned)now.tv_nsec / 1000) % 16000;
}

void redis_server_listen(struct redis_server *s, const char *how, const char *const *options)
{
    char number[16];
    const char *const more[] = { how, number, "--bind", "127.0.0.1", NULL };
    bool given = s->port != 0, started = false;
    for (int i = 0; i < PORTS_TRIED && !started; i++) {
        s->port = given ? s->port : some_port();
        snprintf(number, sizeof(number), "%u", s->port);
        started = try_start_with(s, more, options);
    }
    ck_assert_msg(started, "redis-server ends at its start");
}

static void write_lines(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void write_lines(const char *path, const char *format, ...)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    va_list args;
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    ck_assert_int_eq(fclose(file), 0);
}

void redis_server_watch(struct redis_server *s, const char *how, const char *lines)
{
    char path[96];
    const char *const words[] = { path, "--sentinel", NULL };
    bool given = s->port != 0, started = false;
    snprintf(path, sizeof(path), "%s/sentinel.conf", s->folder);
    for (int i = 0; i < PORTS_TRIED && !started; i++) {
        s->port = given ? s->port : some_port();
        write_lines(path,
                    "port 0\n%s %u\nbind 127.0.0.1\nunixsocket %s\ndir %s\n"
                    "logfile log\n%s",
                    how, s->port, s->path, s->folder, lines);
        started = try_start(s, words);
    }
    ck_assert_msg(started, "redis-server ends at its start as a Sentinel");
}

void redis_server_signal(struct redis_server *s, int signal)
{
    ck_assert_int_gt(s->pid, 0);
    ck_assert_int_eq(kill(s->pid, signal), 0);
}

void redis_server_kill(struct redis_server *s)
{
    redis_server_signal(s, SIGKILL);
    ck_assert_int_eq(waitpid(s->pid, NULL, 0), s->pid);
    s->pid = 0;
}

static void run(struct redis_server *s, char reply[256], va_list args)
{
    char words[8192], command[8192 + 32];
    size_t n = 0;
    int count = 0;
    for (const char *w; (w = va_arg(args, const char *)); count++) {
        n += (size_t)snprintf(words + n, sizeof(words) - n, "$%zu\r\n%s\r\n", strlen(w), w);
        ck_assert_uint_lt(n, sizeof(words));
    }
    int length = snprintf(command, sizeof(command), "*%d\r\n%s", count, words);
    int fd = connect_to(s->path);
    ck_assert_int_ge(fd, 0);
    ck_assert(ask(fd, command, (size_t)length, reply, 256));
    close(fd);
}

const char *redis_server_try(struct redis_server *s, char reply[256], ...)
{
    va_list args;
    va_start(args, reply);
    run(s, reply, args);
    va_end(args);
    return reply;
}

const char *redis_server_run(struct redis_server *s, char reply[256], ...)
{
    va_list args;
    va_start(args, reply);
    run(s, reply, args);
    va_end(args);
    ck_assert_msg(reply[0] != '-', "redis-server says %s", reply);
    return reply;
}

void redis_server_free(struct redis_server *s)
{
    if (s->pid > 0)
        redis_server_kill(s);
    close(s->guard);
    waitpid(s->guard_pid, NULL, 0);
}
