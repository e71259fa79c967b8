#include "milter/maps_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "milter/current.h"
#include "milter/maps_asker.h"
#include "milter/maps_client.h"
#include "state/thread.h"
#include "sys/clock.h"

#define EVENTS_AT_ONCE 64
#define ANSWERS_AT_ONCE 4 /* to one client, however many requests it sends ahead */
#define ACCEPTS_AT_ONCE 16
#define ACCEPT_PAUSE_MS 100 /* when there is no descriptor for a new client */
#define IDLE_MS 1000        /* after which the engine is let go */
#define MILLISECOND_US 1000

TAILQ_HEAD(client_list, maps_client);

struct maps_server {
    pthread_t thread;
    int epoll;
    int listener;
    int wake; /* a job is done, or the server ends */
    atomic_bool ending;
    int64_t paused_us; /* since when it takes no clients for a while; 0: it does */
    struct maps_asker *asker;
    struct engine *engine;      /* a reference; NULL while idle */
    struct client_list clients; /* whoever asked the longest ago comes first */
    struct client_list waiting; /* for a job, in the order in which they asked */
    struct client_list turns;   /* with requests at hand: each has the next ones answered in turn */
    struct client_list closed;  /* an event that is at hand may still name them */
    size_t clients_n;
    size_t clients_max;
    struct buf reply;
};

static void watch(const struct maps_server *s, int operation, int fd, uint32_t events, void *what)
{
    struct epoll_event event = { .events = events, .data.ptr = what };
    epoll_ctl(s->epoll, operation, fd, &event);
}

/* Nobody waits for the client's job any more. */
static void leave_job(struct maps_server *s, struct maps_client *c)
{
    if (!c->job)
        return;
    c->job->for_whom = NULL;
    c->job = NULL;
    TAILQ_REMOVE(&s->waiting, c, by_patience);
}

static void end_turn(struct maps_server *s, struct maps_client *c)
{
    if (c->in_turn)
        TAILQ_REMOVE(&s->turns, c, by_turn);
    c->in_turn = false;
}

static void end_client(struct maps_server *s, struct maps_client *c)
{
    leave_job(s, c);
    end_turn(s, c);
    close(c->fd);
    c->fd = -1;
    TAILQ_REMOVE(&s->clients, c, by_use);
    TAILQ_INSERT_TAIL(&s->closed, c, by_use);
    s->clients_n--;
}

/* What epoll is to tell next: that it can be written to where replies wait, nothing but its end
 * while its request is asked for or it waits for its turn, else that it can be read. */
static void arm(const struct maps_server *s, struct maps_client *c)
{
    uint32_t events = maps_client_owes(c) ? EPOLLOUT : c->job || c->in_turn ? 0 : EPOLLIN;
    if (events == c->events)
        return;
    c->events = events;
    watch(s, EPOLL_CTL_MOD, c->fd, events, c);
}

static void reply(struct maps_server *s, struct maps_client *c, struct span request,
                  struct span text)
{
    if (s->engine)
        map_count(s->engine, request, text);
    maps_client_reply(c, text);
}

static void answer_late(struct maps_server *s, struct span request)
{
    buf_clear(&s->reply);
    if (!s->engine || !map_answer(s->engine, request, MAP_FROM_STALE, &s->reply))
        map_answer_late(&s->reply);
}

/* True: the request is being asked, and is answered later. */
static bool ask(struct maps_server *s, struct maps_client *c, struct span request)
{
    int64_t now = clock_monotonic_us();
    struct maps_job *job = maps_job_new(s->engine, request, now);
    if (!job)
        return false;
    job->for_whom = c;
    if (!maps_asker_ask(s->asker, job)) {
        maps_job_free(job);
        return false;
    }
    c->job = job;
    c->asked_us = now;
    TAILQ_INSERT_TAIL(&s->waiting, c, by_patience);
    return true;
}

static void answer(struct maps_server *s, struct maps_client *c, struct span request)
{
    TAILQ_REMOVE(&s->clients, c, by_use);
    TAILQ_INSERT_TAIL(&s->clients, c, by_use);
    buf_clear(&s->reply);
    if (!s->engine || !map_answer(s->engine, request, MAP_FROM_MEMORY, &s->reply)) {
        if (s->engine && ask(s, c, request))
            return;
        answer_late(s, request);
    }
    reply(s, c, request, buf_span(&s->reply));
}

