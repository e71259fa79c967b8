#include "core/header.h"

#include "core/comment.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void header_unfold(struct span value, struct buf *out)
{
    struct span rest = span_trim(value);
    size_t run = 0;
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] != '\r' && rest.p[i] != '\n')
            continue;
        buf_add(out, span_between(rest.p + run, rest.p + i));
        run = i + 1;
    }
    buf_add(out, span_from(rest, run));
}

struct span header_skip_cfws(struct span s)
{
    while (s.n > 0) {
        if (is_blank(s.p[0])) {
            s = span_from(s, 1);
            continue;
        }
        if (s.p[0] != '(')
            break;
        size_t n = comment_length(s);
        s = span_from(s, n > 0 ? n : s.n);
    }
    return s;
}

/* The length of the quoted string that s begins with, both quotes included; all of s if open. */
static size_t quoted_length(struct span s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return s.n;
}

/* Octets up to the first that ends a token of a structured field. */
static size_t token_length(struct span s)
{
    size_t n = 0;
    while (n < s.n && !is_blank(s.p[n]) && s.p[n] != '(' && s.p[n] != ';')
        n++;
    return n;
}

static struct span take(struct span *s, size_t n)
{
    struct span head = { s->p, n };
    *s = span_from(*s, n);
    return head;
}

/* Octets up to the first that ends a word of a Message-ID or References value. */
static size_t id_word_length(struct span s)
{
    size_t n = 0;
    while (n < s.n && !is_blank(s.p[n]) && s.p[n] != '(' && s.p[n] != '"' && s.p[n] != '<')
        n++;
    return n;
}

struct span header_message_id(struct span value)
{
    struct span word = SPAN_ABSENT;
    bool closes = true;
    for (struct span s = header_skip_cfws(value); s.n > 0; s = header_skip_cfws(s)) {
        if (s.p[0] == '"') {
            take(&s, quoted_length(s));
        } else if (s.p[0] == '<') {
            size_t end = closes ? span_find(s, '>') : s.n;
            closes = end < s.n;
            if (closes && end > 1)
                return take(&s, end + 1);
            take(&s, closes ? 2 : 1);
        } else {
            struct span w = take(&s, id_word_length(s));
            if (!span_present(word))
                word = w;
        }
    }
    return word;
}

struct span header_list_id(struct span value)
{
    size_t close = span_rfind(value, '>');
    if (close < value.n) {
        struct span head = { value.p, close };
        size_t open = span_rfind(head, '<');
        if (open < head.n)
            return span_trim(span_from(head, open + 1));
    }
    return span_trim(value);
}

bool header_is_auto_submitted(struct span value)
{
    struct span s = header_skip_cfws(value);
    struct span word = take(&s, token_length(s));
    return word.n > 0 && !span_ieq(word, SPAN_LIT("no"));
}

/* Takes CFWS and then the given character off *s. */
static bool take_char(struct span *s, char c)
{
    *s = header_skip_cfws(*s);
    if (s->n == 0 || s->p[0] != c)
        return false;
    take(s, 1);
    return true;
}

/* Takes CFWS and then a run of octets that may stand in a type, an attribute or a plain value. */
static struct span take_word(struct span *s)
{
    *s = header_skip_cfws(*s);
    size_t n = 0;
    while (n < s->n && !is_blank(s->p[n]) && s->p[n] != '(' && s->p[n] != ';' && s->p[n] != '=' &&
           s->p[n] != '/' && s->p[n] != '"')
        n++;
    return take(s, n);
}

/* The value of a parameter is there and not empty; takes it off *s. */
static bool take_value(struct span *s)
{
    *s = header_skip_cfws(*s);
    if (s->n > 0 && s->p[0] == '"')
        return take(s, quoted_length(*s)).n > 2;
    return take_word(s).n > 0;
}

/* Takes whatever stands before the next parameter off *s; false when there is none. */
static bool next_parameter(struct span *s)
{
    while (!take_char(s, ';')) {
        if (s->n == 0)
            return false;
        take(s, s->p[0] == '"' ? quoted_length(*s) : 1);
    }
    return true;
}

bool header_is_imip(struct span value)
{
    struct span s = value;
    if (!span_ieq(take_word(&s), SPAN_LIT("text")) || !take_char(&s, '/') ||
        !span_ieq(take_word(&s), SPAN_LIT("calendar")))
        return false;
    while (next_parameter(&s)) {
        bool method = span_ieq(take_word(&s), SPAN_LIT("method"));
        if (take_char(&s, '=') && take_value(&s) && method)
            return true;
    }
    return false;
}

bool header_is_own(struct span name)
{
    return span_istarts(name, SPAN_LIT("X-Coexist-"));
}
