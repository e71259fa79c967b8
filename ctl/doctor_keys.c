#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/keyring.h"
#include "ctl/doctor.h"
#include "sys/clock.h"
#include "sys/file.h"

#define KEY_FILE_MAX 65536
#define OLD_DAYS 730
#define DAY_S 86400

static void check_missing(struct doctor *d, int why)
{
    const char *file = d->config->keys;
    finding_begin(&d->found, why == EACCES ? SEVERITY_NOTE : SEVERITY_FAULT,
                  why == ENOENT ? "keys-missing" : "keys-unreadable");
    finding_what(&d->found, "%s: %s", file, strerror(why));
    finding_causes(&d->found, why == ENOENT
                                  ? "the filter makes a new one at its next start, and no longer "
                                    "knows what it has signed; a reload is refused"
                                  : "the keys cannot be checked by this user");
    finding_mend(&d->found, why == ENOENT ? "copy it from another node, or `systemctl restart "
                                            "coexist-milter` to make one"
                                          : "run as root, or as the filter's user");
}

static bool check_mode(struct doctor *d, const struct stat *st)
{
    const char *file = d->config->keys;
    if ((st->st_mode & (S_IRWXG | S_IRWXO)) == 0)
        return true;
    finding_begin(&d->found, SEVERITY_FAULT, "keys-mode");
    finding_what(&d->found, "%s has mode %04o", file, (unsigned)st->st_mode & 07777U);
    finding_causes(&d->found, "the filter does not start; who has read the keys can forge traces");
    finding_mend(&d->found, "chmod 0600 %s", file);
    return false;
}

static bool check_owner(struct doctor *d, const struct stat *st)
{
    struct accessor filter;
    const char *file = d->config->keys;
    bool known = doctor_filter_user(d, &filter);
    if (st->st_uid == 0 || st->st_uid == (known ? filter.uid : geteuid()))
        return true;
    /* As root nothing tells whom a filter that is down runs as. */
    if (!known && geteuid() == 0)
        return true;
    finding_begin(&d->found, SEVERITY_FAULT, "keys-owner");
    finding_what(&d->found, "%s belongs to the user of number %u", file, (unsigned)st->st_uid);
    finding_causes(&d->found, "the filter does not start: it takes keys from root and from its "
                              "own user alone");
    finding_mend(&d->found, "chown %s %s", known ? filter.name : "coexist", file);
    return false;
}

static void tell_invalid(struct doctor *d, size_t line, const char *fault)
{
    finding_begin(&d->found, SEVERITY_FAULT, "keys-invalid");
    if (line > 0)
        finding_what(&d->found, "%s:%zu: %s", d->config->keys, line, fault);
    else
        finding_what(&d->found, "%s: %s", d->config->keys, fault);
    finding_causes(&d->found, "the filter does not start, and a reload is refused");
    finding_mend(&d->found, "write lines NAME BASE64; `echo k$(date +%%Y%%m%%d) $(openssl rand "
                            "-base64 32)` makes one");
}

static void check_age(struct doctor *d, const struct stat *st)
{
    int64_t days = (clock_utc() - st->st_mtime) / DAY_S;
    if (days <= OLD_DAYS)
        return;
    finding_begin(&d->found, SEVERITY_NOTE, "keys-old");
    finding_what(&d->found, "%s was last changed %lld days ago", d->config->keys, (long long)days);
    finding_causes(&d->found, "who has got hold of a key since can still forge traces");
    finding_mend(&d->found, "put a new key above the others on all nodes; remove the old one when "
                            "no mail signed with it is under way");
}

static void check_text(struct doctor *d, struct span text, const struct stat *st)
{
    size_t line;
    struct keyring *k = calloc(1, sizeof(*k));
    const char *fault = k ? keyring_parse(text, k, &line) : NULL;
    if (fault)
        tell_invalid(d, line, fault);
    else if (k)
        finding_ok(&d->found, "%s: mode %04o, %zu key%s, %s signs", d->config->keys,
                   (unsigned)st->st_mode & 07777U, k->keys, k->keys == 1 ? "" : "s",
                   k->key[0].name);
    if (k)
        keyring_wipe(k);
    free(k);
}

/* Read whoever it belongs to: the two checks before have told that. */
static void read_keys(struct doctor *d, const struct stat *st)
{
    struct buf text;
    buf_init(&text, KEY_FILE_MAX);
    enum result read = file_read(d->config->keys, &text);
    if (read == RESULT_OK)
        check_text(d, buf_span(&text), st);
    else if (read == RESULT_SYSTEM)
        check_missing(d, errno);
    else
        tell_invalid(d, 0, result_text(read));
    if (text.p)
        explicit_bzero(text.p, text.cap);
    buf_free(&text);
}

void doctor_keys(struct doctor *d)
{
    struct stat st;
    d->found.area = AREA_KEYS;
    if (stat(d->config->keys, &st) != 0) {
        check_missing(d, errno);
        return;
    }
    bool safe = check_mode(d, &st);
    if (!check_owner(d, &st) || !safe)
        return;
    check_age(d, &st);
    read_keys(d, &st);
}
