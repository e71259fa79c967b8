#include "engine/snapshot_record.h"

#include <string.h>

#include "base/count.h"

#define OCTET_BITS 8
#define OCTET_MASK 0xff

/* As they are written: an enumeration that changes makes another version of the file. */
_Static_assert(RECORD_USER == 0 && RECORD_GROUP == 1 && RECORD_DOMAIN == 2, "kinds in the file");
_Static_assert(STORE_FOUND == 0 && STORE_ABSENT == 1 && STORE_BAD == 3, "answers in the file");

void snapshot_number_write(struct buf *out, uint64_t number, size_t n)
{
    while (n-- > 0)
        buf_addc(out, (char)(number >> n * OCTET_BITS & OCTET_MASK));
}

bool snapshot_number_read(struct span *rest, size_t n, uint64_t *number)
{
    if (rest->n < n)
        return false;
    *number = 0;
    for (size_t i = 0; i < n; i++)
        *number = *number << OCTET_BITS | (unsigned char)rest->p[i];
    *rest = span_from(*rest, n);
    return true;
}

/* A text with its length before it, which is a number of n octets. */
static void write_text(struct buf *out, struct span text, size_t n)
{
    snapshot_number_write(out, text.n, n);
    buf_add(out, text);
}

static bool read_text(struct span *rest, size_t n, struct span *text)
{
    uint64_t length;
    if (!snapshot_number_read(rest, n, &length) || length > rest->n)
        return false;
    *text = (struct span){ rest->p, (size_t)length };
    *rest = span_from(*rest, text->n);
    return true;
}

static void write_found(const struct record *r, struct buf *out)
{
    const struct record_field all[] = {
        { SPAN_LIT("home"), span_of(r->home ? home_name(r->home) : "") },
        { SPAN_LIT("mode"), span_of(r->mode ? mode_name(r->mode) : "") },
        { SPAN_LIT("calendar"), span_of(r->calendar ? home_name(r->calendar) : "") },
        { SPAN_LIT("route"), span_of(r->route) },
        { SPAN_LIT("alias"), span_of(r->alias) },
        { SPAN_LIT("group"), span_of(r->group) },
    };
    size_t fields = 0;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        fields += all[i].value.n > 0;
    snapshot_number_write(out, fields, 1);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (all[i].value.n == 0)
            continue;
        write_text(out, all[i].name, 1);
        write_text(out, all[i].value, 2);
    }
}

static bool is_kept(enum record_kind kind, enum store_answer answer, struct span name)
{
    return (unsigned)kind <= RECORD_DOMAIN && name.n > 0 && name.n <= RECORD_KEY_MAX &&
           (answer == STORE_FOUND || answer == STORE_ABSENT || answer == STORE_BAD);
}

bool snapshot_record_write(const struct store_query *query, int64_t known, struct buf *out)
{
    if (known < 0 || !is_kept(query->kind, query->answer, query->name))
        return false;
    snapshot_number_write(out, query->kind, 1);
    snapshot_number_write(out, query->answer, 1);
    snapshot_number_write(out, (uint64_t)known, 8);
    write_text(out, query->name, 2);
    if (query->answer == STORE_FOUND)
        write_found(&query->record, out);
    else if (query->answer == STORE_BAD)
        write_text(out, span_of(query->why), 2);
    return buf_ok(out);
}

static bool read_found(struct span *rest, struct store_query *query)
{
    struct record_field field[RECORD_FIELDS_MAX];
    char fault[RECORD_FAULT_MAX];
    uint64_t fields;
    if (!snapshot_number_read(rest, 1, &fields) || fields > RECORD_FIELDS_MAX)
        return false;
    for (size_t i = 0; i < fields; i++)
        if (!read_text(rest, 1, &field[i].name) || !read_text(rest, 2, &field[i].value))
            return false;
    return record_read(query->kind, field, (size_t)fields, &query->record, fault);
}

static bool read_bad(struct span *rest, struct store_query *query)
{
    struct span why;
    if (!read_text(rest, 2, &why) || why.n >= sizeof(query->why))
        return false;
    for (size_t i = 0; i < why.n; i++)
        if (why.p[i] < ' ' || why.p[i] > '~')
            return false;
    memcpy(query->why, why.p, why.n);
    query->why[why.n] = '\0';
    return true;
}

static bool read_answer(struct span *rest, struct store_query *query)
{
    if (query->answer == STORE_FOUND)
        return read_found(rest, query);
    return query->answer == STORE_ABSENT || read_bad(rest, query);
}

bool snapshot_record_read(struct span text, struct store_query *query, int64_t *known)
{
    uint64_t kind, answer, seconds;
    struct span name;
    if (!snapshot_number_read(&text, 1, &kind) || !snapshot_number_read(&text, 1, &answer) ||
        !snapshot_number_read(&text, 8, &seconds) || !read_text(&text, 2, &name))
        return false;
    if (kind > RECORD_DOMAIN || answer > STORE_BAD || seconds > INT64_MAX ||
        !is_kept((enum record_kind)kind, (enum store_answer)answer, name))
        return false;
    *query = (struct store_query){ .kind = (enum record_kind)kind,
                                   .name = name,
                                   .answer = (enum store_answer)answer,
                                   .record = { .kind = (enum record_kind)kind } };
    *known = (int64_t)seconds;
    return read_answer(&text, query) && text.n == 0;
}
