#include "ctl/submission.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"

#define READ_OCTETS 1024
#define ARGUMENTS 7

/* The program under way: its two ends of pipes that are ours. */
struct program {
    pid_t pid;
    int in;  /* we write its standard input here */
    int out; /* we read its standard output and standard error here */
};

enum { READ_END, WRITE_END };

static int spawn(const struct submission *s, const char *program, const int in[2], const int out[2],
                 pid_t *pid)
{
    const char *const argv[ARGUMENTS] = { program, "-oi",   "-f", s->sender[0] ? s->sender : "<>",
                                          "--",    s->rcpt, NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t usual;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, in[READ_END], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out[WRITE_END], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, out[WRITE_END], STDERR_FILENO);
    /* This process ignores it; a program that writes to nobody should end. */
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawn(pid, program, &files, &attributes, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/* 0, or what errno would say. */
static int program_start(struct program *p, const struct submission *s, const char *program)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0)
        return errno;
    if (pipe2(out, O_CLOEXEC) != 0) {
        int failed = errno;
        close(in[READ_END]);
        close(in[WRITE_END]);
        return failed;
    }
    int failed = spawn(s, program, in, out, &p->pid);
    close(in[READ_END]);
    close(out[WRITE_END]);
    p->in = in[WRITE_END];
    p->out = out[READ_END];
    if (failed) {
        close(p->in);
        close(p->out);
    }
    return failed;
}

/* Lines end in LF for it. The message is far smaller than what a pipe holds. False when it was not
 * all taken. */
static bool program_write(const struct program *p, struct span message)
{
    struct span rest = message, line;
    struct buf text;
    buf_init(&text, message.n);
    while (span_split(&rest, '\r', &line))
        buf_add(&text, line);
    bool good = buf_ok(&text) && write(p->in, buf_text(&text), text.n) == (ssize_t)text.n;
    buf_free(&text);
    close(p->in);
    return good;
}

/* What it says, to its end. False where that does not come in time. */
static bool program_read(const struct program *p, unsigned ms, struct buf *said)
{
    char text[READ_OCTETS];
    int64_t until = clock_monotonic_us() + (int64_t)ms * 1000;
    for (;;) {
        int64_t left = (until - clock_monotonic_us()) / 1000;
        struct pollfd ready = { .fd = p->out, .events = POLLIN };
        if (left <= 0 || poll(&ready, 1, (int)left) == 0)
            return false;
        ssize_t n = read(p->out, text, sizeof(text));
        if (n == 0 || (n < 0 && errno != EINTR))
            return true;
        for (ssize_t i = 0; i < n; i++)
            buf_addc(said, text[i] == '\n' ? ' ' : text[i]);
    }
}

static int program_end(const struct program *p, bool in_time)
{
    int status = 0;
    if (!in_time)
        kill(p->pid, SIGKILL);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(p->out);
    return status;
}

static void tell(struct submitted *out, const struct buf *said, int status, bool in_time)
{
    struct span words = span_trim(buf_span(said));
    if (words.n > 0)
        buf_add(&out->reply, words);
    else if (!in_time)
        buf_adds(&out->reply, "does not end in time");
    else if (WIFEXITED(status))
        buf_addf(&out->reply, "status %d", WEXITSTATUS(status));
    else
        buf_addf(&out->reply, "ended by signal %d", WTERMSIG(status));
}

void submission_pipe(const struct submission *s, const char *program, struct submitted *out)
{
    struct program p = { 0 };
    struct buf said;
    const char *slash = strrchr(program, '/');
    *out = (struct submitted){ 0 };
    snprintf(out->step, sizeof(out->step), "%s", slash ? slash + 1 : program);
    buf_init(&out->reply, SUBMISSION_REPLY_MAX);
    buf_init(&said, SUBMISSION_REPLY_MAX);
    /* Not every system tells that the spawned child could not start it: some let it end with 127.
     */
    int failed = access(program, X_OK) == 0 ? program_start(&p, s, program) : errno;
    if (failed) {
        buf_addf(&out->reply, "%s: %s", program, strerror(failed));
        return;
    }
    bool written = program_write(&p, s->message);
    bool in_time = program_read(&p, s->timeout_ms, &said);
    int status = program_end(&p, in_time);
    out->taken = written && in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    tell(out, &said, status, in_time);
    buf_free(&said);
}
