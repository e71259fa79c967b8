#ifndef COEXIST_STATE_BREAKER_SET_H
#define COEXIST_STATE_BREAKER_SET_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/span.h"
#include "base/words.h"

/*
 * The breakers that are open, in memory: recipients with a home, each until a second of the wall
 * clock. One thread writes, any may ask; to ask an empty set costs a load.
 */

#define BREAKER_OPEN_MAX 10000 /* in the set */

struct breaker {
    enum home home;
    int64_t until;
    size_t n;
    char recipient[];
};

/* On the heap; NULL without memory. */
struct breaker *breaker_new(struct span recipient, enum home home, int64_t until);

/* Of a member of the set in Redis (`HOME RECIPIENT`) and its score. NULL when it is none, or
 * without memory. */
struct breaker *breaker_read(struct span member, struct span score);

struct breaker_list {
    struct breaker **at;
    size_t n, cap;
};

/* Takes the breaker; false, and frees it, without memory. */
bool breaker_list_add(struct breaker_list *l, struct breaker *b);
void breaker_list_free(struct breaker_list *l);

struct breaker_set {
    pthread_rwlock_t lock;
    struct breaker_list list; /* ordered */
    atomic_size_t n;
};

void breaker_set_init(struct breaker_set *s);
void breaker_set_free(struct breaker_set *s);

/* Takes the list, which is empty afterwards, in the place of all that was in the set. */
void breaker_set_replace(struct breaker_set *s, struct breaker_list *list);

/* Takes the breaker, in the place of one for the same recipient and home. It is left out of a full
 * set, of which none is over at this second. */
void breaker_set_add(struct breaker_set *s, struct breaker *b, int64_t now);

bool breaker_set_has(struct breaker_set *s, struct span recipient, enum home home, int64_t now);

/* Those that are open at this second. */
size_t breaker_set_count(struct breaker_set *s, int64_t now);

#endif
