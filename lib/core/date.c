#include "core/date.h"

#include "core/header.h"

#define YEAR_MIN 1900 /* RFC 5322 section 3.3 */
#define YEAR_MAX 9999

struct moment {
    int64_t year, month, day;
    int64_t hour, minute, second;
    int64_t offset; /* seconds east of UTC */
};

static const char *const month_names[] = { "january",   "february", "march",    "april",
                                           "may",       "june",     "july",     "august",
                                           "september", "october",  "november", "december" };

static const struct {
    const char *name;
    int hours;
} zones[] = { { "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 },
              { "MST", -7 }, { "MDT", -6 }, { "PST", -8 }, { "PDT", -7 } };

/* Octets above 127 count: names of days and zones are found in many languages. */
static bool is_letter(char c)
{
    return ascii_is_letter(c) || (unsigned char)c > 127;
}

static size_t run_of(struct span s, bool (*is)(char))
{
    size_t n = 0;
    while (n < s.n && is(s.p[n]))
        n++;
    return n;
}

static void drop(struct span *s, size_t n)
{
    *s = header_skip_cfws(span_from(*s, n));
}

static bool take_char(struct span *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    drop(s, 1);
    return true;
}

static struct span take_word(struct span *s)
{
    struct span word = { s->p, run_of(*s, is_letter) };
    drop(s, word.n);
    return word;
}

/* Takes a number of `least` to `most` digits; *digits, where asked for, tells how many it had. */
static bool take_number(struct span *s, size_t least, size_t most, int64_t *value, size_t *digits)
{
    size_t n = run_of(*s, ascii_is_digit);
    if (n < least || n > most)
        return false;
    *value = 0;
    for (size_t i = 0; i < n; i++)
        *value = *value * 10 + (s->p[i] - '0');
    if (digits)
        *digits = n;
    drop(s, n);
    return true;
}

static bool month_of(struct span word, int64_t *month)
{
    for (size_t i = 0; word.n >= 3 && i < sizeof month_names / sizeof *month_names; i++)
        if (span_istarts(span_of(month_names[i]), word)) {
            *month = (int64_t)i + 1;
            return true;
        }
    return false;
}

static bool take_month(struct span *s, struct moment *m)
{
    return month_of(take_word(s), &m->month);
}

static bool take_day(struct span *s, struct moment *m)
{
    return take_number(s, 1, 2, &m->day, NULL);
}

static bool take_year(struct span *s, struct moment *m)
{
    size_t digits;
    if (!take_number(s, 2, 4, &m->year, &digits))
        return false;
    if (digits == 2 && m->year < 50)
        m->year += 2000;
    else if (digits < 4)
        m->year += 1900;
    return true;
}

static bool take_time(struct span *s, struct moment *m)
{
    m->second = 0;
    if (!take_number(s, 1, 2, &m->hour, NULL) || !take_char(s, ':') ||
        !take_number(s, 1, 2, &m->minute, NULL))
        return false;
    if (!take_char(s, ':'))
        return true;
    if (!take_number(s, 1, 2, &m->second, NULL))
        return false;
    if (take_char(s, '.'))
        drop(s, run_of(*s, ascii_is_digit));
    return true;
}

/* `+0100`; also `+01:00`, `-700` and `+1`, which are seen too. s begins with the sign. */
static bool take_offset(struct span *s, struct moment *m)
{
    bool west = s->p[0] == '-';
    drop(s, 1);
    int64_t number, minutes = 0;
    size_t digits;
    if (!take_number(s, 1, 4, &number, &digits))
        return false;
    int64_t hours = number;
    if (digits > 2) {
        hours = number / 100;
        minutes = number % 100;
    } else if (take_char(s, ':') && !take_number(s, 2, 2, &minutes, NULL)) {
        return false;
    }
    if (minutes > 59)
        return false;
    m->offset = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

static int64_t named_offset(struct span name)
{
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (span_ieq(name, span_of(zones[i].name)))
            return zones[i].hours * INT64_C(3600);
    return 0;
}

/* A numeric zone, perhaps with a name before or behind it (`GMT+0100`, `-0800 PST`), or a name
 * alone, or nothing. */
static bool take_zone(struct span *s, struct moment *m)
{
    struct span name = take_word(s);
    m->offset = named_offset(name);
    if (s->n == 0 || (s->p[0] != '+' && s->p[0] != '-'))
        return true;
    if (!take_offset(s, m))
        return false;
    if (name.n == 0)
        take_word(s);
    return true;
}

/* `21 Nov 2026 20:15:00 +0000` */
static bool take_mail_order(struct span *s, struct moment *m)
{
    return take_day(s, m) && take_month(s, m) && take_year(s, m) && take_time(s, m) &&
           take_zone(s, m);
}

/* What follows the month in `Nov 21 20:15:00 2026`, with a zone on either side of the year. */
static bool take_ctime_order(struct span *s, struct moment *m)
{
    if (!take_day(s, m) || !take_time(s, m))
        return false;
    bool zone_first = s->n > 0 && !ascii_is_digit(s->p[0]);
    if (zone_first && !take_zone(s, m))
        return false;
    return take_year(s, m) && (zone_first || take_zone(s, m));
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool in_range(const struct moment *m)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (m->year < YEAR_MIN || m->year > YEAR_MAX)
        return false;
    int last = days[m->month - 1] + (m->month == 2 && is_leap(m->year));
    return m->day >= 1 && m->day <= last && m->hour <= 23 && m->minute <= 59 && m->second <= 60;
}

/* Days from 1970-01-01; the year is counted from March, so that the leap day comes last. */
static int64_t days_since_epoch(const struct moment *m)
{
    int64_t year = m->month > 2 ? m->year : m->year - 1;
    int64_t month = m->month > 2 ? m->month - 3 : m->month + 9;
    int64_t before = year * 365 + year / 4 - year / 100 + year / 400;
    return before + (month * 153 + 2) / 5 + m->day - 1 - 719468;
}

static int64_t seconds_since_epoch(const struct moment *m)
{
    int64_t second = m->second == 60 ? 59 : m->second;
    return days_since_epoch(m) * 86400 + m->hour * 3600 + m->minute * 60 + second - m->offset;
}

bool date_parse(struct span text, int64_t *utc)
{
    struct moment m = { 0 };
    struct span s = header_skip_cfws(text);
    struct span word = take_word(&s);
    bool day_name = word.n > 0 && (take_char(&s, ',') || !month_of(word, &m.month));
    if (day_name)
        word = take_word(&s);
    bool ok =
        word.n > 0 ? month_of(word, &m.month) && take_ctime_order(&s, &m) : take_mail_order(&s, &m);
    if (!ok || s.n > 0 || !in_range(&m))
        return false;
    *utc = seconds_since_epoch(&m);
    return true;
}
