#include "state/redis_subscription.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/count.h"
#include "state/fault.h"

#define CHANNEL SPAN_LIT("__redis__:invalidate")

static const char allow_it[] = "allow the user: " REDIS_SUBSCRIPTION_RULE;
static const char too_old[] = "Redis 6 or later is needed, and no proxy before it";

/* The reply to a command, which the caller frees; NULL, with the refusal filled in, for none. */
static struct redis_reply *answer_to(const char *command, struct redis_connection *c,
                                     int64_t deadline, struct redis_refusal *no)
{
    struct redis_reply *r = NULL;
    enum redis_outcome o = redis_connection_reply(c, deadline, &r, no->why);
    no->answered = no->answered || o == OUTCOME_DONE || o == OUTCOME_TOO_LONG;
    if (o == OUTCOME_TOO_LONG)
        fault_set(no->why, "unexpected answer to %s", command);
    return o == OUTCOME_DONE ? r : NULL;
}

static bool is_error(const struct redis_reply *r, const char *code)
{
    return redis_reply_kind(r) == REDIS_ERROR && span_istarts(redis_reply_text(r), span_of(code));
}

static void refuse(const char *command, const struct redis_reply *r, struct redis_refusal *no)
{
    if (redis_reply_kind(r) != REDIS_ERROR) {
        fault_set(no->why, "unexpected answer to %s", command);
        return;
    }
    fault_set(no->why, "%s: %.*s", command, SPAN_ARG(redis_reply_error_words(r)));
    bool unknown = is_error(r, "ERR unknown ") || is_error(r, "ERR syntax error");
    no->hint = is_error(r, "NOPERM ") ? allow_it : unknown ? too_old : NULL;
}

static bool is_word(const struct redis_reply *r, struct span word)
{
    return redis_reply_kind(r) == REDIS_TEXT && span_ieq(redis_reply_text(r), word);
}

static bool is_list(const struct redis_reply *r, struct span first, size_t items)
{
    return redis_reply_kind(r) == REDIS_LIST && redis_reply_items(r) >= items &&
           is_word(redis_reply_item(r, 0), first);
}

bool redis_role_will_do(const struct redis_reply *r, const struct redis_config *config,
                        char why[RECORD_FAULT_MAX])
{
    char state[FAULT_WORD_SIZE];
    if (!is_list(r, SPAN_LIT("slave"), 4))
        return true;
    if (config->sentinels > 0) {
        fault_set(why, "it is a replica, and no master any more");
        return false;
    }
    const struct redis_reply *link = redis_reply_item(r, 3);
    if (is_word(link, SPAN_LIT("connected")))
        return true;
    fault_set(why, "it is a replica that has lost its master (link: %s)",
              fault_word(redis_reply_text(link), state));
    return false;
}

/* Who may not PING is answered all the same. */
static bool read_ping(struct redis_connection *c, int64_t deadline, struct redis_refusal *no)
{
    struct redis_reply *r = answer_to("PING", c, deadline, no);
    bool good = r && (is_word(r, SPAN_LIT("PONG")) || is_error(r, "NOPERM "));
    if (r && !good)
        refuse("PING", r, no);
    redis_reply_free(r);
    return good;
}

static bool read_role(struct redis_connection *c, const struct redis_config *config,
                      int64_t deadline, struct redis_refusal *no)
{
    struct redis_reply *r = answer_to("ROLE", c, deadline, no);
    bool good = r && redis_role_will_do(r, config, no->why);
    redis_reply_free(r);
    return good;
}

static bool read_id(struct redis_connection *c, int64_t deadline, int64_t *id,
                    struct redis_refusal *no)
{
    struct redis_reply *r = answer_to("CLIENT ID", c, deadline, no);
    *id = r ? redis_reply_number(r) : 0;
    if (r && *id <= 0)
        refuse("CLIENT ID", r, no);
    redis_reply_free(r);
    return *id > 0;
}

bool redis_subscription_ask(struct redis_connection *c, const struct redis_config *config,
                            int64_t deadline, int64_t *id, struct redis_refusal *no)
{
    *no = (struct redis_refusal){ 0 };
    redis_connection_add(c, (struct span[]){ SPAN_LIT("PING") }, 1);
    redis_connection_add(c, (struct span[]){ SPAN_LIT("ROLE") }, 1);
    redis_connection_add(c, (struct span[]){ SPAN_LIT("CLIENT"), SPAN_LIT("ID") }, 2);
    return redis_connection_send(c, deadline, no->why) == OUTCOME_DONE &&
           read_ping(c, deadline, no) && read_role(c, config, deadline, no) &&
           read_id(c, deadline, id, no);
}

