#include "ctl/export.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/scan.h"

#define FIRST_ROOM 64

static bool grow(struct export *e)
{
    if (e->n < e->room)
        return true;
    size_t room = e->room ? e->room * 2 : FIRST_ROOM;
    struct export_user *user =
        e->n < EXPORT_USERS_MAX ? realloc(e->user, room * sizeof(*user)) : NULL;
    if (!user)
        return false;
    e->user = user;
    e->room = room;
    return true;
}

static void free_user(struct export_user *u)
{
    free(u->address);
    for (size_t f = 0; f < IMPORT_FIELDS; f++)
        free(u->value[f]);
}

static bool is_asked_for(const struct export *e, const struct scanned *r)
{
    size_t at = span_rfind(r->name, '@');
    if (e->domain && !span_eq(span_from(r->name, at + 1), span_of(e->domain)))
        return false;
    if (!r->good)
        return true;
    return (e->home == HOME_UNSET || r->record->home == e->home) &&
           (!e->group || strcmp(r->record->group, e->group) == 0);
}

static void note_fault(struct export *e, const struct scanned *r)
{
    size_t n = e->bad++;
    if (n < EXPORT_FAULTS_MAX)
        e->fault[n] = (struct export_fault){ strndup(r->name.p, r->name.n), strdup(r->fault) };
}

static bool keep(struct export *e, const struct scanned *r)
{
    if (!grow(e))
        return false;
    struct export_user u = { .address = strndup(r->name.p, r->name.n) };
    bool good = u.address;
    for (size_t f = 0; f < IMPORT_FIELDS; f++)
        for (size_t i = 0; good && i < r->fields; i++)
            if (span_eq(r->field[i].name, span_of(import_field_name(f)))) {
                u.value[f] = strndup(r->field[i].value.p, r->field[i].value.n);
                good = u.value[f];
            }
    if (good)
        e->user[e->n++] = u;
    else
        free_user(&u);
    return good;
}

static bool visit(void *arg, const struct scanned *r)
{
    struct export *e = arg;
    if (!is_asked_for(e, r))
        return true;
    if (!r->good)
        note_fault(e, r);
    else if (!keep(e, r))
        e->failed = true;
    return !e->failed;
}

static int by_address(const void *a, const void *b)
{
    return strcmp(((const struct export_user *)a)->address,
                  ((const struct export_user *)b)->address);
}

enum status export_gather(struct export *e, struct link *l, const char *prefix)
{
    enum status s = scan_records(l, prefix, RECORD_USER, visit, e);
    if (s == STATUS_YES && e->failed) {
        link_fail(l, "out of memory");
        return STATUS_UNAVAILABLE;
    }
    if (e->n > 0)
        qsort(e->user, e->n, sizeof(*e->user), by_address);
    return s;
}

void export_free(struct export *e)
{
    for (size_t i = 0; i < e->n; i++)
        free_user(&e->user[i]);
    for (size_t i = 0; i < EXPORT_FAULTS_MAX; i++) {
        free(e->fault[i].address);
        free(e->fault[i].why);
    }
    free(e->user);
    *e = (struct export){ 0 };
}
