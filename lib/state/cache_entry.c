#include "state/cache_entry.h"

#include <stdlib.h>
#include <string.h>

/* Texts are added one after another; without `to` they are only counted. */
struct packer {
    char *to;
    size_t n;
};

static void pack(struct packer *p, const char *text, size_t n)
{
    if (p->to)
        memcpy(p->to + p->n, text, n);
    p->n += n;
}

static void pack_text(struct packer *p, const char *text, size_t size)
{
    size_t n = strnlen(text, size - 1);
    if (n == 0)
        return;
    pack(p, text, n);
    pack(p, "", 1);
}

static void pack_query(struct packer *p, const struct store_query *q)
{
    if (q->name.n > 0)
        pack(p, q->name.p, q->name.n);
    if (q->answer == STORE_FOUND) {
        pack_text(p, q->record.route, sizeof(q->record.route));
        pack_text(p, q->record.alias, sizeof(q->record.alias));
        pack_text(p, q->record.group, sizeof(q->record.group));
    }
    if (q->answer == STORE_BAD) {
        pack(p, q->why, strnlen(q->why, sizeof(q->why) - 1));
        pack(p, "", 1);
    }
}

static bool is_worth_it(const struct store_query *q)
{
    if (q->answer == STORE_ABSENT)
        return q->name.n <= CACHE_ABSENT_NAME_MAX;
    return (q->answer == STORE_FOUND || q->answer == STORE_BAD) && q->name.n <= RECORD_KEY_MAX;
}

struct cache_entry *cache_entry_new(const struct store_query *q, uint64_t hash)
{
    struct packer count = { NULL, 0 };
    if (!is_worth_it(q))
        return NULL;
    pack_query(&count, q);
    struct cache_entry *e = malloc(sizeof(*e) + count.n);
    if (!e)
        return NULL;
    *e = (struct cache_entry){ .hash = (uint32_t)hash,
                               .name_n = (uint16_t)q->name.n,
                               .kind = (uint8_t)q->kind,
                               .answer = (uint8_t)q->answer };
    if (q->answer == STORE_FOUND) {
        e->home = (uint8_t)q->record.home;
        e->mode = (uint8_t)q->record.mode;
        e->calendar = (uint8_t)q->record.calendar;
        e->has_route = q->record.route[0] != '\0';
        e->has_alias = q->record.alias[0] != '\0';
        e->has_group = q->record.group[0] != '\0';
    }
    struct packer fill = { e->text, 0 };
    pack_query(&fill, q);
    return e;
}

bool cache_entry_is(const struct cache_entry *e, uint32_t hash, enum record_kind kind,
                    struct span name)
{
    return e->hash == hash && e->kind == kind && e->name_n == name.n &&
           (name.n == 0 || memcmp(e->text, name.p, name.n) == 0);
}

/* Takes the next text, which fits: it was one of that size when it was packed. */
static const char *unpack(const char *from, bool has, char *to)
{
    if (!has)
        return from;
    size_t n = strlen(from) + 1;
    memcpy(to, from, n);
    return from + n;
}

void cache_entry_read(const struct cache_entry *e, struct store_query *q)
{
    const char *from = e->text + e->name_n;
    q->answer = (enum store_answer)e->answer;
    q->record.home = (enum home)e->home;
    q->record.mode = (enum mode)e->mode;
    q->record.calendar = (enum home)e->calendar;
    from = unpack(from, e->has_route, q->record.route);
    from = unpack(from, e->has_alias, q->record.alias);
    from = unpack(from, e->has_group, q->record.group);
    unpack(from, e->answer == STORE_BAD, q->why);
}

void cache_entry_query(const struct cache_entry *e, struct store_query *q)
{
    enum record_kind kind = (enum record_kind)e->kind;
    *q = (struct store_query){ .kind = kind,
                               .name = { e->text, e->name_n },
                               .record = { .kind = kind } };
    cache_entry_read(e, q);
}

size_t cache_entry_copy(const struct cache_entry *e, void *to)
{
    int texts = e->has_route + e->has_alias + e->has_group + (e->answer == STORE_BAD);
    const char *end = e->text + e->name_n;
    for (; texts > 0; texts--)
        end += strlen(end) + 1;
    size_t n = (size_t)(end - (const char *)e);
    if (to)
        memcpy(to, e, n);
    size_t unit = _Alignof(struct cache_entry);
    return (n + unit - 1) / unit * unit;
}

uint32_t cache_seconds(int64_t utc)
{
    return utc < 0 ? 0 : utc > UINT32_MAX ? UINT32_MAX : (uint32_t)utc;
}
