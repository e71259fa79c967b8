#include "ctl/viewpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/setup.h"
#include "state/memory_store.h"
#include "sys/random.h"

#define SECRET_OCTETS 32

/* A ring that verifies nothing, since nobody else knows its key: an engine cannot be without. */
static struct keyring *throw_away_keys(void)
{
    struct keyring *k = calloc(1, sizeof(*k));
    if (!k || !random_octets(k->key[0].secret, SECRET_OCTETS)) {
        free(k);
        return NULL;
    }
    k->keys = 1;
    k->key[0].secret_len = SECRET_OCTETS;
    return k;
}

/* The keys of the file, or others where there is none that this user may read. */
static struct keyring *read_keys(struct viewpoint *v, const struct config *c,
                                 char error[ENGINE_ERROR_MAX])
{
    v->has_keys = access(c->keys, R_OK) == 0;
    if (v->has_keys || (errno != ENOENT && errno != EACCES))
        return setup_keys(c, SETUP_TEST, error);
    snprintf(v->note, sizeof(v->note), "%s: %s: traces are not verified", c->keys, strerror(errno));
    return throw_away_keys();
}

static bool open_configured(struct viewpoint *v, const char *file, char error[ENGINE_ERROR_MAX])
{
    struct config *c = config_load(file, setup_checks(), error);
    struct keyring *keys = c ? read_keys(v, c, error) : NULL;
    if (!keys) {
        config_free(c);
        return false;
    }
    snprintf(error, ENGINE_ERROR_MAX, "out of memory");
    v->engine = engine_new(c, keys, backend_of(memory_store_new(), NULL), NULL, error);
    v->configured = v->engine != NULL;
    return v->configured;
}

bool viewpoint_blank(struct viewpoint *v)
{
    struct engine *e = calloc(1, sizeof(*e));
    if (!e)
        return false;
    atomic_init(&e->refs, 1);
    e->config = calloc(1, sizeof(*e->config));
    e->keys = calloc(1, sizeof(*e->keys));
    if (!e->config || !e->keys) {
        engine_unref(e);
        return false;
    }
    v->engine = e;
    return true;
}

/* There is nothing at the usual place, or nothing that this user may read. */
static bool is_unknown(struct viewpoint *v, const struct session *s)
{
    if (s->config_given || access(s->config_file, R_OK) == 0 ||
        (errno != ENOENT && errno != ENOTDIR && errno != EACCES))
        return false;
    if (errno == EACCES)
        snprintf(v->note, sizeof(v->note), "%s: %s: systems are guessed by name", s->config_file,
                 strerror(errno));
    return true;
}

bool viewpoint_open(struct viewpoint *v, const struct session *s)
{
    char error[ENGINE_ERROR_MAX] = "out of memory";
    *v = (struct viewpoint){ .engine = NULL };
    bool good = is_unknown(v, s) ? viewpoint_blank(v) : open_configured(v, s->config_file, error);
    if (!good)
        session_fail(s, STATUS_USAGE, "%s", error);
    return good;
}

void viewpoint_close(struct viewpoint *v)
{
    engine_unref(v->engine);
    *v = (struct viewpoint){ .engine = NULL };
}
