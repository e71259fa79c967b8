#include "sys/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define NAME_LETTERS "0123456789abcdefghijklmnopqrstuvwxyz"
#define NAME_BASE (sizeof(NAME_LETTERS) - 1)
/* Octets from here on are thrown away: they would make the first letters likelier. */
#define NAME_FAIR (256 - 256 % NAME_BASE)
#define NAME_BATCH 32

bool random_octets(unsigned char *out, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        out += got;
        n -= (size_t)got;
    }
    return true;
}

bool random_name(char *out, size_t n)
{
    unsigned char batch[NAME_BATCH];
    size_t made = 0;
    while (made < n) {
        if (!random_octets(batch, sizeof(batch)))
            return false;
        for (size_t i = 0; i < sizeof(batch) && made < n; i++)
            if (batch[i] < NAME_FAIR)
                out[made++] = NAME_LETTERS[batch[i] % NAME_BASE];
    }
    out[n] = '\0';
    return true;
}
