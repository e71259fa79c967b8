#include "ctl/import_source.h"

#include <string.h>

#include "base/count.h"
#include "ctl/text_file.h"
#include "ctl/zmprov.h"

static const char *const format_names[] = { "", "csv", "ldif", "zmprov", "list" };

const char *import_format_name(enum import_format f)
{
    return format_names[f];
}

bool import_format_parse(const char *text, enum import_format *out)
{
    for (size_t i = 1; i < COUNT_OF(format_names); i++)
        if (strcmp(text, format_names[i]) == 0) {
            *out = (enum import_format)i;
            return true;
        }
    return false;
}

const char *import_settings_map(struct import_settings *set, char *text)
{
    struct span whole = span_of(text);
    size_t at = span_rfind(whole, '=');
    struct span field = span_from(whole, at + 1);
    if (at == whole.n || at == 0)
        return "is not COLUMN=FIELD";
    if (set->maps == IMPORT_MAPS_MAX)
        return "is one too many";
    for (size_t f = 0; f <= IMPORT_FIELDS; f++) {
        bool is_address = f == IMPORT_FIELDS;
        enum import_field one = is_address ? FIELD_HOME : (enum import_field)f;
        if (!span_eq(field, is_address ? SPAN_LIT("address") : span_of(import_field_name(one))))
            continue;
        text[at] = '\0';
        set->map[set->maps].column = text;
        set->map[set->maps].field = one;
        set->map[set->maps++].is_address = is_address;
        return NULL;
    }
    return "names no field: address, home, route, group, alias, calendar or note";
}

bool import_source_take(struct import_source *s, struct import_user *u)
{
    bool is_alias = (u->says & 1u << FIELD_ALIAS) && span_present(u->value[FIELD_ALIAS]);
    if (s->set->group && !is_alias)
        import_user_say(u, FIELD_GROUP, span_of(s->set->group), NULL);
    return import_take(s->im, u);
}

struct span import_source_home(const struct import_source *s, bool on_other)
{
    enum system system = on_other ? system_other(s->set->system) : s->set->system;
    return span_of(system_name(system));
}

bool import_source_needs_system(struct import_source *s, size_t line)
{
    if (!s->set->of_system && !s->asked_system)
        import_fault(s->im, line, NULL,
                     "which system was this exported from? say --system primary or --system "
                     "secondary");
    s->asked_system = true;
    return s->set->of_system;
}

void import_source_refuse_home(struct import_source *s, size_t line)
{
    import_fault(s->im, line, NULL,
                 "the file itself says where each mailbox lives: leave --home away");
}

/* `dn: ` and `version: ` begin an LDIF; blanks and comments before them do not count. */
static enum import_format told_by(struct span line, const struct import_settings *set)
{
    if (zmprov_is_account(line))
        return FORMAT_ZMPROV;
    if (span_istarts(line, SPAN_LIT("dn:")) || span_istarts(line, SPAN_LIT("version:")))
        return FORMAT_LDIF;
    if (span_istarts(line, SPAN_LIT("#TYPE ")) || set->maps > 0)
        return FORMAT_CSV;
    if (line.n == 0 || line.p[0] == '#')
        return FORMAT_UNTOLD;
    return span_find(line, '@') < line.n ? FORMAT_LIST : FORMAT_CSV;
}

static enum import_format format_of(struct span text, const struct import_settings *set)
{
    struct span line;
    enum import_format f = set->format;
    while (f == FORMAT_UNTOLD && text_line(&text, &line))
        f = told_by(span_trim(line), set);
    return f;
}

/* Windows PowerShell writes the class of the objects in a first line of its own. */
static void read_csv(struct import_source *s, struct span text)
{
    struct span rest = text, line;
    if (text_line(&rest, &line) && span_istarts(line, SPAN_LIT("#TYPE ")))
        import_csv_read(s, rest, 2);
    else
        import_csv_read(s, text, 1);
}

bool import_source_read(struct import_source *s, struct span text)
{
    enum import_format f = format_of(text, s->set);
    s->kind = import_format_name(f);
    if (!transports_init(&s->transports, s->im->config)) {
        transports_free(&s->transports);
        return false;
    }
    s->im->part = f == FORMAT_CSV ? "column" : "attribute";
    if (s->set->home != HOME_UNSET && (f == FORMAT_LDIF || f == FORMAT_ZMPROV))
        import_source_refuse_home(s, 0);
    if (f == FORMAT_CSV)
        read_csv(s, text);
    else if (f == FORMAT_LDIF)
        import_ldif_read(s, text);
    else if (f == FORMAT_ZMPROV)
        import_zmprov_read(s, text);
    else if (f == FORMAT_LIST)
        import_list_read(s, text);
    else
        import_fault(s->im, 0, NULL, "there is nothing in it");
    transports_free(&s->transports);
    return !s->im->failed;
}
