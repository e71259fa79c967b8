#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/options.h"
#include "ctl/postfix_lines.h"

enum { KEY_FOLDER = 0x200 };

static const struct argp_option own_options[] = {
    { "postfix-config-dir", KEY_FOLDER, "DIR", 0, "the Postfix whose main.cf is there", 0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    const char **folder = state->input;
    if (key != KEY_FOLDER)
        return ARGP_ERR_UNKNOWN;
    *folder = arg;
    return 0;
}

static void print_notes(const struct postfix_lines *l, struct out *o)
{
    for (size_t i = 0; i < l->notes; i++) {
        out_printf(o, INK_WARN, "# ");
        out_foreign_ink(o, INK_WARN, span_of(l->note[i]));
        fputc('\n', o->to);
    }
}

static void print_head(struct out *o, const char *file)
{
    out_printf(o, INK_DIM, "\n# ");
    out_foreign_ink(o, INK_DIM, span_of(file));
    fputc('\n', o->to);
}

/* Lines of text, of which none may be another thing than it looks. */
static void print_text(struct out *o, struct span text)
{
    struct span line;
    while (span_split(&text, '\n', &line) && (line.n > 0 || span_present(text))) {
        fwrite(line.p, 1, line.n, o->to);
        fputc('\n', o->to);
    }
}

static enum status print_lines(const struct postfix_lines *l, struct out *o)
{
    print_notes(l, o);
    out_printf(o, INK_DIM, "# main.cf\n");
    for (size_t i = 0; i < l->mains; i++)
        fprintf(o->to, "%s =%s%s\n", l->main[i].name, l->main[i].value[0] ? " " : "",
                l->main[i].value);
    if (l->master.n > 0) {
        print_head(o, "master.cf");
        print_text(o, buf_span(&l->master));
    }
    if (l->undo.n > 0) {
        print_head(o, buf_text(&l->undo_file));
        print_text(o, buf_span(&l->undo));
    }
    return STATUS_YES;
}

static json_t *json_of(const struct postfix_lines *l)
{
    json_t *parameters = json_object(), *notes = json_array();
    bool good = parameters && notes;
    for (size_t i = 0; good && i < l->mains; i++)
        good = json_object_set_new(parameters, l->main[i].name, json_text(l->main[i].value)) == 0;
    for (size_t i = 0; good && i < l->notes; i++)
        good = json_array_append_new(notes, json_text(l->note[i])) == 0;
    json_t *files = json_object();
    if (good && files && l->undo.n > 0)
        good =
            json_object_set_new(files, buf_text(&l->undo_file), json_span(buf_span(&l->undo))) == 0;
    if (!good || !files) {
        json_decref(parameters);
        json_decref(notes);
        json_decref(files);
        return NULL;
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "main", parameters, "master",
                     json_span(buf_span(&l->master)), "files", files, "notes", notes);
}

enum status cmd_postfix_config(struct session *s, int argc, char **argv)
{
    const char *folder = NULL;
    char why[POSTFIX_LINES_WHY_MAX], away[SPAWN_WHY_MAX];
    struct postfix_lines lines;
    const struct options_own own = {
        .doc = "Print what main.cf, master.cf and a map of Postfix must say for this "
               "configuration.\vWhat the Postfix on this host has in the same parameters stays in "
               "the lists. Where there is none, or postconf cannot read it, its usual folders are "
               "taken.",
        .option = own_options,
        .parse = parse,
        .input = &folder,
    };
    options_parse(s, &own, argc, argv);
    const struct config *c = session_config(s);
    if (!c)
        return STATUS_USAGE;
    struct postconf *p = postconf_read(folder, away);
    if (!p && folder)
        return session_fail(s, STATUS_USAGE, "%s", away);
    enum status status = STATUS_YES;
    if (!postfix_lines_make(c, p, &lines, why))
        status = session_fail(s, STATUS_NO, "%s: %s", c->file, why);
    else
        status =
            s->json ? json_print(s, json_of(&lines), STATUS_YES) : print_lines(&lines, &s->out);
    postfix_lines_free(&lines);
    postconf_free(p);
    return status;
}
