#include "milter/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSWD_BUFFER_MAX 16384

static bool become(const struct passwd *who)
{
    return initgroups(who->pw_name, who->pw_gid) == 0 && setgid(who->pw_gid) == 0 &&
           setuid(who->pw_uid) == 0;
}

bool privilege_drop(const char *user, char error[PRIVILEGE_ERROR_MAX])
{
    if (!user || geteuid() != 0)
        return true;
    struct passwd who, *found = NULL;
    char *buffer = malloc(PASSWD_BUFFER_MAX);
    bool good = false;
    if (!buffer || getpwnam_r(user, &who, buffer, PASSWD_BUFFER_MAX, &found) != 0 || !found)
        snprintf(error, PRIVILEGE_ERROR_MAX, "user: there is no user '%s'", user);
    else if (!become(found))
        snprintf(error, PRIVILEGE_ERROR_MAX, "user: cannot become '%s': %s", user, strerror(errno));
    else if (who.pw_uid != 0 && setuid(0) == 0)
        snprintf(error, PRIVILEGE_ERROR_MAX, "user: root can be regained from '%s'", user);
    else
        good = true;
    free(buffer);
    return good;
}
