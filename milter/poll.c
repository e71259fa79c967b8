#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define LONG_WAIT_MS (3600 * 1000)
#define MILLISECOND_NS 1000000L

/*
 * libmilter calls this function, as it does our sigwait(), and not that of the C library. For each
 * packet it polls three times: for 1 ms, whether there is anything at all, then for two hours for
 * the length, then for two hours for what follows; and next it reads from the socket, which blocks.
 * A wait for so long on one descriptor is thus as good as none, and the system is not asked: a
 * quarter of all that a message costs.
 *
 * What changes: who begins a packet and sends no more of it, yet stays connected, is waited for
 * without an end, not for two hours. That costs a thread, as it did. A host that is gone is still
 * found out in about that time: libmilter sets SO_KEEPALIVE on what it accepts. Without this file
 * everything works as well, and slower.
 */
int poll_briefly(struct pollfd *fd, nfds_t n, int timeout_ms) __asm__(
    "poll"); /* as poll(), the header would have it that events is not read */

static bool is_before_read(const struct pollfd *fd, nfds_t n, int timeout_ms)
{
    return n == 1 && timeout_ms >= LONG_WAIT_MS && (fd->events & ~POLLPRI) == POLLIN;
}

int poll_briefly(struct pollfd *fd, nfds_t n, int timeout_ms)
{
    const struct timespec wait = { timeout_ms / 1000, timeout_ms % 1000 * MILLISECOND_NS };
    if (!is_before_read(fd, n, timeout_ms))
        return ppoll(fd, n, timeout_ms < 0 ? NULL : &wait, NULL);
    fd->revents = POLLIN;
    return 1;
}
