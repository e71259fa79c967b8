/*
 * Load for a milter: so many connections, each with one message after the other as an smtpd(8)
 * has them, by one thread that waits with epoll. Checks every answer, and prints one JSON object:
 * how many messages, how fast, and how long a message (from MAIL to the end of the answer to its
 * end) and a recipient took.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libmilter/mfdef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/histogram.h"
#include "tests/bench/link.h"
#include "tests/bench/script.h"
#include "tests/bench/settings.h"

#define EVENTS_MAX 256
#define WAIT_MS 10000
#define WRONG_MAX 200
#define SECOND_NS 1000000000

struct client {
    struct link link;
    unsigned char *data;
    char *names;
    size_t segment;
    size_t sent;
    uint64_t began, asked; /* the message, the step waited for */
    unsigned headers, added, deleted;
    bool slow, idle;
    struct client *next_spare;
};

struct run {
    struct settings settings;
    struct script script;
    struct client *client;
    int epoll;
    unsigned busy;                     /* connections */
    struct client *spare, *spare_last; /* wait in turn for the time of the next message */
    uint64_t due, interval;            /* of that, where messages come at a rate */
    uint64_t from, until;              /* what is measured */
    uint64_t last;
    uint64_t begun, counted, wrong;
    uint64_t serial, fresh, known, chance;
    char why[WRONG_MAX];
    struct histogram message, recipient, slow;
};

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

static uint64_t next_chance(struct run *r)
{
    r->chance ^= r->chance << 13;
    r->chance ^= r->chance >> 7;
    r->chance ^= r->chance << 17;
    return r->chance;
}

static void put_name(char *at, const char *kind, bool decimal, uint64_t number)
{
    char name[SCRIPT_NAME_LEN + 1];
    snprintf(name, sizeof(name), decimal ? "%.4s%08" PRIu64 : "%.4s%08" PRIx64, kind,
             decimal ? number % 100000000 : number & 0xFFFFFFFF);
    memcpy(at, name, SCRIPT_NAME_LEN);
}

static void choose_recipients(struct run *r, struct client *c)
{
    const struct settings *s = &r->settings;
    uint64_t limit = (uint64_t)(s->unknown * (double)UINT32_MAX);
    c->slow = s->slow_every > 0 && r->begun % s->slow_every == 0;
    for (unsigned i = 0; i < s->shape.recipients; i++) {
        char *at = c->names + (size_t)i * SCRIPT_NAME_LEN;
        uint64_t chance = next_chance(r);
        if (i == 0 && c->slow)
            put_name(at, "slow", false, r->fresh++);
        else if (limit > 0 && (chance & UINT32_MAX) <= limit)
            put_name(at, "gone", false, r->fresh++);
        else
            put_name(at, s->kind, true, (s->sequential ? r->known++ : chance >> 32) % s->users);
    }
}

static void watch(struct run *r, struct client *c, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = c };
    epoll_ctl(r->epoll, EPOLL_CTL_MOD, c->link.fd, &e);
}

static void retire(struct run *r, struct client *c)
{
    c->idle = true;
    r->busy--;
}

static void wrong(struct run *r, const char *what, char command)
{
    if (r->wrong++ == 0)
        snprintf(r->why, sizeof(r->why), "%s, command %d", what, command);
}

/* The filter went away, or talks nonsense: this connection is of no more use. */
static void lose(struct run *r, struct client *c)
{
    wrong(r, "the filter closed the connection, or sent no packet", 0);
    epoll_ctl(r->epoll, EPOLL_CTL_DEL, c->link.fd, NULL);
    retire(r, c);
}

/* Sends up to the next step that is answered, or as much of it as goes. */
static void push(struct run *r, struct client *c)
{
    for (;;) {
        const struct segment *s = &r->script.segment[c->segment];
        while (c->sent < s->to) {
            size_t n = s->to - c->sent;
            ssize_t done = send(c->link.fd, c->data + c->sent,
                                n < c->link.buffer ? n : c->link.buffer, MSG_NOSIGNAL);
            if (done < 0 && errno == EAGAIN) {
                watch(r, c, EPOLLIN | EPOLLOUT);
                return;
            }
            if (done < 0) {
                lose(r, c);
                return;
            }
            c->sent += (size_t)done;
        }
        if (s->expects)
            return;
        c->segment++;
    }
}

static bool is_over(const struct run *r, uint64_t now)
{
    return now >= r->until || (r->settings.messages && r->begun >= r->settings.messages);
}

