#include "ctl/mail.h"

#include <errno.h>
#include <unistd.h>

#include "core/line.h"
#include "ctl/text_file.h"

#define READ_OCTETS 65536

static bool read_octets(int fd, struct buf *out, bool *cut)
{
    char piece[READ_OCTETS];
    *cut = false;
    buf_clear(out);
    for (;;) {
        ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        size_t room = MAIL_MAX - out->n;
        *cut = (size_t)n > room;
        buf_add(out, (struct span){ piece, *cut ? room : (size_t)n });
        if (!buf_ok(out))
            errno = ENOMEM;
        if (*cut || !buf_ok(out))
            return buf_ok(out);
    }
}

/* Of UTF-16, as Windows PowerShell writes what it redirects, the text becomes UTF-8. What is broken
 * stays as it is. */
static void decode_utf16(struct buf *text)
{
    char error[TEXT_FILE_ERROR_MAX];
    struct text_file f = { .name = "", .octets = *text };
    struct span mark = { text->p, text->n < 2 ? 0 : 2 };
    if (!span_eq(mark, SPAN_LIT("\xff\xfe")) && !span_eq(mark, SPAN_LIT("\xfe\xff")))
        return;
    text_file_decode(&f, error);
    *text = f.octets;
}

bool mail_read(int fd, struct buf *out, bool *cut)
{
    bool read = read_octets(fd, out, cut);
    if (read)
        decode_utf16(out);
    return read;
}

/* The text begins with a line of these words. */
static bool begins_with(struct span text, struct span words)
{
    return text.n >= words.n && span_eq((struct span){ text.p, words.n }, words);
}

/* From the first line on that begins so; nothing where there is none. */
static struct span from_line(struct span text, struct span words)
{
    while (text.n > 0 && !begins_with(text, words))
        line_take(&text);
    return text;
}

static struct span skip_empty_lines(struct span text)
{
    struct span ahead = text;
    while (ahead.n > 0 && span_trim(line_take(&ahead)).n == 0)
        text = ahead;
    return text;
}

/* What stands between the marks that postcat(1) prints. */
static struct span inside_postcat(struct span text)
{
    struct span contents = from_line(text, SPAN_LIT("*** MESSAGE CONTENTS"));
    if (contents.n == 0)
        return text;
    line_take(&contents);
    struct span behind = from_line(contents, SPAN_LIT("*** HEADER EXTRACTED"));
    return span_between(contents.p, behind.p);
}

/* The first message of a mailbox, whose `From ` lines stand behind empty ones. */
static struct span first_of_mailbox(struct span text, bool *more)
{
    bool empty = false;
    struct span rest = text;
    while (rest.n > 0) {
        if (empty && begins_with(rest, SPAN_LIT("From "))) {
            *more = true;
            break;
        }
        empty = line_take(&rest).n == 0;
    }
    return span_between(text.p, rest.p);
}

static struct span find_message(struct span text, bool *more)
{
    if (begins_with(text, SPAN_LIT("\xef\xbb\xbf")))
        text = span_from(text, 3);
    text = skip_empty_lines(text);
    if (begins_with(text, SPAN_LIT("*** ENVELOPE")))
        text = inside_postcat(text);
    bool mailbox = begins_with(text, SPAN_LIT("From "));
    if (!mailbox && !begins_with(text, SPAN_LIT(">From ")))
        return text;
    line_take(&text);
    return mailbox ? first_of_mailbox(text, more) : text;
}

bool mail_parse(struct span text, struct mail *out)
{
    struct field f;
    size_t fields = 0;
    if (text.n == 0)
        return false;
    out->more = false;
    out->message = find_message(text, &out->more);
    struct span rest = out->message;
    while (field_take(&rest, &f))
        fields++;
    out->header = span_between(out->message.p, rest.p);
    out->body = rest;
    return fields > 0;
}

struct span mail_field(const struct mail *m, const char *name)
{
    struct span rest = m->header;
    struct field f;
    while (field_take(&rest, &f))
        if (span_ieq(f.name, span_of(name)))
            return span_trim(f.value);
    return SPAN_ABSENT;
}
