#include "core/received_client.h"

#include "core/ip.h"

/* Words that servers write where a reverse name would stand, and that are none. */
static const char *const no_names[] = {
    "unknown", "unverified", "verified", "unresolved", "softdnserr", "nodnsquery",
};

static bool is_hex(char c)
{
    char l = ascii_lower(c);
    return ascii_is_digit(c) || (l >= 'a' && l <= 'f');
}

static bool is_letter(char c)
{
    return ascii_is_letter(c) || (unsigned char)c > 127;
}

/* Without `:25` behind it; all of s where there is no such thing. */
static struct span without_port(struct span s)
{
    size_t colon = span_rfind(s, ':');
    struct span port = span_from(s, colon + 1);
    for (size_t i = 0; i < port.n; i++)
        if (!ascii_is_digit(port.p[i]))
            return s;
    return port.n > 0 ? (struct span){ s.p, colon } : s;
}

/* The IP address that the text is, but for parentheses, tag, zone and port; absent if it is none.
 */
static struct span address_in(struct span text)
{
    const struct span tag = SPAN_LIT("IPv6:");
    struct ip ip;
    struct span s = span_trim(text);
    if (s.n > 2 && s.p[0] == '(' && s.p[s.n - 1] == ')')
        s = span_trim((struct span){ s.p + 1, s.n - 2 });
    if (span_istarts(s, tag))
        s = span_from(s, tag.n);
    if (s.n == 0 || (s.p[0] != ':' && !is_hex(s.p[0])))
        return SPAN_ABSENT;
    s.n = span_find(s, '%');
    if (ip_parse(s, &ip))
        return s;
    s = without_port(s);
    return ip_parse(s, &ip) ? s : SPAN_ABSENT;
}

/* What stands behind the last @, or all of it: servers put the ident user in front of a name. */
static struct span without_ident(struct span s)
{
    size_t at = span_rfind(s, '@');
    return at < s.n ? span_from(s, at + 1) : s;
}

/* The reverse name that the word is, without the root's dot; absent when it cannot be one. */
static struct span reverse_name(struct span word)
{
    struct span name = without_ident(word);
    if (name.n > 1 && name.p[name.n - 1] == '.')
        name.n--;
    bool letter = false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        letter = letter || is_letter(c);
        if (!is_letter(c) && !ascii_is_digit(c) && c != '.' && c != '-' && c != '_')
            return SPAN_ABSENT;
    }
    for (size_t i = 0; i < sizeof no_names / sizeof *no_names; i++)
        if (span_ieq(name, span_of(no_names[i])))
            return SPAN_ABSENT;
    return letter ? name : SPAN_ABSENT;
}

static bool has_dot(struct span s)
{
    return span_find(s, '.') < s.n;
}

/* The client's address, where it has not been seen before; a name in front of it is its own. A name
 * and a bare address are told from other words by the name's dot. */
static void take_address(struct received_client *c, struct received_group *g, struct span ip,
                         bool bracketed)
{
    if (span_present(c->ip))
        return;
    c->ip = ip;
    c->address_led = c->address_led || g->words == 0;
    if (g->words == 1 && (bracketed || has_dot(g->first)))
        c->rdns = reverse_name(g->first);
}

static bool is_greeting(struct span word)
{
    return span_ieq(word, SPAN_LIT("HELO")) || span_ieq(word, SPAN_LIT("EHLO")) ||
           span_ieq(word, SPAN_LIT("LHLO"));
}

/* `helo=name`, or another key and value, which says nothing here. */
static void take_pair(struct received_client *c, struct received_group *g, struct span word)
{
    size_t n = span_find(word, '=');
    struct span value = span_from(word, n + 1);
    bool helo = span_ieq((struct span){ word.p, n }, SPAN_LIT("helo"));
    c->exim_greeted = c->exim_greeted || helo;
    if (value.n == 0)
        g->awaits = helo ? RECEIVED_AWAITS_HELO : RECEIVED_AWAITS_VALUE;
    else if (helo)
        c->helo = value;
}

static void take_word(struct received_client *c, struct received_group *g, struct span word)
{
    bool named = g->awaits == RECEIVED_AWAITS_HELO;
    g->awaits = RECEIVED_AWAITS_NOTHING;
    if (word.p[0] == ':' && span_present(c->ip) && !span_present(address_in(word)))
        return;
    struct span ip = address_in(without_ident(word));
    if (is_greeting(word)) {
        c->greeted = true;
        g->awaits = RECEIVED_AWAITS_HELO;
    } else if (span_find(word, '=') < word.n) {
        take_pair(c, g, word);
    } else if (named) {
        c->helo = word;
    } else if (span_present(ip)) {
        take_address(c, g, ip, false);
    } else if (g->words == 0) {
        g->first = word;
    }
    g->words++;
}

static void take_bracket(struct received_client *c, struct received_group *g,
                         const struct received_token *token)
{
    struct span ip = address_in(token->text);
    if (g->awaits == RECEIVED_AWAITS_HELO)
        c->helo = received_host(token);
    else if (g->awaits == RECEIVED_AWAITS_VALUE && token->glued)
        ; /* the value of a key that says nothing here */
    else if (span_present(ip))
        take_address(c, g, ip, true);
    else if (g->words == 1 && !span_present(c->ip) && !span_present(c->rdns))
        c->rdns = reverse_name(g->first); /* `name [local]`, `name [UNIX: localhost]` */
    g->awaits = RECEIVED_AWAITS_NOTHING;
    g->words++;
}

static void take_token(struct received_client *c, struct received_group *g,
                       const struct received_token *token)
{
    if (token->kind == RECEIVED_WORD)
        take_word(c, g, token->text);
    else if (token->kind == RECEIVED_BRACKET)
        take_bracket(c, g, token);
    else if (token->kind == RECEIVED_ANGLE)
        g->words++;
}

static void take_comment(struct received_client *c, struct span text)
{
    struct received_lex lex;
    struct received_token token;
    struct received_group group = { 0 };
    received_lex_init(&lex, text);
    while (received_lex_next(&lex, &token))
        take_token(c, &group, &token);
    bool alone =
        group.words == 1 && has_dot(group.first) && span_find(group.first, '@') == group.first.n;
    if (alone && !span_present(c->rdns))
        c->rdns = reverse_name(group.first);
}

void received_client_token(struct received_client *c, const struct received_token *token)
{
    if (token->kind == RECEIVED_COMMENT)
        take_comment(c, token->text);
    else if (c->tokens == 0)
        c->name = received_host(token);
    else
        take_token(c, &c->open, token);
    c->tokens++;
}

void received_client_finish(struct received_client *c, bool exim, struct received *out)
{
    bool reverse_first = c->greeted || (c->address_led && (exim || c->exim_greeted));
    out->from_helo = c->helo.n > 0 ? c->helo : c->name;
    out->from_rdns = c->rdns;
    if (reverse_first && !span_present(c->rdns) && span_present(c->name))
        out->from_rdns = reverse_name(c->name);
    out->from_ip = span_present(c->ip) ? c->ip : address_in(c->name);
}

struct span received_host(const struct received_token *token)
{
    struct span text = span_trim(token->text);
    struct span ip = token->kind == RECEIVED_BRACKET ? address_in(text) : SPAN_ABSENT;
    if (text.n == 0)
        return SPAN_ABSENT;
    return span_present(ip) ? ip : text;
}
