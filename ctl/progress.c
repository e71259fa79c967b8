#include "ctl/progress.h"

#include "sys/clock.h"

#define REDRAW_US 100000
#define BAR_COLUMNS 30

void progress_begin(struct progress *p, const char *what)
{
    *p = (struct progress){ .what = what };
    out_init(&p->err, stderr, COLOUR_AUTO);
}

void progress_show(void *arg, size_t done, size_t of)
{
    struct progress *p = arg;
    int64_t now = clock_monotonic_us();
    if (!p->err.terminal || (p->drawn && done < of && now - p->shown_us < REDRAW_US))
        return;
    p->drawn = true;
    p->shown_us = now;
    fprintf(stderr, "\r%s ", p->what);
    out_bar(&p->err, INK_GOOD, done, of, BAR_COLUMNS);
    fprintf(stderr, " %zu of %zu", done, of);
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = false;
}
