#include "state/breaker_set.h"

#include <stdlib.h>
#include <string.h>

#define LIST_FIRST_CAP 16

struct breaker *breaker_new(struct span recipient, enum home home, int64_t until)
{
    struct breaker *b = malloc(sizeof(*b) + recipient.n);
    if (!b)
        return NULL;
    *b = (struct breaker){ .home = home, .until = until, .n = recipient.n };
    if (recipient.n > 0)
        memcpy(b->recipient, recipient.p, recipient.n);
    return b;
}

/* A score is a double in decimal: what is no plain number of digits, or only up to a point, is far
 * away (`inf`, `1e+20`). */
static int64_t until_of(struct span score)
{
    uint64_t seconds;
    struct span whole = { score.p, span_find(score, '.') };
    bool power = span_find(score, 'e') < score.n;
    if (power || !span_number(whole, &seconds) || seconds > INT64_MAX)
        return INT64_MAX;
    return (int64_t)seconds;
}

struct breaker *breaker_read(struct span member, struct span score)
{
    size_t blank = span_find(member, ' ');
    enum home home;
    if (blank == member.n || !home_parse((struct span){ member.p, blank }, &home))
        return NULL;
    return breaker_new(span_from(member, blank + 1), home, until_of(score));
}

bool breaker_list_add(struct breaker_list *l, struct breaker *b)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : LIST_FIRST_CAP;
        struct breaker **grown = realloc(l->at, cap * sizeof(struct breaker *));
        if (!grown) {
            free(b);
            return false;
        }
        l->at = grown;
        l->cap = cap;
    }
    l->at[l->n++] = b;
    return true;
}

void breaker_list_free(struct breaker_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->at[i]);
    free(l->at);
    *l = (struct breaker_list){ NULL, 0, 0 };
}

static int breaker_compare(const struct breaker *b, struct span recipient, enum home home)
{
    if (b->home != home)
        return b->home < home ? -1 : 1;
    size_t n = b->n < recipient.n ? b->n : recipient.n;
    int order = n > 0 ? memcmp(b->recipient, recipient.p, n) : 0;
    return order ? order : (b->n > recipient.n) - (b->n < recipient.n);
}

static int breaker_order(const void *a, const void *b)
{
    const struct breaker *x = *(struct breaker *const *)a, *y = *(struct breaker *const *)b;
    return breaker_compare(x, (struct span){ y->recipient, y->n }, y->home);
}

void breaker_set_init(struct breaker_set *s)
{
    *s = (struct breaker_set){ .n = 0 };
    pthread_rwlock_init(&s->lock, NULL);
}

void breaker_set_free(struct breaker_set *s)
{
    breaker_list_free(&s->list);
    pthread_rwlock_destroy(&s->lock);
}

void breaker_set_replace(struct breaker_set *s, struct breaker_list *list)
{
    if (list->n > 1)
        qsort(list->at, list->n, sizeof(struct breaker *), breaker_order);
    pthread_rwlock_wrlock(&s->lock);
    struct breaker_list before = s->list;
    s->list = *list;
    atomic_store(&s->n, s->list.n);
    pthread_rwlock_unlock(&s->lock);
    breaker_list_free(&before);
    *list = (struct breaker_list){ NULL, 0, 0 };
}

/* Where it is, or would be. */
static size_t list_find(const struct breaker_list *l, struct span recipient, enum home home,
                        bool *found)
{
    size_t low = 0, high = l->n;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = breaker_compare(l->at[middle], recipient, home);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void list_forget_over(struct breaker_list *l, int64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++) {
        if (l->at[i]->until > now)
            l->at[kept++] = l->at[i];
        else
            free(l->at[i]);
    }
    l->n = kept;
}

static void list_insert(struct breaker_list *l, struct breaker *b, int64_t now)
{
    bool found;
    if (l->n >= BREAKER_OPEN_MAX)
        list_forget_over(l, now);
    size_t at = list_find(l, (struct span){ b->recipient, b->n }, b->home, &found);
    if (found) {
        free(l->at[at]);
        l->at[at] = b;
    } else if (l->n >= BREAKER_OPEN_MAX) {
        free(b);
    } else if (breaker_list_add(l, b)) {
        memmove(&l->at[at + 1], &l->at[at], (l->n - 1 - at) * sizeof(struct breaker *));
        l->at[at] = b;
    }
}

void breaker_set_add(struct breaker_set *s, struct breaker *b, int64_t now)
{
    pthread_rwlock_wrlock(&s->lock);
    list_insert(&s->list, b, now);
    atomic_store(&s->n, s->list.n);
    pthread_rwlock_unlock(&s->lock);
}

bool breaker_set_has(struct breaker_set *s, struct span recipient, enum home home, int64_t now)
{
    bool found;
    if (atomic_load(&s->n) == 0)
        return false;
    pthread_rwlock_rdlock(&s->lock);
    size_t at = list_find(&s->list, recipient, home, &found);
    bool open = found && s->list.at[at]->until > now;
    pthread_rwlock_unlock(&s->lock);
    return open;
}

size_t breaker_set_count(struct breaker_set *s, int64_t now)
{
    size_t n = 0;
    pthread_rwlock_rdlock(&s->lock);
    for (size_t i = 0; i < s->list.n; i++)
        n += s->list.at[i]->until > now;
    pthread_rwlock_unlock(&s->lock);
    return n;
}
