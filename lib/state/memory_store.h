#ifndef COEXIST_STATE_MEMORY_STORE_H
#define COEXIST_STATE_MEMORY_STORE_H

#include "state/store.h"

/* Records in this process: for tests and for dry runs. NULL without memory. */
struct store *memory_store_new(void);

/* Sets one field of a record as HSET does, good or not. False without memory. */
bool memory_store_set(struct store *s, enum record_kind kind, const char *name, const char *field,
                      const char *value);

/* Makes the record a value of another type, as SET on its key does: it reads as STORE_BAD. */
bool memory_store_set_string(struct store *s, enum record_kind kind, const char *name);

/* Removes a field, and the record with its last one; field NULL: the whole record. */
void memory_store_unset(struct store *s, enum record_kind kind, const char *name,
                        const char *field);

#endif
