#include "state/journal_writer.h"

#include <stdlib.h>
#include <time.h>

#include "state/breaker_reader.h"
#include "state/deadline.h"
#include "state/thread.h"

#define REREAD_SHARE 10 /* reading takes one part in so many of the time at the most */

int64_t journal_wall_clock(void)
{
    return time(NULL);
}

static bool ping_add(void *arg, size_t i, struct redis_connection *c)
{
    const struct span word = SPAN_LIT("PING");
    (void)arg;
    (void)i;
    redis_connection_add(c, &word, 1);
    return true;
}

/* A server that refuses even this has answered. */
static bool ping_answer(void *arg, size_t i, const struct redis_reply *reply)
{
    enum redis_reply_kind kind = redis_reply_kind(reply);
    (void)arg;
    (void)i;
    return kind == REDIS_TEXT || kind == REDIS_ERROR;
}

static bool writer_ping(const struct journal_writer *w)
{
    char why[RECORD_FAULT_MAX];
    const struct redis_exchange x = { .n = 1, .add = ping_add, .answer = ping_answer };
    return redis_client_run(w->config->client, &x, why);
}

/* The breaker is open on this node at once, on others when its key has been written. */
static struct journal_entry *writer_follow(struct journal_writer *w, const struct journal_entry *e)
{
    int64_t now = journal_wall_clock();
    struct breaker *b = e->kind == ENTRY_STRIKE ? breaker_new(entry_recipient(e), e->home,
                                                              now + w->config->breaker_window_s)
                                                : NULL;
    if (b)
        breaker_set_add(&w->breakers, b, now);
    return entry_following(&w->form, e, now);
}

/* What is left of an entry that has been answered, or NULL. */
static struct journal_entry *writer_done(struct journal_writer *w, struct journal_entry *e)
{
    struct journal_entry *next = e->passed && !e->refused ? writer_follow(w, e) : NULL;
    if (e->kind == ENTRY_SENT)
        ledger_recent_remove(&w->recent, &e->visit);
    if (e->refused)
        w->refused++;
    else if (!next)
        w->written++;
    free(e);
    return next;
}

/* Puts back what is to be sent again, or follows. */
static void writer_settle(struct journal_writer *w, bool *again, bool *follows)
{
    struct entry_list back = { .n = 0 };
    struct journal_entry *e;
    *again = *follows = false;
    while ((e = entry_list_take(&w->batch.entries))) {
        if (e->answered < e->commands) {
            *again = *again || e->again;
        } else {
            e = writer_done(w, e);
            *follows = *follows || e;
        }
        if (e)
            entry_list_add(&back, e);
    }
    journal_queue_settle(&w->queue, back);
}

static void writer_tell_refusals(struct journal_writer *w)
{
    uint64_t n = 0;
    for (const struct journal_entry *e = w->batch.entries.first; e; e = e->next)
        n += e->refused;
    if (w->batch.refused)
        complaint_refused(&w->refusals, &w->config->teller, deadline_now(), n, w->batch.refusal,
                          w->batch.refused->key);
}

/* Writes one batch, and what follows from it before the breakers can be read again. False: it is
 * not the time to go on. */
static bool writer_write(struct journal_writer *w)
{
    char why[RECORD_FAULT_MAX];
    bool again = false, follows = true;
    while (!w->lost && !again && follows) {
        struct entry_list entries =
            journal_queue_take(&w->queue, JOURNAL_BATCH_MAX, JOURNAL_BATCH_OCTETS_MAX);
        if (entries.n == 0)
            return true;
        w->batches++;
        w->lost = !journal_batch_write(&w->batch, entries, w->config->client, why);
        writer_tell_refusals(w);
        writer_settle(w, &again, &follows);
    }
    return !w->lost && !again;
}

static bool reread_is_due(struct journal_writer *w)
{
    int64_t now = deadline_now();
    if (atomic_exchange(&w->reread_asked, false) && w->reread_at > w->reread_after)
        w->reread_at = w->reread_after;
    if (now < w->reread_at)
        return false;
    w->reread_at = now + BREAKER_REREAD_S * 1000;
    return w->config->breaker_limit > 0;
}

static bool writer_reread(struct journal_writer *w)
{
    char why[RECORD_FAULT_MAX];
    int64_t begin = deadline_now();
    enum breaker_answer answer =
        breaker_reader_read(w->config->client, &w->breakers, journal_wall_clock(), why);
    int64_t end = deadline_now();
    w->reread_after = end + REREAD_SHARE * (end - begin);
    if (answer == BREAKERS_REFUSED)
        complaint_refused(&w->refusals, &w->config->teller, end, 1, why, SPAN_LIT(BREAKER_KEY));
    w->lost = answer == BREAKERS_UNHEARD;
    if (w->lost)
        w->reread_at = end;
    return !w->lost;
}

/* False: the server is not to be asked again before a pause. */
static bool writer_turn(struct journal_writer *w)
{
    if (w->lost && !writer_ping(w))
        return false;
    w->lost = false;
    return writer_write(w) && (!reread_is_due(w) || writer_reread(w));
}

static void writer_tell_drops(struct journal_writer *w)
{
    struct journal_queue_counts q;
    journal_queue_count(&w->queue, &q);
    complaint_dropped(&w->drops, &w->config->teller, deadline_now(), q.dropped - w->dropped_told);
    w->dropped_told = q.dropped;
}

static bool writer_is_over(struct journal_writer *w)
{
    struct journal_queue_counts q;
    if (!journal_queue_closing(&w->queue))
        return false;
    journal_queue_count(&w->queue, &q);
    int64_t now = deadline_now();
    if (w->close_at == 0)
        w->close_at =
            now + redis_target_config(redis_client_target(w->config->client))->command_timeout_ms;
    return now >= w->close_at || q.waiting == 0;
}

static void *writer_run(void *writer)
{
    struct journal_writer *w = writer;
    while (!writer_is_over(w)) {
        journal_queue_wait(&w->queue, w->reread_at, JOURNAL_LINGER_MS);
        if (!writer_turn(w))
            journal_queue_pause(&w->queue, deadline_in(JOURNAL_PAUSE_MS));
        writer_tell_drops(w);
    }
    journal_queue_drop(&w->queue);
    writer_tell_drops(w);
    return NULL;
}

void journal_writer_init(struct journal_writer *w, const struct redis_journal_config *config)
{
    const struct redis_config *server = redis_target_config(redis_client_target(config->client));
    w->config = config;
    w->form = (struct entry_form){ .prefix = span_of(server->prefix),
                                   .events_max = config->events_max,
                                   .ledger_window_s = config->ledger_window_s,
                                   .breaker_window_s = config->breaker_window_s };
    w->batch.breaker_limit = config->breaker_limit;
    journal_queue_init(&w->queue, config->queue_max, JOURNAL_BATCH_MAX);
    breaker_set_init(&w->breakers);
    ledger_recent_init(&w->recent);
}

bool journal_writer_start(struct journal_writer *w)
{
    if (!w->started)
        w->started = thread_start(&w->thread, writer_run, w);
    return w->started;
}

void journal_writer_stop(struct journal_writer *w)
{
    journal_queue_close(&w->queue);
    if (w->started)
        pthread_join(w->thread, NULL);
    w->started = false;
}

void journal_writer_free(struct journal_writer *w)
{
    journal_queue_free(&w->queue);
    breaker_set_free(&w->breakers);
    ledger_recent_free(&w->recent);
}

void journal_writer_reread(struct journal_writer *w)
{
    atomic_store(&w->reread_asked, true);
    journal_queue_poke(&w->queue);
}
