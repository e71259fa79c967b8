#include "tests/support/unit.h"

#include <string.h>

#include "base/buf.h"
#include "core/keyring.h"

#define SIXTEEN "MDEyMzQ1Njc4OWFiY2RlZg==" /* 0123456789abcdef */
#define SEVENTEEN "MDEyMzQ1Njc4OWFiY2RlZmc="
#define EIGHTEEN "MDEyMzQ1Njc4OWFiY2RlZmdo"
#define NAME_64 "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._"

static struct keyring keys;

static const char *parse(struct span text, size_t *line)
{
    struct span exact = unit_exact(text);
    const char *fault = keyring_parse(exact, &keys, line);
    free((void *)exact.p);
    return fault;
}

static void assert_key(size_t i, const char *name, const char *secret)
{
    ck_assert_str_eq(keys.key[i].name, name);
    ck_assert_uint_eq(keys.key[i].secret_len, strlen(secret));
    ck_assert_mem_eq(keys.key[i].secret, secret, strlen(secret));
}

START_TEST(reads_lines_in_order)
{
    size_t line = 7;
    ck_assert_ptr_null(parse(SPAN_LIT("# comment\n"
                                      "\n"
                                      "2026a " SIXTEEN "\n"
                                      " \t\r\n"
                                      "  # another\n"
                                      "\t2025.z_-B \t" SEVENTEEN " \r\n" NAME_64 "\t" EIGHTEEN),
                             &line));
    ck_assert_uint_eq(line, 0);
    ck_assert_uint_eq(keys.keys, 3);
    assert_key(0, "2026a", "0123456789abcdef");
    assert_key(1, "2025.z_-B", "0123456789abcdefg");
    assert_key(2, NAME_64, "0123456789abcdefgh");

    ck_assert_ptr_eq(keyring_find(&keys, SPAN_LIT("2025.z_-B")), &keys.key[1]);
    ck_assert_ptr_null(keyring_find(&keys, SPAN_LIT("2025.z_-b")));
    ck_assert_ptr_null(keyring_find(&keys, SPAN_LIT("2026")));
    ck_assert_ptr_null(keyring_find(&keys, SPAN_LIT("2026a\0")));
    ck_assert_ptr_null(keyring_find(&keys, SPAN_LIT("")));
}
END_TEST

