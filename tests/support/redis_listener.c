#include "tests/support/redis_listener.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/deadline.h"
#include "state/thread.h"

#define PATIENCE_MS 60000

static void record(struct redis_listener *l, char **list, size_t *n, size_t max, const char *format,
                   ...) __attribute__((format(printf, 5, 6)));

static void record(struct redis_listener *l, char **list, size_t *n, size_t max, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    pthread_mutex_lock(&l->lock);
    if (*n == max)
        abort();
    list[(*n)++] = text;
    pthread_cond_broadcast(&l->more);
    pthread_mutex_unlock(&l->lock);
}

static void changed(void *arg, struct span key)
{
    struct redis_listener *l = arg;
    record(l, l->event, &l->events, LISTENER_EVENTS_MAX, "+%.*s", SPAN_ARG(key));
}

static void all_changed(void *arg)
{
    struct redis_listener *l = arg;
    record(l, l->event, &l->events, LISTENER_EVENTS_MAX, "all");
}

static void heard(void *arg)
{
    struct redis_listener *l = arg;
    if (l->on_heard)
        l->on_heard(l->arg);
    record(l, l->event, &l->events, LISTENER_EVENTS_MAX, "heard");
}

static void unheard(void *arg, bool away)
{
    struct redis_listener *l = arg;
    record(l, l->event, &l->events, LISTENER_EVENTS_MAX, "unheard %s", away ? "away" : "here");
}

static void tell(void *arg, bool warning, const char *event, const char *text)
{
    struct redis_listener *l = arg;
    record(l, l->line, &l->lines, LISTENER_LINES_MAX, "%s%s: %s", warning ? "!" : "", event, text);
}

void redis_listener_init(struct redis_listener *l, const struct redis_config *config)
{
    memset(l, 0, sizeof(*l));
    pthread_mutex_init(&l->lock, NULL);
    thread_condition_init(&l->more);
    l->target = redis_target_new(config);
    ck_assert_ptr_nonnull(l->target);
    l->client = redis_client_new(l->target);
    ck_assert_ptr_nonnull(l->client);
}

void redis_listener_start(struct redis_listener *l, unsigned ping_interval_ms)
{
    const struct redis_tracker_config config = {
        .target = l->target,
        .client = l->client,
        .prefix = { "coexist:user:", "coexist:group:" },
        .prefixes = 2,
        .ping_interval_ms = ping_interval_ms,
        .sink = { changed, all_changed, heard, unheard, l },
        .teller = { tell, l },
    };
    l->tracker = redis_tracker_start(&config);
    ck_assert_ptr_nonnull(l->tracker);
}

/* With the lock held. Waits until the list has more than i. */
static void wait_for(struct redis_listener *l, const size_t *n, size_t i, const char *what)
{
    const struct timespec until = deadline_timespec(deadline_in(PATIENCE_MS));
    while (*n <= i)
        ck_assert_msg(pthread_cond_timedwait(&l->more, &l->lock, &until) == 0,
                      "no '%s'; last event '%s', last line '%s'", what,
                      l->events ? l->event[l->events - 1] : "",
                      l->lines ? l->line[l->lines - 1] : "");
}

const char *redis_listener_next(struct redis_listener *l, const char *wanted)
{
    pthread_mutex_lock(&l->lock);
    wait_for(l, &l->events, l->next, wanted);
    const char *event = l->event[l->next++];
    pthread_mutex_unlock(&l->lock);
    return event;
}

void redis_listener_expect(struct redis_listener *l, const char *event)
{
    ck_assert_str_eq(redis_listener_next(l, event), event);
}

void redis_listener_await(struct redis_listener *l, const char *event)
{
    while (strcmp(redis_listener_next(l, event), event) != 0)
        continue;
}

void redis_listener_expect_line(struct redis_listener *l, size_t i, const char *begin)
{
    pthread_mutex_lock(&l->lock);
    wait_for(l, &l->lines, i, begin);
    ck_assert_msg(strncmp(l->line[i], begin, strlen(begin)) == 0, "'%s', want '%s'", l->line[i],
                  begin);
    pthread_mutex_unlock(&l->lock);
}

size_t redis_listener_lines(struct redis_listener *l)
{
    pthread_mutex_lock(&l->lock);
    size_t lines = l->lines;
    pthread_mutex_unlock(&l->lock);
    return lines;
}

void redis_listener_free(struct redis_listener *l)
{
    redis_tracker_stop(l->tracker);
    redis_client_free(l->client);
    redis_target_free(l->target);
    for (size_t i = 0; i < l->events; i++)
        free(l->event[i]);
    for (size_t i = 0; i < l->lines; i++)
        free(l->line[i]);
    pthread_cond_destroy(&l->more);
    pthread_mutex_destroy(&l->lock);
}
