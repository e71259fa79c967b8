#include "ctl/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/count.h"
#include "ctl/csv.h"
#include "ctl/import_directory.h"
#include "ctl/ldif.h"
#include "ctl/subject.h"

#define DN_MAX 4096
#define ADDRESS_TEXT_MAX (2 * RECORD_KEY_MAX + 2) /* with quotes and backslashes */

static const char *const format_names[] = { "csv", "ldif", "json" };

bool export_format_parse(const char *text, enum export_format *out)
{
    for (size_t i = 0; i < COUNT_OF(format_names); i++)
        if (strcmp(text, format_names[i]) == 0) {
            *out = (enum export_format)i;
            return true;
        }
    return false;
}

bool export_begin(enum export_format f, struct buf *out)
{
    if (f == EXPORT_LDIF) {
        buf_adds(out, "version: 1\n");
        return buf_ok(out);
    }
    buf_adds(out, "address");
    for (size_t i = 0; i < IMPORT_FIELDS; i++)
        buf_addf(out, ",%s", import_field_name(i));
    buf_adds(out, "\r\n");
    return buf_ok(out);
}

static void write_csv(const struct export_user *u, struct buf *out)
{
    csv_write(out, span_of(u->address));
    for (size_t i = 0; i < IMPORT_FIELDS; i++) {
        buf_addc(out, ',');
        if (u->value[i])
            csv_write(out, span_of(u->value[i]));
    }
    buf_adds(out, "\r\n");
}

/* `mail=ADDRESS`, with what a name in a directory may not hold behind a backslash (RFC 4514). */
static void write_dn(struct buf *out, const char *address)
{
    struct buf dn;
    buf_init(&dn, DN_MAX);
    buf_adds(&dn, "mail=");
    for (const char *p = address; *p; p++) {
        bool outer = (p == address && strchr(" #", *p)) || (*p == ' ' && !p[1]);
        if (outer || strchr("\"+,;<>\\=", *p))
            buf_addc(&dn, '\\');
        buf_addc(&dn, *p);
    }
    if (buf_ok(&dn))
        ldif_write(out, "dn", buf_span(&dn));
    else
        out->failed = true;
    buf_free(&dn);
}

static void write_ldif(const struct export_user *u, struct buf *out)
{
    buf_addc(out, '\n');
    write_dn(out, u->address);
    ldif_write(out, "objectClass", span_of(IMPORT_OWN_CLASS));
    ldif_write(out, "mail", span_of(u->address));
    for (size_t i = 0; i < IMPORT_FIELDS; i++)
        if (u->value[i])
            ldif_write(out, import_own_attribute(i), span_of(u->value[i]));
}

bool export_write(enum export_format f, const struct export_user *u, struct buf *out)
{
    struct export_user shown = *u;
    struct buf address;
    buf_init(&address, ADDRESS_TEXT_MAX);
    subject_write_address(&address, span_of(u->address));
    shown.address = buf_take(&address);
    if (!shown.address)
        out->failed = true;
    else if (f == EXPORT_LDIF)
        write_ldif(&shown, out);
    else
        write_csv(&shown, out);
    free(shown.address);
    buf_free(&address);
    return buf_ok(out);
}

json_t *export_json(const struct export *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < e->n; i++) {
        json_t *one = json_object();
        json_object_set_new(one, "address", json_text(e->user[i].address));
        for (size_t f = 0; f < IMPORT_FIELDS; f++)
            json_object_set_new(one, import_field_name(f), json_text(e->user[i].value[f]));
        json_array_append_new(list, one);
    }
    return list;
}
