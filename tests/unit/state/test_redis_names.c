#include "tests/support/unit.h"

#include <dirent.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "state/deadline.h"
#include "state/redis_names.h"

#define AMPLE_MS 30000
#define SHORT_MS 30

/*
 * This program has a getaddrinfo() of its own, in place of the one of libc: it knows one name, and
 * answers only while the resolver is not hung.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool hung;
static atomic_uint asked;
static size_t addresses;

/* Tests may run one after the other in one process. */
static void begin(void)
{
    asked = 0;
    addresses = 1;
}

static void set_hung(bool on)
{
    pthread_mutex_lock(&lock);
    hung = on;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

struct answer {
    struct addrinfo info;
    struct sockaddr_in address;
};

int getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                struct addrinfo **out)
{
    if (hints->ai_flags & AI_NUMERICHOST)
        return EAI_NONAME;
    atomic_fetch_add(&asked, 1);
    pthread_mutex_lock(&lock);
    while (hung)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    if (strcmp(host, "redis.example.com") != 0)
        return EAI_NONAME;
    *out = NULL;
    for (size_t i = 0; i < addresses; i++) {
        struct answer *a = calloc(1, sizeof(*a));
        if (!a)
            abort();
        a->address.sin_family = AF_INET;
        a->address.sin_port = htons((in_port_t)strtoul(port, NULL, 10));
        a->info.ai_family = AF_INET;
        a->info.ai_addr = (struct sockaddr *)&a->address;
        a->info.ai_addrlen = sizeof(a->address);
        a->info.ai_next = *out;
        *out = &a->info;
    }
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static int threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(dir);
    int n = 0;
    for (const struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void *do_nothing(void *nothing)
{
    return nothing;
}

/* How many threads there are at rest: a sanitizer starts one of its own beside the first of ours.
 */
static int threads_at_rest(void)
{
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, do_nothing, NULL), 0);
    pthread_join(thread, NULL);
    return threads();
}

static void assert_threads_end(int before)
{
    time_t end = time(NULL) + AMPLE_MS / 1000;
    while (threads() > before) {
        ck_assert_msg(time(NULL) < end, "the thread does not end");
        poll(NULL, 0, 5);
    }
}

START_TEST(a_name_is_resolved)
{
    int before = threads_at_rest();
    struct redis_names *n = redis_names_new("redis.example.com", 7000);
    struct redis_addresses found;
    char why[RECORD_FAULT_MAX];
    ck_assert(redis_names_ask(n, deadline_in(AMPLE_MS), &found, why));
    ck_assert_uint_eq(found.n, 1);
    struct sockaddr_in got;
    memcpy(&got, &found.at[0].address, sizeof(got));
    ck_assert_uint_eq(ntohs(got.sin_port), 7000);
    ck_assert_uint_eq(found.at[0].length, sizeof(got));
    ck_assert(redis_names_ask(n, deadline_in(AMPLE_MS), &found, why));
    ck_assert_uint_eq(asked, 2);
    redis_names_free(n);
    assert_threads_end(before);
}
END_TEST

START_TEST(further_addresses_are_left)
{
    int before = threads_at_rest();
    addresses = REDIS_ADDRESSES_MAX + 1;
    struct redis_names *n = redis_names_new("redis.example.com", 7000);
    struct redis_addresses found;
    char why[RECORD_FAULT_MAX];
    ck_assert(redis_names_ask(n, deadline_in(AMPLE_MS), &found, why));
    ck_assert_uint_eq(found.n, REDIS_ADDRESSES_MAX);
    redis_names_free(n);
    assert_threads_end(before);
}
END_TEST

START_TEST(an_unknown_name_has_a_reason)
{
    int before = threads_at_rest();
    struct redis_names *n = redis_names_new("other.example.com", 7000);
    struct redis_addresses found;
    char why[RECORD_FAULT_MAX];
    ck_assert(!redis_names_ask(n, deadline_in(AMPLE_MS), &found, why));
    ck_assert_str_eq(why, "the name other.example.com: Name or service not known");
    redis_names_free(n);
    assert_threads_end(before);
}
END_TEST

/* Nobody waits beyond the deadline, one thread hangs and no more, and once it has its answer, that
 * is used. */
START_TEST(a_hung_resolver_holds_nobody)
{
    int before = threads_at_rest();
    set_hung(true);
    struct redis_names *n = redis_names_new("redis.example.com", 7000);
    struct redis_addresses found;
    char why[RECORD_FAULT_MAX];
    for (int i = 0; i < 3; i++) {
        ck_assert(!redis_names_ask(n, deadline_in(SHORT_MS), &found, why));
        ck_assert_str_eq(why, "the name redis.example.com was not resolved in time");
        ck_assert_int_le(threads(), before + 1);
    }
    set_hung(false);
    ck_assert(redis_names_ask(n, deadline_in(AMPLE_MS), &found, why));
    ck_assert_uint_eq(found.n, 1);
    ck_assert_uint_le(asked, 2);
    redis_names_free(n);
    assert_threads_end(before);
}
END_TEST

START_TEST(the_thread_outlives_its_owner)
{
    int before = threads_at_rest();
    set_hung(true);
    struct redis_names *n = redis_names_new("redis.example.com", 7000);
    struct redis_addresses found;
    char why[RECORD_FAULT_MAX];
    ck_assert(!redis_names_ask(n, deadline_in(SHORT_MS), &found, why));
    redis_names_free(n);
    ck_assert_int_eq(threads(), before + 1);
    set_hung(false);
    assert_threads_end(before);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_names");
    TCase *tc = tcase_create("redis_names");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, begin, NULL);
    tcase_add_test(tc, a_name_is_resolved);
    tcase_add_test(tc, further_addresses_are_left);
    tcase_add_test(tc, an_unknown_name_has_a_reason);
    tcase_add_test(tc, a_hung_resolver_holds_nobody);
    tcase_add_test(tc, the_thread_outlives_its_owner);
    suite_add_tcase(suite, tc);
    return suite;
}
