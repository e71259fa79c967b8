#include "ctl/since.h"

#include <string.h>
#include <time.h>

#include "base/count.h"
#include "base/span.h"

#define MS_PER_S 1000

static bool parse_ago(struct span text, int64_t now_ms, int64_t *ms)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
    uint64_t number, now_s = (uint64_t)now_ms / MS_PER_S;
    if (text.n < 2 || !span_number((struct span){ text.p, text.n - 1 }, &number))
        return false;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (text.p[text.n - 1] != units[i].unit)
            continue;
        bool before = number > now_s / units[i].seconds;
        *ms = before ? 0 : now_ms - (int64_t)(number * units[i].seconds * MS_PER_S);
        return true;
    }
    return false;
}

static bool parse_moment(const char *text, int64_t *ms)
{
    static const char *const forms[] = { "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S",
                                         "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S" };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct tm tm = { 0 };
        const char *end = strptime(text, forms[i], &tm);
        if (!end || strcmp(end, *end == 'Z' ? "Z" : "") != 0)
            continue;
        int64_t seconds = timegm(&tm);
        *ms = seconds > 0 ? seconds * MS_PER_S : 0;
        return true;
    }
    return false;
}

bool since_parse(const char *text, int64_t now_ms, int64_t *ms)
{
    return parse_ago(span_of(text), now_ms, ms) || parse_moment(text, ms);
}
