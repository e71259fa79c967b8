#include "ctl/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/deadline.h"

#define CHUNK 16384
#define NOT_RUN 127 /* where the system cannot tell at once that there is no such program */

extern char **environ;

/* What the program writes to: standard output, standard error. */
enum { OUT, ERR, STREAMS };

struct pipes {
    int read[STREAMS];
    int write[STREAMS];
};

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void pipes_close(struct pipes *p)
{
    for (int i = 0; i < STREAMS; i++) {
        close_one(&p->read[i]);
        close_one(&p->write[i]);
    }
}

static bool pipes_open(struct pipes *p)
{
    *p = (struct pipes){ { -1, -1 }, { -1, -1 } };
    for (int i = 0; i < STREAMS; i++) {
        int fd[2];
        if (pipe2(fd, O_CLOEXEC) != 0) {
            pipes_close(p);
            return false;
        }
        p->read[i] = fd[0];
        p->write[i] = fd[1];
    }
    return true;
}

/* 0 or an error number. SIGPIPE, which this process ignores, is for the program to decide on. */
static int start(const char *const *argv, const struct pipes *p, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, p->write[OUT], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, p->write[ERR], STDERR_FILENO);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawnp(pid, argv[0], &files, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

/* What came on one stream; at its end the descriptor is closed. What is too much of a complaint is
 * read and dropped. */
static void take(int *fd, struct buf *to)
{
    char chunk[CHUNK];
    ssize_t got = read(*fd, chunk, sizeof(chunk));
    if (got > 0)
        buf_add(to, (struct span){ chunk, (size_t)got });
    else if (got == 0 || errno != EINTR)
        close_one(fd);
}

/* Until both streams end. False when the time is over or the output too long. */
static bool read_all(struct pipes *p, struct buf to[STREAMS], int64_t deadline)
{
    while (p->read[OUT] >= 0 || p->read[ERR] >= 0) {
        struct pollfd ready[STREAMS] = { { p->read[OUT], POLLIN, 0 }, { p->read[ERR], POLLIN, 0 } };
        int n = poll(ready, STREAMS, deadline_left(deadline));
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        for (int i = 0; n > 0 && i < STREAMS; i++)
            if (ready[i].revents != 0)
                take(&p->read[i], &to[i]);
        if (!buf_ok(&to[OUT]))
            return false;
    }
    return true;
}

/* Its status; -1 when it was ended by a signal. A program that has closed its output ends soon. */
static int wait_end(pid_t pid, bool killed)
{
    int status;
    if (killed)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool run(const char *const *argv, unsigned ms, struct pipes *p, struct spawned *out,
                char why[SPAWN_WHY_MAX])
{
    pid_t pid;
    struct buf to[STREAMS];
    int failed = start(argv, p, &pid);
    if (failed != 0) {
        snprintf(why, SPAWN_WHY_MAX, "%s: %s", argv[0], strerror(failed));
        return false;
    }
    close_one(&p->write[OUT]);
    close_one(&p->write[ERR]);
    buf_init(&to[OUT], SPAWN_OUTPUT_MAX);
    buf_init(&to[ERR], SPAWN_COMPLAINT_MAX - 1);
    bool whole = read_all(p, to, deadline_in(ms));
    out->status = wait_end(pid, !whole);
    out->out = to[OUT];
    snprintf(out->complaint, sizeof(out->complaint), "%s", buf_text(&to[ERR]));
    buf_free(&to[ERR]);
    if (whole && out->status >= 0 && out->status != NOT_RUN)
        return true;
    snprintf(why, SPAWN_WHY_MAX, "%s: %s", argv[0],
             !buf_ok(&out->out)       ? "it tells too much"
             : !whole                 ? "it does not end"
             : out->status == NOT_RUN ? strerror(ENOENT)
                                      : "it was killed");
    spawned_free(out);
    return false;
}

bool spawn_run(const char *const *argv, unsigned ms, struct spawned *out, char why[SPAWN_WHY_MAX])
{
    struct pipes p;
    if (!pipes_open(&p)) {
        snprintf(why, SPAWN_WHY_MAX, "%s: %s", argv[0], strerror(errno));
        return false;
    }
    bool good = run(argv, ms, &p, out, why);
    pipes_close(&p);
    return good;
}

void spawned_free(struct spawned *s)
{
    buf_free(&s->out);
}
