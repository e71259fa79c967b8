#include "ctl/import_source.h"

#include <string.h>

#include "ctl/text_file.h"

/* A plain list: on each line an address, and behind it its home where --home does not say it. Empty
 * lines and those that begin with # do not count. */

static bool is_between(char c)
{
    return memchr(" \t,;", c, 4) != NULL;
}

/* Takes a word off the line; a quoted local part may have blanks in it. */
static struct span take_word(struct span *line)
{
    bool quoted = false;
    size_t n = 0;
    while (line->n > 0 && is_between(line->p[0]))
        *line = span_from(*line, 1);
    for (; n < line->n && (quoted || !is_between(line->p[n])); n++) {
        if (line->p[n] == '\\' && n + 1 < line->n)
            n++;
        else if (line->p[n] == '"')
            quoted = !quoted;
    }
    struct span word = { line->p, n < line->n ? n : line->n };
    *line = span_from(*line, n);
    return word;
}

static void read_line(struct import_source *s, struct span line, size_t number)
{
    const char *given = s->set->home != HOME_UNSET ? home_name(s->set->home) : NULL;
    struct import_user u = { .line = number, .address = take_word(&line) };
    struct span home = take_word(&line);
    s->im->rows++;
    if (take_word(&line).n > 0)
        import_fault(s->im, number, NULL, "a line is an address and its home, and no more");
    else if (home.n > 0 && given && !span_eq(home, span_of(given)))
        import_fault(s->im, number, NULL, "the line says a home, and --home says another");
    else if (home.n == 0 && !given)
        import_fault(s->im, number, NULL,
                     "where does this mailbox live? write primary or secondary behind the "
                     "address, or say --home for all");
    else {
        import_user_say(&u, FIELD_HOME, given ? span_of(given) : home, NULL);
        import_source_take(s, &u);
    }
}

void import_list_read(struct import_source *s, struct span text)
{
    struct span line;
    for (size_t number = 1; text_line(&text, &line) && !s->im->failed; number++) {
        line = span_trim(line);
        if (line.n > 0 && line.p[0] != '#')
            read_line(s, line, number);
    }
}
