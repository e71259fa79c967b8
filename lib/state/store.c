#include "state/store.h"

#include "base/count.h"

const char *store_answer_name(enum store_answer a)
{
    static const char *const names[] = { "found", "absent", "unavailable", "bad" };
    return (size_t)a < COUNT_OF(names) ? names[a] : "?";
}

void store_fetch(struct store *s, struct store_query *query, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        query[i].answer = STORE_UNAVAILABLE;
        query[i].record = (struct record){ .kind = query[i].kind };
        query[i].why[0] = '\0';
        query[i].stale = false;
        query[i].age_s = 0;
    }
    if (n > 0)
        s->ops->fetch(s, query, n);
}

void store_close(struct store *s)
{
    if (s)
        s->ops->close(s);
}
