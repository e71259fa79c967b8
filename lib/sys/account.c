#include "sys/account.h"

#include <pwd.h>
#include <stdlib.h>

#define PASSWD_BUFFER_MAX 16384

enum result account_find(const char *name, struct account *out)
{
    struct passwd who, *found = NULL;
    char *buffer = malloc(PASSWD_BUFFER_MAX);
    if (!buffer)
        return RESULT_NO_MEMORY;
    getpwnam_r(name, &who, buffer, PASSWD_BUFFER_MAX, &found);
    if (found)
        *out = (struct account){ found->pw_uid, found->pw_gid };
    free(buffer);
    return found ? RESULT_OK : RESULT_SYNTAX;
}
