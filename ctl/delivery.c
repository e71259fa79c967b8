#include "ctl/delivery.h"

#include "base/count.h"
#include "core/line.h"

/* Behind the type that stands in front of addresses and hosts: `rfc822; user@example.com`. */
static struct span without_type(struct span value)
{
    size_t semicolon = span_find(value, ';');
    return span_trim(semicolon < value.n ? span_from(value, semicolon + 1) : value);
}

/* Where the value of a field belongs, NULL where it is none of these; the first one counts. */
static struct span *slot_of(struct delivery *d, struct delivery_recipient *r, struct span name,
                            bool *typed)
{
    const struct {
        const char *name;
        struct span *slot;
        bool typed;
    } slots[] = {
        { "Reporting-MTA", &d->reporting_mta, true },
        { "Arrival-Date", &d->arrival_date, false },
        { "Original-Recipient", &r->original, true },
        { "Final-Recipient", &r->final, true },
        { "Action", &r->action, false },
        { "Status", &r->status, false },
        { "Remote-MTA", &r->remote_mta, true },
        { "Diagnostic-Code", &r->diagnostic, false },
    };
    for (size_t i = 0; i < COUNT_OF(slots); i++)
        if (span_ieq(name, span_of(slots[i].name)) && !span_present(*slots[i].slot)) {
            *typed = slots[i].typed;
            return slots[i].slot;
        }
    return NULL;
}

static void add_recipient(struct delivery *d, const struct delivery_recipient *r)
{
    if (d->recipients < DELIVERY_RECIPIENTS_MAX)
        d->recipient[d->recipients++] = *r;
    d->total++;
}

static bool is_told(const struct delivery_recipient *r)
{
    return span_present(r->original) || span_present(r->final) || span_present(r->action) ||
           span_present(r->status) || span_present(r->diagnostic);
}

void delivery_read(struct span text, struct delivery *out)
{
    *out = (struct delivery){ 0 };
    while (text.n > 0) {
        struct delivery_recipient r = { 0 };
        const char *begin = text.p;
        struct field f;
        bool typed;
        while (field_take(&text, &f)) {
            struct span *slot = slot_of(out, &r, f.name, &typed);
            if (slot)
                *slot = typed ? without_type(f.value) : span_trim(f.value);
        }
        if (is_told(&r))
            add_recipient(out, &r);
        if (text.p == begin)
            line_take(&text); /* neither a field nor an empty line */
    }
}

static void read_failed_recipients(struct span value, struct delivery *out)
{
    struct span item;
    while (span_split(&value, ',', &item)) {
        struct delivery_recipient r = { .final = span_trim(item) };
        if (r.final.n > 0)
            add_recipient(out, &r);
    }
}

/* `<user@example.com>:`, with the reason below it up to an empty line. */
static void read_paragraphs(struct span text, struct delivery *out)
{
    while (text.n > 0) {
        struct span line = line_take(&text);
        if (line.n < 4 || line.p[0] != '<' || !span_iends(line, SPAN_LIT(">:")))
            continue;
        struct delivery_recipient r = { .final = { line.p + 1, line.n - 3 } };
        const char *begin = text.p, *end = text.p;
        while (text.n > 0 && (line = line_take(&text)).n > 0)
            end = line.p + line.n;
        if (end > begin)
            r.diagnostic = span_between(begin, end);
        add_recipient(out, &r);
    }
}

void delivery_read_words(const struct mail *bounce, struct span text, struct delivery *out)
{
    *out = (struct delivery){ 0 };
    struct span failed = mail_field(bounce, "X-Failed-Recipients");
    if (span_present(failed))
        read_failed_recipients(failed, out);
    else
        read_paragraphs(text, out);
}
