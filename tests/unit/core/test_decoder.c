#include "tests/support/unit.h"

#include <string.h>

#include "core/decoder.h"

#define DECODED_MAX 1000

struct row {
    enum transfer how;
    const char *text;
    const char *want;
};

static const struct row rows[] = {
    { TRANSFER_PLAIN, "a=3D\r\n=\r\n", "a=3D\r\n=\r\n" },
    { TRANSFER_PLAIN, "", "" },
    { TRANSFER_BASE64, "TUVUSE9EOlJFUVVFU1QNCg==", "METHOD:REQUEST\r\n" },
    { TRANSFER_BASE64, "TUVUSE9EOlJFUVVFU1QNCg", "METHOD:REQUEST\r\n" },
    { TRANSFER_BASE64, "TUV\r\nUSE9EOlJF\r\n\r\nUVVFU1QNCg==\r\n", "METHOD:REQUEST\r\n" },
    { TRANSFER_BASE64, "T U-V*U\x80", "MET" },
    { TRANSFER_BASE64, "TQ==RQ==", "ME" },
    { TRANSFER_BASE64, "T=TUVU", "MET" },
    { TRANSFER_BASE64, "/+8=", "\xff\xef" },
    { TRANSFER_BASE64, "====", "" },
    { TRANSFER_QUOTED, "a=3Db", "a=b" },
    { TRANSFER_QUOTED, "=4D=45=54=48OD:=\r\nREQUEST\r\n", "METHOD:REQUEST\r\n" },
    { TRANSFER_QUOTED, "=4d=e4", "M\xe4" },
    { TRANSFER_QUOTED, "a=\nb", "ab" },
    { TRANSFER_QUOTED, "a= \t\r\nb", "ab" },
    { TRANSFER_QUOTED, "a=\r\n\r\nb", "a\r\nb" },
    { TRANSFER_QUOTED, "a=xb", "a=xb" },
    { TRANSFER_QUOTED, "a=4xb", "a=4xb" },
    { TRANSFER_QUOTED, "a==4D", "a=M" },
    { TRANSFER_QUOTED, "a=4=4D", "a=4M" },
    { TRANSFER_QUOTED, "a= b", "a= b" },
    { TRANSFER_QUOTED, "a= =4D", "a= M" },
    { TRANSFER_QUOTED, "a=", "a" },
    { TRANSFER_QUOTED, "a=4", "a" },
};

static size_t decode(enum transfer how, struct span text, char out[DECODED_MAX])
{
    struct decoder d;
    size_t n = 0;
    decoder_init(&d, how);
    for (size_t i = 0; i < text.n; i++) {
        char made[DECODER_OUT_MAX];
        size_t k = decoder_take(&d, text.p[i], made);
        if (k > DECODER_OUT_MAX || n + k > DECODED_MAX - 1)
            ck_abort_msg("%zu octets of one", k);
        memcpy(out + n, made, k);
        n += k;
    }
    out[n] = '\0';
    return n;
}

START_TEST(each_encoding_is_undone)
{
    const struct row *row = &rows[_i];
    char out[DECODED_MAX];
    size_t n = decode(row->how, span_of(row->text), out);
    unit_assert_span((struct span){ out, n }, row->want, row->text);
}
END_TEST

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

/* What transfer_decode() makes of the whole text at once, where no blank ends a line and no code is
 * begun at the end. */
START_TEST(it_agrees_with_the_other_decoder)
{
    static const char letters[] = "=4Dx.=\n/+bA=\nQ";
    unsigned seed = 4711;
    for (unsigned round = 0; round < 20000; round++) {
        char text[64], out[DECODED_MAX];
        enum transfer how = round % 2 ? TRANSFER_BASE64 : TRANSFER_QUOTED;
        size_t n = next(&seed) % (sizeof(text) - 1);
        for (size_t i = 0; i < n; i++)
            text[i] = letters[next(&seed) % (sizeof(letters) - 1)];
        text[n++] = '\n';
        struct buf whole;
        buf_init(&whole, DECODED_MAX);
        transfer_decode(how, (struct span){ text, n }, &whole);
        size_t made = decode(how, (struct span){ text, n }, out);
        if (!span_eq(buf_span(&whole), (struct span){ out, made }))
            ck_abort_msg("%.*s: '%s', not '%s'", (int)n, text, out, buf_text(&whole));
        buf_free(&whole);
    }
}
END_TEST

Suite *unit_suite(void)
{
    Suite *s = suite_create("decoder");
    TCase *tc = tcase_create("decoder");
    tcase_add_loop_test(tc, each_encoding_is_undone, 0, COUNT_OF(rows));
    tcase_add_test(tc, it_agrees_with_the_other_decoder);
    suite_add_tcase(s, tc);
    return s;
}
