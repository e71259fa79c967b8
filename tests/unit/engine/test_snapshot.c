#include "tests/unit/engine/snapshot_fixture.h"

#define ORIGIN "redis://:hidden-password@127.0.0.1/0 coexist:"
#define NOBODY 65534

static const struct snapshot ours = { .file = path, .origin = ORIGIN };
static char error[SNAPSHOT_ERROR_MAX];

static struct store *small_cache(void)
{
    struct store *below = memory_store_new();
    ck_assert_ptr_nonnull(below);
    ck_assert(memory_store_set(below, RECORD_USER, "a@b.cd", "home", "both"));
    ck_assert(memory_store_set(below, RECORD_USER, "a@b.cd", "calendar", "secondary"));
    ck_assert(memory_store_set(below, RECORD_USER, "a@b.cd", "route", "A@p.invalid"));
    ck_assert(memory_store_set(below, RECORD_USER, "a@b.cd", "group", "Sales"));
    ck_assert(memory_store_set(below, RECORD_USER, "x@b.cd", "alias", "a@b.cd"));
    ck_assert(memory_store_set(below, RECORD_USER, "bad@b.cd", "home", "secodnary"));
    ck_assert(memory_store_set(below, RECORD_GROUP, "Sales", "home", "moving"));
    ck_assert(memory_store_set(below, RECORD_DOMAIN, "b.cd", "mode", "observe"));
    ck_assert(memory_store_set(below, RECORD_DOMAIN, "b.cd", "home", "primary"));
    struct store *cache = cache_over(below);
    cache_set_state(cache, CACHE_FRESH);
    ask(cache, RECORD_USER, "a@b.cd");
    ask(cache, RECORD_USER, "x@b.cd");
    ask(cache, RECORD_USER, "bad@b.cd");
    ask(cache, RECORD_USER, "none@b.cd");
    ask(cache, RECORD_GROUP, "Sales");
    ask(cache, RECORD_DOMAIN, "b.cd");
    return cache;
}
#define SMALL_RECORDS 6

static void write_at(int64_t now, const struct key *key)
{
    struct store *cache = small_cache();
    size_t records = 0;
    ck_assert_msg(snapshot_write(&ours, cache, key, now, &records, error), "%s", error);
    ck_assert_uint_eq(records, SMALL_RECORDS);
    store_close(cache);
}

static struct store *read_all(size_t want)
{
    const struct keyring ring = ring_of(&signer, NULL);
    struct store *cache = cache_alone();
    size_t records = 99;
    ck_assert_msg(snapshot_read(&ours, cache, &ring, NOW, &records, error), "%s", error);
    ck_assert_uint_eq(records, want);
    ck_assert_uint_eq(entries_of(cache), want);
    return cache;
}

static void assert_ignored_as(const struct snapshot *s, const struct keyring *ring,
                              const char *want, const char *what)
{
    struct store *cache = cache_alone();
    size_t records = 99;
    error[0] = '\0';
    ck_assert_msg(!snapshot_read(s, cache, ring, NOW, &records, error), "%s: is read", what);
    ck_assert_msg(strncmp(error, s->file, strlen(s->file)) == 0, "%s: '%s'", what, error);
    ck_assert_msg(strstr(error, "the snapshot is ignored: ") && strstr(error, want),
                  "%s: '%s', want '%s'", what, error, want);
    ck_assert_msg(entries_of(cache) == 0, "%s: something is remembered", what);
    store_close(cache);
}

static void assert_ignored(const char *want, const char *what)
{
    const struct keyring ring = ring_of(&signer, NULL);
    assert_ignored_as(&ours, &ring, want, what);
}

static void assert_stale(const struct store_query *q, enum store_answer want)
{
    ck_assert_msg(q->answer == want, "%.*s: %s", SPAN_ARG(q->name), store_answer_name(q->answer));
    ck_assert(q->stale);
    ck_assert_uint_eq(q->age_s, 0);
}

