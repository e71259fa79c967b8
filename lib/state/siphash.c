#include "state/siphash.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_rounds(struct sip *s, unsigned rounds)
{
    while (rounds-- > 0) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

/* Up to eight octets, the first the lowest, whatever the machine. */
static inline uint64_t little(const char *p, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)(unsigned char)p[i] << 8 * i;
    return word;
}

static inline void sip_word(struct sip *s, uint64_t word, unsigned c)
{
    s->v3 ^= word;
    sip_rounds(s, c);
    s->v0 ^= word;
}

uint64_t siphash(const struct siphash_key *key, struct span text, unsigned c, unsigned d)
{
    /* "somepseudorandomlygeneratedbytes", as the authors have it */
    struct sip s = { key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
                     key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573 };
    const char *p = text.p;
    size_t left = text.n;
    for (; left >= 8; p += 8, left -= 8)
        sip_word(&s, little(p, 8), c);
    sip_word(&s, little(p, left) | (uint64_t)text.n << 56, c);
    s.v2 ^= 0xff;
    sip_rounds(&s, d);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
