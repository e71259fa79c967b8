#include "core/received.h"

#include "core/date.h"
#include "core/received_client.h"
#include "core/received_lex.h"

enum clause {
    CLAUSE_NONE,
    CLAUSE_FROM,
    CLAUSE_BY,
    CLAUSE_VIA,
    CLAUSE_WITH,
    CLAUSE_ID,
    CLAUSE_FOR,
    CLAUSE_DATE
};

struct reader {
    struct received_lex lex;
    struct received *out;
    struct received_client client;
    enum clause clause;
    size_t tokens;         /* in this clause so far */
    struct span previous;  /* the word just before, where it was one */
    struct span recipient; /* the first bare word of this `for` */
    const char *date;
    bool exim;
    bool from_done;
    bool with_known;
    bool via_done;
};

static const struct {
    struct span word;
    enum clause clause;
} keywords[] = {
    { { "from", 4 }, CLAUSE_FROM }, { { "by", 2 }, CLAUSE_BY }, { { "via", 3 }, CLAUSE_VIA },
    { { "with", 4 }, CLAUSE_WITH }, { { "id", 2 }, CLAUSE_ID }, { { "for", 3 }, CLAUSE_FOR },
};

static const char *const day_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static bool is_keyword(struct span word, enum clause *clause)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (span_ieq(word, keywords[i].word)) {
            *clause = keywords[i].clause;
            return true;
        }
    return false;
}

static bool is_one_of(struct span word, const char *const *names, size_t count)
{
    for (size_t i = 0; word.n == 3 && i < count; i++)
        if (span_ieq(word, (struct span){ names[i], 3 }))
            return true;
    return false;
}

static bool is_alnum(char c)
{
    char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9');
}

static void read_date(struct reader *r, struct span text)
{
    while (text.n > 0 && !is_alnum(text.p[0]) && text.p[0] != '(')
        text = span_from(text, 1);
    if (!r->out->has_time)
        r->out->has_time = date_parse(text, &r->out->time);
}

/* Ends the clause under way at end and begins the next, whose text begins at start. */
static void change_clause(struct reader *r, enum clause next, const char *end, const char *start)
{
    if (r->clause == CLAUSE_DATE)
        read_date(r, span_between(r->date, end));
    if (r->clause == CLAUSE_FOR && !span_present(r->out->for_) && r->tokens == 1)
        r->out->for_ = r->recipient;
    if (r->clause == CLAUSE_FROM)
        r->from_done = true;
    if (r->clause == CLAUSE_VIA)
        r->via_done = span_present(r->out->via);
    r->clause = next;
    r->tokens = 0;
    r->recipient = SPAN_ABSENT;
    r->date = start;
}

/* A date that no semicolon announces: a day name with its comma, or a month after a number. The
 * first word of a clause is its value, whatever it looks like. */
static bool begins_date(const struct reader *r, const struct received_token *t, const char **start)
{
    size_t days = sizeof day_names / sizeof *day_names;
    size_t months = sizeof month_names / sizeof *month_names;
    uint64_t number;
    *start = t->start;
    if (t->kind != RECEIVED_WORD || r->clause == CLAUSE_DATE)
        return false;
    if (r->tokens == 0 && r->clause != CLAUSE_NONE)
        return false;
    if (is_one_of(t->text, day_names, days))
        return r->clause == CLAUSE_NONE || (r->lex.rest.n > 0 && r->lex.rest.p[0] == ',');
    if (!is_one_of(t->text, month_names, months) || r->previous.n > 2 ||
        !span_number(r->previous, &number))
        return false;
    *start = r->previous.p;
    return true;
}

static bool contains(struct span s, struct span part)
{
    for (size_t i = 0; i + part.n <= s.n; i++)
        if (span_ieq((struct span){ s.p + i, part.n }, part))
            return true;
    return false;
}

static bool is_protocol(struct span word)
{
    static const char *const others[] = { "HTTP",  "HTTPS", "IMAP",  "IMAPS", "POP3",
                                          "POP3S", "mapi",  "local", "UUCP" };
    if (contains(word, SPAN_LIT("SMTP")) || contains(word, SPAN_LIT("LMTP")))
        return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (span_ieq(word, span_of(others[i])))
            return true;
    return false;
}

/* The protocol in `ESMTP/TLS/cipher`, Exim's `local-esmtp` and Microsoft's `SMTPSVC`. */
static struct span protocol_in(struct span word)
{
    const struct span local = SPAN_LIT("local-"), service = SPAN_LIT("SMTPSVC");
    word.n = span_find(word, '/');
    if (span_istarts(word, local) && word.n > local.n)
        word = span_from(word, local.n);
    if (span_ieq(word, service))
        word.n -= 3;
    return word;
}

/* `with` is followed by the protocol, or by the name of a product with the protocol somewhere in
 * it. */
