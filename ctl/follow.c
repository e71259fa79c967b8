#include "ctl/follow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ending.h"
#include "state/fault.h"

#define SILENCE_MS (FOLLOW_BLOCK_MS + LINK_TIMEOUT_MS)
#define NUMBER_MAX 24

struct follow {
    struct session *session;
    struct stream *stream;
    struct event_id after;
    struct ending ending;
    stream_visit visit;
    void *arg;
    bool over;
    bool lost;
    char told[RECORD_FAULT_MAX]; /* of the outage */
};

static bool visit_one(void *arg, const struct event *e)
{
    struct follow *f = arg;
    f->over = !f->visit(f->arg, e) || !out_flush(&f->session->out) || ending_due(&f->ending, 0);
    return !f->over;
}

/* Sends XREAD, which answers as soon as there is something behind the last entry. */
static bool ask_for_news(struct follow *f)
{
    char id[2 * NUMBER_MAX], block[NUMBER_MAX];
    snprintf(id, sizeof(id), "%llu-%llu", (unsigned long long)f->after.ms,
             (unsigned long long)f->after.seq);
    snprintf(block, sizeof(block), "%d", FOLLOW_BLOCK_MS);
    if (!link_connect(f->stream->link))
        return false;
    LINK_ADD(f->stream->link, "XREAD", "COUNT", "1", "BLOCK", block, "STREAMS", f->stream->key, id);
    return link_send(f->stream->link);
}

static void tell_refused(struct link *l, const struct redis_reply *reply)
{
    char why[RECORD_FAULT_MAX];
    fault_set(why, "Redis refuses: %.*s", SPAN_ARG(redis_reply_error_words(reply)));
    link_fail(l, why);
}

/* False when the connection has failed, or Redis refuses, as one does that is no longer the master.
 * What the answer holds does not matter: it is read as a page. */
static bool wait_for_news(struct follow *f)
{
    struct link *l = f->stream->link;
    bool idle;
    if (!ask_for_news(f))
        return false;
    struct redis_reply *reply = link_wait(l, SILENCE_MS, f->ending.fd, &idle);
    if (idle && ending_due(&f->ending, 0)) {
        link_drop(l);
        f->over = true;
        return true;
    }
    bool good = reply ? redis_reply_kind(reply) != REDIS_ERROR : !idle && link_too_long(l);
    if (idle)
        link_fail(l, "no answer in time");
    else if (reply && !good)
        tell_refused(l, reply);
    redis_reply_free(reply);
    return good;
}

static void tell_lost(struct follow *f)
{
    const char *why = link_why(f->stream->link);
    if (!f->lost || strcmp(f->told, why) != 0)
        session_fail(f->session, STATUS_UNAVAILABLE, "%s: %s; trying again",
                     link_server(f->stream->link), why);
    snprintf(f->told, sizeof(f->told), "%s", why);
    f->lost = true;
}

/* The stream may be another one now. */
static bool find_again(struct follow *f)
{
    struct event_id newest;
    if (!link_connect(f->stream->link) || stream_newest(f->stream, &newest) != STATUS_YES)
        return false;
    if (event_id_compare(newest, f->after) < 0)
        f->after = newest;
    session_fail(f->session, STATUS_YES, "%s: connected again", link_server(f->stream->link));
    f->lost = false;
    return true;
}

static void follow_on(struct follow *f)
{
    while (!f->over) {
        bool good = !f->lost || find_again(f);
        good = good && stream_forward(f->stream, &f->after, visit_one, f) == STATUS_YES &&
               (f->over || wait_for_news(f));
        if (good)
            continue;
        tell_lost(f);
        link_drop(f->stream->link);
        f->over = ending_due(&f->ending, FOLLOW_PAUSE_MS);
    }
}

enum status follow_run(struct session *s, struct stream *stream, struct event_id after,
                       stream_visit visit, void *arg)
{
    struct follow f = {
        .session = s, .stream = stream, .after = after, .visit = visit, .arg = arg
    };
    if (!ending_open(&f.ending, fileno(s->out.to)))
        return session_fail(s, STATUS_NO, "signals cannot be watched: %s", strerror(errno));
    follow_on(&f);
    ending_close(&f.ending);
    return STATUS_YES;
}
