#include "ctl/out.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"

#define BAR_MAX 200

static const char *const inks[] = { "", "\033[1m", "\033[2m", "\033[32m", "\033[33m", "\033[31m" };

static bool wants_colour(const struct out *o, enum colour colour)
{
    const char *term = getenv("TERM");
    const char *none = getenv("NO_COLOR");
    if (colour != COLOUR_AUTO)
        return colour == COLOUR_ALWAYS;
    return o->terminal && term && strcmp(term, "dumb") != 0 && !(none && none[0]);
}

void out_init(struct out *o, FILE *to, enum colour colour)
{
    struct winsize size;
    *o = (struct out){ .to = to, .terminal = isatty(fileno(to)), .width = OUT_WIDTH_USUAL };
    o->colour = wants_colour(o, colour);
    if (o->terminal && ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        o->width = size.ws_col;
}

static void ink_begin(struct out *o, enum ink ink)
{
    if (o->colour && ink != INK_PLAIN)
        fputs(inks[ink], o->to);
}

static void ink_end(struct out *o, enum ink ink)
{
    if (o->colour && ink != INK_PLAIN)
        fputs("\033[0m", o->to);
}

void out_printf(struct out *o, enum ink ink, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ink_begin(o, ink);
    vfprintf(o->to, format, args);
    ink_end(o, ink);
    va_end(args);
}

/* Characters that show nothing themselves and change what others look like. */
static bool is_unseen(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* The octets at the beginning of the text that may be shown as they are; 0: the first may not. */
static size_t shown(struct span text)
{
    uint32_t c;
    size_t n = utf8_read(text, &c);
    return n > 0 && !is_unseen(c) && c != '\\' ? n : 0;
}

void out_foreign(struct out *o, struct span text)
{
    while (text.n > 0) {
        size_t n = shown(text);
        if (n > 0)
            fwrite(text.p, 1, n, o->to);
        else if (text.p[0] == '\\')
            fputs("\\\\", o->to);
        else
            fprintf(o->to, "\\x%02X", (unsigned char)text.p[0]);
        text = span_from(text, n > 0 ? n : 1);
    }
}

void out_foreign_ink(struct out *o, enum ink ink, struct span text)
{
    ink_begin(o, ink);
    out_foreign(o, text);
    ink_end(o, ink);
}

size_t out_columns(struct span text)
{
    size_t columns = 0;
    while (text.n > 0) {
        size_t n = shown(text);
        columns += n > 0 ? 1 : text.p[0] == '\\' ? 2 : 4;
        text = span_from(text, n > 0 ? n : 1);
    }
    return columns;
}

void out_bar(struct out *o, enum ink ink, uint64_t part, uint64_t whole, unsigned columns)
{
    char marks[BAR_MAX + 1], blanks[BAR_MAX + 1];
    unsigned room = columns < BAR_MAX ? columns : BAR_MAX;
    double share = whole > 0 ? (double)part / (double)whole : 0;
    unsigned n = (unsigned)(share * room + 0.5);
    if (n == 0 && part > 0)
        n = 1;
    if (n > room)
        n = room;
    memset(marks, '#', n);
    marks[n] = '\0';
    memset(blanks, ' ', room - n);
    blanks[room - n] = '\0';
    fputc('[', o->to);
    out_printf(o, ink, "%s", marks);
    fprintf(o->to, "%s]", blanks);
}

bool out_flush(struct out *o)
{
    return fflush(o->to) == 0 && !ferror(o->to);
}

bool out_is_unread(const struct out *o)
{
    struct pollfd p = { .fd = fileno(o->to) };
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP)) != 0;
}
