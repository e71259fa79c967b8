#include "ctl/access.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY_MAX 65536

static bool fill(const struct passwd *p, struct accessor *out)
{
    int n = ACCESSOR_GROUPS_MAX;
    *out = (struct accessor){ .uid = p->pw_uid };
    snprintf(out->name, sizeof(out->name), "%s", p->pw_name);
    /* Those above the limit are not told: the first ones must do. */
    if (getgrouplist(p->pw_name, p->pw_gid, out->group, &n) < 0)
        n = ACCESSOR_GROUPS_MAX;
    out->groups = (size_t)n;
    return true;
}

bool accessor_of_name(const char *name, struct accessor *out)
{
    struct passwd entry, *found = NULL;
    char *room = malloc(ENTRY_MAX);
    bool good =
        room && getpwnam_r(name, &entry, room, ENTRY_MAX, &found) == 0 && found && fill(found, out);
    free(room);
    return good;
}

bool accessor_of_uid(uid_t uid, struct accessor *out)
{
    struct passwd entry, *found = NULL;
    char *room = malloc(ENTRY_MAX);
    bool good =
        room && getpwuid_r(uid, &entry, room, ENTRY_MAX, &found) == 0 && found && fill(found, out);
    free(room);
    return good;
}

static bool is_in(const struct accessor *a, gid_t group)
{
    for (size_t i = 0; i < a->groups; i++)
        if (a->group[i] == group)
            return true;
    return false;
}

bool accessor_may(const struct accessor *a, const char *path, int bits)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    if (a->uid == 0)
        return true;
    unsigned mode = st.st_mode;
    if (st.st_uid == a->uid)
        mode >>= 6;
    else if (is_in(a, st.st_gid))
        mode >>= 3;
    return (mode & (unsigned)bits) == (unsigned)bits;
}

bool accessor_reaches(const struct accessor *a, const char *path, char barred[ACCESS_PATH_MAX])
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        int n = slash == path ? 1 : (int)(slash - path);
        snprintf(barred, ACCESS_PATH_MAX, "%.*s", n, path);
        if (!accessor_may(a, barred, X_OK))
            return false;
    }
    return true;
}
