#include "milter/metrics_server.h"

#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "engine/exporter.h"
#include "engine/readiness.h"
#include "milter/current.h"
#include "milter/metrics_socket.h"
#include "sys/exposition.h"

#define PLAIN_TYPE "text/plain; charset=utf-8"

struct metrics_server {
    char *endpoint; /* NULL: nowhere */
    int fd;         /* that listens, until the daemon has it; -1: none */
    struct MHD_Daemon *daemon;
};

struct page {
    unsigned status;
    const char *type;
    const char *allow; /* the methods that are, where the one asked for is not; else NULL */
    struct buf text;
};

static void write_metrics(const struct engine *e, struct page *p)
{
    p->type = EXPOSITION_TYPE;
    exporter_write(e, &p->text);
}

static void write_health(const struct engine *e, struct page *p)
{
    (void)e;
    buf_adds(&p->text, "alive\n");
}

static void write_readiness(const struct engine *e, struct page *p)
{
    char why[READINESS_TEXT_MAX] = "the filter is ending";
    if (!current_is_closing() && readiness_check(e, why)) {
        buf_adds(&p->text, "ready\n");
        return;
    }
    p->status = MHD_HTTP_SERVICE_UNAVAILABLE;
    buf_addf(&p->text, "%s\n", why);
}

static const struct {
    const char *path;
    void (*write)(const struct engine *e, struct page *p);
} pages[] = {
    { "/metrics", write_metrics },
    { "/healthz", write_health },
    { "/readyz", write_readiness },
};

static void write_page(const char *path, struct page *p)
{
    size_t i = 0;
    while (i < COUNT_OF(pages) && strcmp(pages[i].path, path) != 0)
        i++;
    if (i == COUNT_OF(pages)) {
        p->status = MHD_HTTP_NOT_FOUND;
        buf_adds(&p->text, "there are /metrics, /healthz and /readyz\n");
        return;
    }
    struct engine *e = current_engine();
    if (e) {
        pages[i].write(e, p);
    } else {
        p->status = MHD_HTTP_SERVICE_UNAVAILABLE;
        buf_adds(&p->text, "the filter is ending\n");
    }
    engine_unref(e);
}

static bool is_read(const char *method)
{
    return strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

/* Takes the page's text. Of the answer to a HEAD the library sends no body. */
static enum MHD_Result send_page(struct MHD_Connection *connection, struct page *p)
{
    size_t n = p->text.n;
    char *text = buf_take(&p->text);
    if (!text)
        return MHD_NO;
    struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback(n, text, free);
    if (!r) {
        free(text);
        return MHD_NO;
    }
    enum MHD_Result sent = MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, p->type);
    if (sent == MHD_YES && p->allow)
        sent = MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, p->allow);
    if (sent == MHD_YES)
        sent = MHD_queue_response(connection, p->status, r);
    MHD_destroy_response(r);
    return sent;
}

/* Called when the head of a request is there. What may come behind it is not waited for: the
 * library closes the connection then. */
static enum MHD_Result on_request(void *server, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    (void)server;
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)state;
    struct page p = { .status = MHD_HTTP_OK, .type = PLAIN_TYPE };
    buf_init(&p.text, EXPORTER_PAGE_MAX);
    if (is_read(method)) {
        write_page(url, &p);
    } else {
        p.status = MHD_HTTP_METHOD_NOT_ALLOWED;
        p.allow = "GET, HEAD";
        buf_adds(&p.text, "GET and HEAD alone are answered\n");
    }
    enum MHD_Result sent = send_page(connection, &p);
    buf_free(&p.text);
    return sent;
}

/* The library waits by epoll: its other ways either know no descriptor above 1023, or call the
 * poll() of milter/poll.c. It takes the socket over, also when it fails. */
bool metrics_server_start(struct metrics_server *s)
{
    if (s->fd < 0)
        return true;
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET,
        s->fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)METRICS_SERVER_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)METRICS_SERVER_SILENCE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)METRICS_SERVER_REQUEST_MAX, MHD_OPTION_END);
    s->fd = -1;
    return s->daemon;
}

static bool open_at(struct metrics_server *s, const char *endpoint,
                    char error[METRICS_SERVER_ERROR_MAX])
{
    s->endpoint = endpoint ? strdup(endpoint) : NULL;
    if (!endpoint)
        return true;
    if (!s->endpoint) {
        snprintf(error, METRICS_SERVER_ERROR_MAX, "metrics: out of memory");
        return false;
    }
    s->fd = metrics_socket_open(endpoint, error);
    return s->fd >= 0;
}

static void end(struct metrics_server *s)
{
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->fd >= 0)
        close(s->fd);
    free(s->endpoint);
    *s = (struct metrics_server){ .fd = -1 };
}

struct metrics_server *metrics_server_open(const char *endpoint,
                                           char error[METRICS_SERVER_ERROR_MAX])
{
    struct metrics_server *s = calloc(1, sizeof(*s));
    if (!s) {
        snprintf(error, METRICS_SERVER_ERROR_MAX, "metrics: out of memory");
        return NULL;
    }
    s->fd = -1;
    if (open_at(s, endpoint, error))
        return s;
    metrics_server_close(s);
    return NULL;
}

static bool begin(struct metrics_server *s, const char *endpoint,
                  char error[METRICS_SERVER_ERROR_MAX])
{
    if (!open_at(s, endpoint, error))
        return false;
    if (metrics_server_start(s))
        return true;
    snprintf(error, METRICS_SERVER_ERROR_MAX, "metrics: no thread can be made");
    return false;
}

/* The old one ends first: the two may be one port, at other addresses of this host. */
bool metrics_server_move(struct metrics_server *s, const char *endpoint,
                         char error[METRICS_SERVER_ERROR_MAX])
{
    char *before = s->endpoint;
    if (endpoint && before ? strcmp(endpoint, before) == 0 : endpoint == before)
        return true;
    s->endpoint = NULL;
    end(s);
    bool moved = begin(s, endpoint, error);
    if (!moved) {
        char again[METRICS_SERVER_ERROR_MAX];
        end(s);
        if (!begin(s, before, again))
            end(s);
    }
    free(before);
    return moved;
}

void metrics_server_close(struct metrics_server *s)
{
    if (!s)
        return;
    end(s);
    free(s);
}
