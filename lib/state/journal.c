#include "state/journal.h"

void journal_event(struct journal *j, const struct journal_field *field, size_t n)
{
    j->ops->event(j, field, n < JOURNAL_FIELDS_MAX ? n : JOURNAL_FIELDS_MAX);
}

void journal_sent(struct journal *j, const struct journal_visit *visit)
{
    j->ops->sent(j, visit);
}

void journal_visits(struct journal *j, struct journal_query *query, size_t n,
                    char why[RECORD_FAULT_MAX])
{
    why[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        query[i].answer = STORE_UNAVAILABLE;
        query[i].visits = 0;
    }
    if (n > 0)
        j->ops->visits(j, query, n, why);
}

void journal_struck(struct journal *j, struct span recipient, enum home home)
{
    j->ops->struck(j, recipient, home);
}

bool journal_is_open(struct journal *j, struct span recipient, enum home home)
{
    return j->ops->is_open(j, recipient, home);
}

void journal_close(struct journal *j)
{
    if (j)
        j->ops->close(j);
}
