#include "ctl/dry.h"

#include <stdlib.h>

#include "ctl/dry_state.h"
#include "engine/setup.h"
#include "sys/log.h"

static void take_line(enum log_level level, const char *line, void *arg)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    struct dry *d = arg;
    buf_addf(&d->log, "%s: %s\n", names[level], line);
}

static struct backend *make_backend(struct dry *d, const struct session *s,
                                    const struct config *config, char why[RECORD_FAULT_MAX])
{
    const char *written = s->state ? s->state : config->state;
    const char *read = !s->state && config->replica ? config->replica : written;
    struct store *store = dry_store_new(d, config, read, why);
    struct journal *journal = store ? dry_journal_new(d, config, written, why) : NULL;
    if (journal)
        return backend_of(store, journal);
    store_close(store);
    return NULL;
}

/* The engine takes over a configuration of its own. */
static struct engine *make_engine(struct dry *d, struct session *s)
{
    char error[ENGINE_ERROR_MAX] = "out of memory", why[RECORD_FAULT_MAX];
    struct keyring *keys = session_keys(s);
    if (!keys)
        return NULL;
    struct config *config = config_load(s->config_file, setup_checks(), error);
    struct backend *backend = config ? make_backend(d, s, config, why) : NULL;
    if (config && !backend) {
        session_fail(s, STATUS_USAGE, "%s: state: %s", s->state ? "--state" : config->file, why);
        config_free(config);
        keyring_wipe(keys);
        free(keys);
        return NULL;
    }
    struct engine *e = engine_new(config, keys, backend, NULL, error);
    if (!e)
        session_fail(s, STATUS_USAGE, "%s", error);
    return e;
}

struct dry *dry_new(struct session *s, enum status *why)
{
    struct dry *d = calloc(1, sizeof(*d));
    *why = STATUS_NO;
    if (!d) {
        session_fail(s, STATUS_NO, "out of memory");
        return NULL;
    }
    buf_init(&d->log, DRY_LOG_MAX);
    log_open_sink(take_line, d, LOG_LEVEL_INFO);
    *why = STATUS_USAGE;
    d->engine = make_engine(d, s);
    if (d->engine)
        return d;
    dry_free(d);
    return NULL;
}

void dry_free(struct dry *d)
{
    if (!d)
        return;
    log_open_stderr("coexistctl", LOG_LEVEL_WARNING);
    engine_unref(d->engine);
    for (size_t i = 0; i < d->lookups; i++)
        free(d->lookup[i].key);
    buf_free(&d->log);
    free(d);
}

const char *dry_unavailable(const struct dry *d)
{
    for (size_t i = 0; i < d->lookups; i++)
        if (d->lookup[i].answer == STORE_UNAVAILABLE)
            return d->lookup[i].why;
    if (d->breaker.asked && d->breaker.answer == STORE_UNAVAILABLE)
        return d->breaker.why;
    if (d->ledger.asked && d->ledger.query.answer == STORE_UNAVAILABLE)
        return d->ledger.why;
    return NULL;
}
