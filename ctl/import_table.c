#include "ctl/import_source.h"

#include "state/fault.h"

/* Tables with our own columns: what `coexistctl export` writes, and those that --map describes. */

static const char *const own_address[] = { "address", NULL };

/* A column by its own name, else by --map; *name as it is called in faults. */
static size_t find_field(const struct import_source *s, const struct csv_row *names, bool address,
                         enum import_field f, const char **name)
{
    const char *const own[] = { import_field_name(f), NULL };
    for (size_t i = 0; i < s->set->maps; i++) {
        if (s->set->map[i].is_address != address || (!address && s->set->map[i].field != f))
            continue;
        size_t at = csv_column(names, span_of(s->set->map[i].column));
        *name = s->set->map[i].column;
        if (at < names->fields)
            return at;
    }
    return import_find_column(names, address ? own_address : own, name);
}

static bool maps_are_there(struct import_source *s, const struct csv_row *names)
{
    bool good = true;
    for (size_t i = 0; i < s->set->maps; i++) {
        char word[FAULT_WORD_SIZE];
        if (csv_column(names, span_of(s->set->map[i].column)) < names->fields)
            continue;
        import_fault(s->im, names->line, NULL, "there is no column '%s', which --map names",
                     fault_word(span_of(s->set->map[i].column), word));
        good = false;
    }
    return good;
}

/* Said in the file and on the command line: which one counts is not ours to guess. */
static bool is_said_twice(struct import_source *s, const struct csv_row *names,
                          const struct import_columns *c)
{
    bool home = s->set->home != HOME_UNSET && c->field[FIELD_HOME] < CSV_FIELDS_MAX;
    bool group = s->set->group && c->field[FIELD_GROUP] < CSV_FIELDS_MAX;
    if (home || group)
        import_fault(s->im, names->line, NULL,
                     "there is a column %s: leave --%s away, or the column",
                     home ? "home" : "group", home ? "home" : "group");
    return home || group;
}

/* What can be no part of a value does not count around it. */
static struct span read_cell(const struct csv_row *row, size_t column, enum import_field f)
{
    struct span cell = import_cell(row, column);
    if (f != FIELD_NOTE && f != FIELD_GROUP)
        cell = span_trim(cell);
    return cell.n > 0 ? cell : SPAN_ABSENT;
}

static void read_row(struct import_source *s, const struct import_columns *c,
                     const struct csv_row *row)
{
    struct import_user u = { .line = row->line,
                             .column = c->address_name,
                             .address = import_cell(row, c->address) };
    for (size_t f = 0; f < IMPORT_FIELDS; f++)
        if (c->field[f] < CSV_FIELDS_MAX)
            import_user_say(&u, f, read_cell(row, c->field[f], f), c->name[f]);
    if (s->set->home != HOME_UNSET && !span_present(u.value[FIELD_ALIAS]))
        import_user_say(&u, FIELD_HOME, span_of(home_name(s->set->home)), NULL);
    import_source_take(s, &u);
}

import_row_reader *import_table_find(struct import_source *s, const struct csv_row *names,
                                     struct import_columns *c)
{
    if (!maps_are_there(s, names))
        return NULL;
    c->address = find_field(s, names, true, FIELD_HOME, &c->address_name);
    if (c->address == CSV_FIELDS_MAX)
        return NULL;
    size_t fields = s->set->home != HOME_UNSET || s->set->group;
    for (size_t f = 0; f < IMPORT_FIELDS; f++) {
        c->field[f] = find_field(s, names, false, f, &c->name[f]);
        fields += c->field[f] < CSV_FIELDS_MAX;
    }
    if (is_said_twice(s, names, c))
        return NULL;
    if (fields > 0)
        return read_row;
    import_fault(s->im, names->line, NULL,
                 "nothing but addresses: there is no column home, route, group, alias, calendar or "
                 "note; --home HOME says where they all live");
    return NULL;
}