/* The next requests that came whole, as far as the client takes replies and until it is the others'
 * turn. False: it is to be ended. */
static bool answer_some(struct maps_server *s, struct maps_client *c)
{
    struct span request;
    for (int answers = 0; !c->job; answers++) {
        if (answers == ANSWERS_AT_ONCE) {
            c->in_turn = true;
            TAILQ_INSERT_TAIL(&s->turns, c, by_turn);
            break;
        }
        if (!maps_client_has_room(c) && (!maps_client_flush(c) || maps_client_owes(c)))
            return maps_client_owes(c);
        enum netstring next = maps_client_next(c, &request);
        if (next == NETSTRING_BAD) {
            maps_client_flush(c);
            return false;
        }
        if (next == NETSTRING_PART)
            break;
        answer(s, c, request);
    }
    return maps_client_flush(c);
}

static void go_on(struct maps_server *s, struct maps_client *c)
{
    if (answer_some(s, c))
        arm(s, c);
    else
        end_client(s, c);
}

static void on_client(struct maps_server *s, struct maps_client *c, uint32_t events)
{
    if (c->fd < 0)
        return;
    bool busy = c->job || c->in_turn;
    bool good = !(events & EPOLLERR) && !(busy && (events & EPOLLHUP));
    if (good && maps_client_owes(c))
        good = maps_client_flush(c);
    else if (good && !busy)
        good = maps_client_read(c);
    if (!good)
        end_client(s, c);
    else if (!maps_client_owes(c) && !c->in_turn)
        go_on(s, c);
}

static void reply_late(struct maps_server *s, struct maps_client *c)
{
    const struct span request = { c->job->request, c->job->request_n };
    answer_late(s, request);
    reply(s, c, request, buf_span(&s->reply));
    leave_job(s, c);
    go_on(s, c);
}

static void on_done(struct maps_server *s)
{
    eventfd_t times;
    eventfd_read(s->wake, &times);
    for (struct maps_job *job; (job = maps_asker_done(s->asker));) {
        struct maps_client *c = job->for_whom;
        if (c && buf_span(&job->reply).n == 0) {
            reply_late(s, c);
        } else if (c) {
            const struct span request = { job->request, job->request_n };
            leave_job(s, c);
            reply(s, c, request, buf_span(&job->reply));
            go_on(s, c);
        }
        maps_job_free(job);
    }
}

/* Whoever has waited too long. */
static void end_patience(struct maps_server *s)
{
    int64_t before = clock_monotonic_us() - MAPS_PATIENCE_MS * MILLISECOND_US;
    for (struct maps_client *c; (c = TAILQ_FIRST(&s->waiting)) && c->asked_us <= before;)
        reply_late(s, c);
}

/* One turn for each of some clients; who has more to ask stands at the end of the line again. */
static void take_turns(struct maps_server *s)
{
    const struct maps_client *last = TAILQ_LAST(&s->turns, client_list);
    for (int i = 0; last && i < EVENTS_AT_ONCE; i++) {
        struct maps_client *c = TAILQ_FIRST(&s->turns);
        end_turn(s, c);
        go_on(s, c);
        if (c == last)
            break;
    }
}

/* Makes way for another by ending the one that asked the longest ago, and waits for nothing. */
static bool evict(struct maps_server *s)
{
    struct maps_client *c = TAILQ_FIRST(&s->clients);
    while (c && c->job)
        c = TAILQ_NEXT(c, by_use);
    if (c)
        end_client(s, c);
    return c;
}

static void add_client(struct maps_server *s, int fd)
{
    int on = 1;
    struct maps_client *c = NULL;
    if (s->clients_n < s->clients_max || evict(s))
        c = maps_client_new(fd);
    if (!c) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* of no use at a unix socket */
    TAILQ_INSERT_TAIL(&s->clients, c, by_use);
    s->clients_n++;
    c->events = EPOLLIN;
    watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, c);
}

static void pause_listener(struct maps_server *s, bool pause)
{
    s->paused_us = pause ? clock_monotonic_us() : 0;
    watch(s, EPOLL_CTL_MOD, s->listener, pause ? 0 : EPOLLIN, &s->listener);
}

static void on_listener(struct maps_server *s)
{
    int fd = 0;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            add_client(s, fd);
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR && errno != ECONNABORTED &&
                 !((errno == EMFILE || errno == ENFILE) && evict(s)))
            break;
    }
    if (fd < 0)
        pause_listener(s, true);
}