/* The next message on a connection, which begins when it is due, however late it is sent. */
static void begin(struct run *r, struct client *c, uint64_t now)
{
    char serial[SCRIPT_SERIAL_LEN + 1];
    if (is_over(r, now)) {
        retire(r, c);
        return;
    }
    if (r->interval > 0 && now < r->due) {
        c->next_spare = NULL;
        *(r->spare ? &r->spare_last->next_spare : &r->spare) = c;
        r->spare_last = c;
        return;
    }
    r->begun++;
    snprintf(serial, sizeof(serial), "%012" PRIX64, r->serial++ & 0xFFFFFFFFFFFF);
    choose_recipients(r, c);
    script_fill(&r->script, c->data, serial, c->names);
    c->segment = 0;
    c->sent = 0;
    c->headers = c->added = c->deleted = 0;
    c->began = r->interval > 0 ? r->due : now;
    c->asked = now;
    r->due += r->interval;
    push(r, c);
}

/* Begins what is due. Returns the time until the next, at most WAIT_MS. */
static struct timespec begin_due(struct run *r)
{
    uint64_t now = now_ns(), wait = (uint64_t)WAIT_MS * (SECOND_NS / 1000);
    while (r->spare && (now >= r->due || is_over(r, now))) {
        struct client *c = r->spare;
        r->spare = c->next_spare;
        begin(r, c, now);
    }
    if (r->spare && r->due - now < wait)
        wait = r->due - now;
    return (struct timespec){ (time_t)(wait / SECOND_NS), (long)(wait % SECOND_NS) };
}

static void check_message(struct run *r, struct client *c, char command)
{
    unsigned edits = r->settings.diverted ? r->settings.shape.recipients : 0;
    if (command != SMFIR_CONTINUE)
        wrong(r, "the message is not taken", command);
    else if (c->headers != 1)
        wrong(r, "the expected header is not there once", command);
    else if (c->added != edits || c->deleted != edits)
        wrong(r, "not the expected number of envelope edits", command);
}

static void finish(struct run *r, struct client *c, char command, uint64_t now)
{
    check_message(r, c, command);
    r->last = now;
    if (c->began >= r->from) {
        r->counted++;
        histogram_add(c->slow ? &r->slow : &r->message, now - c->began);
    }
    begin(r, c, now);
}

static void note_edit(struct run *r, struct client *c, const struct packet *p)
{
    const char *header = r->settings.header;
    switch (p->command) {
    case SMFIR_ADDRCPT:
    case SMFIR_ADDRCPT_PAR:
        c->added++;
        break;
    case SMFIR_DELRCPT:
        c->deleted++;
        break;
    case SMFIR_INSHEADER:
        if (p->n > 4 + strlen(header) && memcmp(p->data + 4, header, strlen(header) + 1) == 0)
            c->headers++;
        break;
    default:
        break;
    }
}

/* An answer that ends the step waited for. */
static void answer(struct run *r, struct client *c, char command)
{
    uint64_t now = now_ns();
    char step = r->script.segment[c->segment].expects;
    if (step == SMFIC_BODYEOB) {
        finish(r, c, command, now);
        return;
    }
    if (step == SMFIC_RCPT && c->began >= r->from && !c->slow)
        histogram_add(&r->recipient, now - c->asked);
    if (command != SMFIR_CONTINUE && !(step == SMFIC_BODY && command == SMFIR_SKIP)) {
        wrong(r, "a step is not taken", command);
        begin(r, c, now);
        return;
    }
    c->asked = now;
    c->segment++;
    push(r, c);
}

static void take(struct run *r, struct client *c)
{
    struct packet p;
    if (link_read(&c->link) < 0) {
        lose(r, c);
        return;
    }
    for (;;) {
        int taken = c->idle ? 0 : link_take(&c->link, &p);
        if (taken < 0)
            lose(r, c);
        if (taken <= 0)
            return;
        if (strchr("carsty", p.command) != NULL)
            answer(r, c, p.command);
        else
            note_edit(r, c, &p);
    }
}

/* What is not answered goes out with the first message, as it does from smtpd(8). */
static bool greet(struct client *c, const struct shape *shape)
{
    struct script s = { 0 };
    struct packet p;
    bool good = script_greet(&s, &c->link.agreed, shape);
    for (size_t i = 0; good && i < s.segments; i++)
        good =
            link_write(&c->link, s.data + s.segment[i].from, s.segment[i].to - s.segment[i].from) &&
            link_next(&c->link, &p) && p.command == SMFIR_CONTINUE;
    size_t left = s.n - s.unsent;
    if (good && left > 0)
        good = send(c->link.fd, s.data + s.unsent, left, MSG_NOSIGNAL | MSG_MORE) == (ssize_t)left;
    script_free(&s);
    return good;
}

