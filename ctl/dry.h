#ifndef COEXIST_CTL_DRY_H
#define COEXIST_CTL_DRY_H

#include "base/buf.h"
#include "ctl/session.h"
#include "engine/engine.h"

/*
 * The engine as the filter has it, on the state as it is now, and with nothing between: no cache,
 * no thread, and a journal that reads the ledger and the breakers and writes nothing. Each thing
 * that it asks is kept, as are the lines that it would log.
 */

#define DRY_LOOKUPS_MAX 32 /* further ones are answered and not kept */
#define DRY_LOG_MAX 65536

struct dry_lookup {
    enum record_kind kind;
    char *key;
    enum store_answer answer;
    struct record record; /* STORE_FOUND */
    char why[RECORD_FAULT_MAX];
};

struct dry_breaker {
    bool asked;
    enum store_answer answer; /* STORE_FOUND: it is open; STORE_ABSENT: it is not */
    enum home home;
    int64_t until; /* seconds UTC */
    char why[RECORD_FAULT_MAX];
};

struct dry_ledger {
    bool asked;
    struct journal_query query;
    char why[RECORD_FAULT_MAX];
};

struct dry {
    struct engine *engine;
    struct dry_lookup lookup[DRY_LOOKUPS_MAX];
    size_t lookups;
    struct dry_breaker breaker; /* of the last recipient asked for */
    struct dry_ledger ledger;
    struct buf log; /* lines, each `LEVEL: LINE` with a newline */
};

/* Records are read where the filter reads them, from the replica if there is one, unless the
 * session names another Redis. NULL with the status in *why, told. */
struct dry *dry_new(struct session *s, enum status *why);
void dry_free(struct dry *d); /* NULL is borne */

/* Something that was asked could not be had; its sentence. NULL: all was answered. */
const char *dry_unavailable(const struct dry *d);

#endif
