#ifndef COEXIST_CTL_IMPORT_DIRECTORY_H
#define COEXIST_CTL_IMPORT_DIRECTORY_H

#include "ctl/import.h"

/* How our own records stand in LDIF: written by export, read by import. */

#define IMPORT_OWN_CLASS "coexistUser" /* objectClass; `mail` is the address */

/* `coexistHome` and the like. */
const char *import_own_attribute(enum import_field f);

#endif