START_TEST(what_is_written_is_read_back)
{
    write_at(NOW, &signer);
    ck_assert_uint_eq(files_in_folder(), 1);
    struct store *cache = read_all(SMALL_RECORDS);
    struct store_query q = ask(cache, RECORD_USER, "a@b.cd");
    assert_stale(&q, STORE_FOUND);
    ck_assert_int_eq(q.record.kind, RECORD_USER);
    ck_assert_int_eq(q.record.home, HOME_BOTH);
    ck_assert_int_eq(q.record.calendar, HOME_SECONDARY);
    ck_assert_str_eq(q.record.route, "A@p.invalid");
    ck_assert_str_eq(q.record.group, "Sales");
    ck_assert_str_eq(q.record.alias, "");
    q = ask(cache, RECORD_USER, "x@b.cd");
    assert_stale(&q, STORE_FOUND);
    ck_assert_str_eq(q.record.alias, "a@b.cd");
    q = ask(cache, RECORD_USER, "bad@b.cd");
    assert_stale(&q, STORE_BAD);
    ck_assert_str_eq(q.why, "home is 'secodnary', not one of primary, secondary, both, moving");
    q = ask(cache, RECORD_USER, "none@b.cd");
    assert_stale(&q, STORE_ABSENT);
    q = ask(cache, RECORD_GROUP, "Sales");
    assert_stale(&q, STORE_FOUND);
    ck_assert_int_eq(q.record.home, HOME_MOVING);
    q = ask(cache, RECORD_DOMAIN, "b.cd");
    assert_stale(&q, STORE_FOUND);
    ck_assert_int_eq(q.record.home, HOME_PRIMARY);
    ck_assert_int_eq(q.record.mode, MODE_OBSERVE);
    q = ask(cache, RECORD_USER, "other@b.cd");
    ck_assert_int_eq(q.answer, STORE_UNAVAILABLE);
    store_close(cache);
}
END_TEST

START_TEST(the_file_is_for_its_owner_and_tells_no_password)
{
    struct stat st;
    char text[4096];
    write_at(NOW, &signer);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, text, sizeof(text));
    close(fd);
    ck_assert_int_gt(n, 0);
    ck_assert_ptr_nonnull(memmem(text, (size_t)n, "secodnary", 9));
    ck_assert_ptr_null(memmem(text, (size_t)n, "hidden", 6));
}
END_TEST

START_TEST(an_empty_cache_makes_an_empty_file)
{
    struct store *cache = cache_alone();
    size_t records = 99;
    ck_assert(snapshot_write(&ours, cache, &signer, NOW, &records, error));
    ck_assert_uint_eq(records, 0);
    store_close(cache);
    store_close(read_all(0));
}
END_TEST

START_TEST(a_file_that_is_not_there_is_an_empty_one)
{
    store_close(read_all(0));
}
END_TEST

/* More than the reader and the writer have in memory at a time, with answers across their bounds.
 */
START_TEST(many_records_of_all_lengths)
{
    enum { MANY = 3000, LONG = 500 };
    char name[32], route[LONG + 16];
    struct store *below = memory_store_new();
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "u%d@b.cd", i);
        snprintf(route, sizeof(route), "%.*d@p.invalid", i % LONG + 1, i);
        ck_assert(memory_store_set(below, RECORD_USER, name, "route", route));
    }
    struct store *cache = cache_over(below);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "u%d@b.cd", i);
        ask(cache, RECORD_USER, name);
    }
    size_t records;
    ck_assert(snapshot_write(&ours, cache, &signer, NOW, &records, error));
    store_close(cache);
    cache = read_all(MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "u%d@b.cd", i);
        snprintf(route, sizeof(route), "%.*d@p.invalid", i % LONG + 1, i);
        struct store_query q = ask(cache, RECORD_USER, name);
        ck_assert_int_eq(q.answer, STORE_FOUND);
        ck_assert_str_eq(q.record.route, route);
    }
    store_close(cache);
}
END_TEST

START_TEST(a_smaller_cache_takes_what_fits)
{
    const struct keyring ring = ring_of(&signer, NULL);
    const struct cache_config small = { .entries_max = CACHE_SHARDS, .stale_max_s = STALE_MAX_S };
    char name[32];
    struct store *cache = cache_over(failing_store_new(STORE_ABSENT, NULL));
    for (int i = 0; i < 8 * CACHE_SHARDS; i++) {
        snprintf(name, sizeof(name), "u%d@b.cd", i);
        ask(cache, RECORD_USER, name);
    }
    size_t records;
    ck_assert(snapshot_write(&ours, cache, &signer, NOW, &records, error));
    ck_assert_uint_eq(records, 8 * CACHE_SHARDS);
    store_close(cache);
    cache = cache_store_new(failing_store_new(STORE_UNAVAILABLE, "away"), &small);
    ck_assert_ptr_nonnull(cache);
    ck_assert_msg(snapshot_read(&ours, cache, &ring, NOW, &records, error), "%s", error);
    ck_assert_uint_gt(records, 0);
    ck_assert_uint_le(records, CACHE_SHARDS);
    ck_assert_uint_eq(entries_of(cache), records);
    store_close(cache);
}
END_TEST

