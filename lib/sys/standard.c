#include "sys/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Each takes the lowest number that is free: those below it are open by then. */
bool standard_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        bool closed = fcntl(fd, F_GETFD) < 0 && errno == EBADF;
        if (closed && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    }
    return true;
}
