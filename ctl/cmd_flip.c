#include "ctl/change_report.h"
#include "ctl/command.h"
#include "ctl/flip.h"
#include "ctl/options.h"

struct arguments {
    const char *group;
    const char *file;
    bool dry_run;
    char **word;
    size_t words;
};

static const struct argp_option options[] = {
    { "group", 'g', "GROUP", 0, "the whole group, by its record", 0 },
    { "file", 'f', "FILE", 0, "the users in a file, one address a line; -: standard input", 0 },
    { "dry-run", 'n', NULL, 0, "tell what would change, and change nothing", 0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case 'g':
        a->group = arg;
        return 0;
    case 'f':
        a->file = arg;
        return 0;
    case 'n':
        a->dry_run = true;
        return 0;
    case ARGP_KEY_ARGS:
        a->word = state->argv + state->next;
        a->words = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The last word says where to, those before it who. */
static enum status read_words(struct session *s, const struct arguments *a, struct flip *f)
{
    const char *to = a->word[a->words - 1];
    bool by_name = !a->group && !a->file;
    if (!home_parse(span_of(to), &f->to))
        return session_fail(s, STATUS_USAGE,
                            "flip: the last word is where to: primary, secondary, both or moving, "
                            "not '%s'",
                            to);
    if (a->group && a->file)
        return session_fail(s, STATUS_USAGE, "flip: a group or a file, not both");
    if (by_name != (a->words > 1))
        return session_fail(s, STATUS_USAGE,
                            by_name ? "flip: name at least one user"
                                    : "flip: users are named, or in a group or file");
    enum status status = STATUS_YES;
    for (size_t i = 0; status == STATUS_YES && i + 1 < a->words; i++)
        status = flip_add_user(s, f, span_of(a->word[i]), 0);
    if (a->group)
        status = flip_add_group(s, f, a->group);
    if (a->file)
        status = flip_add_file(s, f, a->file);
    return status;
}

enum status cmd_flip(struct session *s, int argc, char **argv)
{
    struct arguments a = { 0 };
    struct flip f = { 0 };
    const struct options_own own = {
        .args = "USER... TO\n--group GROUP TO\n--file FILE TO",
        .doc = "Move users, or a group of them: from the next RCPT on their mail goes where TO "
               "says: primary, secondary, both, or moving, which defers it.\vThe home in a user's "
               "own record counts before that of the group. With one bad line in FILE, or one bad "
               "change, nothing is changed. Each flip is told in the events.",
        .option = options,
        .parse = parse,
        .input = &a,
    };
    options_parse(s, &own, argc, argv);
    enum status status = read_words(s, &a, &f);
    if (status == STATUS_YES)
        status = flip_run(s, &f, a.dry_run);
    else if (status == STATUS_USAGE)
        status = flip_tell_bad_lines(s, &f, a.dry_run);
    flip_free(&f);
    return status;
}
