#include "ctl/doctor_postfix.h"

#include <string.h>

void doctor_mend_main(struct postfix_check *k, const char *name, const char *value)
{
    const char *folder = k->p->folder;
    finding_mend(&k->d->found, "postconf %s%s%s-e '%s = %s' && postfix %s%s%sreload",
                 folder ? "-c " : "", folder ? folder : "", folder ? " " : "", name, value,
                 folder ? "-c " : "", folder ? folder : "", folder ? " " : "");
}

bool doctor_is_listener(const struct postconf_service *s)
{
    return strcmp(s->command, "smtpd") == 0 &&
           (strcmp(s->type, "inet") == 0 || strcmp(s->type, "pass") == 0);
}

static void tell_away(struct doctor *d, const char *why)
{
    finding_begin(&d->found, SEVERITY_WARNING, "postfix-unread");
    finding_what(&d->found, "the configuration of Postfix cannot be read: %s", why);
    finding_causes(&d->found, "nothing of it is checked");
    finding_mend(&d->found, "run this on the host of the Postfix, with --postfix-config-dir where "
                            "its folder is another; or --skip postfix");
}

static void tell_lines(struct doctor *d, const char *why)
{
    finding_begin(&d->found, SEVERITY_FAULT, "route-unknown");
    finding_what(&d->found, "%s: %s", d->config->file, why);
    finding_causes(&d->found, "Postfix cannot be told where to send what the filter diverts");
    finding_mend(&d->found, "mend the file, then `coexistctl postfix-config`");
}

static void check_all(struct doctor *d, const struct postconf *p)
{
    char why[POSTFIX_LINES_WHY_MAX];
    struct postfix_lines right;
    struct postfix_check k = {
        .d = d, .p = p, .queue = postconf_value(p, "queue_directory"), .right = &right
    };
    size_t before = d->found.n;
    if (!postfix_lines_make(d->config, p, &right, why)) {
        tell_lines(d, why);
    } else if (endpoint_of_listen(d->config->listen, &k.socket)) {
        doctor_milters(&k);
        doctor_socket(&k);
        doctor_routes(&k);
        doctor_recipients(&k);
        doctor_agreement(&k);
    }
    if (d->found.n == before)
        finding_ok(&d->found, "%s, version %s: asks the filter, reaches it, and reaches the peer",
                   postconf_value(p, "myhostname"), postconf_value(p, "mail_version"));
    postfix_lines_free(&right);
}

void doctor_postfix(struct doctor *d)
{
    char why[SPAWN_WHY_MAX];
    d->found.area = AREA_POSTFIX;
    struct postconf *p = postconf_read(d->postfix_folder, why);
    if (p)
        check_all(d, p);
    else
        tell_away(d, why);
    postconf_free(p);
}
