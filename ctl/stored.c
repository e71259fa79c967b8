#include "ctl/stored.h"

#include "state/fault.h"
#include "state/redis_hash.h"

static void judge(enum record_kind kind, size_t fields, struct stored *out)
{
    out->there = fields > 0;
    out->fields = fields < RECORD_FIELDS_MAX ? fields : RECORD_FIELDS_MAX;
    out->good = record_read(kind, out->field, fields, &out->record, out->fault);
}

bool stored_read(enum record_kind kind, const struct redis_reply *reply, struct stored *out)
{
    size_t fields;
    *out = (struct stored){ 0 };
    switch (redis_reply_kind(reply)) {
    case REDIS_LIST:
        if (!redis_hash_read(reply, out->field, &fields))
            return false;
        judge(kind, fields, out);
        return true;
    case REDIS_ERROR:
        out->there = true;
        fault_set(out->fault, "it is no hash: remove it with redis-cli DEL");
        return span_istarts(redis_reply_text(reply), SPAN_LIT("WRONGTYPE "));
    default:
        return false;
    }
}

struct span stored_value(const struct stored *s, const char *field)
{
    for (size_t i = 0; i < s->fields; i++)
        if (span_eq(s->field[i].name, span_of(field)))
            return s->field[i].value;
    return SPAN_ABSENT;
}

const char *stored_kind_name(enum record_kind kind)
{
    static const char *const names[] = { "user", "group", "domain" };
    return (size_t)kind < RECORD_KINDS ? names[kind] : "?";
}

char *stored_key(const char *prefix, enum record_kind kind, struct span name)
{
    struct buf key;
    buf_init(&key, RECORD_KEY_MAX);
    char *made = record_key(span_of(prefix), kind, name, &key) ? buf_take(&key) : NULL;
    buf_free(&key);
    return made;
}
