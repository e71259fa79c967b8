#include "state/memory_store.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "state/fault.h"

struct pair {
    char *name;
    char *value;
};

struct row {
    struct span key; /* owned */
    bool is_string;
    struct pair *pair;
    size_t pairs;
};

/* The rows stand in a tree of tsearch(3), ordered by key. */
struct memory_store {
    struct store store;
    pthread_mutex_t lock;
    void *rows;
};

static int row_compare(const void *a, const void *b)
{
    struct span x = ((const struct row *)a)->key;
    struct span y = ((const struct row *)b)->key;
    int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return order ? order : (x.n > y.n) - (x.n < y.n);
}

static void row_clear(struct row *r)
{
    for (size_t i = 0; i < r->pairs; i++) {
        free(r->pair[i].name);
        free(r->pair[i].value);
    }
    free(r->pair);
    r->pair = NULL;
    r->pairs = 0;
}

static void row_free(void *row)
{
    struct row *r = row;
    row_clear(r);
    free((void *)r->key.p);
    free(r);
}

static struct pair *row_pair(struct row *r, const char *name)
{
    for (size_t i = 0; i < r->pairs; i++)
        if (strcmp(r->pair[i].name, name) == 0)
            return &r->pair[i];
    return NULL;
}

static bool row_add(struct row *r, const char *name, const char *value)
{
    struct pair *grown = realloc(r->pair, (r->pairs + 1) * sizeof(*grown));
    if (!grown)
        return false;
    r->pair = grown;
    struct pair added = { strdup(name), strdup(value) };
    if (!added.name || !added.value) {
        free(added.name);
        free(added.value);
        return false;
    }
    r->pair[r->pairs++] = added;
    return true;
}

static bool row_set(struct row *r, const char *name, const char *value)
{
    if (r->is_string)
        return false;
    struct pair *p = row_pair(r, name);
    if (!p)
        return row_add(r, name, value);
    char *copy = strdup(value);
    if (!copy)
        return false;
    free(p->value);
    p->value = copy;
    return true;
}

static struct row *store_find(struct memory_store *m, struct span key)
{
    struct row wanted = { .key = key };
    void *node = tfind(&wanted, &m->rows, row_compare);
    return node ? *(struct row **)node : NULL;
}

/* Takes the key over. */
static struct row *store_make(struct memory_store *m, struct span key)
{
    struct row *r = store_find(m, key);
    if (r) {
        free((void *)key.p);
        return r;
    }
    r = calloc(1, sizeof(*r));
    if (!r) {
        free((void *)key.p);
        return NULL;
    }
    r->key = key;
    if (tsearch(r, &m->rows, row_compare))
        return r;
    row_free(r);
    return NULL;
}

static void store_remove(struct memory_store *m, struct row *r)
{
    tdelete(r, &m->rows, row_compare);
    row_free(r);
}

/* On the heap; absent when it is too long or without memory. */
static struct span key_of(enum record_kind kind, struct span name)
{
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    if (!record_key(SPAN_LIT(""), kind, name, &key)) {
        buf_free(&key);
        return SPAN_ABSENT;
    }
    size_t n = key.n;
    return (struct span){ buf_take(&key), n };
}

static void row_read(const struct row *r, struct store_query *q)
{
    if (r->is_string) {
        q->answer = STORE_BAD;
        fault_set(q->why, "not a hash");
        return;
    }
    struct record_field field[RECORD_FIELDS_MAX];
    for (size_t i = 0; i < r->pairs && i < RECORD_FIELDS_MAX; i++)
        field[i] = (struct record_field){ span_of(r->pair[i].name), span_of(r->pair[i].value) };
    bool good = record_read(q->kind, field, r->pairs, &q->record, q->why);
    q->answer = good ? STORE_FOUND : STORE_BAD;
}

static void memory_fetch_one(struct memory_store *m, struct store_query *q)
{
    struct span key = key_of(q->kind, q->name);
    if (!span_present(key)) {
        q->answer = STORE_BAD;
        fault_set(q->why, "the key has more than %d octets", RECORD_KEY_MAX);
        return;
    }
    struct row *r = store_find(m, key);
    if (r)
        row_read(r, q);
    else
        q->answer = STORE_ABSENT;
    free((void *)key.p);
}

static void memory_fetch(struct store *s, struct store_query *query, size_t n)
{
    struct memory_store *m = (struct memory_store *)s;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < n; i++)
        memory_fetch_one(m, &query[i]);
    pthread_mutex_unlock(&m->lock);
}

static void memory_close(struct store *s)
{
    struct memory_store *m = (struct memory_store *)s;
    tdestroy(m->rows, row_free);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static const struct store_ops memory_ops = { .fetch = memory_fetch, .close = memory_close };

struct store *memory_store_new(void)
{
    struct memory_store *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->store.ops = &memory_ops;
    pthread_mutex_init(&m->lock, NULL);
    return &m->store;
}

bool memory_store_set(struct store *s, enum record_kind kind, const char *name, const char *field,
                      const char *value)
{
    struct memory_store *m = (struct memory_store *)s;
    struct span key = key_of(kind, span_of(name));
    if (!span_present(key))
        return false;
    pthread_mutex_lock(&m->lock);
    struct row *r = store_make(m, key);
    bool done = r && row_set(r, field, value);
    if (r && !r->is_string && r->pairs == 0)
        store_remove(m, r);
    pthread_mutex_unlock(&m->lock);
    return done;
}

bool memory_store_set_string(struct store *s, enum record_kind kind, const char *name)
{
    struct memory_store *m = (struct memory_store *)s;
    struct span key = key_of(kind, span_of(name));
    if (!span_present(key))
        return false;
    pthread_mutex_lock(&m->lock);
    struct row *r = store_make(m, key);
    if (r) {
        row_clear(r);
        r->is_string = true;
    }
    pthread_mutex_unlock(&m->lock);
    return r;
}

static void row_unset(struct row *r, const char *field)
{
    struct pair *p = row_pair(r, field);
    if (!p)
        return;
    free(p->name);
    free(p->value);
    *p = r->pair[--r->pairs];
}

void memory_store_unset(struct store *s, enum record_kind kind, const char *name, const char *field)
{
    struct memory_store *m = (struct memory_store *)s;
    struct span key = key_of(kind, span_of(name));
    if (!span_present(key))
        return;
    pthread_mutex_lock(&m->lock);
    struct row *r = store_find(m, key);
    if (r && field)
        row_unset(r, field);
    if (r && (!field || (!r->is_string && r->pairs == 0)))
        store_remove(m, r);
    pthread_mutex_unlock(&m->lock);
    free((void *)key.p);
}
