#include "tests/support/unit.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/random.h"

START_TEST(octets_fill_exactly_what_is_asked)
{
    static const size_t sizes[] = { 0, 1, 16, 255, 256, 257, 1000 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        unsigned char *out = calloc(1, sizes[i] + 1);
        ck_assert_ptr_nonnull(out);
        out[sizes[i]] = 0xa5;
        ck_assert(random_octets(out, sizes[i]));
        ck_assert_uint_eq(out[sizes[i]], 0xa5);
        free(out);
    }
}
END_TEST

/* Sixteen zeros in a row stay behind only where an octet was not filled, or once in 2^128. */
START_TEST(the_last_octets_are_filled_too)
{
    static const unsigned char zeros[16];
    unsigned char out[1000] = { 0 };
    ck_assert(random_octets(out, sizeof(out)));
    for (size_t i = 0; i + sizeof(zeros) <= sizeof(out); i++)
        ck_assert(memcmp(out + i, zeros, sizeof(zeros)) != 0);
}
END_TEST

START_TEST(a_name_has_its_length_and_letters)
{
    for (size_t n = 0; n < 100; n++) {
        char *name = malloc(n + 1);
        ck_assert_ptr_nonnull(name);
        ck_assert(random_name(name, n));
        ck_assert_uint_eq(strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz"), n);
        ck_assert_int_eq(name[n], '\0');
        free(name);
    }
}
END_TEST

START_TEST(two_names_differ)
{
    char a[33], b[33];
    ck_assert(random_name(a, 32));
    ck_assert(random_name(b, 32));
    ck_assert_str_ne(a, b);
}
END_TEST

/* 360,000 letters, 10,000 of each expected, standard deviation 99. Taking octets modulo 36 without
 * throwing any away would give 11,250 of each of the first four and 9,844 of the others. */
START_TEST(no_letter_is_likelier)
{
    static char name[360001];
    unsigned count[256] = { 0 };
    ck_assert(random_name(name, sizeof(name) - 1));
    for (const char *p = name; *p; p++)
        count[(unsigned char)*p]++;
    for (const char *p = "0123456789abcdefghijklmnopqrstuvwxyz"; *p; p++) {
        ck_assert_uint_gt(count[(unsigned char)*p], 9300);
        ck_assert_uint_lt(count[(unsigned char)*p], 10700);
    }
}
END_TEST

#define NAME_LEN 11
#define NAMES 2000 /* more than are made of what the kernel gives at once */

struct names {
    char name[NAMES][NAME_LEN + 1];
    bool good;
};

static void *make_names(void *arg)
{
    struct names *n = arg;
    n->good = true;
    for (size_t i = 0; i < NAMES; i++)
        n->good &= random_name(n->name[i], NAME_LEN);
    return NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* 36^11 names: two of these few thousand meet once in 10^9 runs. */
static void assert_all_differ(struct names *set, size_t sets)
{
    for (size_t i = 0; i < sets; i++)
        ck_assert(set[i].good);
    char(*all)[NAME_LEN + 1] = calloc(sets * NAMES, sizeof(*all));
    ck_assert_ptr_nonnull(all);
    for (size_t i = 0; i < sets; i++)
        memcpy(all[i * NAMES], set[i].name, sizeof(set[i].name));
    qsort(all, sets * NAMES, sizeof(*all), compare_names);
    for (size_t i = 1; i < sets * NAMES; i++)
        ck_assert_str_ne(all[i - 1], all[i]);
    free(all);
}

START_TEST(no_name_is_given_to_two_threads)
{
    static struct names set[4];
    pthread_t thread[COUNT_OF(set)];
    for (size_t i = 0; i < COUNT_OF(set); i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, make_names, &set[i]), 0);
    for (size_t i = 0; i < COUNT_OF(set); i++)
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
    assert_all_differ(set, COUNT_OF(set));
}
END_TEST

/* Makes names in a child, which are read from a pipe. */
static void make_names_in_child(struct names *n)
{
    int end[2];
    size_t got = 0;
    ssize_t more;
    ck_assert_int_eq(pipe(end), 0);
    pid_t child = fork();
    if (child == 0) {
        make_names(n);
        _exit(write(end[1], n, sizeof(*n)) == sizeof(*n) ? 0 : 1);
    }
    close(end[1]);
    ck_assert_int_gt(child, 0);
    while (got < sizeof(*n) && (more = read(end[0], (char *)n + got, sizeof(*n) - got)) > 0)
        got += (size_t)more;
    close(end[0]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_uint_eq(got, sizeof(*n));
}

START_TEST(no_name_is_given_on_both_sides_of_a_fork)
{
    static struct names set[3];
    char first[NAME_LEN + 1];
    ck_assert(random_name(first, NAME_LEN));
    make_names_in_child(&set[0]);
    make_names_in_child(&set[1]);
    make_names(&set[2]);
    assert_all_differ(set, COUNT_OF(set));
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("random");
    TCase *tc = tcase_create("random");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, octets_fill_exactly_what_is_asked);
    tcase_add_test(tc, the_last_octets_are_filled_too);
    tcase_add_test(tc, a_name_has_its_length_and_letters);
    tcase_add_test(tc, two_names_differ);
    tcase_add_test(tc, no_letter_is_likelier);
    tcase_add_test(tc, no_name_is_given_to_two_threads);
    tcase_add_test(tc, no_name_is_given_on_both_sides_of_a_fork);
    suite_add_tcase(suite, tc);
    return suite;
}
