#include "core/header.h"

#include "core/comment.h"
#include "core/content_type.h"
#include "core/quoted.h"

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

bool header_is_imip(struct span value)
{
    struct content_type type;
    content_type_parse(value, &type);
    return content_type_is(&type, "text", "calendar") && content_type_has(&type, "method");
}

bool header_is_own(struct span name)
{
    return span_istarts(name, SPAN_LIT("X-Coexist-"));
}
