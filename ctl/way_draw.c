#include "ctl/way_draw.h"

#include <time.h>

#include "core/header.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define TIME_COLUMNS 19 /* YYYY-MM-DD HH:MM:SS */
#define DELAY_COLUMNS 12
#define VALUE_SHOWN_MAX 160 /* octets of a field that could not be read */

static void write_units(uint64_t seconds, struct buf *out)
{
    if (seconds >= DAY)
        buf_addf(out, "%llu d %llu h", (unsigned long long)(seconds / DAY),
                 (unsigned long long)(seconds % DAY / HOUR));
    else if (seconds >= HOUR)
        buf_addf(out, "%llu h %llu min", (unsigned long long)(seconds / HOUR),
                 (unsigned long long)(seconds % HOUR / MINUTE));
    else if (seconds >= MINUTE)
        buf_addf(out, "%llu min %llu s", (unsigned long long)(seconds / MINUTE),
                 (unsigned long long)(seconds % MINUTE));
    else
        buf_addf(out, "%llu s", (unsigned long long)seconds);
}

void delay_write(int64_t seconds, struct buf *out)
{
    buf_addc(out, seconds < 0 ? '-' : '+');
    write_units(seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds, out);
}

static void draw_time(const struct received *r, struct out *o)
{
    struct tm tm;
    char text[64] = "-";
    time_t t = (time_t)r->time;
    if (r->has_time && gmtime_r(&t, &tm))
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
    out_printf(o, INK_PLAIN, "%-*s", TIME_COLUMNS, text);
}

static void draw_delay(const struct way_hop *hop, struct out *o)
{
    struct buf text;
    enum ink ink = hop->delay < 0 || hop->delay >= DELAY_LATE ? INK_WARN : INK_DIM;
    buf_init(&text, 64);
    if (hop->has_delay)
        delay_write(hop->delay, &text);
    out_printf(o, hop->has_delay ? ink : INK_PLAIN, "  %*s", DELAY_COLUMNS, buf_text(&text));
    buf_free(&text);
}

/* ` with ESMTPS`, where there is one. */
static void draw_part(const char *word, struct span part, struct out *o)
{
    if (!span_present(part))
        return;
    out_printf(o, INK_DIM, " %s ", word);
    out_foreign(o, part);
}

static void draw_client(const struct received *r, struct out *o)
{
    struct span name = span_present(r->from_rdns) ? r->from_rdns : r->from_helo;
    bool named = span_present(name) && !span_eq(name, r->from_ip);
    if (!named && !span_present(r->from_ip))
        return;
    out_printf(o, INK_DIM, " from");
    if (named) {
        out_printf(o, INK_PLAIN, " ");
        out_foreign(o, name);
    }
    if (span_present(r->from_ip)) {
        out_printf(o, INK_PLAIN, " [");
        out_foreign(o, r->from_ip);
        out_printf(o, INK_PLAIN, "]");
    }
}

static void draw_unread(struct span value, struct out *o)
{
    struct buf text;
    buf_init(&text, RECEIVED_MAX);
    if (value.n > VALUE_SHOWN_MAX)
        value.n = VALUE_SHOWN_MAX;
    header_unfold(value, &text);
    out_printf(o, INK_WARN, text.n > 0 ? " cannot be read: " : " is empty");
    out_foreign(o, buf_span(&text));
    buf_free(&text);
}

static bool says_more(const struct received *r)
{
    return span_present(r->from_helo) || span_present(r->from_ip) || span_present(r->with) ||
           span_present(r->id) || span_present(r->for_) || !r->parsed;
}

static void draw_hop(const struct way *w, size_t i, struct out *o)
{
    const struct received *r = &w->received[i];
    out_printf(o, INK_PLAIN, "  %5zu  ", w->hops - i);
    draw_time(r, o);
    draw_delay(&w->hop[i], o);
    out_printf(o, INK_PLAIN, "  ");
    out_foreign(o, span_present(r->by) ? r->by : SPAN_LIT("-"));
    if (w->hop[i].has_delay && w->hop[i].delay < 0)
        out_printf(o, INK_WARN, "  (clock skew)");
    out_printf(o, INK_PLAIN, "\n");
    if (!says_more(r))
        return;
    out_printf(o, INK_PLAIN, "        ");
    if (r->parsed)
        draw_client(r, o);
    else
        draw_unread(w->hop[i].value, o);
    draw_part("with", r->with, o);
    draw_part("id", r->id, o);
    draw_part("for", r->for_, o);
    out_printf(o, INK_PLAIN, "\n");
}

static void draw_heading(const struct way_visit *v, bool oldest, struct out *o)
{
    if (v->crossing == 0 && !oldest)
        out_printf(o, INK_PLAIN, "-> ");
    if (v->crossing > 0)
        out_printf(o, v->time > 1 ? INK_WARN : INK_PLAIN, "=> crossing %zu: ", v->crossing);
    if (v->label)
        out_foreign_ink(o, INK_STRONG, span_of(v->label));
    else
        out_printf(o, INK_DIM, "unknown");
    if (v->time > 1)
        out_printf(o, INK_WARN, "  (visit %zu)", v->time);
    out_printf(o, INK_PLAIN, "\n");
}

void way_draw(const struct way *w, struct out *o)
{
    if (w->total > w->hops)
        out_printf(o, INK_WARN, "%zu older hops are left out\n", w->total - w->hops);
    for (size_t i = w->visits; i > 0; i--) {
        const struct way_visit *v = &w->visit[i - 1];
        draw_heading(v, i == w->visits, o);
        for (size_t h = v->last + 1; h > v->first; h--)
            draw_hop(w, h - 1, o);
        if (v->first == w->journey && w->journey > 0)
            out_printf(o, INK_DIM, "-- sent again (Resent): a new journey\n");
    }
}
