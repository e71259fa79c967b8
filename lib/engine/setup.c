#include "engine/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/count.h"
#include "core/route.h"
#include "engine/map_memory.h"
#include "engine/meter.h"
#include "state/memory_store.h"
#include "state/redis_url.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/random.h"

#define KEY_FILE_MAX 65536
#define FRESH_SECRET_OCTETS 32

/* Mail servers read more as an address than should be written as one. */
static bool is_well_written(const char *local)
{
    return local[0] == '"' || local[strcspn(local, " \t@\\")] == '\0';
}

static const char *address_fault(struct span text)
{
    struct address a;
    const char *fault = NULL;
    if (address_parse(text, &a) != RESULT_OK)
        return "is not an address; write user@example.com";
    if (a.kind == ADDRESS_NULL)
        fault = "is the null address; write user@example.com";
    else if (!is_well_written(a.local))
        fault = "is not an address; write user@example.com";
    address_free(&a);
    return fault;
}

static bool is_memory(const char *url)
{
    return strcmp(url, "memory:") == 0;
}

static const char *state_fault(const char *url)
{
    struct redis_config c = { 0 };
    char *storage = NULL;
    if (is_memory(url))
        return NULL;
    const char *fault = redis_url_parse(url, &c, &storage);
    free(storage);
    return fault;
}

const struct config_checks *setup_checks(void)
{
    static const struct config_checks checks = {
        .host = site_host_fault,
        .network = site_network_fault,
        .route = route_template_fault,
        .address = address_fault,
        .state = state_fault,
    };
    return &checks;
}

static struct backend *make_backend(const struct config *c, enum setup_purpose purpose,
                                    const struct keyring *keys, const struct engine *before,
                                    const struct meter *meter)
{
    if (is_memory(c->state) || purpose == SETUP_TEST)
        return backend_of(memory_store_new(), NULL);
    if (!before || !backend_fits(before->backend, c)) {
        struct backend *b = backend_new(c, keys, before ? before->backend : NULL);
        if (b)
            backend_totals_join(meter->totals, b);
        return b;
    }
    backend_use_keys(before->backend, keys);
    return backend_ref(before->backend);
}

/* One line of a key file with a fresh secret, named by the day. */
static bool write_fresh_key(struct buf *out)
{
    unsigned char secret[FRESH_SECRET_OCTETS];
    char name[KEY_NAME_MAX];
    time_t now = (time_t)clock_utc();
    struct tm day;
    if (!random_octets(secret, sizeof(secret)) || !gmtime_r(&now, &day) ||
        strftime(name, sizeof(name), "k%Y%m%d", &day) == 0)
        return false;
    keyring_write(span_of(name), secret, sizeof(secret), out);
    explicit_bzero(secret, sizeof(secret));
    return buf_ok(out);
}

/* A file that its user could not read would be found, and used, at the next start. */
static enum result write_key_file(const struct config *c, struct span text)
{
    struct account user;
    bool gives = c->user && geteuid() == 0;
    enum result made = gives ? account_find(c->user, &user) : RESULT_OK;
    if (made == RESULT_OK)
        made = file_write_secret(c->keys, text);
    if (made != RESULT_OK || !gives)
        return made;
    made = file_give(c->keys, &user);
    int why = errno;
    if (made != RESULT_OK)
        unlink(c->keys);
    errno = why;
    return made;
}

static bool make_key_file(const struct config *c, struct buf *text, char error[ENGINE_ERROR_MAX])
{
    if (!write_fresh_key(text)) {
        snprintf(error, ENGINE_ERROR_MAX, "%s: no random octets for a key", c->keys);
        return false;
    }
    enum result made = write_key_file(c, buf_span(text));
    if (made == RESULT_OK)
        return true;
    snprintf(error, ENGINE_ERROR_MAX,
             "%s: the key file cannot be made: %s; make its folder, or set another `keys`", c->keys,
             made == RESULT_SYNTAX ? "there is no such `user`" : strerror(errno));
    return false;
}

