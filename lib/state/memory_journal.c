#include "state/memory_journal.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "state/fault.h"
#include "state/ledger.h"

#define MEMORY_VALUE_MAX (LEDGER_OCTETS_MAX + JOURNAL_ARRIVAL_LEN + 1)

struct event {
    struct journal_field field[JOURNAL_FIELDS_MAX]; /* values owned, each with a NUL behind it */
    size_t fields;
    struct event *next;
};

/* What is known of a digest, or of a recipient and home. */
struct row {
    char *key;
    size_t key_length;
    struct buf arrivals;
    unsigned strikes;
};

/* The rows stand in a tree of tsearch(3), ordered by key. */
struct memory_journal {
    struct journal journal;
    pthread_mutex_t lock;
    struct event *first, **end;
    size_t events;
    void *rows;
    unsigned breaker_limit;
    bool away;
};

static int row_compare(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    size_t n = x->key_length < y->key_length ? x->key_length : y->key_length;
    int order = memcmp(x->key, y->key, n);
    return order ? order : (x->key_length > y->key_length) - (x->key_length < y->key_length);
}

static void row_free(void *row)
{
    struct row *r = row;
    buf_free(&r->arrivals);
    free(r->key);
    free(r);
}

/* Takes the key over. */
static struct row *row_new(char *key, size_t n)
{
    struct row *r = calloc(1, sizeof(*r));
    if (!r) {
        free(key);
        return NULL;
    }
    r->key = key;
    r->key_length = n;
    buf_init(&r->arrivals, MEMORY_VALUE_MAX);
    return r;
}

/* The row of `NAME:REST`, made where there is none; NULL without memory. */
static struct row *row_of(struct memory_journal *m, const char *name, struct span rest)
{
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    buf_adds(&key, name);
    buf_addc(&key, ':');
    buf_add(&key, rest);
    size_t n = key.n;
    char *text = buf_take(&key);
    struct row *wanted = text ? row_new(text, n) : NULL;
    if (!wanted)
        return NULL;
    struct row **found = tsearch(wanted, &m->rows, row_compare);
    if (!found || *found != wanted)
        row_free(wanted);
    return found ? *found : NULL;
}

static struct row *row_of_digest(struct memory_journal *m, const struct journal_visit *visit)
{
    return row_of(m, "ledger",
                  (struct span){ visit->digest, strnlen(visit->digest, JOURNAL_DIGEST_LEN) });
}

static void event_free(struct event *e)
{
    for (size_t i = 0; i < e->fields; i++)
        free((void *)e->field[i].value.p);
    free(e);
}

static bool event_add(struct event *e, const struct journal_field *field)
{
    struct span value = field->value;
    if (value.n > JOURNAL_VALUE_MAX)
        value.n = JOURNAL_VALUE_MAX;
    struct journal_field *own = &e->field[e->fields];
    own->name = field->name;
    own->value.p = strndup(value.n > 0 ? value.p : "", value.n);
    own->value.n = value.n;
    e->fields += own->value.p != NULL;
    return own->value.p;
}

static void memory_event(struct journal *j, const struct journal_field *field, size_t n)
{
    struct memory_journal *m = (struct memory_journal *)j;
    struct event *e = calloc(1, sizeof(*e));
    if (!e)
        return;
    for (size_t i = 0; i < n; i++) {
        if (!event_add(e, &field[i])) {
            event_free(e);
            return;
        }
    }
    pthread_mutex_lock(&m->lock);
    *m->end = e;
    m->end = &e->next;
    m->events++;
    pthread_mutex_unlock(&m->lock);
}

/* What passes the buffer's limit stands for as many as are counted anyway. */
static void memory_sent(struct journal *j, const struct journal_visit *visit)
{
    struct memory_journal *m = (struct memory_journal *)j;
    struct ledger_item item = ledger_item(visit);
    pthread_mutex_lock(&m->lock);
    struct row *r = row_of_digest(m, visit);
    if (r && r->arrivals.n <= LEDGER_OCTETS_MAX)
        buf_add(&r->arrivals, (struct span){ item.text, item.n });
    pthread_mutex_unlock(&m->lock);
}

static void memory_visits(struct journal *j, struct journal_query *query, size_t n,
                          char why[RECORD_FAULT_MAX])
{
    struct memory_journal *m = (struct memory_journal *)j;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < n && !m->away; i++) {
        struct row *r = row_of_digest(m, &query[i].visit);
        if (r &&
            ledger_visits(buf_span(&r->arrivals), SPAN_ABSENT, &query[i].visit, &query[i].visits))
            query[i].answer = STORE_FOUND;
        else
            fault_set(why, "no memory");
    }
    if (m->away)
        fault_set(why, "the journal is away");
    pthread_mutex_unlock(&m->lock);
}

static void memory_struck(struct journal *j, struct span recipient, enum home home)
{
    struct memory_journal *m = (struct memory_journal *)j;
    pthread_mutex_lock(&m->lock);
    struct row *r = row_of(m, home_name(home), recipient);
    if (r)
        r->strikes++;
    pthread_mutex_unlock(&m->lock);
}

static bool memory_is_open(struct journal *j, struct span recipient, enum home home)
{
    struct memory_journal *m = (struct memory_journal *)j;
    pthread_mutex_lock(&m->lock);
    const struct row *r = row_of(m, home_name(home), recipient);
    bool open = r && m->breaker_limit > 0 && r->strikes >= m->breaker_limit;
    pthread_mutex_unlock(&m->lock);
    return open;
}

static void memory_close(struct journal *j)
{
    struct memory_journal *m = (struct memory_journal *)j;
    while (m->first) {
        struct event *e = m->first;
        m->first = e->next;
        event_free(e);
    }
    tdestroy(m->rows, row_free);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static const struct journal_ops memory_ops = {
    .event = memory_event,
    .sent = memory_sent,
    .visits = memory_visits,
    .struck = memory_struck,
    .is_open = memory_is_open,
    .close = memory_close,
};

struct journal *memory_journal_new(unsigned breaker_limit)
{
    struct memory_journal *m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->journal.ops = &memory_ops;
    m->end = &m->first;
    m->breaker_limit = breaker_limit;
    pthread_mutex_init(&m->lock, NULL);
    return &m->journal;
}

size_t memory_journal_events(const struct journal *j)
{
    struct memory_journal *m = (struct memory_journal *)j;
    pthread_mutex_lock(&m->lock);
    size_t n = m->events;
    pthread_mutex_unlock(&m->lock);
    return n;
}

static const char *event_value(const struct event *e, const char *name)
{
    for (size_t i = 0; i < e->fields; i++)
        if (strcmp(e->field[i].name, name) == 0)
            return e->field[i].value.p;
    return NULL;
}

const char *memory_journal_value(const struct journal *j, size_t i, const char *name)
{
    struct memory_journal *m = (struct memory_journal *)j;
    pthread_mutex_lock(&m->lock);
    const struct event *e = m->first;
    while (e && i-- > 0)
        e = e->next;
    const char *value = e ? event_value(e, name) : NULL;
    pthread_mutex_unlock(&m->lock);
    return value;
}

void memory_journal_set_away(struct journal *j, bool away)
{
    struct memory_journal *m = (struct memory_journal *)j;
    pthread_mutex_lock(&m->lock);
    m->away = away;
    pthread_mutex_unlock(&m->lock);
}
