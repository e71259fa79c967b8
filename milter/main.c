#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/hmac.h"
#include "engine/setup.h"
#include "milter/current.h"
#include "milter/filter.h"
#include "milter/listener.h"
#include "milter/maps_server.h"
#include "milter/metrics_server.h"
#include "milter/options.h"
#include "milter/privilege.h"
#include "milter/reloader.h"
#include "milter/signals.h"
#include "sys/log.h"
#include "sys/standard.h"

/* How long messages under way may take after SIGTERM. */
#define CLOSE_SECONDS 30

/* What is served beside the filter. */
struct beside {
    int maps_listener; /* -1: off, or served */
    struct maps_server *maps;
    struct metrics_server *metrics;
};

static void log_start(const struct config *c, const char *file)
{
    log_event(LOG_LEVEL_INFO, "start", "version %s, node %s (%s), %s, configuration %s",
              COEXIST_VERSION, c->name, system_name(c->node), c->listen, file);
    if (c->metrics)
        log_event(LOG_LEVEL_INFO, "metrics", "served at http://%s/metrics", c->metrics);
}

/* libmilter's thread; it ends only when libmilter gives up. */
static void *serve(void *failed)
{
    smfi_main();
    log_event(LOG_LEVEL_ERROR, "serve-failed", "libmilter gave up: the mail log says why");
    atomic_store((atomic_bool *)failed, true);
    signals_end();
    return NULL;
}

/* What is bound or given up at the start, copied: the engine that it came with ends with the first
 * reload. The caller frees it with config_free(). NULL without memory. */
static struct config *bound_by(const struct config *c)
{
    struct config *bound = calloc(1, sizeof(*bound));
    if (!bound)
        return NULL;
    bound->listen = strdup(c->listen);
    bound->socket_mode = c->socket_mode;
    bound->socket_group = c->socket_group ? strdup(c->socket_group) : NULL;
    bound->user = c->user ? strdup(c->user) : NULL;
    bound->maps = c->maps ? strdup(c->maps) : NULL;
    bound->metrics = c->metrics ? strdup(c->metrics) : NULL;
    if (bound->listen && !bound->socket_group == !c->socket_group && !bound->user == !c->user &&
        !bound->maps == !c->maps && !bound->metrics == !c->metrics)
        return bound;
    config_free(bound);
    return NULL;
}

static void wait_for_messages(void)
{
    if (!current_close(CLOSE_SECONDS, signals_hurry))
        log_event(LOG_LEVEL_WARNING, "stop",
                  "some messages were under way for too long and are dropped: the MTA keeps them");
}

static struct endpoint maps_endpoint(const struct config *c)
{
    return (struct endpoint){ "maps", c->maps, (mode_t)c->socket_mode, c->socket_group };
}

/* Removes the files of the sockets. */
static void unbind(const struct config *bound)
{
    const struct endpoint maps = maps_endpoint(bound);
    listener_remove(bound);
    if (bound->maps)
        endpoint_remove(&maps);
}

/* libmilter is not told to stop: its threads end in no order, and use what others have done away
 * with. It ends with the process. */
static int run(const struct config *bound, const char *file, struct beside *beside)
{
    struct reloader reloader;
    static atomic_bool failed;
    pthread_t server;
    if (!reloader_start(&reloader, file, bound, beside->metrics) ||
        pthread_create(&server, NULL, serve, &failed) != 0) {
        log_event(LOG_LEVEL_ERROR, "start-failed", "no thread can be made");
        return EX_OSERR;
    }
    while (signals_wait())
        reloader_ask(&reloader);
    wait_for_messages();
    maps_server_stop(beside->maps);
    beside->maps = NULL;
    reloader_end(&reloader);
    unbind(bound);
    log_event(LOG_LEVEL_INFO, "stop", "ended");
    return atomic_load(&failed) ? EX_SOFTWARE : EX_OK;
}

static int fail(int code, const char *error)
{
    log_event(LOG_LEVEL_ERROR, "start-failed", "%s", error);
    fprintf(stderr, "coexist-milter: %s\n", error);
    return code;
}

/* False, with error, when the maps are asked for and their socket cannot be had. */
static bool open_maps(const struct config *c, struct beside *beside, char error[ENDPOINT_ERROR_MAX])
{
    const struct endpoint endpoint = maps_endpoint(c);
    beside->maps_listener = c->maps ? endpoint_open(&endpoint, error) : -1;
    return !c->maps || beside->maps_listener >= 0;
}