static void tell_unreadable(const char *file, enum result why, char error[ENGINE_ERROR_MAX])
{
    if (why == RESULT_SYNTAX)
        snprintf(
            error, ENGINE_ERROR_MAX,
            "%s: others may read or write the keys; mend it with chmod 0600 and the right owner",
            file);
    else if (why == RESULT_LIMIT)
        snprintf(error, ENGINE_ERROR_MAX, "%s: is over %d octets", file, KEY_FILE_MAX);
    else
        snprintf(error, ENGINE_ERROR_MAX, "%s: %s", file,
                 why == RESULT_SYSTEM ? strerror(errno) : result_text(why));
}

/* Whose key file may be read besides our own and root's. root, who only looks, reads that of the
 * user whom the service manager runs the filter as, and no configuration names. */
static bool find_owner(const struct config *c, enum setup_purpose purpose, struct account *out)
{
    struct stat st;
    if (c->user)
        return account_find(c->user, out) == RESULT_OK;
    if (purpose != SETUP_TEST || geteuid() != 0 || stat(c->keys, &st) != 0)
        return false;
    *out = (struct account){ st.st_uid, st.st_gid };
    return true;
}

static bool read_key_file(const struct config *c, enum setup_purpose purpose, struct buf *text,
                          char error[ENGINE_ERROR_MAX])
{
    struct account user;
    bool known = find_owner(c, purpose, &user);
    enum result read = file_read_secret(c->keys, known ? &user : NULL, text);
    if (read == RESULT_OK)
        return true;
    if (read != RESULT_SYSTEM || errno != ENOENT || purpose == SETUP_RELOAD) {
        tell_unreadable(c->keys, read, error);
        return false;
    }
    return purpose == SETUP_START ? make_key_file(c, text, error) : write_fresh_key(text);
}

struct keyring *setup_keys(const struct config *c, enum setup_purpose purpose,
                           char error[ENGINE_ERROR_MAX])
{
    struct keyring *k = calloc(1, sizeof(*k));
    struct buf text;
    buf_init(&text, KEY_FILE_MAX);
    size_t line = 0;
    const char *fault = NULL;
    bool read = k && read_key_file(c, purpose, &text, error);
    if (read)
        fault = keyring_parse(buf_span(&text), k, &line);
    if (fault && line > 0)
        snprintf(error, ENGINE_ERROR_MAX, "%s:%zu: %s", c->keys, line, fault);
    else if (fault)
        snprintf(error, ENGINE_ERROR_MAX, "%s: %s", c->keys, fault);
    if (text.p)
        explicit_bzero(text.p, text.cap);
    buf_free(&text);
    if (read && !fault)
        return k;
    free(k);
    return NULL;
}

/* A connection would find it out later, and again and again. */
static bool can_read_tls_files(const struct config *c, const char *file,
                               char error[ENGINE_ERROR_MAX])
{
    const char *const names[] = { "tls_ca", "tls_cert", "tls_key" };
    const char *const paths[] = { c->tls_ca, c->tls_cert, c->tls_key };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        if (!paths[i] || access(paths[i], R_OK) == 0)
            continue;
        snprintf(error, ENGINE_ERROR_MAX, "%s: %s: %s: %s", file, names[i], paths[i],
                 strerror(errno));
        return false;
    }
    return true;
}

struct engine *setup_load(const char *file, enum setup_purpose purpose, const struct engine *before,
                          char error[ENGINE_ERROR_MAX])
{
    struct config *c = config_load(file, setup_checks(), error);
    if (!c)
        return NULL;
    /* What fails from here on and says nothing has no memory. */
    snprintf(error, ENGINE_ERROR_MAX, "%s: %s", file, result_text(RESULT_NO_MEMORY));
    struct keyring *k = can_read_tls_files(c, file, error) ? setup_keys(c, purpose, error) : NULL;
    if (!k) {
        config_free(c);
        return NULL;
    }
    struct meter *meter = before ? meter_ref(before->meter) : meter_new();
    struct backend *b = meter ? make_backend(c, purpose, k, before, meter) : NULL;
    struct engine *e = engine_new(c, k, b, meter, error);
    if (e)
        e->told = before ? map_memory_ref(before->told) : map_memory_new();
    return e;
}