START_TEST(cut_at_any_place_it_is_ignored)
{
    struct stat st;
    char what[64];
    write_at(NOW, &signer);
    ck_assert_int_eq(stat(path, &st), 0);
    for (off_t n = st.st_size - 1; n >= 0; n--) {
        ck_assert_int_eq(truncate(path, n), 0);
        snprintf(what, sizeof(what), "%d octets", (int)n);
        assert_ignored("it is ", what);
    }
}
END_TEST

START_TEST(with_any_bit_changed_it_is_ignored)
{
    struct stat st;
    char what[64];
    unsigned char octet, changed;
    write_at(NOW, &signer);
    int fd = open(path, O_RDWR);
    ck_assert_int_eq(fstat(fd, &st), 0);
    for (off_t bit = 0; bit < 8 * st.st_size; bit++) {
        ck_assert_int_eq(pread(fd, &octet, 1, bit / 8), 1);
        changed = octet ^ (unsigned char)(1u << bit % 8);
        ck_assert_int_eq(pwrite(fd, &changed, 1, bit / 8), 1);
        snprintf(what, sizeof(what), "bit %d of octet %d", (int)bit % 8, (int)bit / 8);
        assert_ignored("it is ", what);
        ck_assert_int_eq(pwrite(fd, &octet, 1, bit / 8), 1);
    }
    close(fd);
    store_close(read_all(SMALL_RECORDS));
}
END_TEST

START_TEST(with_anything_behind_it_is_ignored)
{
    write_at(NOW, &signer);
    int fd = open(path, O_WRONLY | O_APPEND);
    ck_assert_int_eq(write(fd, "", 1), 1);
    close(fd);
    assert_ignored("it is damaged", "an octet behind");
}
END_TEST

START_TEST(from_the_future_it_is_ignored)
{
    write_at(NOW + SNAPSHOT_SKEW_S + 1, &signer);
    assert_ignored("it was written in the future; set the clock", "future");
    write_at(NOW + SNAPSHOT_SKEW_S, &signer);
    store_close(read_all(SMALL_RECORDS));
}
END_TEST

START_TEST(of_another_state_it_is_ignored)
{
    const struct keyring ring = ring_of(&signer, NULL);
    const struct snapshot other = { .file = path, .origin = ORIGIN "x:" };
    write_at(NOW, &signer);
    assert_ignored_as(&other, &ring, "it is from another `state` or `prefix`", "origin");
}
END_TEST

START_TEST(any_of_the_keys_verifies)
{
    const struct keyring both = ring_of(&signer, &second_key);
    struct key namesake = second_key;
    strcpy(namesake.name, signer.name);
    const struct keyring wrong = ring_of(&namesake, NULL);
    size_t records;
    write_at(NOW, &second_key);
    struct store *cache = cache_alone();
    ck_assert(snapshot_read(&ours, cache, &both, NOW, &records, error));
    ck_assert_uint_eq(records, SMALL_RECORDS);
    store_close(cache);
    assert_ignored("it is signed by a key that is not among `keys`", "unknown key");
    write_at(NOW, &signer);
    assert_ignored_as(&ours, &wrong, "it is damaged, or was not signed by our key", "namesake");
}
END_TEST

START_TEST(what_is_no_file_is_ignored)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
    assert_ignored("Is a directory", "directory");
    rmdir(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    assert_ignored("it is not a regular file", "FIFO");
    unlink(path);
    ck_assert_int_eq(symlink(path, path), 0);
    assert_ignored("Too many levels of symbolic links", "loop");
}
END_TEST

