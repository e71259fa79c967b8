#include "core/trace.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/hmac.h"
#include "core/taglist.h"

#define TRACE_VERSION "1"
#define SIGNATURE_TAG "b="
#define SIGNATURE_LEN 44 /* HMAC_LEN octets in padded base64 */
#define FOLD_COLUMN 76
#define FIELD_START (sizeof("X-Coexist-Trace: ") - 1)
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_made_of(struct span s, size_t most, const char *octets)
{
    if (s.n == 0 || s.n > most)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\0' || !strchr(octets, s.p[i]))
            return false;
    return true;
}

/* What is demanded of a trace, whether it is about to be written or has just been read. */
static bool trace_fits(const struct trace *t, struct span key_name)
{
    return t->pass >= 1 && t->pass <= TRACE_PASSES_MAX && t->time >= 0 &&
           (unsigned)t->system < SYSTEM_COUNT && (unsigned)t->origin <= ORIGIN_EXTERNAL &&
           is_made_of(t->id, TRACE_ID_MAX, LETTERS DIGITS) &&
           is_made_of(t->node, TRACE_NODE_MAX, LETTERS CAPITALS DIGITS ".-_:[]") &&
           is_made_of(key_name, KEY_NAME_MAX, LETTERS CAPITALS DIGITS "._-") &&
           token_is(t->journey) && token_list_is(t->to_peer, TRACE_TOKENS_MAX) &&
           token_list_is(t->kept, TRACE_TOKENS_MAX) && token_list_is(t->would_go, TRACE_TOKENS_MAX);
}

static bool make_signature(const struct key *key, struct span text, char out[SIGNATURE_LEN + 1])
{
    unsigned char mac[HMAC_LEN];
    return hmac_sha256(key, &text, 1, mac) &&
           EVP_EncodeBlock((unsigned char *)out, mac, HMAC_LEN) == SIGNATURE_LEN;
}

static void add_tag(struct buf *out, const char *name, struct span value)
{
    buf_adds(out, name);
    buf_addc(out, '=');
    buf_add(out, value);
    buf_addc(out, ';');
}

/* All tags but b, as they are signed. */
static void write_canonical(const struct trace *t, struct span key_name, struct buf *out)
{
    buf_addf(out, "v=" TRACE_VERSION ";i=%u;", t->pass);
    add_tag(out, "id", t->id);
    add_tag(out, "n", t->node);
    add_tag(out, "s", span_of(system_name(t->system)));
    add_tag(out, "o", span_of(origin_name(t->origin)));
    buf_addf(out, "t=%lld;", (long long)t->time);
    add_tag(out, "j", t->journey);
    add_tag(out, "p", t->to_peer);
    add_tag(out, "h", t->kept);
    add_tag(out, "w", t->would_go);
    add_tag(out, "k", key_name);
}

/* Takes what must stay on one line off *rest: up to and with the next `;` or `,`. */
static struct span take_piece(struct span *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ';' && rest->p[n] != ',')
        n++;
    struct span piece = { rest->p, n < rest->n ? n + 1 : n };
    *rest = span_from(*rest, piece.n);
    return piece;
}

static void add_folded(struct span flat, struct buf *out)
{
    size_t column = FIELD_START;
    bool after_tag = false;

    while (flat.n > 0) {
        struct span piece = take_piece(&flat);
        if (column + after_tag + piece.n > FOLD_COLUMN) {
            buf_adds(out, "\n\t");
            column = 1;
        } else if (after_tag) {
            buf_addc(out, ' ');
            column++;
        }
        buf_add(out, piece);
        column += piece.n;
        after_tag = piece.p[piece.n - 1] == ';';
    }
}

void trace_write(const struct trace *t, const struct key *key, struct buf *out)
{
    struct span key_name = span_of(key->name);
    char signature[SIGNATURE_LEN + 1];
    size_t start = out->n;
    struct buf flat;

    buf_init(&flat, TRACE_VALUE_MAX);
    write_canonical(t, key_name, &flat);
    bool good =
        trace_fits(t, key_name) && buf_ok(&flat) && make_signature(key, buf_span(&flat), signature);
    if (good) {
        buf_adds(&flat, SIGNATURE_TAG);
        buf_adds(&flat, signature);
        add_folded(buf_span(&flat), out);
    }
    if (!good || !buf_ok(&flat) || out->n - start > TRACE_VALUE_MAX - FIELD_START)
        out->failed = true;
    buf_free(&flat);
}

