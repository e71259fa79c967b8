#include "ctl/inspect.h"

#include <sys/stat.h>

#include "sys/file.h"
#include "tests/support/unit.h"
#include "tests/unit/ctl/inspect_fixture.h"

#define FOLDER "tests/ctl/messages/"
#define MUTATIONS 150
#define WATCHED_MUTATIONS 30 /* where the program is slow */
#define TRUNCATION_STEP 23   /* octets, there */

static const char *const samples[] = {
    "bounce-exim.eml",
    "bounce-qmail.eml",
    "dsn-base64.eml",
    "dsn-double-bounce.eml",
    "dsn-global.eml",
    "dsn-postfix-loop.eml",
    "exchange-online-internal.eml",
    "mbox-two-messages.mbox",
    "ndr-exchange-text.eml",
    "postcat.txt",
    "quoted-in-text.txt",
    "terminal-escapes.eml",
    "trace-loop-by-tokens.eml",
};

static void read_sample(const char *name, struct buf *text)
{
    char path[256];
    snprintf(path, sizeof(path), FOLDER "%s", name);
    buf_init(text, MAIL_MAX);
    ck_assert_msg(file_read(path, text) == RESULT_OK, "%s", path);
}

/* Printable ASCII, line ends, and UTF-8 that steers nothing: what a terminal may be sent. */
static bool is_harmless(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        bool control = (c < 0x20 && c != '\n') || c == 0x7f;
        if (control || (c == 0xc2 && i + 1 < n && (unsigned char)text[i + 1] < 0xa0))
            return false;
    }
    return true;
}

/* Looks at a text in all ways; whatever it is, what is printed is harmless. */
static void look(struct span text, enum inspect_depth depth)
{
    struct inspection i = { .letters = 0 };
    ck_assert(viewpoint_blank(&i.viewpoint));
    if (inspect_text(&i, text, depth) == INSPECT_DONE) {
        char *shown = NULL;
        size_t n = 0;
        FILE *to = open_memstream(&shown, &n);
        ck_assert_ptr_nonnull(to);
        struct out o = { .to = to, .width = OUT_WIDTH_USUAL };
        inspect_draw(&i, &o);
        fclose(to);
        ck_assert_msg(is_harmless(shown, n), "%.*s", (int)n, shown);
        free(shown);
        json_t *json = inspect_json(&i);
        ck_assert_ptr_nonnull(json);
        ck_assert(json_is_array(json_object_get(json, "hops")));
        json_decref(json);
    }
    inspection_free(&i);
}

START_TEST(any_truncation_is_borne)
{
    struct buf text;
    read_sample(samples[_i], &text);
    size_t step = unit_is_watched() ? TRUNCATION_STEP : 1;
    for (size_t n = 0; n <= text.n; n += step) {
        struct span cut = unit_exact((struct span){ text.p, n });
        look(cut, INSPECT_ORIGINAL);
        free((void *)cut.p);
    }
    buf_free(&text);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

START_TEST(any_mutation_is_borne)
{
    static const char marks[] = "\r\n-: \t;=<>()[]\"\\\0\x1b\x80\xff";
    uint32_t random = 0x2545F491u + (uint32_t)_i;
    struct buf text;
    read_sample(samples[_i], &text);
    int mutations = unit_is_watched() ? WATCHED_MUTATIONS : MUTATIONS;
    for (int i = 0; i < mutations; i++) {
        struct span changed = unit_exact(buf_span(&text));
        for (uint32_t n = 1 + next_random(&random) % 40; n > 0; n--)
            ((char *)changed.p)[next_random(&random) % changed.n] =
                marks[next_random(&random) % (sizeof marks - 1)];
        look(changed, i % 2 ? INSPECT_INNER : INSPECT_ORIGINAL);
        free((void *)changed.p);
    }
    buf_free(&text);
}
END_TEST

START_TEST(the_innermost_message_is_meant)
{
    static const struct {
        const char *file;
        enum inspect_depth depth;
        size_t letters;
        const char *message_id;
    } cases[] = {
        { "dsn-postfix-loop.eml", INSPECT_ORIGINAL, 2, "<m4@sender.example>" },
        { "dsn-postfix-loop.eml", INSPECT_OUTER, 1, "<b1@mail.example.com>" },
        { "dsn-double-bounce.eml", INSPECT_ORIGINAL, 3, "<m4@sender.example>" },
        { "forward-as-attachment.eml", INSPECT_ORIGINAL, 1, "<f1@sender.example>" },
        { "forward-as-attachment.eml", INSPECT_INNER, 3, "<m4@sender.example>" },
        { "dsn-nested-ten-times.eml", INSPECT_ORIGINAL, INSPECT_NEST_MAX, "<n2@mail.example.com>" },
    };
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        struct inspection i = { .letters = 0 };
        struct buf text;
        ck_assert(viewpoint_blank(&i.viewpoint));
        read_sample(cases[c].file, &text);
        ck_assert_int_eq(inspect_text(&i, buf_span(&text), cases[c].depth), INSPECT_DONE);
        ck_assert_uint_eq(i.letters, cases[c].letters);
        unit_assert_span(mail_field(&inspection_letter(&i)->mail, "Message-ID"),
                         cases[c].message_id, cases[c].file);
        ck_assert_int_eq(i.nested, i.letters == INSPECT_NEST_MAX);
        inspection_free(&i);
        buf_free(&text);
    }
}
END_TEST

START_TEST(what_is_no_message_is_told)
{
    static const struct span texts[] = { SPAN_LIT(""), SPAN_LIT("\0\1"), SPAN_LIT("words\n") };
    for (size_t n = 0; n < COUNT_OF(texts); n++) {
        struct inspection i = { .letters = 0 };
        ck_assert(viewpoint_blank(&i.viewpoint));
        ck_assert_int_eq(inspect_text(&i, texts[n], INSPECT_ORIGINAL), INSPECT_NO_MESSAGE);
        inspection_free(&i);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *suite = suite_create("inspect");
    TCase *tc = tcase_create("inspect");
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, any_truncation_is_borne, 0, COUNT_OF(samples));
    tcase_add_loop_test(tc, any_mutation_is_borne, 0, COUNT_OF(samples));
    tcase_add_test(tc, the_innermost_message_is_meant);
    tcase_add_test(tc, what_is_no_message_is_told);
    suite_add_tcase(suite, tc);
    return suite;
}
