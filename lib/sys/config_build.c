#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/count.h"
#include "sys/config_reader.h"
#include "sys/config_value.h"

#define HOST_NAME_MAX_OCTETS 255

/* A NULL value leaves NULL. */
static bool keep(struct config_reader *r, char **slot, const char *value)
{
    if (!value)
        return true;
    *slot = strdup(value);
    if (!*slot)
        reader_fault(r, 0, "no memory");
    return *slot != NULL;
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = ascii_lower(*text);
}

static bool is_localhost(const char *name)
{
    return strcmp(name, "localhost") == 0 || strncmp(name, "localhost.", 10) == 0;
}

/* The canonical name of the host's name; that name itself where it has none, or where the hosts
 * file gives it to the loopback address as another name of localhost. */
static char *name_of_this_host(void)
{
    char host[HOST_NAME_MAX_OCTETS + 1] = "";
    struct addrinfo hints = { .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    if (gethostname(host, sizeof(host) - 1) != 0)
        return NULL;
    char *name = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) == 0) {
        if (found->ai_canonname && !is_localhost(found->ai_canonname))
            name = strdup(found->ai_canonname);
        freeaddrinfo(found);
    }
    return name ? name : strdup(host);
}

static bool build_name(struct config_reader *r, cfg_t *cfg, struct config *c)
{
    const char *given = cfg_getstr(cfg, "name");
    c->name = given ? strdup(given) : name_of_this_host();
    if (!c->name) {
        reader_fault(r, 0, "no memory");
        return false;
    }
    lower(c->name);
    if (value_is_host(span_of(c->name)))
        return true;
    reader_fault(r, 0, "name: the name of this host, '%s', is no host name; set it", c->name);
    return false;
}

static const struct {
    const char *option;
    size_t slot;
    const char *preset;
} texts[] = {
    { "listen", offsetof(struct config, listen), "unix:/var/spool/postfix/coexist/milter.sock" },
    { "socket_group", offsetof(struct config, socket_group), NULL },
    { "user", offsetof(struct config, user), NULL },
    { "maps", offsetof(struct config, maps), NULL },
    { "metrics", offsetof(struct config, metrics), NULL },
    { "state", offsetof(struct config, state), "redis://127.0.0.1:6379/0" },
    { "prefix", offsetof(struct config, prefix), "coexist:" },
    { "replica", offsetof(struct config, replica), NULL },
    { "tls_ca", offsetof(struct config, tls_ca), NULL },
    { "tls_cert", offsetof(struct config, tls_cert), NULL },
    { "tls_key", offsetof(struct config, tls_key), NULL },
    { "snapshot", offsetof(struct config, snapshot), "/var/lib/coexist/snapshot" },
    { "keys", offsetof(struct config, keys), "/etc/coexist/keys" },
    { "loop_mailbox", offsetof(struct config, loop_mailbox), "postmaster" },
    { "myorigin", offsetof(struct config, myorigin), NULL },
};

/* libmilter knows a unix socket by two names; the rest of the program by one. */
static bool unify_socket(struct config_reader *r, char **address)
{
    char *unified = NULL;
    if (!*address || strncmp(*address, "local:", 6) != 0)
        return true;
    if (asprintf(&unified, "unix:%s", *address + 6) < 0) {
        reader_fault(r, 0, "no memory");
        return false;
    }
    free(*address);
    *address = unified;
    return true;
}

/* A certificate is of no use without its key. */
static bool build_tls(struct config_reader *r, const struct config *c)
{
    if (!c->tls_cert == !c->tls_key)
        return true;
    reader_fault(r, 0, "%s: not set; accepted: a file, since %s is set",
                 c->tls_cert ? "tls_key" : "tls_cert", c->tls_cert ? "tls_cert" : "tls_key");
    return false;
}

