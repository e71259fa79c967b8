#include "sys/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/config_reader.h"
#include "sys/file.h"

/* At worst every octet is escaped. */
#define SCANNED_MAX (2 * CONFIG_FILE_MAX + 2)

void reader_fault(struct config_reader *r, unsigned line, const char *format, ...)
{
    if (r->error[0] != '\0')
        return;
    int n = line > 0 ? snprintf(r->error, CONFIG_ERROR_MAX, "%s:%u: ", r->file, line)
                     : snprintf(r->error, CONFIG_ERROR_MAX, "%s: ", r->file);
    if (n < 0 || n >= CONFIG_ERROR_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(r->error + n, (size_t)(CONFIG_ERROR_MAX - n), format, args);
    va_end(args);
}

static bool read_text(struct config_reader *r, struct buf *text)
{
    enum result result = file_read(r->file, text);
    if (result == RESULT_OK)
        return true;
    if (result == RESULT_LIMIT)
        reader_fault(r, 0, "too large; accepted: at most 1048576 octets");
    else if (result == RESULT_SYSTEM && errno == EINVAL)
        reader_fault(r, 0, "cannot be read: not a regular file");
    else if (result == RESULT_SYSTEM)
        reader_fault(r, 0, "cannot be read: %s", strerror(errno));
    else
        reader_fault(r, 0, "no memory");
    return false;
}

/* The tree of the file, or NULL after a fault. */
static cfg_t *read_tree(struct config_reader *r)
{
    struct buf text, scanned;
    buf_init(&text, CONFIG_FILE_MAX);
    buf_init(&scanned, SCANNED_MAX);
    cfg_t *cfg = NULL;
    if (read_text(r, &text) && config_scan(r, buf_span(&text), &scanned))
        cfg = config_parse(r, buf_text(&scanned));
    buf_free(&text);
    buf_free(&scanned);
    free(r->block_line);
    r->block_line = NULL;
    return cfg;
}

struct config *config_load(const char *file, const struct config_checks *checks,
                           char error[CONFIG_ERROR_MAX])
{
    struct config_reader r = { .file = file, .checks = checks, .error = error };
    error[0] = '\0';
    cfg_t *cfg = read_tree(&r);
    if (!cfg)
        return NULL;
    struct config *c = calloc(1, sizeof(*c));
    if (!c) {
        reader_fault(&r, 0, "no memory");
    } else if (!config_build(&r, cfg, c)) {
        config_free(c);
        c = NULL;
    }
    cfg_free(cfg);
    return c;
}

static void list_free(struct string_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->item[i]);
    free(list->item);
}

static void system_free(struct config_system *system)
{
    list_free(&system->hosts);
    list_free(&system->networks);
    free(system->identify);
    free(system->nexthop);
}

void config_free(struct config *c)
{
    if (!c)
        return;
    free(c->file);
    free(c->name);
    free(c->listen);
    free(c->socket_group);
    free(c->myorigin);
    free(c->user);
    free(c->maps);
    free(c->metrics);
    free(c->state);
    free(c->prefix);
    free(c->replica);
    free(c->tls_ca);
    free(c->tls_cert);
    free(c->tls_key);
    free(c->snapshot);
    free(c->keys);
    free(c->loop_mailbox);
    for (size_t i = 0; i < SYSTEM_COUNT; i++)
        system_free(&c->system[i]);
    list_free(&c->gateways);
    for (size_t i = 0; i < c->domains; i++) {
        free(c->domain[i].name);
        free(c->domain[i].route);
    }
    free(c->domain);
    free(c);
}

static int compare_name(const void *key, const void *item)
{
    const struct span *name = key;
    const struct config_domain *domain = item;
    struct span known = span_of(domain->name);
    int order = memcmp(name->p, known.p, name->n < known.n ? name->n : known.n);
    return order ? order : (name->n > known.n) - (name->n < known.n);
}

/* The domains are in the order of strcmp(). */
const struct config_domain *config_find_domain(const struct config *c, struct span domain)
{
    if (domain.n == 0)
        return NULL;
    return bsearch(&domain, c->domain, c->domains, sizeof(*c->domain), compare_name);
}