START_TEST(what_others_may_write_is_ignored)
{
    write_at(NOW, &signer);
    ck_assert_int_eq(chmod(path, 0620), 0);
    assert_ignored("others may write it", "group");
    ck_assert_int_eq(chmod(path, 0602), 0);
    assert_ignored("others may write it", "world");
    ck_assert_int_eq(chmod(path, 0644), 0);
    store_close(read_all(SMALL_RECORDS));
}
END_TEST

/* Written under the user that root became, and read by root at the next start. Root alone can give
 * files away, and so test it. */
START_TEST(it_may_belong_to_the_user_that_is_named)
{
    const struct account nobody = { NOBODY, NOBODY };
    const struct snapshot named = { .file = path, .origin = ORIGIN, .owner = &nobody };
    const struct keyring ring = ring_of(&signer, NULL);
    size_t records;
    write_at(NOW, &signer);
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
    assert_ignored("others may write it", "owner");
    struct store *cache = cache_alone();
    ck_assert(snapshot_read(&named, cache, &ring, NOW, &records, error));
    ck_assert_uint_eq(records, SMALL_RECORDS);
    store_close(cache);
}
END_TEST

START_TEST(without_a_folder_the_sentence_helps)
{
    static const struct snapshot nowhere = { .file = "/nonexistent/coexist/s", .origin = "o" };
    struct store *cache = small_cache();
    size_t records;
    ck_assert(!snapshot_write(&nowhere, cache, &signer, NOW, &records, error));
    ck_assert_str_eq(error, "/nonexistent/coexist/s: the snapshot cannot be written: No such file "
                            "or directory; make its folder, writable for this user, or set another"
                            " `snapshot`");
    store_close(cache);
}
END_TEST

START_TEST(a_long_name_leaves_room_for_the_sentence)
{
    char name[3000];
    const struct snapshot s = { .file = name, .origin = "o" };
    size_t records;
    memset(name, 'x', sizeof(name));
    memcpy(name, "/nonexistent/", 13);
    memcpy(name + sizeof(name) - 9, "/s\n\xc3\xa4pshot", 9);
    name[sizeof(name) - 1] = '\0';
    struct store *cache = small_cache();
    ck_assert(!snapshot_write(&s, cache, &signer, NOW, &records, error));
    ck_assert_ptr_nonnull(strstr(error, "x/s???psh: the snapshot cannot be written: "));
    ck_assert_ptr_nonnull(strstr(error, "or set another `snapshot`"));
    store_close(cache);
}
END_TEST

START_TEST(what_cannot_be_replaced_stays)
{
    struct store *cache = small_cache();
    size_t records;
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert(!snapshot_write(&ours, cache, &signer, NOW, &records, error));
    ck_assert_ptr_nonnull(strstr(error, "cannot be written: Is a directory"));
    ck_assert_uint_eq(files_in_folder(), 1);
    store_close(cache);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tc = tcase_create("snapshot");
    tcase_set_timeout(tc, 60);
    tcase_add_unchecked_fixture(tc, make_folder, remove_folder);
    tcase_add_checked_fixture(tc, empty_folder, NULL);
    tcase_add_test(tc, what_is_written_is_read_back);
    tcase_add_test(tc, the_file_is_for_its_owner_and_tells_no_password);
    tcase_add_test(tc, an_empty_cache_makes_an_empty_file);
    tcase_add_test(tc, a_file_that_is_not_there_is_an_empty_one);
    tcase_add_test(tc, many_records_of_all_lengths);
    tcase_add_test(tc, a_smaller_cache_takes_what_fits);
    tcase_add_test(tc, cut_at_any_place_it_is_ignored);
    tcase_add_test(tc, with_any_bit_changed_it_is_ignored);
    tcase_add_test(tc, with_anything_behind_it_is_ignored);
    tcase_add_test(tc, from_the_future_it_is_ignored);
    tcase_add_test(tc, of_another_state_it_is_ignored);
    tcase_add_test(tc, any_of_the_keys_verifies);
    tcase_add_test(tc, what_is_no_file_is_ignored);
    tcase_add_test(tc, what_others_may_write_is_ignored);
    tcase_add_test(tc, it_may_belong_to_the_user_that_is_named);
    tcase_add_test(tc, without_a_folder_the_sentence_helps);
    tcase_add_test(tc, a_long_name_leaves_room_for_the_sentence);
    tcase_add_test(tc, what_cannot_be_replaced_stays);
    suite_add_tcase(suite, tc);
    return suite;
}
