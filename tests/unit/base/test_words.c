#include "tests/support/unit.h"

#include "base/words.h"

/* Each kind of word behind one face, so that all are put to the same tests. */
struct kind {
    const char *what;
    const char *(*name)(unsigned word);
    bool (*parse)(struct span text, unsigned *word);
    unsigned first; /* those before it have no text that parses */
    const char *words[6];
};

#define FACE(type)                                                                                 \
    static const char *type##_face_name(unsigned word)                                             \
    {                                                                                              \
        return type##_name((enum type)word);                                                       \
    }                                                                                              \
    static bool type##_face_parse(struct span text, unsigned *word)                                \
    {                                                                                              \
        enum type out = (enum type) * word;                                                        \
        bool ok = type##_parse(text, &out);                                                        \
        *word = (unsigned)out;                                                                     \
        return ok;                                                                                 \
    }

FACE(system)
FACE(home)
FACE(origin)
FACE(mode)
FACE(on_conflict)
FACE(on_loop)

static const struct kind kinds[] = {
    { "system", system_face_name, system_face_parse, 0, { "primary", "secondary" } },
    { "home",
      home_face_name,
      home_face_parse,
      1,
      { "unset", "primary", "secondary", "both", "moving" } },
    { "origin", origin_face_name, origin_face_parse, 0, { "local", "peer", "external" } },
    { "mode", mode_face_name, mode_face_parse, 1, { "unset", "enforce", "observe" } },
    { "on_conflict",
      on_conflict_face_name,
      on_conflict_face_parse,
      0,
      { "defer", "reject", "deliver" } },
    { "on_loop",
      on_loop_face_name,
      on_loop_face_parse,
      0,
      { "reject", "defer", "hold", "divert" } },
};

/* Parses an exact copy of text; the word that was there before must stay where it is refused. */
static bool parse(const struct kind *kind, struct span text, unsigned *word)
{
    unsigned before = *word;
    struct span copy = unit_exact(text);
    bool ok = kind->parse(copy, word);
    free((void *)copy.p);
    ck_assert_msg(ok || *word == before, "%s: a refused word changes nothing", kind->what);
    return ok;
}

START_TEST(every_name_parses_back)
{
    const struct kind *kind = &kinds[_i];
    unsigned i;
    for (i = 0; kind->words[i]; i++) {
        unsigned word = i == 0 ? 1 : 0;
        ck_assert_str_eq(kind->name(i), kind->words[i]);
        bool ok = parse(kind, span_of(kind->words[i]), &word);
        ck_assert_msg(ok == (i >= kind->first), "%s: '%s'", kind->what, kind->words[i]);
        ck_assert_msg(!ok || word == i, "%s: '%s' is %u", kind->what, kind->words[i], word);
    }
    ck_assert_str_eq(kind->name(i), "?");
}
END_TEST

START_TEST(foreign_words_are_refused)
{
    static const struct span foreign[] = {
        SPAN_LIT(""),           SPAN_LIT("?"),       SPAN_LIT("secodnary"), SPAN_LIT("Primary"),
        SPAN_LIT("PEER"),       SPAN_LIT("defe"),    SPAN_LIT("defer "),    SPAN_LIT(" reject"),
        SPAN_LIT("rejected"),   SPAN_LIT("enforc"),  SPAN_LIT("both\n"),    SPAN_LIT("primary\0"),
        SPAN_LIT("local,peer"), SPAN_LIT("holding"), SPAN_LIT("unset"),     SPAN_LIT("0"),
    };
    for (size_t i = 0; i < COUNT_OF(foreign); i++) {
        unsigned word = 1;
        ck_assert_msg(!parse(&kinds[_i], foreign[i], &word), "%s: '%.*s'", kinds[_i].what,
                      SPAN_ARG(foreign[i]));
    }
    unsigned word = 1;
    ck_assert(!kinds[_i].parse(SPAN_ABSENT, &word));
    ck_assert_uint_eq(word, 1);
}
END_TEST

START_TEST(unset_is_for_print_only)
{
    enum home home = HOME_BOTH;
    enum mode mode = MODE_OBSERVE;
    ck_assert(!home_parse(span_of(home_name(HOME_UNSET)), &home));
    ck_assert(!mode_parse(span_of(mode_name(MODE_UNSET)), &mode));
    ck_assert_int_eq(home, HOME_BOTH);
    ck_assert_int_eq(mode, MODE_OBSERVE);
}
END_TEST

START_TEST(systems_have_an_other_a_letter_and_a_home)
{
    ck_assert_int_eq(system_other(SYSTEM_PRIMARY), SYSTEM_SECONDARY);
    ck_assert_int_eq(system_other(SYSTEM_SECONDARY), SYSTEM_PRIMARY);
    ck_assert_int_eq(system_letter(SYSTEM_PRIMARY), 'P');
    ck_assert_int_eq(system_letter(SYSTEM_SECONDARY), 'S');
    ck_assert_int_eq(home_of(SYSTEM_PRIMARY), HOME_PRIMARY);
    ck_assert_int_eq(home_of(SYSTEM_SECONDARY), HOME_SECONDARY);
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("words");
    TCase *tc = tcase_create("words");
    int count = COUNT_OF(kinds);
    tcase_add_loop_test(tc, every_name_parses_back, 0, count);
    tcase_add_loop_test(tc, foreign_words_are_refused, 0, count);
    tcase_add_test(tc, unset_is_for_print_only);
    tcase_add_test(tc, systems_have_an_other_a_letter_and_a_home);
    suite_add_tcase(suite, tc);
    return suite;
}
