#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/map_target.h"
#include "tests/support/unit.h"

/* The seeds of the fuzzer and changes of them, the same in each run: `make fuzz` goes on where this
 * ends. */

#define CORPUS "tests/fuzz/corpus/map"
#define SEEDS_MAX 32
#define SEED_OCTETS 4096
#define CHANGES 1500
#define CHANGES_WATCHED 60
#define CHANGES_AT_ONCE 4

struct seed {
    size_t n;
    char octets[SEED_OCTETS];
};

struct corpus {
    struct seed seed[SEEDS_MAX];
    size_t seeds;
    uint32_t random;
};

static uint32_t pick(struct corpus *c, size_t below)
{
    c->random = c->random * 1664525u + 1013904223u;
    return (c->random >> 8) % (uint32_t)below;
}

static void read_seed(struct corpus *c, const char *name)
{
    char path[512];
    struct seed *s = &c->seed[c->seeds++];
    ck_assert_uint_le(c->seeds, SEEDS_MAX);
    snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    s->n = fread(s->octets, 1, sizeof(s->octets), file);
    fclose(file);
    ck_assert_uint_gt(s->n, 0);
}

static void read_corpus(struct corpus *c)
{
    struct dirent **names;
    c->seeds = 0;
    c->random = 1;
    int n = scandir(CORPUS, &names, NULL, alphasort);
    ck_assert_msg(n > 2, "no seeds in " CORPUS ": run this from the root of the source");
    for (int i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.')
            read_seed(c, names[i]->d_name);
        free(names[i]);
    }
    free(names);
}

static void insert(struct seed *s, size_t at, char octet)
{
    if (s->n == SEED_OCTETS)
        return;
    memmove(s->octets + at + 1, s->octets + at, s->n - at);
    s->octets[at] = octet;
    s->n++;
}

/* The tail of another seed takes the place of this one's. */
static void splice(struct corpus *c, struct seed *s, size_t at)
{
    const struct seed *other = &c->seed[pick(c, c->seeds)];
    size_t from = pick(c, other->n), n = other->n - from;
    if (n > SEED_OCTETS - at)
        n = SEED_OCTETS - at;
    memcpy(s->octets + at, other->octets + from, n);
    s->n = at + n;
}

static void change(struct corpus *c, struct seed *s)
{
    static const char special[] = "0123456789:,@ \"\\+.%*<>";
    size_t at = pick(c, s->n);
    switch (pick(c, 6)) {
    case 0:
        s->octets[at] = (char)pick(c, 256);
        break;
    case 1:
        s->octets[at] = special[pick(c, sizeof(special))];
        break;
    case 2:
        insert(s, at, special[pick(c, sizeof(special))]);
        break;
    case 3:
        memmove(s->octets + at, s->octets + at + 1, s->n - at - 1);
        s->n--;
        break;
    case 4:
        s->n = at + 1;
        break;
    default:
        splice(c, s, at);
    }
    if (s->n == 0)
        insert(s, 0, ':');
}

static void run(const struct engine *e, const struct seed *s)
{
    struct span input = unit_exact((struct span){ s->octets, s->n });
    map_target_run(e, input);
    free((void *)input.p);
}

START_TEST(test_seeds_and_changes_of_them)
{
    static struct corpus c;
    static struct seed s;
    read_corpus(&c);
    struct engine *e = map_target_open();
    int changes = unit_is_watched() ? CHANGES_WATCHED : CHANGES;
    for (size_t i = 0; i < c.seeds; i++) {
        run(e, &c.seed[i]);
        for (int k = 0; k < changes; k++) {
            s = c.seed[i];
            for (uint32_t n = 1 + pick(&c, CHANGES_AT_ONCE); n > 0; n--)
                change(&c, &s);
            run(e, &s);
        }
    }
    engine_unref(e);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("map fuzz");
    TCase *tc = tcase_create("map fuzz");
    tcase_add_test(tc, test_seeds_and_changes_of_them);
    suite_add_tcase(suite, tc);
    return suite;
}
