#include <errno.h>
#include <string.h>

#include "engine/snapshot_file.h"
#include "engine/snapshot_record.h"
#include "sys/file.h"

#define CHUNK_OCTETS 32768

_Static_assert(CHUNK_OCTETS >= SNAPSHOT_RECORD_MAX, "a chunk holds an answer");

/* Goes through a file up to its signature, as often as it is told to begin anew. */
struct reader {
    const struct snapshot *snapshot;
    char *error;
    struct file_pieces file;
    uint64_t at; /* of the octet behind the chunk */
    size_t from; /* in the chunk: what has not been taken yet */
    size_t to;
    char chunk[CHUNK_OCTETS];
};

struct head {
    struct key key;
    int64_t written;
    unsigned char origin[HMAC_LEN];
};

static bool ignore(struct reader *r, const char *why)
{
    snapshot_tell(r->snapshot, r->error, "the snapshot is ignored: %s", why);
    return false;
}

static bool is_cut_short(struct reader *r)
{
    return ignore(r, "it is cut short");
}

static void begin(struct reader *r)
{
    r->at = 0;
    r->from = r->to = 0;
}

static bool read_octets(struct reader *r, uint64_t at, char *to, size_t n)
{
    enum result read = file_read_piece(&r->file, at, to, n);
    if (read == RESULT_SYSTEM)
        return ignore(r, strerror(errno));
    return read == RESULT_OK || is_cut_short(r);
}

/* Fills the chunk up behind what has not been taken. */
static bool fill(struct reader *r)
{
    memmove(r->chunk, r->chunk + r->from, r->to - r->from);
    r->to -= r->from;
    r->from = 0;
    size_t n = sizeof(r->chunk) - r->to;
    uint64_t left = r->file.size - HMAC_LEN - r->at;
    if (n > left)
        n = (size_t)left;
    if (!read_octets(r, r->at, r->chunk + r->to, n))
        return false;
    r->to += n;
    r->at += n;
    return true;
}

/* The next n octets, no more than a chunk has; valid until the next are taken. */
static bool take(struct reader *r, size_t n, struct span *out)
{
    if (r->to - r->from < n && !fill(r))
        return false;
    if (r->to - r->from < n)
        return is_cut_short(r);
    *out = (struct span){ r->chunk + r->from, n };
    r->from += n;
    return true;
}

static bool take_number(struct reader *r, size_t n, uint64_t *number)
{
    struct span octets;
    return take(r, n, &octets) && snapshot_number_read(&octets, n, number);
}

static bool take_magic(struct reader *r)
{
    struct span magic;
    if (!take(r, strlen(SNAPSHOT_MAGIC), &magic))
        return false;
    if (span_eq(magic, SPAN_LIT(SNAPSHOT_MAGIC)))
        return true;
    bool family = span_istarts(magic, SPAN_LIT(SNAPSHOT_FAMILY));
    return ignore(r, family ? "it is of another version" : "it is none");
}

static bool take_key(struct reader *r, const struct keyring *keys, struct key *out)
{
    struct span name;
    uint64_t n;
    if (!take_number(r, 1, &n) || !take(r, (size_t)n, &name))
        return false;
    const struct key *key = keyring_find(keys, name);
    if (!key)
        return ignore(r, "it is signed by a key that is not among `keys`");
    *out = *key;
    return true;
}

static bool take_head(struct reader *r, const struct keyring *keys, struct head *h)
{
    struct span origin;
    uint64_t written;
    begin(r);
    if (!take_magic(r) || !take_key(r, keys, &h->key) ||
        !take_number(r, SNAPSHOT_TIME_LEN, &written) || !take(r, HMAC_LEN, &origin))
        return false;
    h->written = written < INT64_MAX ? (int64_t)written : INT64_MAX;
    memcpy(h->origin, origin.p, HMAC_LEN);
    return true;
}

static bool verify(struct reader *r, const struct key *key)
{
    unsigned char expected[HMAC_LEN], found[HMAC_LEN];
    struct hmac mac;
    hmac_begin(&mac, key);
    begin(r);
    bool read = true;
    while (read && r->at < r->file.size - HMAC_LEN) {
        read = fill(r);
        hmac_add(&mac, (struct span){ r->chunk, r->to });
        r->from = r->to;
    }
    if (!hmac_end(&mac, expected))
        return ignore(r, "libcrypto refused to verify it");
    if (!read || !read_octets(r, r->at, (char *)found, sizeof(found)))
        return false;
    return hmac_equal(expected, found) || ignore(r, "it is damaged, or was not signed by our key");
}

static bool is_ours(struct reader *r, const struct head *h, int64_t now)
{
    unsigned char origin[HMAC_LEN];
    if (h->written - SNAPSHOT_SKEW_S > now)
        return ignore(r, "it was written in the future; set the clock");
    if (!snapshot_origin(r->snapshot, &h->key, origin))
        return ignore(r, "libcrypto refused to verify it");
    return hmac_equal(origin, h->origin) || ignore(r, "it is from another `state` or `prefix`");
}

/*
 * Goes through the answers behind the head, and hands them to the cache, if there is one. What was
 * known to be right later than the file was written was not: a clock went wrong.
 */
static bool read_answers(struct reader *r, const struct head *h, struct store *cache, size_t *taken)
{
    uint64_t length, count = 0, want;
    struct span text;
    while (take_number(r, SNAPSHOT_LENGTH_LEN, &length)) {
        struct store_query query;
        int64_t known;
        if (length == 0) {
            if (!take_number(r, SNAPSHOT_COUNT_LEN, &want))
                return false;
            bool ended = r->from == r->to && r->at == r->file.size - HMAC_LEN && want == count;
            return ended || ignore(r, "it does not hold as many records as it says");
        }
        if (length > SNAPSHOT_RECORD_MAX)
            return ignore(r, "a record in it is too long");
        if (!take(r, (size_t)length, &text))
            return false;
        if (!snapshot_record_read(text, &query, &known))
            return ignore(r, "a record in it is not a good one");
        count++;
        if (cache && cache_remember(cache, &query, known < h->written ? known : h->written))
            ++*taken;
    }
    return false;
}

/* The file is gone through three times: the signature first, then whether all records are good. */
static bool read_file(struct reader *r, struct store *cache, const struct keyring *keys,
                      int64_t now, size_t *records)
{
    struct head h;
    if (r->file.size < HMAC_LEN)
        return is_cut_short(r);
    bool good = take_head(r, keys, &h) && verify(r, &h.key) && is_ours(r, &h, now) &&
                take_head(r, keys, &h) && read_answers(r, &h, NULL, records) &&
                take_head(r, keys, &h) && read_answers(r, &h, cache, records);
    explicit_bzero(&h.key, sizeof(h.key));
    return good;
}

bool snapshot_read(const struct snapshot *s, struct store *cache, const struct keyring *keys,
                   int64_t now, size_t *records, char error[SNAPSHOT_ERROR_MAX])
{
    struct reader r;
    r.snapshot = s;
    r.error = error;
    *records = 0;
    enum result opened = file_open_pieces(s->file, s->owner, &r.file);
    if (opened == RESULT_SYSTEM && errno == ENOENT)
        return true;
    if (opened == RESULT_SYNTAX)
        return ignore(&r, "others may write it; mend it with chmod 0600 and the right owner");
    if (opened != RESULT_OK)
        return ignore(&r, errno == EINVAL ? "it is not a regular file" : strerror(errno));
    bool good = read_file(&r, cache, keys, now, records);
    file_close_pieces(&r.file);
    return good;
}
