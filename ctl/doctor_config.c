#include "ctl/doctor.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/count.h"
#include "core/ip.h"
#include "core/site.h"
#include "ctl/endpoint.h"
#include "ctl/route_domain.h"
#include "engine/setup.h"

#define ENTRY_MAX 65536

bool doctor_load(struct doctor *d)
{
    char error[CONFIG_ERROR_MAX];
    struct session *s = d->session;
    if (!s->config)
        s->config = config_load(s->config_file, setup_checks(), error);
    d->config = s->config;
    if (d->config)
        return true;
    d->found.area = AREA_CONFIG;
    finding_begin(&d->found, SEVERITY_FAULT, "config-invalid");
    finding_what(&d->found, "%s", error);
    finding_causes(&d->found, "the filter does not start, or goes on with what it read before; "
                              "nothing else can be checked");
    finding_mend(&d->found, "mend the file, then `coexist-milter -t -c %s`", s->config_file);
    return false;
}

bool doctor_filter_user(const struct doctor *d, struct accessor *out)
{
    struct endpoint e;
    struct stat st;
    if (d->config->user)
        return accessor_of_name(d->config->user, out);
    return endpoint_of_listen(d->config->listen, &e) && e.local && lstat(e.path, &st) == 0 &&
           S_ISSOCK(st.st_mode) && accessor_of_uid(st.st_uid, out);
}