const char *trace_verdict_name(enum trace_verdict v)
{
    switch (v) {
    case TRACE_VALID:
        return "valid";
    case TRACE_MALFORMED:
        return "malformed";
    case TRACE_UNKNOWN_KEY:
        return "unknown-key";
    case TRACE_FORGED:
        return "forged";
    }
    return "?";
}

/* A number is written in one way only: no sign, no leading zero. */
static bool read_number(struct span s, uint64_t most, uint64_t *value)
{
    return (s.n == 1 || (s.n > 1 && s.p[0] != '0')) && span_number(s, value) && *value <= most;
}

static bool read_list(const struct taglist *l, const char *name, struct span *list)
{
    *list = taglist_get(l, name);
    return span_present(*list);
}

static bool read_tags(const struct taglist *l, struct trace *t)
{
    uint64_t pass;
    uint64_t time;

    if (!span_eq(taglist_get(l, "v"), SPAN_LIT(TRACE_VERSION)) ||
        !read_number(taglist_get(l, "i"), TRACE_PASSES_MAX, &pass) ||
        !read_number(taglist_get(l, "t"), INT64_MAX, &time) ||
        !system_parse(taglist_get(l, "s"), &t->system) ||
        !origin_parse(taglist_get(l, "o"), &t->origin) || !read_list(l, "p", &t->to_peer) ||
        !read_list(l, "h", &t->kept) || !read_list(l, "w", &t->would_go))
        return false;
    t->pass = (unsigned)pass;
    t->time = (int64_t)time;
    t->id = taglist_get(l, "id");
    t->node = taglist_get(l, "n");
    t->journey = taglist_get(l, "j");
    t->key_name = taglist_get(l, "k");
    return trace_fits(t, t->key_name);
}

/*
 * Splits a stripped text into what is signed and the signature. The signature ends the text, so
 * that one text alone, but for blanks, is valid for a signature.
 */
static bool split_signature(struct span text, const struct taglist *l, struct span *is_signed,
                            struct span *signature)
{
    const struct tag *last = &l->tag[l->tags - 1];

    *signature = last->value;
    *is_signed = span_between(text.p, last->name.p);
    return span_eq(last->name, SPAN_LIT("b")) && last->value.p + last->value.n == text.p + text.n;
}

static enum trace_verdict read_stripped(struct span text, const struct keyring *keys,
                                        struct trace *t, size_t *signed_n)
{
    char expected[SIGNATURE_LEN + 1];
    struct span is_signed;
    struct span signature;
    struct taglist list;

    if (taglist_parse(text, &list) != RESULT_OK ||
        !split_signature(text, &list, &is_signed, &signature) || !read_tags(&list, t))
        return TRACE_MALFORMED;
    const struct key *key = keyring_find(keys, t->key_name);
    if (!key)
        return TRACE_UNKNOWN_KEY;
    if (signature.n != SIGNATURE_LEN || !make_signature(key, is_signed, expected) ||
        CRYPTO_memcmp(signature.p, expected, SIGNATURE_LEN) != 0)
        return TRACE_FORGED;
    *signed_n = is_signed.n;
    return TRACE_VALID;
}

enum trace_verdict trace_read(struct span value, const struct keyring *keys, struct trace *out)
{
    struct trace t = { .pass = 0 };
    size_t signed_n = 0;

    if (value.n == 0 || value.n > TRACE_VALUE_MAX)
        return TRACE_MALFORMED;
    char *text = malloc(value.n);
    if (!text)
        return TRACE_MALFORMED;
    struct span stripped = { text, taglist_strip(value, text) };
    enum trace_verdict verdict = read_stripped(stripped, keys, &t, &signed_n);
    if (verdict != TRACE_VALID) {
        free(text);
        return verdict;
    }
    text[signed_n] = '\0';
    t.canonical = text;
    *out = t;
    return TRACE_VALID;
}

void trace_free(struct trace *t)
{
    free(t->canonical);
    *t = (struct trace){ .pass = 0 };
}

bool trace_lists(const struct trace *t, struct span list, const struct key *key,
                 struct span recipient)
{
    if (list.n == 0)
        return false;
    struct token token = token_make(key, t->id, TOKEN_RECIPIENT, recipient);
    return token_list_has(list, &token);
}
