#include "ctl/bounce.h"

#include <stdlib.h>

#include "base/count.h"
#include "core/mime.h"
#include "ctl/quotation.h"

#define STATUS_OCTETS_MAX (1024 * 1024)
#define AUTHOR_MAX 4096 /* octets of a From value that are looked at */

const char *bounce_kind_name(enum bounce_kind k)
{
    static const char *const names[] = { "none", "report", "words", "journal", "attached" };
    return (size_t)k < COUNT_OF(names) ? names[k] : "?";
}

static const struct mime_part *find_part(const struct mime *m, const char *type,
                                         const char *subtype)
{
    for (size_t i = 0; i < m->parts; i++)
        if (mime_part_is(&m->part[i], type, subtype))
            return &m->part[i];
    return NULL;
}

static bool contains(struct span text, const char *words)
{
    struct span want = span_of(words);
    for (size_t i = 0; i + want.n <= text.n; i++)
        if (span_ieq((struct span){ text.p + i, want.n }, want))
            return true;
    return false;
}

/* The name of its author, or an empty return path, says that no person wrote it. */
static bool is_by_a_machine(const struct mail *m)
{
    struct span from = mail_field(m, "From");
    if (from.n > AUTHOR_MAX)
        from.n = AUTHOR_MAX;
    return span_present(mail_field(m, "X-Failed-Recipients")) ||
           span_eq(mail_field(m, "Return-Path"), SPAN_LIT("<>")) ||
           contains(from, "mailer-daemon") || contains(from, "postmaster") ||
           contains(from, "mail delivery") || contains(from, "MicrosoftExchange");
}

static enum bounce_kind kind_of(const struct mail *m, const struct mime *parts)
{
    if (find_part(parts, "multipart", "report") || find_part(parts, "message", "delivery-status") ||
        find_part(parts, "message", "global-delivery-status"))
        return BOUNCE_REPORT;
    if (span_present(mail_field(m, "X-MS-Journal-Report")))
        return BOUNCE_JOURNAL;
    return is_by_a_machine(m) ? BOUNCE_WORDS : BOUNCE_NONE;
}

/* The decoded body of a part, without a copy where it stands there as it is. */
static struct span decoded(const struct mime_part *p, struct buf *room)
{
    if (p->encoding == TRANSFER_PLAIN)
        return p->body;
    buf_clear(room);
    transfer_decode(p->encoding, p->body, room);
    return buf_span(room);
}

static bool take_original(struct bounce *b, struct span text, bool header_only)
{
    struct mail inner;
    if (!mail_parse(text, &inner))
        return false;
    b->original = text;
    b->header_only = header_only;
    return true;
}

static bool find_attached(struct bounce *b, const struct mime *m)
{
    static const struct {
        const char *type, *subtype;
        bool header_only;
    } kinds[] = { { "message", "rfc822", false },
                  { "message", "global", false },
                  { "text", "rfc822-headers", true },
                  { "text", "rfc822-header", true },
                  { "message", "global-headers", true } };
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        for (size_t i = 0; i < m->parts; i++)
            if (mime_part_is(&m->part[i], kinds[k].type, kinds[k].subtype) &&
                take_original(b, decoded(&m->part[i], &b->decoded), kinds[k].header_only))
                return true;
    return false;
}

static bool find_quoted(struct bounce *b, const struct mime *m)
{
    for (size_t i = 0; i < m->parts; i++) {
        const struct mime_part *p = &m->part[i];
        if (!mime_part_is(p, "text", "plain"))
            continue;
        struct buf text;
        buf_init(&text, MAIL_MAX);
        bool found = quotation_find(decoded(p, &text), &b->decoded);
        buf_free(&text);
        if (found && take_original(b, buf_span(&b->decoded), false))
            return true;
    }
    return false;
}

static void read_delivery(struct bounce *b, const struct mail *m, const struct mime *parts)
{
    const struct mime_part *status = find_part(parts, "message", "delivery-status");
    if (!status)
        status = find_part(parts, "message", "global-delivery-status");
    const struct mime_part *words = find_part(parts, "text", "plain");
    if (status)
        delivery_read(decoded(status, &b->status), &b->delivery);
    else
        delivery_read_words(m, words ? decoded(words, &b->status) : SPAN_ABSENT, &b->delivery);
}

bool bounce_read(const struct mail *m, bool any, struct bounce *out)
{
    struct mime *parts = malloc(sizeof(*parts));
    *out = (struct bounce){ .kind = BOUNCE_NONE };
    buf_init(&out->decoded, MAIL_MAX);
    buf_init(&out->status, STATUS_OCTETS_MAX);
    if (!parts)
        return false;
    mime_parse(m->message, parts);
    enum bounce_kind kind = kind_of(m, parts);
    bool found = kind != BOUNCE_NONE && (find_attached(out, parts) || find_quoted(out, parts));
    found = found || (any && find_attached(out, parts));
    out->attached =
        !found && !any &&
        (find_part(parts, "message", "rfc822") || find_part(parts, "message", "global"));
    if (found || kind == BOUNCE_REPORT)
        out->kind = kind;
    if (out->kind == BOUNCE_NONE && found)
        out->kind = BOUNCE_ATTACHED;
    if (out->kind == BOUNCE_REPORT || out->kind == BOUNCE_WORDS)
        read_delivery(out, m, parts);
    free(parts);
    return buf_ok(&out->decoded);
}

void bounce_free(struct bounce *b)
{
    buf_free(&b->decoded);
    buf_free(&b->status);
    *b = (struct bounce){ .kind = BOUNCE_NONE };
}
