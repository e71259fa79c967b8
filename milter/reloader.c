#include "milter/reloader.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/meter.h"
#include "engine/setup.h"
#include "milter/current.h"
#include "sys/log.h"

static bool differ(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) != 0 : a != b;
}

/* What is bound or given up at the start stays as it was. */
static bool needs_restart(const struct config *a, const struct config *b)
{
    return differ(a->listen, b->listen) || differ(a->maps, b->maps) ||
           a->socket_mode != b->socket_mode || differ(a->socket_group, b->socket_group) ||
           differ(a->user, b->user);
}

static void tell_restart(const struct config *first, const struct config *now)
{
    if (needs_restart(first, now))
        log_event(
            LOG_LEVEL_WARNING, "reload",
            "`listen`, `maps`, `socket_mode`, `socket_group` and `user` change with a restart "
            "only");
}

/* The maps that are served are those of the start: what else is written goes by no map, and is not
 * decided as if it did. False without memory. */
static bool keep_maps(struct config *c, const struct config *first)
{
    char *maps = first->maps ? strdup(first->maps) : NULL;
    if (first->maps && !maps)
        return false;
    free(c->maps);
    c->maps = maps;
    return true;
}

/* The new engine, ready for use; NULL with one line in error. */
static struct engine *load(const struct reloader *r, const struct engine *before,
                           char error[ENGINE_ERROR_MAX])
{
    struct engine *e = setup_load(r->file, SETUP_RELOAD, before, error);
    if (!e)
        return NULL;
    const char *fault = backend_start(e->backend) ? NULL : "no thread can be made";
    if (!fault) {
        tell_restart(r->first, e->config);
        if (!keep_maps(e->config, r->first))
            fault = result_text(RESULT_NO_MEMORY);
    }
    if (!fault)
        return e;
    engine_unref(e);
    snprintf(error, ENGINE_ERROR_MAX, "%s: %s", r->file, fault);
    return NULL;
}

static void move_metrics(struct metrics_server *s, const char *endpoint)
{
    char error[METRICS_SERVER_ERROR_MAX];
    if (!metrics_server_move(s, endpoint, error))
        log_event(LOG_LEVEL_WARNING, "reload", "%s; the old endpoint stays", error);
}

static void reload(const struct reloader *r)
{
    char error[ENGINE_ERROR_MAX];
    struct engine *before = current_engine();
    struct engine *e = load(r, before, error);
    meter_reload(before->meter, e != NULL);
    if (!e) {
        log_event(LOG_LEVEL_WARNING, "reload-failed", "%s; the old configuration stays", error);
        engine_unref(before);
        return;
    }
    bool replaced = before->backend != e->backend;
    current_set(e);
    move_metrics(r->metrics, e->config->metrics);
    log_event(LOG_LEVEL_INFO, "reload", "%s", r->file);
    if (replaced)
        backend_retire(before->backend);
    engine_unref(before);
}

static void *reload_when_asked(void *reloader)
{
    const struct reloader *r = reloader;
    sigset_t asked;
    sigemptyset(&asked);
    sigaddset(&asked, SIGUSR1);
    while (!atomic_load(&r->ending))
        if (sigwaitinfo(&asked, NULL) == SIGUSR1 && !atomic_load(&r->ending))
            reload(r);
    return NULL;
}

bool reloader_start(struct reloader *r, const char *file, const struct config *first,
                    struct metrics_server *metrics)
{
    r->file = file;
    r->first = first;
    r->metrics = metrics;
    atomic_init(&r->ending, false);
    return pthread_create(&r->thread, NULL, reload_when_asked, r) == 0;
}

void reloader_ask(const struct reloader *r)
{
    pthread_kill(r->thread, SIGUSR1);
}

void reloader_end(struct reloader *r)
{
    atomic_store(&r->ending, true);
    reloader_ask(r);
    pthread_join(r->thread, NULL);
}