static bool build_texts(struct config_reader *r, cfg_t *cfg, struct config *c)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *given = cfg_getstr(cfg, texts[i].option);
        char **slot = (char **)(void *)((char *)c + texts[i].slot);
        if (!keep(r, slot, given ? given : texts[i].preset))
            return false;
    }
    if (!*c->snapshot) {
        free(c->snapshot);
        c->snapshot = NULL;
    }
    return build_tls(r, c) && unify_socket(r, &c->listen) && unify_socket(r, &c->maps);
}

/* The value's form has been checked; what is not given stays. */
static struct span given(cfg_t *cfg, const char *option)
{
    return span_of(cfg_getstr(cfg, option));
}

static void build_numbers(cfg_t *cfg, struct config *c)
{
    struct span delimiter = given(cfg, "recipient_delimiter");
    c->socket_mode = 0660;
    c->recipient_delimiter = '+';
    value_octal_mode(given(cfg, "socket_mode"), &c->socket_mode);
    config_numbers(cfg, c);
    if (span_present(delimiter))
        c->recipient_delimiter = delimiter.n > 0 ? delimiter.p[0] : '\0';
}

static bool build_words(struct config_reader *r, cfg_t *cfg, struct config *c)
{
    c->node = SYSTEM_SECONDARY;
    c->on_conflict = ON_CONFLICT_DEFER;
    c->on_loop = ON_LOOP_REJECT;
    system_parse(given(cfg, "node"), &c->node);
    on_conflict_parse(given(cfg, "on_conflict"), &c->on_conflict);
    on_loop_parse(given(cfg, "on_loop"), &c->on_loop);
    if (c->on_loop == ON_LOOP_DIVERT && !*c->loop_mailbox) {
        reader_fault(r, 0, "loop_mailbox: empty; accepted: a mailbox, since on_loop is divert");
        return false;
    }
    return true;
}

/* Behind what the list has already: several gateway blocks make one list. */
static bool append_list(struct config_reader *r, cfg_t *block, const char *option,
                        struct string_list *list)
{
    size_t n = cfg_size(block, option);
    if (n == 0)
        return true;
    char **item = realloc(list->item, (list->n + n) * sizeof(*item));
    if (!item) {
        reader_fault(r, 0, "no memory");
        return false;
    }
    list->item = item;
    for (unsigned i = 0; i < n; i++) {
        item[list->n] = NULL;
        if (!keep(r, &item[list->n], cfg_getnstr(block, option, i)))
            return false;
        list->n++;
    }
    return true;
}

static bool build_system(struct config_reader *r, cfg_t *block, struct config *c)
{
    enum system which;
    if (!system_parse(span_of(cfg_title(block)), &which)) {
        reader_fault(r, (unsigned)block->line,
                     "system: cannot be '%.64s'; accepted: primary, secondary", cfg_title(block));
        return false;
    }
    struct config_system *system = &c->system[which];
    return append_list(r, block, "hosts", &system->hosts) &&
           append_list(r, block, "networks", &system->networks) &&
           keep(r, &system->identify, cfg_getstr(block, "identify")) &&
           keep(r, &system->nexthop, cfg_getstr(block, "nexthop"));
}

static bool build_systems(struct config_reader *r, cfg_t *cfg, struct config *c)
{
    for (unsigned i = 0; i < cfg_size(cfg, "system"); i++)
        if (!build_system(r, cfg_getnsec(cfg, "system", i), c))
            return false;
    for (enum system s = SYSTEM_PRIMARY; s <= SYSTEM_SECONDARY; s++)
        if (c->system[s].hosts.n == 0) {
            reader_fault(r, 0, "system %s: no hosts; accepted: system %s { hosts = { \"NAME\" } }",
                         system_name(s), system_name(s));
            return false;
        }
    return true;
}

