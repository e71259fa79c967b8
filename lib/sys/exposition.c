#include "sys/exposition.h"

#include <inttypes.h>
#include <stdio.h>

#define SECOND_US 1000000

/* A quotation mark is special within a label's value only. */
static void add_escaped(struct buf *out, const char *text, bool quoted)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_adds(out, "\\n");
        else if (*text == '\\' || (quoted && *text == '"'))
            buf_addf(out, "\\%c", *text);
        else
            buf_addc(out, *text);
    }
}

void exposition_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_addf(out, "# HELP %s ", name);
    add_escaped(out, help, false);
    buf_addf(out, "\n# TYPE %s %s\n", name, type);
}

static void add_sample(struct buf *out, const char *name, const char *suffix,
                       const struct exposition_label *label, size_t labels, const char *value)
{
    buf_addf(out, "%s%s", name, suffix);
    for (size_t i = 0; i < labels; i++) {
        buf_addf(out, "%c%s=\"", i == 0 ? '{' : ',', label[i].name);
        add_escaped(out, label[i].value, true);
        buf_addc(out, '"');
    }
    buf_addf(out, "%s %s\n", labels > 0 ? "}" : "", value);
}

void exposition_count(struct buf *out, const char *name, const char *suffix,
                      const struct exposition_label *label, size_t labels, uint64_t value)
{
    char text[EXPOSITION_NUMBER_MAX];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    add_sample(out, name, suffix, label, labels, text);
}

void exposition_number(uint64_t us, char out[EXPOSITION_NUMBER_MAX])
{
    int n = snprintf(out, EXPOSITION_NUMBER_MAX, "%" PRIu64 ".%06u", us / SECOND_US,
                     (unsigned)(us % SECOND_US));
    while (out[n - 1] == '0')
        n--;
    if (out[n - 1] == '.')
        n--;
    out[n] = '\0';
}

void exposition_seconds(struct buf *out, const char *name, const char *suffix,
                        const struct exposition_label *label, size_t labels, uint64_t us)
{
    char text[EXPOSITION_NUMBER_MAX];
    exposition_number(us, text);
    add_sample(out, name, suffix, label, labels, text);
}
