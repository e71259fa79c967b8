#include "sys/random.h"

#include <unistd.h>

/* getentropy() is getrandom() that does not come back early, for at most so many octets. */
#define GETENTROPY_MAX 256

#define NAME_LETTERS "0123456789abcdefghijklmnopqrstuvwxyz"
#define NAME_BASE (sizeof(NAME_LETTERS) - 1)
/* Octets from here on are thrown away: they would make the first letters likelier. */
#define NAME_FAIR (256 - 256 % NAME_BASE)
#define NAME_BATCH 32

bool random_octets(unsigned char *out, size_t n)
{
    while (n > 0) {
        size_t batch = n < GETENTROPY_MAX ? n : GETENTROPY_MAX;
        if (getentropy(out, batch) != 0)
            return false;
        out += batch;
        n -= batch;
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