START_TEST(every_octet_survives)
{
    size_t line;
    ck_assert_ptr_null(parse(SPAN_LIT("k AP8Q+/8AAQIDBAUGBwgJCg=="), &line));
    ck_assert_uint_eq(keys.keys, 1);
    const unsigned char want[] = { 0, 255, 16, 251, 255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
    ck_assert_uint_eq(keys.key[0].secret_len, sizeof(want));
    ck_assert_mem_eq(keys.key[0].secret, want, sizeof(want));
}
END_TEST

static const struct {
    struct span text;
    size_t line;
    const char *fault; /* words that the sentence must hold */
} refused[] = {
    { SPAN_LIT(""), 0, "no key" },
    { SPAN_LIT("\n# a\n \n"), 0, "no key" },
    { SPAN_LIT("a\n"), 1, "a name, a blank and a secret" },
    { SPAN_LIT("\na \n"), 2, "a name, a blank and a secret" },
    { SPAN_LIT("a/b " SIXTEEN), 1, "key's name" },
    { SPAN_LIT("\xc3\xbc " SIXTEEN), 1, "key's name" },
    { SPAN_LIT("a\0b " SIXTEEN), 1, "key's name" },
    { SPAN_LIT(NAME_64 "x " SIXTEEN), 1, "key's name" },
    { SPAN_LIT("a " SIXTEEN "\nb " SIXTEEN "\n\na " EIGHTEEN "\n"), 4, "above" },
    { SPAN_LIT("a MDEyMzQ1Njc4OWFiY2Rl"), 1, "at least 16" }, /* 15 octets */
    { SPAN_LIT("a MDEy"), 1, "at least 16" },
    { SPAN_LIT("a MDEyMzQ1Njc4OWFiY2RlZg=\n"), 1, "not base64" },
    { SPAN_LIT("a MDEyMzQ1Njc4OWFiY2RlZg\n"), 1, "not base64" },
    { SPAN_LIT("a MDEyMzQ1Njc4OWFiY2RlZmc==\n"), 1, "not base64" },
    { SPAN_LIT("a MDEyMzQ1Njc4OWFiY2RlZ===\n"), 1, "not base64" },
    { SPAN_LIT("a MDEyMzQ1Njc4OWFiY2Rl====\n"), 1, "not base64" },
    { SPAN_LIT("a ====\n"), 1, "not base64" },
    { SPAN_LIT("a MDEyMzQ1Njc4OWFiY2RlZh==\n"), 1, "not base64" }, /* bits beyond the end */
    { SPAN_LIT("a MDEyMzQ1Njc4OWFiY2RlZmd=\n"), 1, "not base64" },
    { SPAN_LIT("a MDEyMzQ1Njc4 OWFiY2RlZmdo\n"), 1, "not base64" },
    { SPAN_LIT("a MDEyMzQ1Njc4OWFi    ZmdoMDEy\n"), 1, "not base64" },
    { SPAN_LIT("a MDEy-zQ1Njc4OWFiY2RlZmdo\n"), 1, "not base64" },
    { SPAN_LIT("a MDEy\0zQ1Njc4OWFiY2RlZmdo\n"), 1, "not base64" },
    { SPAN_LIT("a MDEy=zQ1Njc4OWFiY2RlZmdo\n"), 1, "not base64" },
    { SPAN_LIT("a MDEy\xffzQ1Njc4OWFiY2RlZmdo\n"), 1, "not base64" },
    { SPAN_LIT("a " SIXTEEN " # mine\n"), 1, "not base64" },
    { SPAN_LIT("a " SIXTEEN "\nb c\n"), 2, "not base64" },
};

START_TEST(refuses_and_tells_the_line)
{
    static const struct keyring empty;
    size_t line = 99;
    const char *fault = parse(refused[_i].text, &line);
    ck_assert_ptr_nonnull(fault);
    ck_assert_msg(strstr(fault, refused[_i].fault) != NULL, "%s", fault);
    ck_assert_uint_eq(line, refused[_i].line);
    ck_assert_mem_eq(&keys, &empty, sizeof(keys));
}
END_TEST

/* `k ` and groups times `AAAA`, which are three octets of zeros each, then the tail. */
static const char *parse_long(size_t groups, const char *tail)
{
    struct buf b;
    size_t line;
    buf_init(&b, 100000);
    buf_adds(&b, "k ");
    for (size_t i = 0; i < groups; i++)
        buf_adds(&b, "AAAA");
    buf_adds(&b, tail);
    ck_assert(buf_ok(&b));
    const char *fault = parse(buf_span(&b), &line);
    buf_free(&b);
    return fault;
}

START_TEST(secret_has_a_longest_length)
{
    ck_assert_ptr_null(parse_long(85, "AA=="));
    ck_assert_uint_eq(keys.key[0].secret_len, 256);
    ck_assert_msg(strstr(parse_long(85, "AAA="), "at most 256") != NULL, "257 octets");
    ck_assert_msg(strstr(parse_long(86, ""), "at most 256") != NULL, "258 octets");
    ck_assert_msg(strstr(parse_long(20000, ""), "at most 256") != NULL, "60000 octets");
}
END_TEST

static const char *parse_many(size_t count, size_t *line)
{
    struct buf b;
    buf_init(&b, 100000);
    for (size_t i = 0; i < count; i++)
        buf_addf(&b, "key%zu %s\n", i, SIXTEEN);
    ck_assert(buf_ok(&b));
    const char *fault = parse(buf_span(&b), line);
    buf_free(&b);
    return fault;
}

START_TEST(keys_have_a_highest_number)
{
    size_t line;
    ck_assert_ptr_null(parse_many(KEYRING_KEYS_MAX, &line));
    ck_assert_uint_eq(keys.keys, KEYRING_KEYS_MAX);
    const char *fault = parse_many(KEYRING_KEYS_MAX + 1, &line);
    ck_assert_ptr_nonnull(fault);
    ck_assert_msg(strstr(fault, "too many") != NULL, "%s", fault);
    ck_assert_uint_eq(line, KEYRING_KEYS_MAX + 1);
}
END_TEST

START_TEST(wipe_leaves_no_secret)
{
    size_t line;
    ck_assert_ptr_null(parse_many(KEYRING_KEYS_MAX, &line));
    keyring_wipe(&keys);
    ck_assert_uint_eq(keys.keys, 0);
    static const unsigned char zeros[KEY_SECRET_MAX];
    for (size_t i = 0; i < KEYRING_KEYS_MAX; i++)
        ck_assert_mem_eq(keys.key[i].secret, zeros, sizeof(zeros));
    ck_assert_ptr_null(keyring_find(&keys, SPAN_LIT("key0")));
    ck_assert_ptr_null(keyring_find(&keys, SPAN_LIT("")));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("keyring");
    TCase *tc = tcase_create("keyring");
    tcase_add_test(tc, reads_lines_in_order);
    tcase_add_test(tc, every_octet_survives);
    tcase_add_loop_test(tc, refuses_and_tells_the_line, 0, COUNT_OF(refused));
    tcase_add_test(tc, secret_has_a_longest_length);
    tcase_add_test(tc, keys_have_a_highest_number);
    tcase_add_test(tc, wipe_leaves_no_secret);
    suite_add_tcase(suite, tc);
    return suite;
}