static void take_protocol(struct reader *r, struct span word)
{
    struct span protocol = protocol_in(word);
    bool known = is_protocol(protocol);
    if (protocol.n == 0 || r->with_known || (span_present(r->out->with) && !known))
        return;
    r->out->with = protocol;
    r->with_known = known;
}

static void take_protocols(struct reader *r, const struct received_token *token)
{
    struct received_lex lex;
    struct received_token t;
    if (token->kind == RECEIVED_WORD)
        take_protocol(r, token->text);
    if (token->kind != RECEIVED_BRACKET)
        return;
    received_lex_init(&lex, token->text);
    while (received_lex_next(&lex, &t))
        if (t.kind == RECEIVED_WORD)
            take_protocol(r, t.text);
}

static void take_via(struct reader *r, const struct received_token *t)
{
    if (t->kind != RECEIVED_WORD)
        r->via_done = true;
    else if (!r->via_done && !span_present(r->out->via))
        r->out->via = t->text;
    else if (!r->via_done)
        r->out->via.n = (size_t)(t->text.p + t->text.n - r->out->via.p);
}

/* An address in angle brackets, a word with an @, or the one word there is. */
static void take_recipient(struct reader *r, const struct received_token *t)
{
    struct span text = span_trim(t->text);
    if (span_present(r->out->for_) || text.n == 0)
        return;
    if (t->kind == RECEIVED_ANGLE || (t->kind == RECEIVED_WORD && span_find(text, '@') < text.n))
        r->out->for_ = text;
    else if (t->kind == RECEIVED_WORD && !span_present(r->recipient))
        r->recipient = text;
}

/* Sendmail and others write `(from user@host)` in front of `by`. */
static void take_leading_comment(struct reader *r, struct span text)
{
    struct received_lex lex;
    struct received_token t;
    received_lex_init(&lex, text);
    if (r->from_done || !received_lex_next(&lex, &t) || t.kind != RECEIVED_WORD ||
        !span_ieq(t.text, SPAN_LIT("from")))
        return;
    while (received_lex_next(&lex, &t))
        received_client_token(&r->client, &t);
    r->from_done = true;
}

static void take_comment(struct reader *r, const struct received_token *t)
{
    if (r->clause == CLAUSE_VIA)
        r->via_done = true;
    if (r->clause == CLAUSE_NONE)
        take_leading_comment(r, t->text);
    else if (span_istarts(span_trim(t->text), SPAN_LIT("Exim")))
        r->exim = true;
}

static void take_id(struct reader *r, const struct received_token *t)
{
    struct span id = span_trim(t->text);
    if (r->tokens == 0 && id.n > 0 && !span_present(r->out->id))
        r->out->id = id;
}

/* A token other than a comment, whose place in its clause counts. */
static void take_part(struct reader *r, const struct received_token *t)
{
    if (r->clause == CLAUSE_BY && r->tokens == 0 && !span_present(r->out->by))
        r->out->by = received_host(t);
    else if (r->clause == CLAUSE_VIA)
        take_via(r, t);
    else if (r->clause == CLAUSE_WITH)
        take_protocols(r, t);
    else if (r->clause == CLAUSE_ID)
        take_id(r, t);
    else if (r->clause == CLAUSE_FOR)
        take_recipient(r, t);
    r->tokens++;
}

static void take_token(struct reader *r, const struct received_token *t)
{
    if (r->clause == CLAUSE_FROM && !r->from_done) {
        received_client_token(&r->client, t);
        r->tokens++;
    } else if (t->kind != RECEIVED_COMMENT) {
        take_part(r, t);
    } else {
        take_comment(r, t);
    }
}

static void read_tokens(struct reader *r)
{
    struct received_token t;
    const char *start;
    enum clause next;
    while (received_lex_next(&r->lex, &t)) {
        if (t.kind == RECEIVED_SEMICOLON)
            change_clause(r, CLAUSE_DATE, t.start, r->lex.rest.p);
        else if (t.kind == RECEIVED_WORD && is_keyword(t.text, &next))
            change_clause(r, next, t.start, r->lex.rest.p);
        else if (begins_date(r, &t, &start))
            change_clause(r, CLAUSE_DATE, start, start);
        else
            take_token(r, &t);
        r->previous = t.kind == RECEIVED_WORD ? t.text : SPAN_ABSENT;
    }
    change_clause(r, CLAUSE_NONE, r->lex.rest.p, r->lex.rest.p);
}

void received_parse(struct span value, struct received *out)
{
    struct reader r = { .out = out };
    *out = (struct received){ 0 };
    if (value.n > RECEIVED_MAX)
        value.n = RECEIVED_MAX;
    received_lex_init(&r.lex, value);
    read_tokens(&r);
    received_client_finish(&r.client, r.exim, out);
    out->parsed = span_present(out->from_helo) || span_present(out->from_ip) ||
                  span_present(out->by) || out->has_time;
}
