#ifndef COEXIST_MILTER_PRIVILEGE_H
#define COEXIST_MILTER_PRIVILEGE_H

#include <stdbool.h>

#define PRIVILEGE_ERROR_MAX 256

/*
 * Becomes the named user for good: its group, its supplementary groups, no way back. Does nothing
 * for NULL or for a process that is not root. False, with what is wrong in error, when the user
 * does not exist or root could be regained.
 */
bool privilege_drop(const char *user, char error[PRIVILEGE_ERROR_MAX]);

#endif
