#include "milter/privilege.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/account.h"

static bool become(const char *name, const struct account *who)
{
    return initgroups(name, who->gid) == 0 && setgid(who->gid) == 0 && setuid(who->uid) == 0;
}

bool privilege_drop(const char *user, char error[PRIVILEGE_ERROR_MAX])
{
    struct account who;
    if (!user || geteuid() != 0)
        return true;
    if (account_find(user, &who) != RESULT_OK)
        snprintf(error, PRIVILEGE_ERROR_MAX, "user: there is no user '%s'", user);
    else if (!become(user, &who))
        snprintf(error, PRIVILEGE_ERROR_MAX, "user: cannot become '%s': %s", user, strerror(errno));
    else if (who.uid != 0 && setuid(0) == 0)
        snprintf(error, PRIVILEGE_ERROR_MAX, "user: root can be regained from '%s'", user);
    else
        return true;
    return false;
}