/* Up to the last slash; "/" for a file right below it. */
static void folder_of(const char *file, char out[ACCESS_PATH_MAX])
{
    const char *slash = strrchr(file, '/');
    int n = slash && slash > file ? (int)(slash - file) : 1;
    snprintf(out, ACCESS_PATH_MAX, "%.*s", n, file);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void check_snapshot(struct doctor *d)
{
    char folder[ACCESS_PATH_MAX];
    struct accessor filter;
    const struct config *c = d->config;
    if (!c->snapshot || !c->snapshot[0] || c->cache_entries == 0)
        return;
    folder_of(c->snapshot, folder);
    bool known = doctor_filter_user(d, &filter);
    if (is_folder(folder) && (!known || accessor_may(&filter, folder, W_OK | X_OK)))
        return;
    finding_begin(&d->found, SEVERITY_WARNING, "snapshot-folder");
    finding_what(&d->found, "%s: %s", folder,
                 is_folder(folder) ? "the filter's user cannot write there" : strerror(ENOENT));
    finding_causes(&d->found, "nothing is remembered across a restart: users are deferred when "
                              "the host starts while Redis is away");
    finding_mend(&d->found, "install -d -o %s -m 0750 %s", known ? filter.name : "coexist", folder);
}

static void check_socket_folder(struct doctor *d)
{
    char folder[ACCESS_PATH_MAX];
    struct endpoint e;
    if (!endpoint_of_listen(d->config->listen, &e) || !e.local)
        return;
    folder_of(e.path, folder);
    if (is_folder(folder))
        return;
    finding_begin(&d->found, SEVERITY_FAULT, "socket-folder");
    finding_what(&d->found, "%s, where `listen` has its socket: %s", folder, strerror(ENOENT));
    finding_causes(&d->found, "the filter cannot start, and Postfix defers all mail");
    finding_mend(&d->found, "install -d -o coexist -g postfix -m 2750 %s", folder);
}

/* An option that names what somebody is to connect to. */
static void check_served(struct doctor *d, const char *option, const char *id, const char *value,
                         bool host)
{
    struct endpoint e;
    if (!value)
        return;
    bool read = host ? endpoint_of_host(span_of(value), &e) : endpoint_of_listen(value, &e);
    int failed = read ? endpoint_try(&e, DOCTOR_TRY_MS) : EINVAL;
    if (failed == 0)
        return;
    finding_begin(&d->found, SEVERITY_WARNING, id);
    finding_what(&d->found, "%s is %s, and nobody answers there: %s", option, value,
                 strerror(failed));
    finding_causes(&d->found, "whoever asks there gets no answer: the filter is down, was not "
                              "restarted since the option was set, or is of a version without it");
    finding_mend(&d->found, "systemctl restart coexist-milter; see `journalctl -u coexist-milter`");
}

/* A name may be anything; the one that people write is that of the loopback. */
static void check_exposure(struct doctor *d)
{
    struct endpoint e;
    struct ip ip;
    const char *metrics = d->config->metrics;
    if (!metrics || !endpoint_of_host(span_of(metrics), &e) || !ip_parse(span_of(e.host), &ip) ||
        site_is_loopback_name(span_of(e.host)))
        return;
    finding_begin(&d->found, SEVERITY_NOTE, "metrics-open");
    finding_what(&d->found, "metrics is %s, which other hosts may reach", metrics);
    finding_causes(&d->found, "there is no access control: whoever reaches it sees how much mail "
                              "goes where");
    finding_mend(&d->found, "set `metrics` to 127.0.0.1:%u, or let a firewall keep others away",
                 e.port);
}

static void check_accounts(struct doctor *d)
{
    const struct config *c = d->config;
    struct accessor user;
    struct group entry, *found = NULL;
    char *room = malloc(ENTRY_MAX);
    if (c->user && !accessor_of_name(c->user, &user)) {
        finding_begin(&d->found, SEVERITY_FAULT, "user-unknown");
        finding_what(&d->found, "user is %s, and this host has no such user", c->user);
        finding_causes(&d->found, "the filter does not start as root");
        finding_mend(&d->found, "systemd-sysusers");
    }
    if (room && c->socket_group &&
        (getgrnam_r(c->socket_group, &entry, room, ENTRY_MAX, &found) != 0 || !found)) {
        finding_begin(&d->found, SEVERITY_FAULT, "group-unknown");
        finding_what(&d->found, "socket_group is %s, and this host has no such group",
                     c->socket_group);
        finding_causes(&d->found, "the filter does not start");
        finding_mend(&d->found, "set `socket_group` to postfix");
    }
    free(room);
}

/* A file that holds a password and that others may read. */
static void check_secrecy(struct doctor *d)
{
    const struct config *c = d->config;
    struct stat st;
    const char *at = strchr(c->state, '@');
    bool secret = (at && strchr(c->state, ':')) || strstr(c->state, "password=") ||
                  c->system[SYSTEM_PRIMARY].identify || c->system[SYSTEM_SECONDARY].identify;
    if (!secret || stat(c->file, &st) != 0 || (st.st_mode & S_IROTH) == 0)
        return;
    finding_begin(&d->found, SEVERITY_WARNING, "config-readable");
    finding_what(&d->found, "%s holds a secret, and everybody on this host may read it (mode %04o)",
                 c->file, (unsigned)st.st_mode & 07777U);
    finding_causes(&d->found, "whoever has it may change where mail goes, or pass for the peer");
    finding_mend(&d->found, "chown root:coexist %s && chmod 0640 %s", c->file, c->file);
}

static void check_tls(struct doctor *d)
{
    const char *const path[] = { d->config->tls_ca, d->config->tls_cert, d->config->tls_key };
    for (size_t i = 0; i < COUNT_OF(path); i++) {
        if (!path[i] || access(path[i], R_OK) == 0)
            continue;
        finding_begin(&d->found, SEVERITY_FAULT, "tls-file");
        finding_what(&d->found, "%s: %s", path[i], strerror(errno));
        finding_causes(&d->found, "the filter does not start");
        finding_mend(&d->found, "put the file there, or take the option out");
    }
}

/* Whose the pattern makes this host; an external one where none does. */
static enum place place_of_host(const struct config *c, const char *host)
{
    struct site *s = site_new();
    enum place found = PLACE_EXTERNAL;
    for (size_t i = 0; s && i < SYSTEM_COUNT; i++)
        for (size_t k = 0; k < c->system[i].hosts.n; k++)
            site_add_host(s, place_of((enum system)i), span_of(c->system[i].hosts.item[k]));
    if (s)
        found = site_host(s, span_of(host));
    site_free(s);
    return found;
}

static void check_name(struct doctor *d)
{
    const struct config *c = d->config;
    enum system peer = system_other(c->node);
    if (place_of_host(c, c->name) != place_of(peer))
        return;
    finding_begin(&d->found, SEVERITY_FAULT, "name-of-peer");
    finding_what(&d->found,
                 "the node is called %s, which `hosts` of system %s take for a host of "
                 "the other system",
                 c->name, system_name(peer));
    finding_causes(&d->found, "what this node writes into headers reads as if the peer had done "
                              "it: loops are missed, or seen where none is");
    finding_mend(&d->found,
                 "set `name` to this host's own, or `hosts` to what is the peer's alone");
}

/* Users without a record live at the peer, and nothing says how to reach them there. */
static void check_routes(struct doctor *d)
{
    const struct config *c = d->config;
    for (size_t i = 0; i < c->domains; i++) {
        const struct config_domain *domain = &c->domain[i];
        if (domain->mode == MODE_OBSERVE) {
            finding_begin(&d->found, SEVERITY_NOTE, "observe");
            finding_what(&d->found, "%s: mode is observe", domain->name);
            finding_causes(&d->found, "decisions are logged, and mail goes as if there were no "
                                      "filter");
        }
        if (domain->route || domain->home != home_of(system_other(c->node)))
            continue;
        finding_begin(&d->found, SEVERITY_FAULT, "domain-no-route");
        finding_what(&d->found, "%s: home is %s, and there is no `route`", domain->name,
                     home_name(domain->home));
        finding_causes(&d->found, "mail for users without a route of their own is deferred: 451, "
                                  "reason no-route");
        finding_mend(&d->found,
                     "set `route = \"%%u@%%d.%s.invalid\"`, then `coexistctl "
                     "postfix-config`",
                     system_name(system_other(c->node)));
    }
}

void doctor_config(struct doctor *d)
{
    const struct config *c = d->config;
    d->found.area = AREA_CONFIG;
    size_t before = d->found.n;
    check_accounts(d);
    check_secrecy(d);
    check_tls(d);
    check_name(d);
    check_routes(d);
    check_snapshot(d);
    check_socket_folder(d);
    check_served(d, "maps", "maps-down", c->maps, false);
    check_served(d, "metrics", "metrics-down", c->metrics, true);
    check_exposure(d);
    if (d->found.n == before)
        finding_ok(&d->found, "%s: node %s of the %s system, %zu domain%s", c->file, c->name,
                   system_name(c->node), c->domains, c->domains == 1 ? "" : "s");
}
