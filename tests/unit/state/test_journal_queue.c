#include "tests/support/unit.h"

#include "state/deadline.h"
#include "state/journal_queue.h"

#define AMPLE_MS 20000
#define MAX 10

static struct journal_queue queue;

static struct journal_entry *entry_of(size_t number, size_t octets)
{
    struct journal_entry *e = calloc(1, sizeof(*e));
    ck_assert_ptr_nonnull(e);
    e->commands = (unsigned)number;
    e->octets = octets;
    return e;
}

static void put(size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++)
        journal_queue_put(&queue, ENTRY_EVENT, entry_of(i, 100));
}

static void begin(size_t max, size_t full_batch)
{
    journal_queue_init(&queue, max, full_batch);
}

static void end(void)
{
    journal_queue_free(&queue);
}

/* The list is first, first + 1, ... and n long; it is freed. */
static void assert_list(struct entry_list l, size_t first, size_t n)
{
    struct journal_entry *e;
    ck_assert_uint_eq(l.n, n);
    ck_assert_uint_eq(l.octets, n * 100);
    for (size_t i = 0; i < n; i++) {
        ck_assert_ptr_nonnull(e = entry_list_take(&l));
        ck_assert_uint_eq(e->commands, first + i);
        free(e);
    }
    ck_assert_ptr_null(entry_list_take(&l));
    ck_assert_ptr_null(l.last);
}

static struct journal_queue_counts count(void)
{
    struct journal_queue_counts c;
    journal_queue_count(&queue, &c);
    return c;
}

START_TEST(first_in_is_first_out)
{
    begin(MAX, MAX);
    assert_list(journal_queue_take(&queue, 3, 1000), 0, 0);
    put(1, 5);
    ck_assert_uint_eq(count().waiting, 5);
    assert_list(journal_queue_take(&queue, 3, 1000), 1, 3);
    ck_assert_uint_eq(count().waiting, 5);
    journal_queue_settle(&queue, (struct entry_list){ .n = 0 });
    ck_assert_uint_eq(count().waiting, 2);
    put(6, 6);
    assert_list(journal_queue_take(&queue, 9, 1000), 4, 3);
    end();
}
END_TEST

START_TEST(a_batch_is_bounded_in_octets)
{
    begin(MAX, MAX);
    put(1, 6);
    assert_list(journal_queue_take(&queue, 9, 299), 1, 2);
    assert_list(journal_queue_take(&queue, 9, 300), 3, 3);
    assert_list(journal_queue_take(&queue, 9, 99), 6, 1);
    end();
}
END_TEST

START_TEST(the_oldest_make_room)
{
    begin(MAX, MAX);
    put(1, MAX + 7);
    ck_assert_uint_eq(count().dropped, 7);
    ck_assert_uint_eq(count().taken[ENTRY_EVENT], MAX + 7);
    ck_assert_uint_eq(count().waiting, MAX);
    assert_list(journal_queue_take(&queue, 99, 10000), 8, MAX);
    end();
}
END_TEST

START_TEST(room_is_bounded_in_octets_too)
{
    begin(1000, MAX);
    size_t part = JOURNAL_QUEUE_OCTETS_MAX / 4;
    for (size_t i = 1; i <= 6; i++)
        journal_queue_put(&queue, ENTRY_EVENT, entry_of(i, part));
    ck_assert_uint_eq(count().dropped, 2);
    struct entry_list l = journal_queue_take(&queue, 1, part);
    ck_assert_uint_eq(l.first->commands, 3);
    free(l.first);
    journal_queue_put(&queue, ENTRY_EVENT, entry_of(7, part + 1));
    ck_assert_uint_eq(count().dropped, 3);
    end();
}
END_TEST

START_TEST(what_goes_back_goes_first)
{
    begin(MAX, MAX);
    put(1, 5);
    struct entry_list out = journal_queue_take(&queue, 3, 1000);
    free(entry_list_take(&out));
    put(6, 8);
    journal_queue_settle(&queue, out);
    ck_assert_uint_eq(count().waiting, 7);
    assert_list(journal_queue_take(&queue, 99, 1000), 2, 7);
    end();
}
END_TEST

START_TEST(what_goes_back_is_the_oldest)
{
    begin(MAX, MAX);
    put(1, 5);
    struct entry_list out = journal_queue_take(&queue, 5, 1000);
    put(6, 13);
    ck_assert_uint_eq(count().waiting, 5 + 8);
    ck_assert_uint_eq(count().dropped, 0);
    journal_queue_settle(&queue, out);
    ck_assert_uint_eq(count().dropped, 3);
    assert_list(journal_queue_take(&queue, 99, 10000), 4, MAX);
    end();
}
END_TEST