/* What waits behind the sockets that are open by now: 0, or the exit code after a failure. The
 * metrics come last: the listener finds its socket as the only one. */
static int open_rest(const struct config *c, struct beside *beside)
{
    char error[METRICS_SERVER_ERROR_MAX];
    _Static_assert(PRIVILEGE_ERROR_MAX <= METRICS_SERVER_ERROR_MAX, "one text for both");
    beside->metrics = metrics_server_open(c->metrics, error);
    if (!beside->metrics)
        return fail(EX_UNAVAILABLE, error);
    return privilege_drop(c->user, error) ? EX_OK : fail(EX_NOUSER, error);
}

/* Opens the sockets, lets go of root and of the terminal: all that can fail while somebody looks.
 */
static int prepare(const struct options *o, const struct config *c, struct beside *beside)
{
    char error[LISTENER_ERROR_MAX];
    if (!filter_register(listener_is_tcp(c)))
        return fail(EX_SOFTWARE, "libmilter does not take the filter");
    if (!listener_open(c, error))
        return fail(EX_UNAVAILABLE, error);
    if (!open_maps(c, beside, error)) {
        listener_remove(c);
        return fail(EX_UNAVAILABLE, error);
    }
    int code = open_rest(c, beside);
    if (code != EX_OK) {
        unbind(c);
        return code;
    }
    if (!o->foreground && daemon(0, 0) != 0)
        return fail(EX_OSERR, "cannot go into the background");
    return EX_OK;
}

/* The threads: after the process has become a daemon. */
static bool start_threads(struct beside *beside, struct engine *e)
{
    if (!backend_start(e->backend) || !metrics_server_start(beside->metrics))
        return false;
    if (beside->maps_listener < 0)
        return true;
    beside->maps = maps_server_start(beside->maps_listener);
    return beside->maps;
}

/* Takes over the engine. */
static int start(const struct options *o, struct engine *e)
{
    struct beside beside = { .maps_listener = -1 };
    struct config *bound = bound_by(e->config);
    current_set(e);
    int code = bound ? prepare(o, bound, &beside) : fail(EX_OSERR, result_text(RESULT_NO_MEMORY));
    if (code == EX_OK && !start_threads(&beside, e))
        code = fail(EX_OSERR, "no thread can be made");
    if (code == EX_OK) {
        log_start(e->config, o->config_file);
        code = run(bound, o->config_file, &beside);
    }
    maps_server_stop(beside.maps);
    metrics_server_close(beside.metrics);
    current_set(NULL);
    config_free(bound);
    return code;
}

/* A reload must find the file from the root folder too, where a daemon goes. Links are not
 * followed: they may lead elsewhere by then. The caller frees it; NULL without memory. */
static char *absolute(const char *file)
{
    char *path = NULL;
    char *folder = file[0] == '/' ? strdup("") : get_current_dir_name();
    if (folder && asprintf(&path, "%s%s%s", folder, *folder ? "/" : "", file) < 0)
        path = NULL;
    free(folder);
    return path;
}

int main(int argc, char **argv)
{
    struct options o;
    char error[ENGINE_ERROR_MAX];
    /* What is logged must not go to Redis, nor to the MTA. */
    if (!standard_fill())
        return EX_OSERR;
    /* hiredis writes to connections that the server may have closed. */
    signal(SIGPIPE, SIG_IGN);
    options_read(argc, argv, &o);
    enum log_level most = o.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    if (o.foreground || o.test_only)
        log_open_stderr("coexist-milter", most);
    else
        log_open_syslog("coexist-milter", most);
    if (!o.test_only)
        signals_begin();
    hmac_outlive_main();
    char *file = absolute(o.config_file);
    if (file)
        o.config_file = file;
    struct engine *e =
        setup_load(o.config_file, o.test_only ? SETUP_TEST : SETUP_START, NULL, error);
    if (!e) {
        fprintf(stderr, "coexist-milter: %s\n", error);
        free(file);
        return EX_CONFIG;
    }
    int code = EX_OK;
    if (o.test_only) {
        printf("%s: good\n", o.config_file);
        engine_unref(e);
    } else {
        code = start(&o, e);
    }
    free(file);
    return code;
}
