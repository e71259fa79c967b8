#include "tests/support/unit.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/hmac.h"

/* RFC 4231 section 4, test cases 1, 2, 3 and 6; key and data are an octet repeated, or a text. */
static const struct {
    char key_octet;
    const char *key_text;
    size_t key_len;
    char data_octet;
    const char *data_text;
    size_t data_len;
    const char *want;
} vectors[] = {
    { 0x0b, NULL, 20, 0, "Hi There", 8,
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { 0, "Jefe", 4, 0, "what do ya want for nothing?", 28,
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { (char)0xaa, NULL, 20, (char)0xdd, NULL, 50,
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { (char)0xaa, NULL, 131, 0, "Test Using Larger Than Block-Size Key - Hash Key First", 54,
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
};

static void fill(void *to, const char *text, char octet, size_t n)
{
    if (text)
        memcpy(to, text, n);
    else
        memset(to, octet, n);
}

/* The digest in hex over data cut in three at the given place, the middle part empty. */
static void digest(const struct key *key, struct span data, size_t cut, char hex[2 * HMAC_LEN + 1])
{
    const struct span part[] = { { data.p, cut }, SPAN_ABSENT, span_from(data, cut) };
    unsigned char mac[HMAC_LEN];

    ck_assert(hmac_sha256(key, part, 3, mac));
    for (size_t i = 0; i < HMAC_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02x", mac[i]);
}

START_TEST(vectors_hold_wherever_the_text_is_cut)
{
    struct key key = { .secret_len = 0 };
    char text[64];
    char hex[2 * HMAC_LEN + 1];

    fill(key.secret, vectors[_i].key_text, vectors[_i].key_octet, vectors[_i].key_len);
    key.secret_len = vectors[_i].key_len;
    fill(text, vectors[_i].data_text, vectors[_i].data_octet, vectors[_i].data_len);
    struct span data = unit_exact((struct span){ text, vectors[_i].data_len });
    for (size_t cut = 0; cut <= data.n; cut++) {
        digest(&key, data, cut, hex);
        ck_assert_str_eq(hex, vectors[_i].want);
    }
    free((void *)data.p);
}
END_TEST

START_TEST(a_text_may_come_octet_by_octet)
{
    struct key key = { .secret_len = 0 };
    struct hmac h;
    unsigned char mac[HMAC_LEN], again[HMAC_LEN];
    char text[64];

    fill(key.secret, vectors[_i].key_text, vectors[_i].key_octet, vectors[_i].key_len);
    key.secret_len = vectors[_i].key_len;
    fill(text, vectors[_i].data_text, vectors[_i].data_octet, vectors[_i].data_len);
    hmac_begin(&h, &key);
    for (size_t i = 0; i < vectors[_i].data_len; i++)
        hmac_add(&h, (struct span){ text + i, 1 });
    ck_assert(hmac_end(&h, mac));
    const struct span whole = { text, vectors[_i].data_len };
    ck_assert(hmac_sha256(&key, &whole, 1, again));
    ck_assert_mem_eq(mac, again, HMAC_LEN);
}
END_TEST

/* Around the length of a block, and of a secret, the key is treated in another way. */
START_TEST(every_length_of_key_and_text_agrees_with_libcrypto)
{
    static const size_t texts[] = { 0, 1, 31, 32, 55, 56, 63, 64, 65, 119, 120, 200 };
    struct key key = { .secret_len = (size_t)_i };
    char text[200];
    for (size_t i = 0; i < key.secret_len; i++)
        key.secret[i] = (unsigned char)(i * 7 + 1);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 13 + 5);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        unsigned char mac[HMAC_LEN], want[HMAC_LEN];
        const struct span whole = { text, texts[i] };
        ck_assert(hmac_sha256(&key, &whole, 1, mac));
        ck_assert_ptr_nonnull(HMAC(EVP_sha256(), key.secret, (int)key.secret_len,
                                   (const unsigned char *)text, texts[i], want, NULL));
        ck_assert_msg(hmac_equal(mac, want), "%zu octets", texts[i]);
    }
}
END_TEST

START_TEST(the_key_may_go_before_the_end)
{
    struct key key = { .secret_len = 20 };
    const struct span text = { vectors[0].data_text, vectors[0].data_len };
    unsigned char mac[HMAC_LEN], want[HMAC_LEN];
    struct hmac h;
    memset(key.secret, vectors[0].key_octet, key.secret_len);
    ck_assert(hmac_sha256(&key, &text, 1, want));
    hmac_begin(&h, &key);
    memset(&key, 0, sizeof(key));
    hmac_add(&h, text);
    ck_assert(hmac_end(&h, mac));
    ck_assert_mem_eq(mac, want, HMAC_LEN);
}
END_TEST

START_TEST(the_end_leaves_nothing_of_the_key)
{
    static const unsigned char zeros[SHA256_BLOCK];
    struct key key = { .secret_len = 20 };
    unsigned char mac[HMAC_LEN];
    struct hmac h;
    hmac_begin(&h, &key);
    ck_assert_mem_ne(h.outer, zeros, sizeof(zeros));
    ck_assert(hmac_end(&h, mac));
    ck_assert_ptr_null(h.context);
    ck_assert_mem_eq(h.outer, zeros, sizeof(zeros));
}
END_TEST

static void *sign_often(void *wrong)
{
    struct key key = { .secret_len = vectors[1].key_len };
    char hex[2 * HMAC_LEN + 1];
    memcpy(key.secret, vectors[1].key_text, key.secret_len);
    for (int i = 0; i < 200; i++) {
        digest(&key, span_of(vectors[1].data_text), (size_t)i % 28, hex);
        *(bool *)wrong |= strcmp(hex, vectors[1].want) != 0;
    }
    return NULL;
}

/* Each of which may be the first. */
START_TEST(threads_sign_at_once)
{
    pthread_t thread[4];
    bool wrong[COUNT_OF(thread)] = { false };
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, sign_often, &wrong[i]), 0);
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        ck_assert_msg(!wrong[i], "thread %zu", i);
}
END_TEST

/* As libcrypto leaves it when it has no memory. */
START_TEST(a_failure_is_told_at_the_end)
{
    struct hmac h = { .context = NULL };
    unsigned char mac[HMAC_LEN];
    hmac_add(&h, SPAN_LIT("text"));
    ck_assert(!hmac_end(&h, mac));
}
END_TEST

START_TEST(two_are_equal_in_every_octet)
{
    unsigned char a[HMAC_LEN] = { 1, 2, 3 }, b[HMAC_LEN];
    memcpy(b, a, sizeof(b));
    ck_assert(hmac_equal(a, b));
    for (size_t i = 0; i < HMAC_LEN; i++) {
        b[i] ^= 0x80;
        ck_assert_msg(!hmac_equal(a, b), "octet %zu", i);
        b[i] ^= 0x80;
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("hmac");
    TCase *tc = tcase_create("hmac");
    tcase_add_loop_test(tc, vectors_hold_wherever_the_text_is_cut, 0, COUNT_OF(vectors));
    tcase_add_loop_test(tc, a_text_may_come_octet_by_octet, 0, COUNT_OF(vectors));
    tcase_add_loop_test(tc, every_length_of_key_and_text_agrees_with_libcrypto, 0,
                        KEY_SECRET_MAX + 1);
    tcase_add_test(tc, the_key_may_go_before_the_end);
    tcase_add_test(tc, the_end_leaves_nothing_of_the_key);
    tcase_add_test(tc, threads_sign_at_once);
    tcase_add_test(tc, a_failure_is_told_at_the_end);
    tcase_add_test(tc, two_are_equal_in_every_octet);
    suite_add_tcase(suite, tc);
    return suite;
}