START_TEST(kinds_are_counted)
{
    begin(MAX, MAX);
    journal_queue_put(&queue, ENTRY_SENT, entry_of(1, 100));
    journal_queue_put(&queue, ENTRY_STRIKE, entry_of(2, 100));
    journal_queue_put(&queue, ENTRY_STRIKE, NULL);
    ck_assert_uint_eq(count().taken[ENTRY_EVENT], 0);
    ck_assert_uint_eq(count().taken[ENTRY_SENT], 1);
    ck_assert_uint_eq(count().taken[ENTRY_STRIKE], 2);
    ck_assert_uint_eq(count().dropped, 1);
    journal_queue_drop(&queue);
    ck_assert_uint_eq(count().dropped, 3);
    ck_assert_uint_eq(count().waiting, 0);
    end();
}
END_TEST

static void *poke_once(void *arg)
{
    (void)arg;
    journal_queue_poke(&queue);
    return NULL;
}

static void *put_batch(void *arg)
{
    (void)arg;
    put(1, MAX);
    return NULL;
}

static void *close_it(void *arg)
{
    (void)arg;
    journal_queue_close(&queue);
    return NULL;
}

/* Each ends a wait that would be longer than the test may take. */
START_TEST(waits_end)
{
    static void *(*const ends[])(void *) = { poke_once, put_batch, close_it };
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        pthread_t thread;
        begin(MAX, MAX);
        ck_assert_int_eq(pthread_create(&thread, NULL, ends[i], NULL), 0);
        journal_queue_wait(&queue, deadline_in(1000 * AMPLE_MS), 1000 * AMPLE_MS);
        pthread_join(thread, NULL);
        ck_assert_uint_eq(count().waiting, ends[i] == put_batch ? MAX : 0);
        ck_assert(journal_queue_closing(&queue) == (ends[i] == close_it));
        end();
    }
}
END_TEST

START_TEST(waits_are_not_begun_in_vain)
{
    begin(MAX, MAX);
    journal_queue_wait(&queue, deadline_in(0), 1000 * AMPLE_MS);
    journal_queue_wait(&queue, deadline_in(1), 1000 * AMPLE_MS);
    journal_queue_poke(&queue);
    journal_queue_wait(&queue, deadline_in(1000 * AMPLE_MS), 0);
    put(1, 1);
    journal_queue_wait(&queue, deadline_in(1000 * AMPLE_MS), 1000 * AMPLE_MS);
    journal_queue_pause(&queue, deadline_in(1));
    journal_queue_close(&queue);
    journal_queue_wait(&queue, deadline_in(1000 * AMPLE_MS), 1000 * AMPLE_MS);
    journal_queue_pause(&queue, deadline_in(1));
    end();
}
END_TEST

#define PRODUCERS 8
#define EACH 5000

static void *produce(void *arg)
{
    (void)arg;
    put(1, EACH);
    return NULL;
}

START_TEST(many_producers)
{
    pthread_t thread[PRODUCERS];
    size_t taken = 0;
    begin(1000, 100);
    for (size_t i = 0; i < PRODUCERS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, produce, NULL), 0);
    while (taken + count().dropped < PRODUCERS * EACH) {
        journal_queue_wait(&queue, deadline_in(10), 1);
        struct entry_list l = journal_queue_take(&queue, 50, 100000);
        struct entry_list back = { .n = 0 };
        struct journal_entry *e = entry_list_take(&l);
        if (e && e->commands % 7 == 0)
            entry_list_add(&back, e);
        else if (e)
            free(e);
        taken += e && back.n == 0;
        while ((e = entry_list_take(&l))) {
            free(e);
            taken++;
        }
        if (back.n > 0)
            back.first->commands++;
        journal_queue_settle(&queue, back);
    }
    for (size_t i = 0; i < PRODUCERS; i++)
        pthread_join(thread[i], NULL);
    ck_assert_uint_eq(count().taken[ENTRY_EVENT], PRODUCERS * EACH);
    ck_assert_uint_eq(count().dropped + taken, PRODUCERS * EACH);
    ck_assert_uint_eq(count().waiting, 0);
    end();
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("journal_queue");
    TCase *tc = tcase_create("journal_queue");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, first_in_is_first_out);
    tcase_add_test(tc, a_batch_is_bounded_in_octets);
    tcase_add_test(tc, the_oldest_make_room);
    tcase_add_test(tc, room_is_bounded_in_octets_too);
    tcase_add_test(tc, what_goes_back_goes_first);
    tcase_add_test(tc, what_goes_back_is_the_oldest);
    tcase_add_test(tc, kinds_are_counted);
    tcase_add_test(tc, waits_end);
    tcase_add_test(tc, waits_are_not_begun_in_vain);
    tcase_add_test(tc, many_producers);
    suite_add_tcase(suite, tc);
    return suite;
}
