#ifndef COEXIST_CTL_IMPORT_SOURCE_H
#define COEXIST_CTL_IMPORT_SOURCE_H

#include "ctl/attributes.h"
#include "ctl/csv.h"
#include "ctl/import.h"
#include "ctl/transport.h"

/* What files of users look like: which kind one is, and the readers of each kind. Whatever is wrong
 * with a file is noted in the import, as faults. */

enum import_format { FORMAT_UNTOLD, FORMAT_CSV, FORMAT_LDIF, FORMAT_ZMPROV, FORMAT_LIST };

/* csv, ldif, zmprov, list. */
const char *import_format_name(enum import_format f);
bool import_format_parse(const char *text, enum import_format *out);

#define IMPORT_MAPS_MAX 32

struct import_settings {
    enum import_format format; /* FORMAT_UNTOLD: told from the text */
    enum home home;            /* of users that the file tells none of; HOME_UNSET: not given */
    bool of_system;            /* the next one is given */
    enum system system;        /* the one that the file was exported from */
    const char *group;         /* of all mailboxes; NULL: not given */
    struct {
        const char *column;
        enum import_field field;
        bool is_address; /* not a field: the address */
    } map[IMPORT_MAPS_MAX];
    size_t maps;
};

/* COLUMN=FIELD into the settings, which keep the text and cut it in two. NULL, or what is wrong
 * with it. */
const char *import_settings_map(struct import_settings *set, char *text);

struct import_source {
    struct import *im;
    const struct import_settings *set;
    struct transports transports;
    const char *kind;  /* what was found, for the report: `csv`, `exchange`, `google`, `ldif` ... */
    bool asked_system; /* it is told that --system is needed */
    bool asked_type;   /* it is told that the types of recipients are needed */
};

/* Reads the whole text. False without memory; faults of the file are in the report. */
bool import_source_read(struct import_source *s, struct span text);

/* The rest is the readers' own. */

/* import_take() with the group that is given for all. */
bool import_source_take(struct import_source *s, struct import_user *u);

/* The home of what lives on the system that the file is of, or on the other. */
struct span import_source_home(const struct import_source *s, bool on_other);

/* True where --system is given; else a fault of the file, told once. */
bool import_source_needs_system(struct import_source *s, size_t line);

/* A fault: --home is given for a file that says it itself. */
void import_source_refuse_home(struct import_source *s, size_t line);

/*
 * The readers of tables. Each looks at the row of names; NULL where it does not know such columns.
 * Columns that are not there have number CSV_FIELDS_MAX.
 */
struct import_columns {
    size_t address, type, target;
    size_t others, others_end; /* further addresses: one column or several, side by side */
    size_t field[IMPORT_FIELDS];
    const char *name[IMPORT_FIELDS];
    const char *address_name, *type_name, *target_name, *others_name;
};
typedef void import_row_reader(struct import_source *s, const struct import_columns *c,
                               const struct csv_row *row);
import_row_reader *import_table_find(struct import_source *s, const struct csv_row *names,
                                     struct import_columns *c);
import_row_reader *import_exchange_find(struct import_source *s, const struct csv_row *names,
                                        struct import_columns *c);
import_row_reader *import_google_find(struct import_source *s, const struct csv_row *names,
                                      struct import_columns *c);

/* The field of a row; absent where the column is not there. */
struct span import_cell(const struct csv_row *row, size_t column);

/* The first of the names (the last one is NULL) that is a column; *name is then that one. */
size_t import_find_column(const struct csv_row *names, const char *const *name_list,
                          const char **name);

/* What Exchange says of one recipient, from a table or a directory. */
struct exchange_recipient {
    size_t line;
    struct span address, type, target;
    const char *address_name, *target_name, *type_name;
};
/* Takes it; true where it is a mailbox on one of the systems, whose further addresses count. */
bool import_exchange_take(struct import_source *s, const struct exchange_recipient *r);
/* Each `smtp:` address of a list, as alias of the mailbox. */
void import_exchange_aliases(struct import_source *s, size_t line, const char *column,
                             struct span list, struct span mailbox);

void import_csv_read(struct import_source *s, struct span text, size_t line);
void import_ldif_read(struct import_source *s, struct span text);
void import_zmprov_read(struct import_source *s, struct span text);
void import_list_read(struct import_source *s, struct span text);

/* One entry of a directory, of whatever product. */
void import_entry_take(struct import_source *s, const struct attributes *a, size_t line);
/* The attributes of an entry that are asked for. */
bool import_entry_wants(struct span name);

#endif
