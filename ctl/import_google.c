#include "ctl/import_source.h"

#include <stdio.h>

/*
 * Google's list of users, as the Admin console lets one download it, and as GAM prints it (`gam
 * print users aliases`). All of them live at Google, suspended ones too: their mailboxes are there.
 */

static const char *const address_names[] = { "Email Address [Required]", "Email Address",
                                             "primaryEmail", NULL };

/* The first of GAM's columns `aliases.0`, `aliases.1` ..., which stand side by side. */
static const char *const alias_names[] = { "aliases.0", NULL };

static struct span home_of_file(const struct import_source *s)
{
    return s->set->home != HOME_UNSET ? span_of(home_name(s->set->home))
                                      : import_source_home(s, false);
}

static void read_row(struct import_source *s, const struct import_columns *c,
                     const struct csv_row *row)
{
    struct import_user u = { .line = row->line,
                             .column = c->address_name,
                             .address = import_cell(row, c->address) };
    if (span_trim(u.address).n == 0) {
        import_skip(s->im, SKIP_NO_ADDRESS, row->line, SPAN_ABSENT, SPAN_ABSENT);
        return;
    }
    import_user_say(&u, FIELD_HOME, home_of_file(s), NULL);
    if (!import_source_take(s, &u) || c->others == CSV_FIELDS_MAX)
        return;
    for (size_t i = c->others; i < c->others_end; i++)
        if (span_trim(row->field[i]).n > 0)
            import_take_alias(s->im, row->line, c->others_name, row->field[i], u.address);
}

import_row_reader *import_google_find(struct import_source *s, const struct csv_row *names,
                                      struct import_columns *c)
{
    char next[32];
    c->address = import_find_column(names, address_names, &c->address_name);
    if (c->address == CSV_FIELDS_MAX)
        return NULL;
    s->kind = "google";
    c->others = import_find_column(names, alias_names, &c->others_name);
    c->others_end = c->others;
    for (size_t i = 0; c->others_end < names->fields; i++, c->others_end++) {
        snprintf(next, sizeof(next), "aliases.%zu", i);
        if (!span_ieq(span_trim(names->field[c->others_end]), span_of(next)))
            break;
    }
    if (s->set->home == HOME_UNSET && !import_source_needs_system(s, names->line))
        return NULL;
    return read_row;
}
