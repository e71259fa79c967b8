#include "state/journal_batch.h"

#include "base/count.h"
#include "state/fault.h"
#include "state/ledger.h"

static bool command_add(void *arg, size_t i, struct redis_connection *c)
{
    const struct journal_batch *b = arg;
    redis_connection_add_formatted(c, entry_command(b->command[i].entry, b->command[i].i));
    return true;
}

/* Errors that tell of the server's state at this moment, and go by: the entry waits. A replica was
 * the master a moment ago where there are Sentinels, and another will be found. */
static bool goes_by(const struct journal_batch *b, struct span words)
{
    static const char *const begin[] = { "LOADING ", "BUSY ", "MASTERDOWN ", "NOREPLICAS ",
                                         "TRYAGAIN " };
    for (size_t i = 0; i < COUNT_OF(begin); i++)
        if (span_istarts(words, span_of(begin[i])))
            return true;
    return b->fails_over && span_istarts(words, SPAN_LIT("READONLY "));
}

static void command_refused(struct journal_batch *b, struct journal_entry *e, struct span words)
{
    if (goes_by(b, words)) {
        e->again = true;
        return;
    }
    e->refused = true;
    e->answered++;
    b->refused = e;
    fault_set(b->refusal, "%.*s", SPAN_ARG(words));
}

/* What the command's reply is when all is well. */
static bool is_expected(const struct batch_command *c, enum redis_reply_kind kind)
{
    switch (c->entry->kind) {
    case ENTRY_EVENT:
    case ENTRY_MANY:
        return kind == REDIS_TEXT;
    case ENTRY_STRIKE:
        return c->i == 0 ? kind == REDIS_TEXT || kind == REDIS_NIL : kind == REDIS_NUMBER;
    default:
        return kind == REDIS_NUMBER;
    }
}

static void command_done(const struct journal_batch *b, const struct batch_command *c,
                         int64_t number)
{
    struct journal_entry *e = c->entry;
    e->answered++;
    if (e->kind == ENTRY_SENT && c->i == 0)
        e->passed = number > LEDGER_OCTETS_MAX;
    else if (e->kind == ENTRY_STRIKE && c->i == 1)
        e->passed = number > 0 && (uint64_t)number >= b->breaker_limit;
}

static bool command_answer(void *arg, size_t i, const struct redis_reply *reply)
{
    struct journal_batch *b = arg;
    const struct batch_command *c = &b->command[i];
    enum redis_reply_kind kind = redis_reply_kind(reply);
    if (kind != REDIS_ERROR && !is_expected(c, kind))
        return false;
    if (c->entry->again)
        return true;
    if (kind == REDIS_ERROR)
        command_refused(b, c->entry, redis_reply_error_words(reply));
    else
        command_done(b, c, redis_reply_number(reply));
    return true;
}

bool journal_batch_write(struct journal_batch *b, struct entry_list entries,
                         struct redis_client *client, char why[RECORD_FAULT_MAX])
{
    b->entries = entries;
    b->commands = 0;
    b->refused = NULL;
    b->fails_over = redis_target_config(redis_client_target(client))->sentinels > 0;
    for (struct journal_entry *e = entries.first; e; e = e->next) {
        e->again = false;
        for (unsigned i = e->answered; i < e->commands; i++)
            b->command[b->commands++] = (struct batch_command){ e, i };
    }
    const struct redis_exchange x = {
        .n = b->commands, .add = command_add, .answer = command_answer, .arg = b
    };
    return redis_client_run(client, &x, why);
}
