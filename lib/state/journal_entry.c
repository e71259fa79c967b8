#include "state/journal_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/ledger.h"
#include "state/resp.h"

#define WORDS_MAX (6 + 2 * JOURNAL_FIELDS_MAX)

struct command {
    const struct span *word; /* the second is the key */
    size_t words;
};

static bool key_add(struct entry_key *k, struct span s)
{
    if (s.n > sizeof(k->text) - k->n)
        return false;
    if (s.n > 0)
        memcpy(k->text + k->n, s.p, s.n);
    k->n += s.n;
    return true;
}

bool entry_key_make(struct entry_key *k, struct span prefix, const char *name, struct span subject)
{
    k->n = 0;
    return key_add(k, prefix) && key_add(k, span_of(name)) && key_add(k, subject);
}

struct span entry_key_span(const struct entry_key *k)
{
    return (struct span){ k->text, k->n };
}

struct span entry_command(const struct journal_entry *e, size_t i)
{
    return span_between(e->text + (i > 0 ? e->end[i - 1] : 0), e->text + e->end[i]);
}

static char *command_write(char *p, const struct command *c, struct span *key)
{
    p = resp_head(p, c->words);
    for (size_t i = 0; i < c->words; i++) {
        p = resp_word(p, c->word[i]);
        if (i == 1)
            *key = (struct span){ p - 2 - c->word[1].n, c->word[1].n };
    }
    return p;
}

static struct journal_entry *entry_new(enum entry_kind kind, const struct command *command,
                                       unsigned commands)
{
    size_t octets = 0;
    for (unsigned i = 0; i < commands; i++)
        octets += resp_size(command[i].word, command[i].words);
    struct journal_entry *e = malloc(sizeof(*e) + octets);
    if (!e)
        return NULL;
    *e = (struct journal_entry){ .kind = kind, .commands = commands, .octets = octets };
    char *p = e->text;
    for (unsigned i = 0; i < commands; i++) {
        struct span key;
        p = command_write(p, &command[i], &key);
        e->end[i] = (size_t)(p - e->text);
        if (i == 0)
            e->key = key;
    }
    return e;
}

struct journal_entry *entry_event(const struct entry_form *f, const struct journal_field *field,
                                  size_t n)
{
    struct entry_key key;
    char max[RESP_NUMBER_MAX];
    if (n == 0 || !entry_key_make(&key, f->prefix, "events", SPAN_LIT("")))
        return NULL;
    struct span word[WORDS_MAX] = { SPAN_LIT("XADD"),
                                    entry_key_span(&key),
                                    SPAN_LIT("MAXLEN"),
                                    SPAN_LIT("~"),
                                    resp_number(f->events_max, max),
                                    SPAN_LIT("*") };
    size_t words = 6;
    for (size_t i = 0; i < n; i++) {
        word[words++] = span_of(field[i].name);
        word[words] = field[i].value;
        if (word[words].n > JOURNAL_VALUE_MAX)
            word[words].n = JOURNAL_VALUE_MAX;
        words++;
    }
    return entry_new(ENTRY_EVENT, (struct command[]){ { word, words } }, 1);
}

struct journal_entry *entry_sent(const struct entry_form *f, const struct journal_visit *visit)
{
    struct entry_key key;
    char window[RESP_NUMBER_MAX];
    struct span digest = { visit->digest, strnlen(visit->digest, JOURNAL_DIGEST_LEN) };
    struct ledger_item item = ledger_item(visit);
    if (!entry_key_make(&key, f->prefix, LEDGER_KEY, digest))
        return NULL;
    const struct span append[] = { SPAN_LIT("APPEND"),
                                   entry_key_span(&key),
                                   { item.text, item.n } };
    const struct span expire[] = { SPAN_LIT("EXPIRE"), entry_key_span(&key),
                                   resp_number(f->ledger_window_s, window) };
    struct journal_entry *e =
        entry_new(ENTRY_SENT, (struct command[]){ { append, 3 }, { expire, 3 } }, 2);
    if (e)
        e->visit = *visit;
    return e;
}

/* The key's life begins with the first strike and is not prolonged by others. */
struct journal_entry *entry_strike(const struct entry_form *f, struct span recipient,
                                   enum home home)
{
    struct entry_key key;
    char window[RESP_NUMBER_MAX], name[32];
    snprintf(name, sizeof(name), "strikes:%s:", home_name(home));
    if (!entry_key_make(&key, f->prefix, name, recipient))
        return NULL;
    const struct span set[] = { SPAN_LIT("SET"),
                                entry_key_span(&key),
                                SPAN_LIT("0"),
                                SPAN_LIT("EX"),
                                resp_number(f->breaker_window_s, window),
                                SPAN_LIT("NX") };
    const struct span incr[] = { SPAN_LIT("INCR"), entry_key_span(&key) };
    struct journal_entry *e =
        entry_new(ENTRY_STRIKE, (struct command[]){ { set, 6 }, { incr, 2 } }, 2);
    if (!e)
        return NULL;
    e->home = home;
    e->recipient = recipient.n;
    return e;
}

static struct journal_entry *following_sent(const struct entry_form *f,
                                            const struct journal_entry *e)
{
    char window[RESP_NUMBER_MAX];
    const struct span set[] = { SPAN_LIT("SET"), e->key, SPAN_LIT(LEDGER_MANY), SPAN_LIT("EX"),
                                resp_number(f->ledger_window_s, window) };
    return entry_new(ENTRY_MANY, (struct command[]){ { set, 5 } }, 1);
}

/* Strikes that had lost their end of life get one here. */
static struct journal_entry *following_strike(const struct entry_form *f,
                                              const struct journal_entry *e, int64_t now)
{
    struct entry_key key, member;
    char window[RESP_NUMBER_MAX], over[RESP_NUMBER_MAX], until[RESP_NUMBER_MAX], name[32];
    snprintf(name, sizeof(name), "%s ", home_name(e->home));
    if (!entry_key_make(&key, f->prefix, BREAKER_KEY, SPAN_LIT("")) ||
        !entry_key_make(&member, SPAN_LIT(""), name, entry_recipient(e)))
        return NULL;
    const struct span zadd[] = { SPAN_LIT("ZADD"), entry_key_span(&key),
                                 resp_number((uint64_t)now + f->breaker_window_s, until),
                                 entry_key_span(&member) };
    const struct span remove[] = { SPAN_LIT("ZREMRANGEBYSCORE"), entry_key_span(&key),
                                   SPAN_LIT("-inf"), resp_number((uint64_t)now, over) };
    const struct span expire[] = { SPAN_LIT("EXPIRE"), e->key,
                                   resp_number(f->breaker_window_s, window) };
    return entry_new(ENTRY_OPEN, (struct command[]){ { zadd, 4 }, { remove, 4 }, { expire, 3 } },
                     3);
}

struct journal_entry *entry_following(const struct entry_form *f, const struct journal_entry *e,
                                      int64_t now)
{
    return e->kind == ENTRY_SENT ? following_sent(f, e) : following_strike(f, e, now);
}

struct span entry_recipient(const struct journal_entry *e)
{
    return span_from(e->key, e->key.n - e->recipient);
}
