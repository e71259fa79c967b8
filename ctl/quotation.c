#include "ctl/quotation.h"

#include "base/count.h"
#include "core/fields.h"
#include "core/line.h"

static const char *const usual_names[] = {
    "Return-Path", "Received", "Message-ID", "Date", "From", "To", "Subject", "MIME-Version"
};

/* What a run of header fields holds. */
struct run {
    size_t received;
    size_t usual;
};

static struct span prefix_of(struct span line)
{
    size_t n = 0;
    while (n < line.n && n < QUOTATION_PREFIX_MAX &&
           (line.p[n] == ' ' || line.p[n] == '\t' || line.p[n] == '>'))
        n++;
    return (struct span){ line.p, n };
}

/* The line without the prefix; absent where it has another. */
static struct span without_prefix(struct span line, struct span prefix)
{
    struct span head = { line.p, prefix.n };
    if (line.n >= prefix.n && span_eq(head, prefix))
        return span_from(line, prefix.n);
    if (prefix_of(line).n == line.n)
        return span_from(line, line.n);
    return SPAN_ABSENT;
}

static void count_field(struct run *run, struct span line)
{
    struct span name = span_trim((struct span){ line.p, span_find(line, ':') });
    for (size_t i = 0; i < COUNT_OF(usual_names); i++)
        run->usual += span_ieq(name, span_of(usual_names[i]));
    run->received += span_ieq(name, SPAN_LIT("Received"));
}

/* Takes the fields that the text begins with off it; each line has the prefix. */
static struct run take_run(struct span *text, struct span prefix)
{
    struct run run = { 0 };
    while (text->n > 0) {
        struct span ahead = *text;
        struct span line = without_prefix(line_take(&ahead), prefix);
        bool folded = line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
        if (!folded && !field_begins(line))
            break;
        if (!folded)
            count_field(&run, line);
        *text = ahead;
    }
    return run;
}

static void write_without_prefix(struct span text, struct span prefix, struct buf *out)
{
    while (text.n > 0 && buf_ok(out)) {
        struct span line = line_take(&text);
        const char *behind = line.p + line.n;
        struct span bare = without_prefix(line, prefix);
        buf_add(out, span_present(bare) ? bare : line);
        buf_add(out, span_between(behind, text.p));
    }
}

static bool find_run(struct span text, bool needs_received, struct buf *out)
{
    while (text.n > 0) {
        struct span begin = text, line = line_take(&text);
        struct span prefix = prefix_of(line);
        if (!field_begins(span_from(line, prefix.n)))
            continue;
        text = begin;
        struct run run = take_run(&text, prefix);
        if (needs_received ? run.received == 0 : run.usual < QUOTATION_FIELDS_MIN)
            continue;
        write_without_prefix(begin, prefix, out);
        return buf_ok(out);
    }
    return false;
}

bool quotation_find(struct span text, struct buf *out)
{
    buf_clear(out);
    return find_run(text, true, out) || (buf_ok(out) && find_run(text, false, out));
}
