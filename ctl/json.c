#include "ctl/json.h"

#include <time.h>

#include "base/utf8.h"

#define JSON_TEXT_MAX (64 * 1024 * 1024)
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define YEAR_BASE 1900
#define YEAR_MAX 9999

static json_t *json_repaired(struct span text)
{
    struct buf good;
    uint32_t code;
    buf_init(&good, JSON_TEXT_MAX);
    while (text.n > 0) {
        size_t n = utf8_read(text, &code);
        if (n > 0)
            buf_add(&good, (struct span){ text.p, n });
        else
            buf_adds(&good, REPLACEMENT);
        text = span_from(text, n > 0 ? n : 1);
    }
    json_t *made = buf_ok(&good) ? json_stringn(buf_text(&good), good.n) : NULL;
    buf_free(&good);
    return made;
}

json_t *json_span(struct span text)
{
    if (!span_present(text))
        return json_null();
    json_t *made = json_stringn(text.p, text.n);
    return made ? made : json_repaired(text);
}

json_t *json_text(const char *text)
{
    return json_span(span_of(text));
}

json_t *json_filled(const char *text)
{
    return text && text[0] ? json_text(text) : json_null();
}

json_t *json_time(int64_t utc)
{
    char text[sizeof("9999-12-31T23:59:59Z")];
    struct tm tm;
    time_t t = (time_t)utc;
    if (!gmtime_r(&t, &tm) || tm.tm_year + YEAR_BASE < 1 || tm.tm_year + YEAR_BASE > YEAR_MAX)
        return json_null();
    snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02uZ",
             (unsigned)(tm.tm_year + YEAR_BASE) % (YEAR_MAX + 1), (unsigned)(tm.tm_mon + 1) % 100,
             (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
             (unsigned)tm.tm_sec % 100);
    return json_string(text);
}

/* DEL is no control character for JSON, and one for a terminal. */
static int write_for_terminal(const char *text, size_t n, void *to)
{
    struct span rest = { text, n }, piece;
    while (span_split(&rest, '\x7f', &piece)) {
        fwrite(piece.p, 1, piece.n, to);
        if (span_present(rest))
            fputs("\\u007f", to);
    }
    return ferror((FILE *)to) ? -1 : 0;
}

/* A terminal gets nothing but ASCII: what steers it in UTF-8 too, U+0080 to U+009F and the marks of
 * direction, are characters like others to JSON. */
static bool json_write(struct session *s, json_t *root, size_t flags)
{
    int written = -1;
    if (root && s->out.terminal)
        written =
            json_dump_callback(root, write_for_terminal, s->out.to, flags | JSON_ENSURE_ASCII);
    else if (root)
        written = json_dumpf(root, s->out.to, flags);
    bool good = written == 0 && fputc('\n', s->out.to) != EOF;
    json_decref(root);
    return good;
}

enum status json_print(struct session *s, json_t *root, enum status status)
{
    if (json_write(s, root, JSON_INDENT(2)))
        return status;
    return session_unmade(s);
}

bool json_print_line(struct session *s, json_t *root)
{
    return json_write(s, root, JSON_COMPACT) && out_flush(&s->out);
}
