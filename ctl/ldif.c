#include "ctl/ldif.h"

#include <stdio.h>
#include <string.h>

#include "ctl/base64.h"
#include "ctl/text_file.h"

void ldif_begin(struct ldif *l, struct span text)
{
    *l = (struct ldif){ .rest = text, .line = 1 };
}

static enum ldif_step fail(struct ldif *l, size_t line, const char *why)
{
    snprintf(l->fault, sizeof(l->fault), "%s", why);
    l->fault_line = line;
    return LDIF_FAULT;
}

/* Takes a line with those that continue it. False at the end. */
static bool take_folded(struct ldif *l, struct span *folded, size_t *line)
{
    struct span one;
    *line = l->line;
    if (!text_line(&l->rest, &one))
        return false;
    *folded = one;
    l->line++;
    while (folded->n > 0 && l->rest.n > 0 && l->rest.p[0] == ' ' && text_line(&l->rest, &one)) {
        *folded = span_between(folded->p, one.p + one.n);
        l->line++;
    }
    return true;
}

/* The first octet from i on that is no part of a fold: lines are folded anywhere, in names too. */
static size_t behind_fold(struct span line, size_t i)
{
    while (i < line.n && (line.p[i] == '\n' || line.p[i] == '\r'))
        i += line.p[i] == '\r' && i + 1 < line.n && line.p[i + 1] == '\n' ? 3 : 2;
    return i < line.n ? i : line.n;
}

/* Letters, digits, hyphens, and the dots of an OID (RFC 2849: AttributeType). */
static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.n; i++)
        if (!ascii_is_letter(name.p[i]) && !ascii_is_digit(name.p[i]) &&
            !memchr("-._", name.p[i], 3))
            return false;
    return name.n > 0;
}

/* Reads the name and its colon; what follows them begins at the result, 0 for no name. */
static size_t read_name(struct ldif *l, struct span line)
{
    size_t i = 0, n = 0;
    for (; i < line.n && line.p[i] != ':'; i = behind_fold(line, i + 1)) {
        if (n == LDIF_NAME_MAX)
            return 0;
        l->name_text[n++] = line.p[i];
    }
    l->name = (struct span){ l->name_text, span_find((struct span){ l->name_text, n }, ';') };
    return i < line.n && is_name(l->name) ? behind_fold(line, i + 1) : 0;
}

static enum ldif_step split_attribute(struct ldif *l, struct span line)
{
    size_t i = read_name(l, line);
    if (i == 0)
        return fail(l, l->name_line, "this is no attribute: write NAME: VALUE");
    l->kind = ':';
    if (i < line.n && (line.p[i] == ':' || line.p[i] == '<')) {
        l->kind = line.p[i] == ':' ? 'b' : '<';
        i = behind_fold(line, i + 1);
    }
    while (i < line.n && line.p[i] == ' ')
        i = behind_fold(line, i + 1);
    l->raw = span_from(line, i);
    return LDIF_ATTRIBUTE;
}

static enum ldif_step end_entry(struct ldif *l, enum ldif_step otherwise)
{
    if (!l->in_entry)
        return otherwise;
    l->in_entry = false;
    return LDIF_ENTRY_END;
}

enum ldif_step ldif_next(struct ldif *l)
{
    struct span line;
    while (take_folded(l, &line, &l->name_line)) {
        if (line.n == 0 && l->in_entry)
            return end_entry(l, LDIF_END);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (line.p[0] == ' ')
            return fail(l, l->name_line, "a line that continues none");
        if (!l->in_entry && span_istarts(line, SPAN_LIT("version:")))
            continue;
        l->in_entry = true;
        if (span_eq(line, SPAN_LIT("-"))) {
            l->name = line;
            l->raw = SPAN_LIT("");
            l->kind = ':';
            return LDIF_ATTRIBUTE;
        }
        return split_attribute(l, line);
    }
    return end_entry(l, LDIF_END);
}

/* Joins the lines; *out has room for what matters, or fails. */
static void unfold(struct span raw, struct buf *out)
{
    struct span line;
    bool first = true;
    while (text_line(&raw, &line)) {
        buf_add(out, first ? line : span_from(line, 1));
        first = false;
    }
}

bool ldif_value(struct ldif *l, struct buf *out)
{
    struct buf joined;
    buf_clear(out);
    if (l->kind == '<') {
        fail(l, l->name_line, "the value is in another file, which is not read");
        return false;
    }
    buf_init(&joined, LDIF_VALUE_MAX);
    unfold(l->raw, &joined);
    bool fits = buf_ok(&joined);
    struct span value = buf_span(&joined);
    bool good = fits;
    if (fits && l->kind == 'b')
        good = base64_read(span_trim(value), out);
    else if (fits)
        buf_add(out, value);
    buf_free(&joined);
    if (good && buf_ok(out))
        return true;
    fail(l, l->name_line,
         good || !fits ? "the value is too long: more than 1048576 octets"
                       : "the value is not base64, or not in full");
    return false;
}

_Static_assert(LDIF_VALUE_MAX == 1048576, "a sentence above names it");

/* SAFE-STRING of RFC 2849; a blank at the end would be lost on the way (note 8). */
static bool is_safe(struct span value)
{
    if (value.n == 0)
        return true;
    if (strchr(" :<", value.p[0]) || value.p[value.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] >= 0x80 || !value.p[i] || strchr("\r\n", value.p[i]))
            return false;
    return true;
}

static void write_folded(struct buf *out, struct span line)
{
    size_t room = LDIF_LINE_COLUMN;
    while (line.n > room) {
        buf_add(out, (struct span){ line.p, room });
        buf_adds(out, "\n ");
        line = span_from(line, room);
        room = LDIF_LINE_COLUMN - 1;
    }
    buf_add(out, line);
    buf_addc(out, '\n');
}

void ldif_write(struct buf *out, const char *name, struct span value)
{
    struct buf line;
    bool safe = is_safe(value);
    buf_init(&line, out->limit);
    buf_addf(&line, "%s%s ", name, safe ? ":" : "::");
    if (safe)
        buf_add(&line, value);
    else
        base64_write(&line, value);
    if (buf_ok(&line))
        write_folded(out, buf_span(&line));
    else
        out->failed = true;
    buf_free(&line);
}