static bool prepare_client(struct run *r, struct client *c)
{
    const struct settings *s = &r->settings;
    if (!link_open(&c->link, s->socket) || !greet(c, &s->shape))
        return false;
    bool encoded = r->script.n > 0 || script_message(&r->script, &c->link.agreed, &s->shape);
    if (!encoded || r->script.n == 0)
        return false;
    c->data = malloc(r->script.n);
    c->names = malloc((size_t)s->shape.recipients * SCRIPT_NAME_LEN);
    if (!c->data || !c->names)
        return false;
    memcpy(c->data, r->script.data, r->script.n);
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
    return fcntl(c->link.fd, F_SETFL, O_NONBLOCK) == 0 &&
           epoll_ctl(r->epoll, EPOLL_CTL_ADD, c->link.fd, &e) == 0;
}

static bool prepare(struct run *r)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    r->serial = (uint64_t)t.tv_sec << 24 ^ (uint64_t)getpid() << 20;
    r->fresh = (uint64_t)t.tv_sec * 100003 + (uint64_t)t.tv_nsec / 1000;
    r->chance = ((uint64_t)t.tv_nsec << 20 ^ (uint64_t)getpid()) | 1;
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    r->client = calloc(r->settings.connections, sizeof(*r->client));
    if (r->epoll < 0 || !r->client)
        return false;
    for (unsigned i = 0; i < r->settings.connections; i++)
        if (!prepare_client(r, &r->client[i]))
            return false;
    return true;
}

/* False when nothing came for long. */
static bool drive(struct run *r)
{
    struct epoll_event event[EVENTS_MAX];
    r->busy = r->settings.connections;
    for (unsigned i = 0; i < r->settings.connections; i++)
        begin(r, &r->client[i], now_ns());
    while (r->busy > 0) {
        struct timespec wait = begin_due(r);
        if (r->busy == 0)
            break;
        int n = epoll_pwait2(r->epoll, event, EVENTS_MAX, &wait, NULL);
        if ((n == 0 && !r->spare) || (n < 0 && errno != EINTR))
            return false;
        for (int i = 0; i < n; i++) {
            struct client *c = event[i].data.ptr;
            if (event[i].events & EPOLLOUT) {
                watch(r, c, EPOLLIN);
                push(r, c);
            }
            if (event[i].events & ~(uint32_t)EPOLLOUT && !c->idle)
                take(r, c);
        }
    }
    return true;
}

static void print_agreement(const struct agreement *a)
{
    printf("{\"version\": %u, \"actions\": %u, \"steps\": %u, \"macros\": [", a->version,
           a->actions, a->steps);
    for (size_t i = 0; i < LINK_STAGES; i++)
        printf("%s\"%s\"", i ? ", " : "", a->macros[i]);
    printf("]}");
}

static void print(const struct run *r)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    double seconds = r->last > r->from ? (double)(r->last - r->from) / SECOND_NS : 0;
    printf("{\"messages\": %" PRIu64 ", \"begun\": %" PRIu64 ", \"seconds\": %.4f, \"rate\": %.1f,"
           " \"wrong\": %" PRIu64 ", \"why\": \"%s\", \"connections\": %u, \"cpu\": %.3f,\n",
           r->counted, r->begun, seconds, seconds > 0 ? (double)r->counted / seconds : 0, r->wrong,
           r->why, r->settings.connections,
           (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
               (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
    printf(" \"octets\": %zu, \"agreed\": ", r->script.n);
    print_agreement(&r->client[0].link.agreed);
    printf(",\n \"message\": ");
    histogram_print(&r->message, stdout);
    printf(",\n \"recipient\": ");
    histogram_print(&r->recipient, stdout);
    printf(",\n \"slow\": ");
    histogram_print(&r->slow, stdout);
    printf("}\n");
}

int main(int argc, char **argv)
{
    static struct run r;
    settings_read(argc, argv, &r.settings);
    if (!prepare(&r))
        return EX_UNAVAILABLE;
    uint64_t now = now_ns();
    r.from = now + (uint64_t)(r.settings.warmup * SECOND_NS);
    r.until = r.from + (uint64_t)(r.settings.seconds * SECOND_NS);
    r.due = now;
    r.interval = r.settings.rate > 0 ? (uint64_t)(SECOND_NS / r.settings.rate) : 0;
    if (!drive(&r)) {
        fprintf(stderr, "%s: no answer for %d s\n", r.settings.socket, WAIT_MS / 1000);
        return EX_UNAVAILABLE;
    }
    print(&r);
    return r.wrong ? EX_SOFTWARE : EX_OK;
}
