#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/doctor_postfix.h"
#include "ctl/milter_greeting.h"

static void tell_down(struct postfix_check *k, const char *id, const char *what)
{
    struct findings *f = &k->d->found;
    finding_begin(f, SEVERITY_FAULT, id);
    finding_what(f, "%s: %s", k->d->config->listen, what);
    finding_causes(f, "Postfix finds no filter and defers all mail, or does what "
                      "milter_default_action says");
    finding_mend(f, "systemctl start coexist-milter; see `journalctl -u coexist-milter`");
}

/* The processes of Postfix run as mail_owner, with the groups of that user. */
static void check_mode(struct postfix_check *k)
{
    struct accessor postfix;
    struct stat st;
    char barred[ACCESS_PATH_MAX];
    struct findings *f = &k->d->found;
    const char *owner = postconf_value(k->p, "mail_owner");
    if (!accessor_of_name(owner, &postfix) || stat(k->socket.path, &st) != 0)
        return;
    bool reaches = accessor_reaches(&postfix, k->socket.path, barred);
    if (reaches && accessor_may(&postfix, k->socket.path, W_OK))
        return;
    finding_begin(f, SEVERITY_FAULT, "socket-mode");
    if (reaches)
        finding_what(f, "the user %s may not write to %s, which has mode %04o", owner,
                     k->socket.path, (unsigned)st.st_mode & 07777U);
    else
        finding_what(f, "the user %s may not enter %s, in which the socket is", owner, barred);
    finding_causes(f, "Postfix cannot connect to the filter, and defers all mail");
    finding_mend(f,
                 "set `socket_group` to postfix and `socket_mode` to 0660; install -d -o coexist "
                 "-g postfix -m 2750 on its folder");
}

static void check_greeting(struct postfix_check *k, int fd)
{
    switch (milter_greet(fd, DOCTOR_TRY_MS)) {
    case GREETING_SILENT:
        tell_down(k, "filter-silent", "somebody listens there and does not answer");
        break;
    case GREETING_OTHER:
        tell_down(k, "filter-silent", "who answers there is no filter of mail");
        break;
    default:
        break;
    }
}

void doctor_socket(struct postfix_check *k)
{
    int fd;
    int failed = endpoint_open(&k->socket, DOCTOR_TRY_MS, &fd);
    if (failed == 0) {
        check_greeting(k, fd);
        close(fd);
    }
    /* A folder that is not there was told of already. */
    if (failed == ENOENT && !findings_have(&k->d->found, "socket-folder"))
        tell_down(k, "socket-missing", "there is no socket");
    else if (failed == ECONNREFUSED)
        tell_down(k, "filter-down", "nobody listens there");
    else if (failed != 0 && failed != EACCES && failed != ENOENT)
        tell_down(k, "filter-down", strerror(failed));
    else if (k->socket.local && failed != ENOENT)
        check_mode(k);
}
