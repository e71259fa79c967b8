#include "tests/support/unit.h"

#include <string.h>

#include "state/deadline.h"
#include "state/redis_pool.h"

/* What threads and outages do to it: test_redis_store.c. */

#define AMPLE_MS 20000

/* Connections are the addresses of these. */
static bool closed[4];

static void close_one(void *connection)
{
    bool *c = connection;
    ck_assert_msg(!*c, "closed twice");
    *c = true;
}

static struct redis_pool *begin(void)
{
    memset(closed, 0, sizeof(closed));
    struct redis_pool *p = redis_pool_new(close_one);
    ck_assert_ptr_nonnull(p);
    return p;
}

static struct redis_lease take(struct redis_pool *p)
{
    struct redis_lease lease;
    char why[RECORD_FAULT_MAX];
    ck_assert_msg(redis_pool_take(p, deadline_in(AMPLE_MS), &lease, why), "%s", why);
    return lease;
}

/* A lease whose holder has just made this connection. */
static struct redis_lease take_with(struct redis_pool *p, bool *connection)
{
    struct redis_lease lease = take(p);
    ck_assert_ptr_null(lease.connection);
    lease.connection = connection;
    return lease;
}

START_TEST(connection_given_back_is_leased_again)
{
    struct redis_pool *p = begin();
    struct redis_lease a = take_with(p, &closed[0]);
    redis_pool_give(p, &a);
    a = take(p);
    ck_assert_ptr_eq(a.connection, &closed[0]);
    redis_pool_give(p, &a);
    ck_assert(!closed[0]);
    redis_pool_free(p);
    ck_assert(closed[0]);
}
END_TEST

START_TEST(retired_connections_are_not_leased_again)
{
    struct redis_pool *p = begin();
    struct redis_lease idle = take_with(p, &closed[0]);
    struct redis_lease out = take_with(p, &closed[1]);
    redis_pool_give(p, &idle);
    redis_pool_retire(p);
    ck_assert_msg(closed[0], "idle, and not closed");
    ck_assert_msg(!closed[1], "closed in use");
    struct redis_lease later = take_with(p, &closed[2]);
    redis_pool_give(p, &out);
    ck_assert_msg(closed[1], "given back, and not closed");
    redis_pool_give(p, &later);
    later = take(p);
    ck_assert_ptr_eq(later.connection, &closed[2]);
    redis_pool_give(p, &later);
    ck_assert(!closed[2]);
    redis_pool_free(p);
}
END_TEST

/* Its holder finds out that it is dead, and makes another, which is of the new generation. */
START_TEST(renewed_lease_is_not_retired)
{
    struct redis_pool *p = begin();
    struct redis_lease lease = take_with(p, &closed[0]);
    redis_pool_retire(p);
    redis_pool_renew(p, &lease);
    ck_assert_ptr_null(lease.connection);
    lease.connection = &closed[1];
    redis_pool_give(p, &lease);
    ck_assert(!closed[1]);
    redis_pool_free(p);
    ck_assert(closed[1]);
}
END_TEST

START_TEST(retiring_ends_the_pause)
{
    struct redis_pool *p = begin();
    char why[RECORD_FAULT_MAX];
    struct redis_lease slow = take(p), lease = take(p);
    redis_pool_fail(p, &lease, "it is gone");
    ck_assert(!redis_pool_take(p, deadline_in(0), &lease, why));
    ck_assert_str_eq(why, "not asked, after it is gone");
    redis_pool_retire(p);
    lease = take_with(p, &closed[0]);
    redis_pool_give(p, &lease);
    /* The failure of the server before is none of this one. */
    redis_pool_fail(p, &slow, "it is gone");
    lease = take(p);
    ck_assert_ptr_eq(lease.connection, &closed[0]);
    redis_pool_give(p, &lease);
    redis_pool_free(p);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_pool");
    TCase *tc = tcase_create("redis_pool");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, connection_given_back_is_leased_again);
    tcase_add_test(tc, retired_connections_are_not_leased_again);
    tcase_add_test(tc, renewed_lease_is_not_retired);
    tcase_add_test(tc, retiring_ends_the_pause);
    suite_add_tcase(suite, tc);
    return suite;
}