static void free_closed(struct maps_server *s)
{
    for (struct maps_client *c; (c = TAILQ_FIRST(&s->closed));) {
        TAILQ_REMOVE(&s->closed, c, by_use);
        maps_client_free(c);
    }
}

/* The last reference to an engine may take a while to give up: others do it. */
static void give_up(struct maps_server *s, struct engine *e)
{
    struct maps_job *job = maps_job_new(e, SPAN_ABSENT, clock_monotonic_us());
    engine_unref(e);
    if (job && !maps_asker_ask(s->asker, job))
        maps_job_free(job);
}

/* While there is something to do it keeps the present engine, and none that a reload has replaced
 * for longer than that. */
static void use_engine(struct maps_server *s, bool busy)
{
    struct engine *before = s->engine, *now = current_engine();
    if (before && before == now)
        engine_unref(before);
    else if (before)
        give_up(s, before);
    s->engine = now;
    if (!busy) {
        engine_unref(now);
        s->engine = NULL;
    }
}

/* For epoll_wait(): until the first client has no more patience, or there is something else to do.
 */
static int time_to_wait(const struct maps_server *s)
{
    const struct maps_client *c = TAILQ_FIRST(&s->waiting);
    if (TAILQ_FIRST(&s->turns))
        return 0;
    if (c) {
        int64_t left = c->asked_us + MAPS_PATIENCE_MS * MILLISECOND_US - clock_monotonic_us();
        return left > 0 ? (int)(left / MILLISECOND_US) + 1 : 0;
    }
    return s->paused_us ? ACCEPT_PAUSE_MS : s->engine ? IDLE_MS : -1;
}

static void handle(struct maps_server *s, const struct epoll_event *event, int n)
{
    use_engine(s, true);
    for (int i = 0; i < n; i++) {
        if (event[i].data.ptr == &s->wake)
            on_done(s);
        else if (event[i].data.ptr == &s->listener)
            on_listener(s);
        else
            on_client(s, event[i].data.ptr, event[i].events);
    }
    end_patience(s);
    take_turns(s);
    free_closed(s);
}

static void *serve(void *server)
{
    struct maps_server *s = server;
    struct epoll_event event[EVENTS_AT_ONCE];
    while (!atomic_load(&s->ending)) {
        int n = epoll_wait(s->epoll, event, EVENTS_AT_ONCE, time_to_wait(s));
        if (n > 0 || TAILQ_FIRST(&s->waiting) || TAILQ_FIRST(&s->turns))
            handle(s, event, n > 0 ? n : 0);
        else if (n == 0)
            use_engine(s, false);
        if (s->paused_us && clock_monotonic_us() - s->paused_us >= ACCEPT_PAUSE_MS * MILLISECOND_US)
            pause_listener(s, false);
    }
    return NULL;
}

static size_t most_clients(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 > MAPS_CLIENTS_MAX)
        return MAPS_CLIENTS_MAX;
    return limit.rlim_cur / 2;
}

static bool start(struct maps_server *s)
{
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->epoll < 0 || s->wake < 0 || !(s->asker = maps_asker_start(s->wake)))
        return false;
    watch(s, EPOLL_CTL_ADD, s->wake, EPOLLIN, &s->wake);
    watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN, &s->listener);
    return thread_start(&s->thread, serve, s);
}

/* Its thread does not run. */
static void free_server(struct maps_server *s)
{
    for (struct maps_client *c; (c = TAILQ_FIRST(&s->clients));)
        end_client(s, c);
    free_closed(s);
    maps_asker_stop(s->asker);
    engine_unref(s->engine);
    buf_free(&s->reply);
    if (s->epoll >= 0)
        close(s->epoll);
    if (s->wake >= 0)
        close(s->wake);
    free(s);
}

struct maps_server *maps_server_start(int listener)
{
    struct maps_server *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    TAILQ_INIT(&s->clients);
    TAILQ_INIT(&s->waiting);
    TAILQ_INIT(&s->turns);
    TAILQ_INIT(&s->closed);
    buf_init(&s->reply, MAP_REPLY_MAX);
    s->listener = listener;
    s->clients_max = most_clients();
    if (start(s))
        return s;
    free_server(s);
    return NULL;
}

void maps_server_stop(struct maps_server *s)
{
    if (!s)
        return;
    atomic_store(&s->ending, true);
    eventfd_write(s->wake, 1);
    pthread_join(s->thread, NULL);
    close(s->listener);
    free_server(s);
}
