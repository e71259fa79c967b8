#ifndef COEXIST_TESTS_TRACE_SAMPLE_H
#define COEXIST_TESTS_TRACE_SAMPLE_H

#include <openssl/evp.h>
#include <string.h>

#include "core/hmac.h"
#include "core/trace.h"

/* What the tests of traces share: a ring of two keys, one trace, and a pen that signs anything. */

#define SAMPLE_BODY                                                                                \
    "v=1;i=2;id=8f3k2j1x9qm;n=zimbra.example.com;s=secondary;o=peer;t=1732212345;j=Qw3rTy9_;"      \
    "p=aZ3kQ9xB,77pQm1Yx;h=Qk2mm0aa;w=;k=2026a;"

/* An id of the longest kind, and a node name five octets short of it. */
#define ID32 "0123456789abcdefghijklmnopqrstuv"
#define NODE50 "abcdefghijklmnopqrstuvwxyz.ABCDEFGHIJKLMNOPQRSTUVW"
#define NODE250 NODE50 NODE50 NODE50 NODE50 NODE50

static inline void sample_key(struct key *key, const char *name, const char *secret)
{
    memset(key, 0, sizeof(*key));
    key->secret_len = strlen(secret);
    memcpy(key->name, name, strlen(name));
    memcpy(key->secret, secret, key->secret_len);
}

static inline void sample_ring(struct keyring *ring)
{
    ring->keys = 2;
    sample_key(&ring->key[0], "2026a", "0123456789abcdef0123456789abcdef");
    sample_key(&ring->key[1], "2025z", "fedcba9876543210");
}

static inline struct trace sample_trace(void)
{
    return (struct trace){
        .pass = 2,
        .id = SPAN_LIT("8f3k2j1x9qm"),
        .node = SPAN_LIT("zimbra.example.com"),
        .system = SYSTEM_SECONDARY,
        .origin = ORIGIN_PEER,
        .time = 1732212345,
        .journey = SPAN_LIT("Qw3rTy9_"),
        .to_peer = SPAN_LIT("aZ3kQ9xB,77pQm1Yx"),
        .kept = SPAN_LIT("Qk2mm0aa"),
    };
}

/* The body as it is and a b tag that signs it, however odd it is. The caller frees the buffer. */
static inline void sample_sign(const struct key *key, struct span body, struct buf *out)
{
    unsigned char mac[HMAC_LEN];
    char text[64];

    ck_assert(hmac_sha256(key, &body, 1, mac));
    EVP_EncodeBlock((unsigned char *)text, mac, HMAC_LEN);
    buf_add(out, body);
    buf_adds(out, "b=");
    buf_adds(out, text);
    ck_assert(buf_ok(out));
}

/* Reads from a block of exactly the value's size and forgets what was read. */
static inline enum trace_verdict sample_read(struct span value, const struct keyring *ring)
{
    struct trace t = { .pass = 0 };
    struct span exact = unit_exact(value);
    enum trace_verdict verdict = trace_read(exact, ring, &t);

    free((void *)exact.p);
    ck_assert_msg((verdict == TRACE_VALID) == (t.canonical != NULL), "filled for valid only");
    trace_free(&t);
    return verdict;
}

#endif
