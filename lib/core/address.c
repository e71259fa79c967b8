#include "core/address.h"

#include <stdlib.h>
#include <string.h>

/*
 * Outside quotes the MTA takes these for comments, lists and groups, and so reads another address
 * than the one that the octets spell.
 */
#define STRUCTURE "()<>,;"

/* Walks over the octets that a path stands for: without its quotes and backslashes. */
struct scan {
    struct span path;
    size_t pos;
    bool quoted;
    bool open; /* at the end: a quote or a quoted pair was not closed */
};

/* False at the end. *plain: the octet stands outside quotes and behind no backslash. */
static bool scan_next(struct scan *s, char *c, bool *plain)
{
    while (s->pos < s->path.n) {
        *c = s->path.p[s->pos++];
        if (*c == '"') {
            s->quoted = !s->quoted;
            continue;
        }
        *plain = !s->quoted && *c != '\\';
        if (*c == '\\' && s->pos == s->path.n) {
            s->open = true;
            return false;
        }
        if (*c == '\\')
            *c = s->path.p[s->pos++];
        return true;
    }
    s->open = s->quoted;
    return false;
}

static bool has_control(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
            return true;
    return false;
}

static bool has_any(struct span text, const char *set, size_t n)
{
    for (size_t i = 0; i < text.n; i++)
        if (memchr(set, text.p[i], n))
            return true;
    return false;
}

/* Takes the angle brackets off; false where only one of them is there. */
static bool strip_brackets(struct span *text)
{
    if (text->n == 0 || text->p[0] != '<')
        return true;
    if (text->n < 2 || text->p[text->n - 1] != '>')
        return false;
    *text = (struct span){ text->p + 1, text->n - 2 };
    return true;
}

/* Takes `@a,@b:` off; a colon in an address literal does not end it. False without an end. */
static bool strip_route(struct span *path)
{
    bool literal = false;
    if (path->n == 0 || path->p[0] != '@')
        return true;
    for (size_t i = 0; i < path->n; i++) {
        if (path->p[i] == '[')
            literal = true;
        else if (path->p[i] == ']')
            literal = false;
        else if (path->p[i] == ':' && !literal) {
            *path = span_from(*path, i + 1);
            return true;
        }
    }
    return false;
}

/* *at: offset of the last @ outside quotes, or path.n. False when the path is malformed. */
static bool find_at(struct span path, size_t *at)
{
    struct scan s = { .path = path };
    char c;
    bool plain;
    *at = path.n;
    while (scan_next(&s, &c, &plain)) {
        if (plain && c == '@')
            *at = s.pos - 1;
        if (plain && memchr(STRUCTURE, c, sizeof(STRUCTURE) - 1))
            return false;
    }
    return !s.open;
}

/* Takes blanks at the ends and one trailing dot off, then says whether this can be a domain. */
static bool read_domain(struct span *domain)
{
    *domain = span_trim(*domain);
    if (domain->n > 0 && domain->p[domain->n - 1] == '.')
        domain->n--;
    if (domain->n == 0 || domain->p[domain->n - 1] == '.')
        return false;
    return !has_any(*domain, "\"\\ ", 3);
}

/*
 * Writes the local part without quotes, in lower case, and returns its length: at most local.n.
 * Blanks at its ends are dropped unless quoted, as the MTA drops them.
 */
static size_t write_key_local(struct span local, char *key)
{
    struct scan s = { .path = local };
    size_t n = 0, keep = 0;
    char c;
    bool plain;
    while (scan_next(&s, &c, &plain)) {
        bool blank = plain && c == ' ';
        if (blank && n == 0)
            continue;
        key[n++] = ascii_lower(c);
        if (!blank)
            keep = n;
    }
    return keep;
}

static char *copy(struct span s)
{
    char *p = malloc(s.n + 1);
    if (!p)
        return NULL;
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

static bool write_key(struct address *a, struct span local, struct span domain)
{
    a->key = malloc(local.n + 1 + domain.n + 1);
    if (!a->key)
        return false;
    size_t n = write_key_local(local, a->key);
    a->key_local = n;
    if (a->kind == ADDRESS_MAILBOX) {
        a->key[n++] = '@';
        for (size_t i = 0; i < domain.n; i++)
            a->key[n++] = ascii_lower(domain.p[i]);
    }
    a->key[n] = '\0';
    return true;
}

static enum result fill(struct address *a, struct span text, struct span local, struct span domain)
{
    a->text = copy(text);
    a->local = copy(local);
    a->domain = copy(domain);
    if (!a->text || !a->local || !a->domain || !write_key(a, local, domain))
        return RESULT_NO_MEMORY;
    if (a->key_local == 0 && a->kind != ADDRESS_NULL)
        return RESULT_SYNTAX;
    return RESULT_OK;
}

enum result address_parse(struct span text, struct address *out)
{
    struct address a = { .kind = ADDRESS_NULL };
    size_t at;
    *out = a;
    if (text.n > ADDRESS_MAX + sizeof("<>") - 1)
        return RESULT_LIMIT;
    if (has_control(text) || !strip_brackets(&text))
        return RESULT_SYNTAX;
    if (text.n > ADDRESS_MAX)
        return RESULT_LIMIT;

    struct span path = text, domain = SPAN_LIT("");
    while (path.n > 0 && path.p[0] == ' ')
        path = span_from(path, 1);
    if (!strip_route(&path) || !find_at(path, &at))
        return RESULT_SYNTAX;
    if (at < path.n) {
        domain = span_from(path, at + 1);
        if (!read_domain(&domain))
            return RESULT_SYNTAX;
        a.kind = ADDRESS_MAILBOX;
    } else if (text.n > 0) {
        a.kind = ADDRESS_BARE;
    }
    enum result r = fill(&a, text, (struct span){ path.p, at }, domain);
    if (r == RESULT_OK)
        *out = a;
    else
        address_free(&a);
    return r;
}

void address_free(struct address *a)
{
    free(a->text);
    free(a->local);
    free(a->domain);
    free(a->key);
    *a = (struct address){ .kind = ADDRESS_NULL };
}

struct span address_base(const struct address *a, char delimiter)
{
    struct span local = { a->key, a->key_local };
    if (delimiter == '\0' || local.n == 0)
        return SPAN_ABSENT;
    size_t at = span_find(span_from(local, 1), delimiter) + 1;
    return at < local.n ? (struct span){ local.p, at } : SPAN_ABSENT;
}

bool address_octet_is_plain(char c)
{
    return (unsigned char)c >= 0x80 || ascii_is_letter(c) || ascii_is_digit(c) ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

void address_write_local(struct span local, struct buf *out)
{
    size_t plain = 0;
    while (plain < local.n && address_octet_is_plain(local.p[plain]))
        plain++;
    if (plain == local.n) {
        buf_add(out, local);
        return;
    }
    buf_addc(out, '"');
    for (size_t i = 0; i < local.n; i++) {
        if (local.p[i] == '"' || local.p[i] == '\\')
            buf_addc(out, '\\');
        buf_addc(out, local.p[i]);
    }
    buf_addc(out, '"');
}

struct span address_key_domain(const struct address *a)
{
    if (a->kind != ADDRESS_MAILBOX)
        return SPAN_LIT("");
    return span_of(a->key + a->key_local + 1);
}
