#include "core/route.h"

#include <string.h>

_Static_assert(ROUTE_TEMPLATE_MAX == 512, "a sentence below names it");

/* One step of a template: a code, of which c is the letter behind the %, or a plain octet. */
struct piece {
    bool code;
    char c;
};

/* Takes the next piece off the template; false where a % has nothing behind it. */
static bool next_piece(struct span *template, struct piece *piece)
{
    char c = template->p[0];
    if (c == '%' && template->n < 2)
        return false;
    bool code = c == '%' && template->p[1] != '%';
    *piece = (struct piece){ .code = code, .c = code ? template->p[1] : c };
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
        const char *fault = piece.code ? survey_code(piece.c, s) : survey_octet(piece.c);
        if (fault)
            return fault;
        if (piece.c == (piece.code ? 'a' : '@')) {
            s->ats++;
            s->by_a = piece.code;
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
    if (by_a)
        return NULL;
    if (domain.n == 0 || span_eq(domain, SPAN_LIT(".")))
        return "the domain behind the @ is empty";
    if (domain.p[0] == '.')
        return "the domain begins with a dot";
    return NULL;
}

static bool is_identity(struct span template)
{
    if (template.n > 0 && template.p[template.n - 1] == '.')
        template.n--;
    return span_eq(template, SPAN_LIT("%a")) || span_eq(template, SPAN_LIT("%u@%d"));
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
    if (is_identity(template))
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

static void add_octet(const struct expansion *x, char c)
{
    if (c == '@')
        add_at(x);
    else
        buf_addc(x->out, c);
}

/* False for an unknown code. */
static bool add_code(const struct expansion *x, char code)
{
    if (code != 'u' && code != 'd' && code != 'a')
        return false;
    if (code != 'd')
        add_local(x);
    if (code == 'a')
        add_at(x);
    if (code != 'u')
        buf_adds(x->out, x->mailbox->domain);
    return true;
}

/* A literal cannot be a part of a name: a code that brings it must be the template's whole domain.
 */
static bool literal_fits(struct span template)
{
    struct span rest = template;
    struct piece piece;
    bool behind_at = false;
    while (rest.n > 0 && next_piece(&rest, &piece)) {
        bool alone = rest.n == 0 && (behind_at || piece.c == 'a');
        if (piece.code && piece.c != 'u' && !alone)
            return false;
        behind_at = !piece.code && piece.c == '@';
    }
    return true;
}

/* What has been written must be a mailbox, and another one than it was made from. */
static enum result check_result(struct span text, const struct address *mailbox)
{
    struct address made;
    if (span_istarts(text, SPAN_LIT("<")))
        return RESULT_SYNTAX;
    enum result r = address_parse(text, &made);
    if (r != RESULT_OK)
        return r;
    if (made.kind != ADDRESS_MAILBOX || span_eq(span_of(made.key), span_of(mailbox->key)))
        r = RESULT_SYNTAX;
    address_free(&made);
    return r;
}

/* Stops once the result is too long, so that no template makes it grow without end. */
static enum result write_pieces(struct span template, const struct expansion *x)
{
    struct piece piece;
    if (x->requote)
        buf_addc(x->out, '"');
    while (template.n > 0 && buf_span(x->out).n <= ADDRESS_MAX) {
        if (!next_piece(&template, &piece))
            return RESULT_SYNTAX;
        if (!piece.code)
            add_octet(x, piece.c);
        else if (!add_code(x, piece.c))
            return RESULT_SYNTAX;
    }
    if (!buf_ok(x->out) || buf_span(x->out).n > ADDRESS_MAX)
        return RESULT_LIMIT;
    return check_result(buf_span(x->out), x->mailbox);
}

/* The template puts %u (or %a) into a local part beside other text. */
static bool adds_to_local(struct span template)
{
    struct piece piece;
    if (span_istarts(template, SPAN_LIT("%u@")) || span_istarts(template, SPAN_LIT("%a")))
        return false;
    while (template.n > 0 && next_piece(&template, &piece))
        if (piece.code && piece.c != 'd')
            return true;
    return false;
}

static bool has_quote(struct span text)
{
    return span_find(text, '"') < text.n;
}

enum result route_expand(struct span template, const struct address *mailbox, struct buf *out)
{
    buf_clear(out);
    if (mailbox->kind != ADDRESS_MAILBOX)
        return RESULT_SYNTAX;
    if (mailbox->domain[0] == '[' && !literal_fits(template))
        return RESULT_SYNTAX;
    bool requote = has_quote(span_of(mailbox->local)) && adds_to_local(template);
    if (requote && has_quote(template))
        return RESULT_SYNTAX;
    struct expansion x = { mailbox, out, requote };
    enum result r = write_pieces(template, &x);
    if (r != RESULT_OK)
        buf_clear(out);
    return r;
}
