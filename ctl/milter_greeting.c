#include "ctl/milter_greeting.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "state/deadline.h"

/* Packets are a length of four octets, in network order, a letter, and what belongs to it. */
#define LENGTH_OCTETS 4
#define OPTIONS 'O'

/* Version 6, all that may be asked for. */
static const unsigned char greeting[] = { 0, 0, 0, 13,   OPTIONS, 0,    0,    0,   6,
                                          0, 0, 1, 0xff, 0,       0x1f, 0xff, 0xff };
static const unsigned char leave[] = { 0, 0, 0, 1, 'Q' };

enum greeting milter_greet(int fd, unsigned ms)
{
    unsigned char answer[LENGTH_OCTETS + 1];
    size_t n = 0;
    int64_t deadline = deadline_in(ms);
    if (send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL) != (ssize_t)sizeof(greeting))
        return GREETING_OTHER;
    while (n < sizeof(answer)) {
        if (deadline_wait(fd, POLLIN, deadline) != 0)
            return GREETING_SILENT;
        ssize_t got = recv(fd, answer + n, sizeof(answer) - n, 0);
        if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
            return GREETING_OTHER;
        n += got > 0 ? (size_t)got : 0;
    }
    if (answer[LENGTH_OCTETS] != OPTIONS)
        return GREETING_OTHER;
    return send(fd, leave, sizeof(leave), MSG_NOSIGNAL) > 0 ? GREETING_ANSWERED : GREETING_OTHER;
}
