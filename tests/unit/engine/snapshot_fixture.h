#ifndef COEXIST_TESTS_SNAPSHOT_FIXTURE_H
#define COEXIST_TESTS_SNAPSHOT_FIXTURE_H

#include "tests/support/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/snapshot.h"
#include "state/failing_store.h"
#include "state/memory_store.h"

/* A folder, the name of a file in it, and caches that go by a clock of the test's own. */

#define NOW 1700000000
#define STALE_MAX_S 3600
#define ENTRIES_MAX 10000

static char folder[64];
static char path[80];
static atomic_uint clock_reads;

static const struct key signer = { "k1", "0123456789abcdef", 16 };
static const struct key second_key = { "k2", "fedcba9876543210", 16 };

static inline void make_folder(void)
{
    snprintf(folder, sizeof(folder), "/tmp/coexist-snapshot-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/snapshot", folder);
}

static inline void empty_folder(void)
{
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (const struct dirent *e = readdir(d); e; e = readdir(d))
        if (e->d_name[0] != '.' && unlinkat(dirfd(d), e->d_name, 0) != 0)
            unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
    closedir(d);
}

static inline void remove_folder(void)
{
    empty_folder();
    rmdir(folder);
}

static inline unsigned files_in_folder(void)
{
    unsigned n = 0;
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (const struct dirent *e = readdir(d); e; e = readdir(d))
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static int64_t test_clock(void)
{
    atomic_fetch_add(&clock_reads, 1);
    return NOW;
}

/* Takes over the store below. */
static inline struct store *cache_over(struct store *below)
{
    const struct cache_config config = { .entries_max = ENTRIES_MAX,
                                         .stale_max_s = STALE_MAX_S,
                                         .utc = test_clock };
    struct store *cache = cache_store_new(below, &config);
    ck_assert_ptr_nonnull(cache);
    return cache;
}

/* One that has what it remembers, and no more. */
static inline struct store *cache_alone(void)
{
    return cache_over(failing_store_new(STORE_UNAVAILABLE, "away"));
}

static inline struct store_query ask(struct store *s, enum record_kind kind, const char *name)
{
    struct store_query q = { .kind = kind, .name = span_of(name) };
    store_fetch(s, &q, 1);
    return q;
}

static inline size_t entries_of(struct store *cache)
{
    struct cache_counts counts;
    cache_count(cache, &counts);
    return counts.entries;
}

static inline struct keyring ring_of(const struct key *one, const struct key *another)
{
    struct keyring ring = { .keys = 1 };
    ring.key[0] = *one;
    if (another)
        ring.key[ring.keys++] = *another;
    return ring;
}

#endif
