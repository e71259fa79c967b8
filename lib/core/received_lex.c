#include "core/received_lex.h"

#include "core/comment.h"

void received_lex_init(struct received_lex *lex, struct span text)
{
    *lex = (struct received_lex){ .rest = text };
}

static bool is_separator(char c)
{
    return (unsigned char)c <= ' ' || c == '\x7f' || c == ',' || c == '"' || c == ')' || c == ']' ||
           c == '>';
}

static bool is_mark(char c)
{
    return c == '(' || c == '[' || c == '<' || c == ';';
}

static size_t word_length(struct span s)
{
    size_t n = 0;
    while (n < s.n && !is_separator(s.p[n]) && !is_mark(s.p[n]))
        n++;
    return n;
}

/* The lengths count the marks; 0 when it is not closed. A bracket ends its search at the next, so
 * that all such searches together are linear. */
static size_t bracket_length(struct span s)
{
    for (size_t i = 1; i < s.n && s.p[i] != '[' && s.p[i] != ';'; i++)
        if (s.p[i] == ']')
            return i + 1;
    return 0;
}

static size_t angle_length(struct span s)
{
    bool quoted = false;
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
        else if (!quoted && s.p[i] == '>')
            return i + 1;
        else if (!quoted && (s.p[i] == '<' || s.p[i] == ';'))
            return 0;
    }
    return 0;
}

static size_t group_length(struct span s, enum received_kind *kind)
{
    switch (s.p[0]) {
    case '(':
        *kind = RECEIVED_COMMENT;
        return comment_length(s);
    case '[':
        *kind = RECEIVED_BRACKET;
        return bracket_length(s);
    default:
        *kind = RECEIVED_ANGLE;
        return angle_length(s);
    }
}

static bool take_group(struct received_lex *lex, struct received_token *token)
{
    if (lex->unclosed == RECEIVED_UNCLOSED_MAX && lex->rest.p[0] != '[')
        return false;
    size_t n = group_length(lex->rest, &token->kind);
    if (n == 0) {
        lex->unclosed += token->kind != RECEIVED_BRACKET;
        return false;
    }
    token->text = (struct span){ lex->rest.p + 1, n - 2 };
    lex->rest = span_from(lex->rest, n);
    return true;
}

bool received_lex_next(struct received_lex *lex, struct received_token *token)
{
    token->glued = true;
    for (; lex->rest.n > 0; lex->rest = span_from(lex->rest, 1)) {
        char c = lex->rest.p[0];
        token->start = lex->rest.p;
        if (c == ';') {
            token->kind = RECEIVED_SEMICOLON;
            token->text = (struct span){ lex->rest.p, 1 };
            lex->rest = span_from(lex->rest, 1);
            return true;
        }
        if (is_mark(c) && take_group(lex, token))
            return true;
        if (!is_mark(c) && !is_separator(c)) {
            token->kind = RECEIVED_WORD;
            token->text = (struct span){ lex->rest.p, word_length(lex->rest) };
            lex->rest = span_from(lex->rest, token->text.n);
            return true;
        }
        token->glued = false;
    }
    return false;
}
