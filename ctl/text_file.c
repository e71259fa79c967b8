#include "ctl/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"

#define READ_CHUNK 65536

#define UTF8_MARK SPAN_LIT("\xef\xbb\xbf")
#define UTF16LE_MARK SPAN_LIT("\xff\xfe")
#define UTF16BE_MARK SPAN_LIT("\xfe\xff")

#define SURROGATE_HIGH 0xD800u
#define SURROGATE_LOW 0xDC00u
#define SURROGATE_END 0xE000u
#define SUPPLEMENT 0x10000u

static bool starts_with(struct span s, struct span mark)
{
    return s.n >= mark.n && memcmp(s.p, mark.p, mark.n) == 0;
}

static size_t lines_before(struct span text, size_t offset)
{
    size_t lines = 1;
    for (size_t i = 0; i < offset; i++)
        lines += text.p[i] == '\n';
    return lines;
}

static bool read_all(int fd, struct buf *out)
{
    char chunk[READ_CHUNK];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        buf_add(out, (struct span){ chunk, (size_t)got });
        if (!buf_ok(out)) {
            errno = (size_t)got > out->limit - out->n ? EFBIG : ENOMEM;
            return false;
        }
    }
}

static uint32_t unit_at(struct span s, size_t i, bool big)
{
    const unsigned char *p = (const unsigned char *)s.p + i;
    return big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static void add_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_addc(out, (char)c);
        return;
    }
    if (c < 0x800) {
        buf_addc(out, (char)(0xC0 | c >> 6));
    } else if (c < SUPPLEMENT) {
        buf_addc(out, (char)(0xE0 | c >> 12));
        buf_addc(out, (char)(0x80 | (c >> 6 & 0x3F)));
    } else {
        buf_addc(out, (char)(0xF0 | c >> 18));
        buf_addc(out, (char)(0x80 | (c >> 12 & 0x3F)));
        buf_addc(out, (char)(0x80 | (c >> 6 & 0x3F)));
    }
    buf_addc(out, (char)(0x80 | (c & 0x3F)));
}

/* One character (RFC 2781 section 2.2): the octets it takes, or 0 where the code is broken. */
static size_t read_utf16(struct span s, size_t i, bool big, uint32_t *c)
{
    if (s.n - i < 2)
        return 0;
    *c = unit_at(s, i, big);
    if (*c < SURROGATE_HIGH || *c >= SURROGATE_END)
        return 2;
    if (*c >= SURROGATE_LOW || s.n - i < 4)
        return 0;
    uint32_t low = unit_at(s, i + 2, big);
    if (low < SURROGATE_LOW || low >= SURROGATE_END)
        return 0;
    *c = SUPPLEMENT + ((*c - SURROGATE_HIGH) << 10) + (low - SURROGATE_LOW);
    return 4;
}

static bool decode_utf16(struct text_file *f, bool big, char *error)
{
    struct span raw = span_from(buf_span(&f->octets), UTF16LE_MARK.n);
    struct buf made;
    uint32_t c;
    size_t i = 0, n = 1;
    buf_init(&made, f->octets.limit + f->octets.limit / 2);
    for (; i < raw.n && (n = read_utf16(raw, i, big, &c)) > 0; i += n)
        add_utf8(&made, c);
    if (n > 0 && buf_ok(&made)) {
        buf_free(&f->octets);
        f->octets = made;
        return true;
    }
    if (n == 0)
        snprintf(error, TEXT_FILE_ERROR_MAX, "%s:%zu: broken UTF-16: half a character", f->name,
                 lines_before(buf_span(&made), made.n));
    else
        snprintf(error, TEXT_FILE_ERROR_MAX, "%s: out of memory", f->name);
    buf_free(&made);
    return false;
}

bool text_file_decode(struct text_file *f, char error[TEXT_FILE_ERROR_MAX])
{
    struct span raw = buf_span(&f->octets);
    bool big = starts_with(raw, UTF16BE_MARK);
    if ((big || starts_with(raw, UTF16LE_MARK)) && !decode_utf16(f, big, error))
        return false;
    f->text = buf_span(&f->octets);
    if (starts_with(f->text, UTF8_MARK))
        f->text = span_from(f->text, UTF8_MARK.n);
    size_t nul = span_find(f->text, '\0');
    if (nul == f->text.n)
        return true;
    snprintf(error, TEXT_FILE_ERROR_MAX,
             "%s:%zu: a NUL octet: this is no text, or UTF-16 without its byte order mark", f->name,
             lines_before(f->text, nul));
    return false;
}

bool text_file_read(struct text_file *f, const char *path, size_t limit,
                    char error[TEXT_FILE_ERROR_MAX])
{
    bool standard = strcmp(path, "-") == 0;
    *f = (struct text_file){ .name = standard ? "standard input" : path };
    buf_init(&f->octets, limit);
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool read = fd >= 0 && read_all(fd, &f->octets);
    if (!read && errno == EFBIG)
        snprintf(error, TEXT_FILE_ERROR_MAX,
                 "%s: more than %zu octets: export less, only the columns that are needed", f->name,
                 limit);
    else if (!read)
        snprintf(error, TEXT_FILE_ERROR_MAX, "%s: %s", f->name, strerror(errno));
    if (fd >= 0 && !standard)
        close(fd);
    return read && text_file_decode(f, error);
}

void text_file_free(struct text_file *f)
{
    buf_free(&f->octets);
    *f = (struct text_file){ 0 };
}

bool text_line(struct span *text, struct span *line)
{
    size_t n = 0;
    if (text->n == 0)
        return false;
    while (n < text->n && text->p[n] != '\n' && text->p[n] != '\r')
        n++;
    *line = (struct span){ text->p, n };
    bool both = n + 1 < text->n && text->p[n] == '\r' && text->p[n + 1] == '\n';
    *text = span_from(*text, n + (both ? 2 : 1));
    return true;
}

bool text_is_utf8(struct span text)
{
    uint32_t c;
    while (utf8_take(&text, &c))
        continue;
    return text.n == 0;
}
