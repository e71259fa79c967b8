#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/snapshot_file.h"
#include "engine/snapshot_record.h"
#include "sys/file.h"

#define PIECE_OCTETS 65536

bool snapshot_origin(const struct snapshot *s, const struct key *key, unsigned char out[HMAC_LEN])
{
    const struct span part[] = { SPAN_LIT(SNAPSHOT_ORIGIN), span_of(s->origin) };
    return hmac_sha256(key, part, 2, out);
}

void snapshot_tell(const struct snapshot *s, char error[SNAPSHOT_ERROR_MAX], const char *format,
                   ...)
{
    size_t length = strlen(s->file);
    bool whole = length <= SNAPSHOT_FILE_SHOWN;
    int n = snprintf(error, SNAPSHOT_ERROR_MAX, "%s%s: ", whole ? "" : "...",
                     whole ? s->file : s->file + length - SNAPSHOT_FILE_SHOWN);
    va_list args;
    va_start(args, format);
    vsnprintf(error + n, SNAPSHOT_ERROR_MAX - (size_t)n, format, args);
    va_end(args);
    for (char *p = error; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

struct writer {
    struct file_replacement file;
    struct hmac mac;
    struct buf piece;
    struct buf record;
    size_t records;
};

static bool flush(struct writer *w)
{
    struct span piece = buf_span(&w->piece);
    bool put = buf_ok(&w->piece) && file_replace_add(&w->file, piece) == RESULT_OK;
    hmac_add(&w->mac, piece);
    buf_clear(&w->piece);
    return put;
}

static bool write_head(struct writer *w, const struct snapshot *s, const struct key *key,
                       int64_t now)
{
    unsigned char origin[HMAC_LEN];
    struct span name = span_of(key->name);
    if (!snapshot_origin(s, key, origin))
        return false;
    buf_add(&w->piece, SPAN_LIT(SNAPSHOT_MAGIC));
    snapshot_number_write(&w->piece, name.n, 1);
    buf_add(&w->piece, name);
    snapshot_number_write(&w->piece, now > 0 ? (uint64_t)now : 0, SNAPSHOT_TIME_LEN);
    buf_add(&w->piece, (struct span){ (const char *)origin, sizeof(origin) });
    return buf_ok(&w->piece);
}

/* An answer that is none to keep is passed over. */
static bool write_answer(void *arg, const struct store_query *query, int64_t known)
{
    struct writer *w = arg;
    buf_clear(&w->record);
    if (!snapshot_record_write(query, known, &w->record))
        return buf_ok(&w->record);
    snapshot_number_write(&w->piece, w->record.n, SNAPSHOT_LENGTH_LEN);
    buf_add(&w->piece, buf_span(&w->record));
    w->records++;
    return w->piece.n < PIECE_OCTETS ? buf_ok(&w->piece) : flush(w);
}

static bool write_tail(struct writer *w)
{
    unsigned char mac[HMAC_LEN];
    snapshot_number_write(&w->piece, 0, SNAPSHOT_LENGTH_LEN);
    snapshot_number_write(&w->piece, w->records, SNAPSHOT_COUNT_LEN);
    bool put = flush(w);
    return hmac_end(&w->mac, mac) && put &&
           file_replace_add(&w->file, (struct span){ (const char *)mac, sizeof(mac) }) ==
               RESULT_OK &&
           file_replace_end(&w->file) == RESULT_OK;
}

static bool write_all(struct writer *w, const struct snapshot *s, struct store *cache,
                      const struct key *key, int64_t now)
{
    unsigned char unused[HMAC_LEN];
    hmac_begin(&w->mac, key);
    if (write_head(w, s, key, now) && cache_walk(cache, write_answer, w))
        return write_tail(w);
    hmac_end(&w->mac, unused);
    return false;
}

/* What went wrong with the file, or without memory. */
static void tell(const struct snapshot *s, char error[SNAPSHOT_ERROR_MAX], int why)
{
    const char *text = why == EWOULDBLOCK ? "somebody else is writing it" : strerror(why);
    bool place = why == ENOENT || why == ENOTDIR || why == EACCES || why == EPERM || why == EROFS;
    snapshot_tell(s, error, "the snapshot cannot be written: %s%s", text,
                  place ? "; make its folder, writable for this user, or set another"
                          " `snapshot`"
                        : "");
}

bool snapshot_write(const struct snapshot *s, struct store *cache, const struct key *key,
                    int64_t now, size_t *records, char error[SNAPSHOT_ERROR_MAX])
{
    struct writer w = { .records = 0 };
    if (file_replace_begin(&w.file, s->file) != RESULT_OK) {
        tell(s, error, w.file.why);
        return false;
    }
    buf_init(&w.piece, PIECE_OCTETS + SNAPSHOT_RECORD_MAX + SNAPSHOT_LENGTH_LEN);
    buf_init(&w.record, SNAPSHOT_RECORD_MAX);
    bool good = write_all(&w, s, cache, key, now);
    /* While the file is still there to be ended, it was not the file that failed. */
    int why = w.file.path ? ENOMEM : w.file.why;
    file_replace_drop(&w.file);
    buf_free(&w.piece);
    buf_free(&w.record);
    if (good)
        *records = w.records;
    else
        tell(s, error, why);
    return good;
}
