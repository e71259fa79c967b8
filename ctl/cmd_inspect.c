#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/inspect.h"
#include "ctl/options.h"

enum { KEY_OUTER = 0x200, KEY_INNER };

static const struct argp_option own_options[] = {
    { "outer", KEY_OUTER, NULL, 0, "of a bounce, inspect the bounce itself", 0 },
    { "inner", KEY_INNER, NULL, 0,
      "inspect the innermost message that is attached, whatever wraps it", 0 },
    { 0 },
};

struct asked {
    const char *file; /* NULL: standard input */
    enum inspect_depth depth;
};

static error_t parse_own(int key, char *arg, struct argp_state *state)
{
    struct asked *a = state->input;
    switch (key) {
    case KEY_OUTER:
        a->depth = INSPECT_OUTER;
        return 0;
    case KEY_INNER:
        a->depth = INSPECT_INNER;
        return 0;
    case ARGP_KEY_ARG:
        if (a->file)
            argp_error(state, "one FILE at a time");
        a->file = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* False after telling why not. */
static bool read_file(const struct session *s, const char *file, struct buf *text, bool *cut)
{
    bool standard = !file || strcmp(file, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && mail_read(fd, text, cut);
    if (!good)
        session_fail(s, STATUS_USAGE, "%s: %s", standard ? "standard input" : file,
                     strerror(errno));
    if (fd >= 0 && !standard)
        close(fd);
    return good;
}

static enum status answer(struct session *s, const struct inspection *i)
{
    enum status status = judgement_is_loop(inspection_judgement(i)) ? STATUS_NO : STATUS_YES;
    if (s->json)
        return json_print(s, inspect_json(i), status);
    inspect_draw(i, &s->out);
    return status;
}

static enum status inspect(struct session *s, const struct asked *a, struct span text, bool cut)
{
    struct inspection i = { .cut = cut };
    enum status status = STATUS_USAGE;
    if (!viewpoint_open(&i.viewpoint, s))
        return status;
    switch (inspect_text(&i, text, a->depth)) {
    case INSPECT_DONE:
        status = answer(s, &i);
        break;
    case INSPECT_NO_MESSAGE:
        session_fail(s, status,
                     "%s: no message: there is not one header field in it; give a "
                     "message with its header, as it is stored or sent",
                     a->file ? a->file : "standard input");
        break;
    case INSPECT_NO_MEMORY:
        status = session_fail(s, STATUS_USAGE, "out of memory");
        break;
    }
    inspection_free(&i);
    return status;
}

enum status cmd_inspect(struct session *s, int argc, char **argv)
{
    struct asked asked = { .depth = INSPECT_ORIGINAL };
    const struct options_own own = {
        .args = "[FILE]",
        .doc = "Draw the way that a message has taken from the Received fields of its header: the "
               "systems, the times, where it crossed from one system to the other, and whether it "
               "loops. Of a bounce, the message that is in it. Standard input without FILE, or for "
               "`-'.\vWithout a configuration the systems are guessed from the names of the hosts. "
               "The exit status is 1 for a loop, 0 for none, and 2 where FILE holds no message.",
        .option = own_options,
        .parse = parse_own,
        .input = &asked,
    };
    struct buf text;
    bool cut;
    options_parse(s, &own, argc, argv);
    buf_init(&text, MAIL_MAX);
    enum status status = STATUS_USAGE;
    if (read_file(s, asked.file, &text, &cut))
        status = inspect(s, &asked, buf_span(&text), cut);
    buf_free(&text);
    return status;
}
