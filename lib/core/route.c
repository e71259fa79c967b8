#include "core/route.h"

#include <string.h>

_Static_assert(ROUTE_TEMPLATE_MAX == 512, "a sentence below names it");

/* One step of a template: a code (the letter behind the %) or, with code '\0', a plain octet. */
struct piece {
    char code;
    char octet;
};

/* Takes the next piece off the template; false where a % has nothing behind it. */
static bool next_piece(struct span *template, struct piece *piece)
{
    char c = template->p[0];
    if (c == '%' && template->n < 2)
        return false;
    bool code = c == '%' && template->p[1] != '%';
    *piece = (struct piece){ .code = code ? template->p[1] : '\0', .octet = c };
    *template = span_from(*template, c == '%' ? 2 : 1);
    return true;
}

/* What the check needs to know of a template, gathered in one walk. */
struct survey {
    bool names_user; /* %u or %a */
    unsigned ats;
    size_t domain; /* offset behind the last @ or %a */
    bool by_a;     /* %a, not @, is what the domain follows */
};

static const char *survey_code(char code, struct survey *s)
{
    if (code != 'u' && code != 'd' && code != 'a')
        return "unknown % code: only %u, %d, %a and %% are known";
    if (code == 'u' && s->ats > 0)
        return "%u stands behind the @: it is a local part, write %u@DOMAIN";
    s->names_user = s->names_user || code != 'd';
    return NULL;
}

static const char *survey_octet(char c)
{
    if ((unsigned char)c <= ' ' || c == 0x7f)
        return "a blank or control character: an address has none";
    if (memchr("\"\\<>(),;", c, 8))
        return "quotes, brackets, commas and semicolons have no place in it: quoting is kept by %u";
    return NULL;
}

static const char *survey_template(struct span template, struct survey *s)
{
    struct span rest = template;
    struct piece piece;
    while (rest.n > 0) {
        if (!next_piece(&rest, &piece))
            return "a % at the end: write %% for a percent";
        const char *fault = piece.code ? survey_code(piece.code, s) : survey_octet(piece.octet);
        if (fault)
            return fault;
        if (piece.code == 'a' || (!piece.code && piece.octet == '@')) {
            s->ats++;
            s->by_a = piece.code == 'a';
            s->domain = template.n - rest.n;
        }
    }
    return NULL;
}

/* The domain as it stands behind the @; behind %a it continues the recipient's own. */
static const char *domain_fault(struct span domain, bool by_a)
{
    for (size_t i = 1; i < domain.n; i++)
        if (domain.p[i] == '.' && domain.p[i - 1] == '.')
            return "the domain has two dots in a row";
    if (domain.n == 0 || span_eq(domain, SPAN_LIT(".")))
        return by_a ? "it leads back to the recipient itself: write %a.DOMAIN"
                    : "the domain behind the @ is empty";
    if (!by_a && domain.p[0] == '.')
        return "the domain begins with a dot";
    return NULL;
}

const char *route_template_fault(struct span template)
{
    struct survey s = { 0 };
    if (template.n > ROUTE_TEMPLATE_MAX)
        return "too long: at most 512 octets";
    const char *fault = survey_template(template, &s);
    if (fault)
        return fault;
    if (s.ats == 0)
        return "there is no @: a route is an address, such as %u@DOMAIN";
    if (s.ats > 1)
        return "more than one @, counting the one that %a brings";
    if (!s.names_user)
        return "neither %u nor %a is in it: all users would get one mailbox";
    if (span_eq(template, SPAN_LIT("%u@%d")) || span_eq(template, SPAN_LIT("%u@%d.")))
        return "it leads back to the recipient itself: write %u@OTHER.DOMAIN";
    return domain_fault(span_from(template, s.domain), s.by_a);
}

/* The state of one expansion. */
struct expansion {
    const struct address *mailbox;
    struct buf *out;
    bool requote; /* the local part is more than %u, and %u has quotes: one pair goes around all */
};

/* The local part without its quotes; its quoted pairs stay, being good inside quotes too. */
static void add_unquoted(struct span local, struct buf *out)
{
    for (size_t i = 0; i < local.n; i++) {
        if (local.p[i] == '\\' && i + 1 < local.n)
            buf_addc(out, local.p[i++]);
        else if (local.p[i] == '"')
            continue;
        buf_addc(out, local.p[i]);
    }
}

static void add_local(const struct expansion *x)
{
    if (x->requote)
        add_unquoted(span_of(x->mailbox->local), x->out);
    else
        buf_adds(x->out, x->mailbox->local);
}

static void add_at(const struct expansion *x)
{
    if (x->requote)
        buf_addc(x->out, '"');
    buf_addc(x->out, '@');
}

/* False for an unknown code. */
static bool add_piece(const struct expansion *x, struct piece piece)
{
    switch (piece.code) {
    case '\0':
        if (piece.octet == '@')
            add_at(x);
        else
            buf_addc(x->out, piece.octet);
        return true;
    case 'u':
        add_local(x);
        return true;
    case 'd':
        buf_adds(x->out, x->mailbox->domain);
        return true;
    case 'a':
        add_local(x);
        add_at(x);
        buf_adds(x->out, x->mailbox->domain);
        return true;
    default:
        return false;
    }
}

/* A literal cannot be a part of a name: of the codes that bring the domain, only @%d may. */
static bool literal_fits(struct span template)
{
    struct span rest = template;
    struct piece piece;
    size_t begin = 0;
    bool behind_at = false;
    while (rest.n > 0 && next_piece(&rest, &piece)) {
        bool alone = behind_at && begin + 2 == template.n;
        if (piece.code == 'a' ? rest.n > 0 : piece.code == 'd' && !alone)
            return false;
        behind_at = !piece.code && piece.octet == '@';
        begin = template.n - rest.n;
    }
    return true;
}

/* What has been written must be a mailbox, and another one than it was made from. */
static enum result check_result(struct span text, const struct address *mailbox)
{
    struct address made;
    enum result r = address_parse(text, &made);
    if (r != RESULT_OK)
        return r;
    if (made.kind != ADDRESS_MAILBOX || span_eq(span_of(made.key), span_of(mailbox->key)))
        r = RESULT_SYNTAX;
    address_free(&made);
    return r;
}

static enum result write_pieces(struct span template, const struct expansion *x)
{
    struct piece piece;
    if (x->requote)
        buf_addc(x->out, '"');
    while (template.n > 0 && buf_span(x->out).n <= ADDRESS_MAX)
        if (!next_piece(&template, &piece) || !add_piece(x, piece))
            return RESULT_SYNTAX;
    if (!buf_ok(x->out) || buf_span(x->out).n > ADDRESS_MAX)
        return RESULT_LIMIT;
    return check_result(buf_span(x->out), x->mailbox);
}

enum result route_expand(struct span template, const struct address *mailbox, struct buf *out)
{
    buf_clear(out);
    if (mailbox->kind != ADDRESS_MAILBOX)
        return RESULT_SYNTAX;
    if (mailbox->domain[0] == '[' && !literal_fits(template))
        return RESULT_SYNTAX;
    struct span local = span_of(mailbox->local);
    bool as_written =
        span_istarts(template, SPAN_LIT("%u@")) || span_istarts(template, SPAN_LIT("%a"));
    struct expansion x = { mailbox, out, !as_written && span_find(local, '"') < local.n };
    enum result r = write_pieces(template, &x);
    if (r != RESULT_OK)
        buf_clear(out);
    return r;
}
