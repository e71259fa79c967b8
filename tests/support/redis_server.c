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

#define OPTIONS_MAX 32
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

static void run_server(struct redis_server *s, const char *const *options)
{
    const char *argv[OPTIONS_MAX + 1] = {
        "redis-server", "--port", "0",     "--unixsocket", s->path,     "--save", "",
        "--appendonly", "no",     "--dir", s->folder,      "--logfile", "log",    "--databases",
        "16",
    };
    size_t n = 0;
    while (argv[n])
        n++;
    for (; options && *options && n < OPTIONS_MAX; options++)
        argv[n++] = *options;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

void redis_server_start(struct redis_server *s, const char *const *options)
{
    s->pid = fork();
    if (s->pid == 0)
        run_server(s, options);
    ck_assert_int_gt(s->pid, 0);
    time_t end = time(NULL) + READY_S;
    while (!is_ready(s->path)) {
        ck_assert_msg(waitpid(s->pid, NULL, WNOHANG) == 0, "redis-server ended at its start");
        ck_assert_msg(time(NULL) < end, "redis-server does not answer");
        poll(NULL, 0, 5);
    }
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

const char *redis_server_run(struct redis_server *s, char reply[256], ...)
{
    char words[8192], command[8192 + 32];
    size_t n = 0;
    int count = 0;
    va_list args;
    va_start(args, reply);
    for (const char *w; (w = va_arg(args, const char *)); count++) {
        n += (size_t)snprintf(words + n, sizeof(words) - n, "$%zu\r\n%s\r\n", strlen(w), w);
        ck_assert_uint_lt(n, sizeof(words));
    }
    va_end(args);
    int length = snprintf(command, sizeof(command), "*%d\r\n%s", count, words);
    int fd = connect_to(s->path);
    ck_assert_int_ge(fd, 0);
    ck_assert(ask(fd, command, (size_t)length, reply, 256));
    close(fd);
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
