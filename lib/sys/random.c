#include "sys/random.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* getentropy() is getrandom() that does not come back early, for at most so many octets. */
#define GETENTROPY_MAX 256

#define NAME_LETTERS "0123456789abcdefghijklmnopqrstuvwxyz"
#define NAME_BASE (sizeof(NAME_LETTERS) - 1)
/* Octets from here on are thrown away: they would make the first letters likelier. */
#define NAME_FAIR (256 - 256 % NAME_BASE)

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

/* Octets for names, so that the kernel is not asked for each name. Empty in the child of a fork,
 * which would else give the names that its parent gives. */
static struct {
    pthread_once_t once;
    pthread_mutex_t lock;
    unsigned char octet[4096];
    size_t left;
} pool = { .once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER };

static void pool_lock(void)
{
    pthread_mutex_lock(&pool.lock);
}

static void pool_unlock(void)
{
    pthread_mutex_unlock(&pool.lock);
}

static void pool_forget(void)
{
    explicit_bzero(pool.octet, sizeof(pool.octet));
    pool.left = 0;
    pool_unlock();
}

static void pool_watch_forks(void)
{
    pthread_atfork(pool_lock, pool_unlock, pool_forget);
}

/* With the lock held. */
static bool pool_take(unsigned char *octet)
{
    if (pool.left == 0) {
        if (!random_octets(pool.octet, sizeof(pool.octet)))
            return false;
        pool.left = sizeof(pool.octet);
    }
    *octet = pool.octet[--pool.left];
    pool.octet[pool.left] = 0;
    return true;
}

bool random_name(char *out, size_t n)
{
    size_t made = 0;
    unsigned char octet;
    pthread_once(&pool.once, pool_watch_forks);
    pool_lock();
    while (made < n && pool_take(&octet))
        if (octet < NAME_FAIR)
            out[made++] = NAME_LETTERS[octet % NAME_BASE];
    pool_unlock();
    out[made] = '\0';
    return made == n;
}