static bool build_gateways(struct config_reader *r, cfg_t *cfg, struct config *c)
{
    for (unsigned i = 0; i < cfg_size(cfg, "gateway"); i++) {
        cfg_t *block = cfg_getnsec(cfg, "gateway", i);
        if (cfg_size(block, "hosts") == 0) {
            reader_fault(r, (unsigned)block->line,
                         "gateway: no hosts; accepted: gateway { hosts = { \"NAME\" } }");
            return false;
        }
        if (!append_list(r, block, "hosts", &c->gateways))
            return false;
    }
    return true;
}

/* In lower case and without a trailing dot; NULL after a fault. */
static char *domain_name(struct config_reader *r, const cfg_t *block)
{
    struct span title = span_of(block->title);
    if (title.n > 0 && title.p[title.n - 1] == '.')
        title.n--;
    if (!value_is_host(title)) {
        reader_fault(r, (unsigned)block->line, "domain: cannot be '%.64s'; accepted: a domain name",
                     block->title);
        return NULL;
    }
    char *name = strndup(title.p, title.n);
    if (name)
        lower(name);
    else
        reader_fault(r, 0, "no memory");
    return name;
}

static bool build_domain(struct config_reader *r, cfg_t *block, struct config_domain *d)
{
    enum system home;
    d->mode = MODE_ENFORCE;
    d->calendar = true;
    mode_parse(given(block, "mode"), &d->mode);
    value_switch(given(block, "calendar"), &d->calendar);
    if (system_parse(given(block, "home"), &home))
        d->home = home_of(home);
    d->name = domain_name(r, block);
    return d->name && keep(r, &d->route, cfg_getstr(block, "route"));
}

/* While being sorted, a domain still knows its line. */
struct placed {
    struct config_domain domain;
    int line;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int by_name = strcmp(x->domain.name, y->domain.name);
    return by_name ? by_name : x->line - y->line;
}

static bool take_sorted(struct config_reader *r, struct placed *placed, size_t n,
                        struct config_domain *out)
{
    qsort(placed, n, sizeof(*placed), compare_placed);
    for (size_t i = 0; i < n; i++)
        out[i] = placed[i].domain;
    for (size_t i = 1; i < n; i++)
        if (strcmp(out[i - 1].name, out[i].name) == 0) {
            reader_fault(r, (unsigned)placed[i].line,
                         "domain: '%.64s' given twice, first on line %d", out[i].name,
                         placed[i - 1].line);
            return false;
        }
    return true;
}

static bool place_domains(struct config_reader *r, cfg_t *cfg, struct config *c,
                          struct placed *placed)
{
    size_t n = cfg_size(cfg, "domain");
    for (size_t i = 0; i < n; i++) {
        cfg_t *block = cfg_getnsec(cfg, "domain", (unsigned)i);
        placed[i].line = block->line;
        /* In the configuration at once, so that config_free() finds what a fault leaves. */
        bool built = build_domain(r, block, &c->domain[i]);
        placed[i].domain = c->domain[i];
        c->domains = i + 1;
        if (!built)
            return false;
    }
    return take_sorted(r, placed, n, c->domain);
}

static bool build_domains(struct config_reader *r, cfg_t *cfg, struct config *c)
{
    size_t n = cfg_size(cfg, "domain");
    if (n == 0) {
        reader_fault(r, 0, "domain: none is given; accepted: domain \"NAME\" { ... }");
        return false;
    }
    struct placed *placed = calloc(n, sizeof(*placed));
    c->domain = calloc(n, sizeof(*c->domain));
    bool built = placed && c->domain && place_domains(r, cfg, c, placed);
    if (!placed || !c->domain)
        reader_fault(r, 0, "no memory");
    free(placed);
    return built;
}

bool config_build(struct config_reader *r, cfg_t *cfg, struct config *c)
{
    build_numbers(cfg, c);
    return keep(r, &c->file, r->file) && build_texts(r, cfg, c) && build_words(r, cfg, c) &&
           build_systems(r, cfg, c) && build_gateways(r, cfg, c) && build_domains(r, cfg, c) &&
           build_name(r, cfg, c);
}
