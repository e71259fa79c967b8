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

static void row_clear(struct row *e)
{
    for (size_t i = 0; i < e->pairs; i++) {
        free(e->pair[i].name);
        free(e->pair[i].value);
    }
    free(e->pair);
    e->pair = NULL;
    e->pairs = 0;
}

static void row_free(void *entry)
{
    struct row *e = entry;
    row_clear(e);
    free((void *)e->key.p);
    free(e);
}

static struct pair *row_pair(struct row *e, const char *name)
{
    for (size_t i = 0; i < e->pairs; i++)
        if (strcmp(e->pair[i].name, name) == 0)
            return &e->pair[i];
    return NULL;
}

static bool row_add(struct row *e, const char *name, const char *value)
{
    struct pair *grown = realloc(e->pair, (e->pairs + 1) * sizeof(*grown));
    if (!grown)
        return false;
    e->pair = grown;
    struct pair added = { strdup(name), strdup(value) };
    if (!added.name || !added.value) {
        free(added.name);
        free(added.value);
        return false;
    }
    e->pair[e->pairs++] = added;
    return true;
}

static bool row_set(struct row *e, const char *name, const char *value)
{
    if (e->is_string)
        return false;
    struct pair *p = row_pair(e, name);
    if (!p)
        return row_add(e, name, value);
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
    struct row *e = store_find(m, key);
    if (e) {
        free((void *)key.p);
        return e;
    }
    e = calloc(1, sizeof(*e));
    if (!e) {
        free((void *)key.p);
        return NULL;
    }
    e->key = key;
    if (tsearch(e, &m->rows, row_compare))
        return e;
    row_free(e);
    return NULL;
}

static void store_remove(struct memory_store *m, struct row *e)
{
    tdelete(e, &m->rows, row_compare);
    row_free(e);
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

static void row_read(const struct row *e, struct store_query *q)
{
    if (e->is_string) {
        q->answer = STORE_BAD;
        fault_set(q->why, "not a hash");
        return;
    }
    struct record_field field[RECORD_FIELDS_MAX];
    for (size_t i = 0; i < e->pairs && i < RECORD_FIELDS_MAX; i++)
        field[i] = (struct record_field){ span_of(e->pair[i].name), span_of(e->pair[i].value) };
    bool good = record_read(q->kind, field, e->pairs, &q->record, q->why);
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
    struct row *e = store_find(m, key);
    if (e)
        row_read(e, q);
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
    struct row *e = store_make(m, key);
    bool done = e && row_set(e, field, value);
    if (e && !e->is_string && e->pairs == 0)
        store_remove(m, e);
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
    struct row *e = store_make(m, key);
    if (e) {
        row_clear(e);
        e->is_string = true;
    }
    pthread_mutex_unlock(&m->lock);
    return e;
}

static void row_unset(struct row *e, const char *field)
{
    struct pair *p = row_pair(e, field);
    if (!p)
        return;
    free(p->name);
    free(p->value);
    *p = e->pair[--e->pairs];
}

void memory_store_unset(struct store *s, enum record_kind kind, const char *name, const char *field)
{
    struct memory_store *m = (struct memory_store *)s;
    struct span key = key_of(kind, span_of(name));
    if (!span_present(key))
        return;
    pthread_mutex_lock(&m->lock);
    struct row *e = store_find(m, key);
    if (e && field)
        row_unset(e, field);
    if (e && (!field || (!e->is_string && e->pairs == 0)))
        store_remove(m, e);
    pthread_mutex_unlock(&m->lock);
    free((void *)key.p);
}
