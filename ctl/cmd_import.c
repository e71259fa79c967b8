#include <string.h>

#include "ctl/command.h"
#include "ctl/import_run.h"
#include "ctl/options.h"

enum { KEY_FORMAT = 0x200, KEY_HOME, KEY_SYSTEM, KEY_MAP, KEY_SYNC, KEY_MAX };

static const struct argp_option options[] = {
    { "format", KEY_FORMAT, "FORMAT", 0,
      "csv, ldif, zmprov or list, where the text does not tell it", 0 },
    { "home", KEY_HOME, "HOME", 0, "where all users of a list live", 0 },
    { "system", KEY_SYSTEM, "SYSTEM", 0,
      "primary or secondary: which one the file was exported from, for Exchange and Google", 0 },
    { "group", 'g', "GROUP", 0, "put all users into this group", 0 },
    { "map", KEY_MAP, "COLUMN=FIELD", 0,
      "a column of a CSV holds address, home, route, group, alias, calendar or note", 0 },
    { "sync", KEY_SYNC, NULL, 0, "remove users that the file does not name", 0 },
    { "delete-max", KEY_MAX, "N|P%", 0,
      "with --sync: the most users to be removed (5 % or 10, whichever is more)", 0 },
    { "dry-run", 'n', NULL, 0, "tell what would change, and change nothing", 0 },
    { "yes", 'y', NULL, 0, "do not ask", 0 },
    { 0 },
};

static const char doc[] =
    "Takes where users live from a file: `coexistctl export`, LDIF of Zimbra or Active Directory, "
    "zmprov, a CSV of Exchange or Google, or a list with an address on each line. `-` is standard "
    "input.\v"
    "Zimbra: zimbraMailTransport is compared to `nexthop`, `hosts` and `networks` of the systems. "
    "Exchange: a mailbox lives on the --system that the file is of, a mail user on the other. "
    "Google: all live on --system. A bad row changes nothing; rows that tell nothing are passed "
    "over, and counted.";

static void read_word(struct import_run *run, int key, char *arg, struct argp_state *state)
{
    struct import_settings *set = &run->settings;
    const char *why;
    if (key == KEY_FORMAT && !import_format_parse(arg, &set->format))
        argp_error(state, "--format is csv, ldif, zmprov or list, not '%s'", arg);
    if (key == KEY_HOME && !home_parse(span_of(arg), &set->home))
        argp_error(state, "--home is primary, secondary, both or moving, not '%s'", arg);
    if (key == KEY_SYSTEM && !(set->of_system = system_parse(span_of(arg), &set->system)))
        argp_error(state, "--system is primary or secondary, not '%s'", arg);
    if (key == KEY_MAX && !import_limit_parse(arg, &run->limit))
        argp_error(state, "--delete-max is a number, or a percentage as in 20%%, not '%s'", arg);
    if (key == KEY_MAP && (why = import_settings_map(set, arg)))
        argp_error(state, "--map '%s' %s", arg, why);
    if (key == 'g' && arg[0] == '\0')
        argp_error(state, "--group is the name of a group, not empty");
    if (key == 'g')
        set->group = arg;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct import_run *run = state->input;
    switch (key) {
    case KEY_FORMAT:
    case KEY_HOME:
    case KEY_SYSTEM:
    case 'g':
    case KEY_MAP:
    case KEY_MAX:
        read_word(run, key, arg, state);
        return 0;
    case KEY_SYNC:
        run->sync = true;
        return 0;
    case 'n':
        run->dry_run = true;
        return 0;
    case 'y':
        run->yes = true;
        return 0;
    case ARGP_KEY_ARG:
        if (run->file)
            argp_error(state, "one file at a time");
        run->file = arg;
        return 0;
    case ARGP_KEY_END:
        if (!run->file)
            argp_error(state, "which file? `-` is standard input");
        if (run->limit.given && !run->sync)
            argp_error(state, "--delete-max goes with --sync");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

enum status cmd_import(struct session *s, int argc, char **argv)
{
    struct import_run run = { .file = NULL };
    const struct options_own own = {
        .args = "FILE", .doc = doc, .option = options, .parse = parse, .input = &run
    };
    options_parse(s, &own, argc, argv);
    return import_run(s, &run);
}