static void add_tracking(struct redis_connection *c, int64_t id, const char *const *prefix,
                         size_t prefixes)
{
    char number[sizeof("-9223372036854775808")];
    struct span word[6 + 2 * REDIS_SUBSCRIPTION_PREFIXES_MAX] = {
        SPAN_LIT("CLIENT"), SPAN_LIT("TRACKING"), SPAN_LIT("ON"),
        SPAN_LIT("REDIRECT"), [5] = SPAN_LIT("BCAST")
    };
    size_t n = 6;
    snprintf(number, sizeof(number), "%" PRId64, id);
    word[4] = span_of(number);
    for (size_t i = 0; i < prefixes && i < REDIS_SUBSCRIPTION_PREFIXES_MAX; i++) {
        word[n++] = SPAN_LIT("PREFIX");
        word[n++] = span_of(prefix[i]);
    }
    redis_connection_add(c, word, n);
}

static bool read_tracking(struct redis_connection *c, int64_t deadline, struct redis_refusal *no)
{
    static const char command[] = "CLIENT TRACKING";
    struct redis_reply *r = answer_to(command, c, deadline, no);
    bool good = r && is_word(r, SPAN_LIT("OK"));
    if (r && !good)
        refuse(command, r, no);
    redis_reply_free(r);
    return good;
}

static bool read_subscribe(struct redis_connection *c, int64_t deadline, struct redis_refusal *no)
{
    static const char command[] = "SUBSCRIBE";
    struct redis_reply *r = answer_to(command, c, deadline, no);
    bool good =
        r && is_list(r, SPAN_LIT("subscribe"), 3) && is_word(redis_reply_item(r, 1), CHANNEL);
    if (r && !good)
        refuse(command, r, no);
    redis_reply_free(r);
    return good;
}

bool redis_subscription_begin(struct redis_connection *c, int64_t id, const char *const *prefix,
                              size_t prefixes, int64_t deadline, struct redis_refusal *no)
{
    *no = (struct redis_refusal){ .answered = true };
    add_tracking(c, id, prefix, prefixes);
    redis_connection_add(c, (struct span[]){ SPAN_LIT("SUBSCRIBE"), CHANNEL }, 2);
    return redis_connection_send(c, deadline, no->why) == OUTCOME_DONE &&
           read_tracking(c, deadline, no) && read_subscribe(c, deadline, no);
}

bool redis_subscription_ping(struct redis_connection *c, int64_t deadline, struct redis_refusal *no)
{
    *no = (struct redis_refusal){ .answered = true };
    redis_connection_add(c, (struct span[]){ SPAN_LIT("PING") }, 1);
    return redis_connection_send(c, deadline, no->why) == OUTCOME_DONE;
}

static bool is_texts(const struct redis_reply *list)
{
    for (size_t i = 0; i < redis_reply_items(list); i++)
        if (redis_reply_kind(redis_reply_item(list, i)) != REDIS_TEXT)
            return false;
    return true;
}

/* A text in place of a list of keys is one that somebody has published. */
static enum redis_message message_kind(const struct redis_reply *payload)
{
    switch (redis_reply_kind(payload)) {
    case REDIS_NIL:
        return MESSAGE_ALL;
    case REDIS_TEXT:
        return MESSAGE_KEYS;
    case REDIS_LIST:
        return is_texts(payload) ? MESSAGE_KEYS : MESSAGE_ALL;
    default:
        return MESSAGE_ALL;
    }
}

enum redis_message redis_message_kind(const struct redis_reply *r, struct redis_refusal *no)
{
    if (is_list(r, SPAN_LIT("message"), 3) && is_word(redis_reply_item(r, 1), CHANNEL))
        return message_kind(redis_reply_item(r, 2));
    if (is_list(r, SPAN_LIT("pong"), 1) || is_error(r, "NOPERM "))
        return MESSAGE_PONG;
    *no = (struct redis_refusal){ .answered = true };
    refuse("PING", r, no);
    return MESSAGE_REFUSED;
}

size_t redis_message_keys(const struct redis_reply *r)
{
    const struct redis_reply *payload = redis_reply_item(r, 2);
    return redis_reply_kind(payload) == REDIS_LIST ? redis_reply_items(payload) : 1;
}

struct span redis_message_key(const struct redis_reply *r, size_t i)
{
    const struct redis_reply *payload = redis_reply_item(r, 2);
    return redis_reply_text(redis_reply_kind(payload) == REDIS_LIST ? redis_reply_item(payload, i)
                                                                    : payload);
}
