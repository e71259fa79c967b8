#include "tests/unit/engine/snapshot_fixture.h"

#include "core/hmac.h"

/* Files made by hand and rightly signed: what the form of the file is, and what is none. */

#define MAGIC "coexist-snapshot 1\n"
#define KEY "\x02k1"
#define NOW_OCTETS "\0\0\0\0\x65\x53\xf1\0"
#define LATER "\0\0\0\0\x65\x53\xff\0"
#define EARLIER "\0\0\0\0\x65\x53\xf0\x9c" /* by 100 seconds */

#define GOOD                                                                                       \
    "\0\x1b\0\0" EARLIER "\0\x03u@d\x01\x04home\0\x04"                                             \
    "both"
#define FROM_LATER "\0\x0f\0\x01" LATER "\0\x03v@d"
#define END(count) "\0\0\0\0\0\0\0\0\0" count
#define ORIGIN "state"
#define LIT(text)                                                                                  \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

static const struct snapshot ours = { .file = path, .origin = ORIGIN };
static char error[SNAPSHOT_ERROR_MAX];

static const struct {
    const char *what;
    struct span head;
    struct span rest; /* what stands behind the origin */
    const char *want; /* NULL: it is good */
} files[] = {
    { "one record", LIT(MAGIC KEY NOW_OCTETS), LIT(GOOD END("\x01")), NULL },
    { "another version", LIT("coexist-snapshot 2\n" KEY NOW_OCTETS), LIT(GOOD END("\x01")),
      "it is of another version" },
    { "another file", LIT("coexist-snapsh0t 1\n" KEY NOW_OCTETS), LIT(GOOD END("\x01")),
      "it is none" },
    { "no key", LIT(MAGIC "\0" NOW_OCTETS), LIT(GOOD END("\x01")),
      "it is signed by a key that is not among `keys`" },
    { "a time without sense", LIT(MAGIC KEY "\xff\xff\xff\xff\xff\xff\xff\xff"),
      LIT(GOOD END("\x01")), "it was written in the future; set the clock" },
    { "fewer than said", LIT(MAGIC KEY NOW_OCTETS), LIT(GOOD END("\x02")),
      "it does not hold as many records as it says" },
    { "more than said", LIT(MAGIC KEY NOW_OCTETS), LIT(GOOD END("\0")),
      "it does not hold as many records as it says" },
    { "more behind the end", LIT(MAGIC KEY NOW_OCTETS), LIT(GOOD END("\x01") "x"),
      "it does not hold as many records as it says" },
    { "no end", LIT(MAGIC KEY NOW_OCTETS), LIT(GOOD), "it is cut short" },
    { "half an end", LIT(MAGIC KEY NOW_OCTETS), LIT(GOOD "\0\0\0"), "it is cut short" },
    { "no records", LIT(MAGIC KEY NOW_OCTETS), LIT(""), "it is cut short" },
    { "a record past the end", LIT(MAGIC KEY NOW_OCTETS),
      LIT(GOOD "\x10\0"
               "x"),
      "it is cut short" },
    { "too long a record", LIT(MAGIC KEY NOW_OCTETS),
      LIT(GOOD "\x10\x01"
               "x"),
      "a record in it is too long" },
    { "a bad one behind a good one", LIT(MAGIC KEY NOW_OCTETS), LIT(GOOD "\0\x01x" END("\x02")),
      "a record in it is not a good one" },
};

static void put(struct hmac *mac, int fd, struct span text)
{
    hmac_add(mac, text);
    ck_assert_int_eq(write(fd, text.p, text.n), (ssize_t)text.n);
}

static void make_file(struct span head, struct span rest)
{
    const struct span bound[] = { SPAN_LIT("coexist-snapshot-origin:"), SPAN_LIT(ORIGIN) };
    unsigned char octets[HMAC_LEN];
    struct hmac mac;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    hmac_begin(&mac, &signer);
    put(&mac, fd, head);
    ck_assert(hmac_sha256(&signer, bound, 2, octets));
    put(&mac, fd, (struct span){ (const char *)octets, sizeof(octets) });
    put(&mac, fd, rest);
    ck_assert(hmac_end(&mac, octets));
    ck_assert_int_eq(write(fd, octets, sizeof(octets)), (ssize_t)sizeof(octets));
    close(fd);
}

START_TEST(all_of_it_or_nothing)
{
    const struct keyring ring = ring_of(&signer, NULL);
    struct store *cache = cache_alone();
    size_t records = 99;
    make_file(files[_i].head, files[_i].rest);
    error[0] = '\0';
    bool good = snapshot_read(&ours, cache, &ring, NOW, &records, error);
    ck_assert_msg(good == !files[_i].want, "%s: '%s'", files[_i].what, error);
    if (!good)
        ck_assert_msg(strstr(error, files[_i].want), "%s: '%s'", files[_i].what, error);
    ck_assert_uint_eq(entries_of(cache), good ? 1 : 0);
    store_close(cache);
}
END_TEST

START_TEST(the_age_of_a_record_is_kept)
{
    const struct keyring ring = ring_of(&signer, NULL);
    struct span two = SPAN_LIT(GOOD FROM_LATER END("\x02"));
    struct store *cache = cache_alone();
    size_t records;
    make_file((struct span)LIT(MAGIC KEY EARLIER), two);
    ck_assert_msg(snapshot_read(&ours, cache, &ring, NOW, &records, error), "%s", error);
    ck_assert_uint_eq(records, 2);
    struct store_query q = ask(cache, RECORD_USER, "u@d");
    ck_assert_int_eq(q.answer, STORE_FOUND);
    ck_assert_int_eq(q.record.home, HOME_BOTH);
    ck_assert_uint_eq(q.age_s, 100);
    /* Nobody can have known it later than it was written. */
    q = ask(cache, RECORD_USER, "v@d");
    ck_assert_int_eq(q.answer, STORE_ABSENT);
    ck_assert_uint_eq(q.age_s, 100);
    store_close(cache);
}
END_TEST

START_TEST(what_is_too_old_is_of_no_use)
{
    const struct keyring ring = ring_of(&signer, NULL);
    struct span two = SPAN_LIT("\0\x0f\0\x01\0\0\0\0\0\0\0\x01\0\x03v@d" GOOD END("\x02"));
    struct store *cache = cache_alone();
    size_t records;
    make_file((struct span)LIT(MAGIC KEY NOW_OCTETS), two);
    ck_assert_msg(snapshot_read(&ours, cache, &ring, NOW, &records, error), "%s", error);
    ck_assert_int_eq(ask(cache, RECORD_USER, "u@d").answer, STORE_FOUND);
    ck_assert_int_eq(ask(cache, RECORD_USER, "v@d").answer, STORE_UNAVAILABLE);
    store_close(cache);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("snapshot_signed");
    TCase *tc = tcase_create("snapshot_signed");
    tcase_add_unchecked_fixture(tc, make_folder, remove_folder);
    tcase_add_checked_fixture(tc, empty_folder, NULL);
    tcase_add_loop_test(tc, all_of_it_or_nothing, 0, COUNT_OF(files));
    tcase_add_test(tc, the_age_of_a_record_is_kept);
    tcase_add_test(tc, what_is_too_old_is_of_no_use);
    suite_add_tcase(suite, tc);
    return suite;
}
