#include "sys/config_reader.h"

#include <stdlib.h>
#include <string.h>

/* What a token means to the ones behind it. */
enum token { TOKEN_NONE, TOKEN_WORD, TOKEN_EQUALS, TOKEN_OTHER };

struct scanner {
    struct config_reader *r;
    const char *p;
    const char *end;
    struct buf *out;
    unsigned line;
    enum token last;
    unsigned block_open; /* line of the brace that waits for its end; 0: none */
    unsigned list_open;
};

static bool scan_fault(struct scanner *s, unsigned line, const char *what)
{
    reader_fault(s->r, line, "%s", what);
    return false;
}

static bool at(const struct scanner *s, const char *text)
{
    size_t n = strlen(text);
    return (size_t)(s->end - s->p) >= n && memcmp(s->p, text, n) == 0;
}

static void skip_line_comment(struct scanner *s)
{
    while (s->p < s->end && *s->p != '\n')
        s->p++;
}

static bool skip_comment(struct scanner *s)
{
    unsigned opened = s->line;
    for (s->p += 2; s->p < s->end; s->p++) {
        if (at(s, "*/")) {
            s->p += 2;
            buf_addc(s->out, ' ');
            return true;
        }
        if (*s->p == '\n') {
            s->line++;
            buf_addc(s->out, '\n');
        }
    }
    return scan_fault(s, opened, "the comment that begins here has no end; accepted: /* ... */");
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* Takes one character of a string, or says why it may not stand there. */
static bool string_character(struct scanner *s, char quote)
{
    char c = *s->p++;
    if (c == '\n')
        return scan_fault(s, s->line, "the string is not closed before the end of the line");
    if (is_control(c))
        return scan_fault(s, s->line, "a control character in a string");
    if (c == '\\') {
        if (s->p == s->end || (*s->p != '\\' && *s->p != quote))
            return scan_fault(s, s->line,
                              "a backslash in a string; accepted: \\\\, and \\ before the quote");
        c = *s->p++;
    }
    if (c == '"' || c == '\\' || c == '$')
        buf_addc(s->out, '\\');
    buf_addc(s->out, c);
    return true;
}

static bool scan_string(struct scanner *s)
{
    char quote = *s->p++;
    size_t n = 0;
    buf_addc(s->out, '"');
    while (s->p < s->end && *s->p != quote) {
        if (n++ == CONFIG_VALUE_MAX)
            return scan_fault(s, s->line, "a string of more than 1024 octets");
        if (!string_character(s, quote))
            return false;
    }
    if (s->p == s->end)
        return scan_fault(s, s->line, "the string is not closed before the end of the file");
    s->p++;
    buf_addc(s->out, '"');
    s->last = TOKEN_OTHER;
    return true;
}

static bool is_word(char c)
{
    return c > ' ' && c <= '~' && !strchr("\"#$'()*+,=\\{|}", c);
}

static bool scan_word(struct scanner *s)
{
    const char *begin = s->p;
    while (s->p < s->end && is_word(*s->p))
        s->p++;
    if (s->p == begin) {
        bool shown = *begin > ' ' && *begin <= '~';
        reader_fault(s->r, s->line,
                     shown ? "'%c' outside quotes; accepted: \"...\" around the value"
                           : "octet 0x%02X outside quotes",
                     (unsigned)(unsigned char)*begin);
        return false;
    }
    if (s->p - begin > CONFIG_VALUE_MAX)
        return scan_fault(s, s->line, "a word of more than 1024 octets");
    buf_add(s->out, span_between(begin, s->p));
    s->last = TOKEN_WORD;
    return true;
}

static bool open_block(struct scanner *s)
{
    if (s->r->blocks == CONFIG_BLOCKS_MAX)
        return scan_fault(s, s->line, "more than 10000 blocks");
    s->r->block_line[s->r->blocks++] = s->line;
    s->block_open = s->line;
    return true;
}

static bool open_brace(struct scanner *s)
{
    bool list = s->last == TOKEN_EQUALS;
    if (s->list_open || (s->block_open && !list)) {
        reader_fault(s->r, s->line, "'{' before the one on line %u is closed",
                     s->list_open ? s->list_open : s->block_open);
        return false;
    }
    if (!list)
        return open_block(s);
    s->list_open = s->line;
    return true;
}

static bool close_brace(struct scanner *s)
{
    unsigned *open = s->list_open ? &s->list_open : &s->block_open;
    if (*open == 0)
        return scan_fault(s, s->line, "'}' without '{'");
    *open = 0;
    return true;
}

static bool scan_mark(struct scanner *s)
{
    char c = *s->p;
    /* A quoted name would let libconfuse take NAME|OPTION for a path into another block. */
    if (c == '=' && s->last != TOKEN_WORD)
        return scan_fault(s, s->line, "'=' without the name of an option before it");
    if ((c == '{' && !open_brace(s)) || (c == '}' && !close_brace(s)))
        return false;
    s->last = c == '=' ? TOKEN_EQUALS : TOKEN_OTHER;
    buf_addc(s->out, c);
    s->p++;
    return true;
}

/* One token, comment or blank. */
static bool scan_next(struct scanner *s)
{
    char c = *s->p;
    if (c == '#' || at(s, "//")) {
        skip_line_comment(s);
        return true;
    }
    if (at(s, "/*"))
        return skip_comment(s);
    if (c == '"' || c == '\'')
        return scan_string(s);
    if (strchr("={},", c))
        return scan_mark(s);
    if (!strchr(" \t\r\n", c))
        return scan_word(s);
    s->line += c == '\n';
    buf_addc(s->out, c == '\n' ? '\n' : ' ');
    s->p++;
    return true;
}

static bool scan_all(struct scanner *s)
{
    while (s->p < s->end) {
        if (!scan_next(s))
            return false;
    }
    if (s->list_open || s->block_open)
        return scan_fault(s, s->list_open ? s->list_open : s->block_open,
                          "the '{' on this line is never closed");
    return true;
}

/* Nowhere, not even in a comment: what follows it would be hidden from a C string. */
static bool without_nul(struct scanner *s)
{
    const char *nul = memchr(s->p, '\0', (size_t)(s->end - s->p));
    if (!nul)
        return true;
    unsigned line = 1;
    for (const char *p = s->p; p < nul; p++)
        line += *p == '\n';
    return scan_fault(s, line, "a NUL octet");
}

bool config_scan(struct config_reader *r, struct span text, struct buf *out)
{
    struct scanner s = { .r = r, .p = text.p, .end = text.p + text.n, .out = out, .line = 1 };
    r->block_line = calloc(CONFIG_BLOCKS_MAX, sizeof(*r->block_line));
    if (!r->block_line)
        return scan_fault(&s, 0, "no memory");
    if (!without_nul(&s) || !scan_all(&s))
        return false;
    return buf_ok(out) || scan_fault(&s, 0, "no memory");
}
