#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/address.h"
#include "ctl/command.h"
#include "ctl/explanation_print.h"
#include "ctl/json.h"
#include "ctl/mail.h"
#include "ctl/options.h"

enum { KEY_FROM = 0x300, KEY_CLIENT, KEY_SENDER, KEY_MESSAGE };

#define SENDER_USUAL "sender@sender.invalid"

struct arguments {
    struct explanation_question question;
    bool from_given;
    enum origin from;
    const char *client;
    const char *message;
};

static const struct argp_option options[] = {
    { "from", KEY_FROM, "ORIGIN", 0, "who hands it over: external (usual), peer or local", 0 },
    { "client", KEY_CLIENT, "ADDRESS", 0, "the IP address of the SMTP client", 0 },
    { "sender", KEY_SENDER, "ADDRESS", 0, "the envelope's sender; <> for the null sender", 0 },
    { "message", KEY_MESSAGE, "FILE", 0, "a message, of which the header counts; -: standard input",
      0 },
    { 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct arguments *a = state->input;
    switch (key) {
    case KEY_FROM:
        a->from_given = true;
        if (!origin_parse(span_of(arg), &a->from))
            argp_error(state, "--from is external, peer or local, not '%s'", arg);
        return 0;
    case KEY_CLIENT:
        a->client = arg;
        return 0;
    case KEY_SENDER:
        a->question.sender = arg;
        return 0;
    case KEY_MESSAGE:
        a->message = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (a->question.rcpt)
            argp_error(state, "one recipient at a time");
        a->question.rcpt = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Reads the message, of which only the header is needed. */
static enum status read_message(const struct session *s, struct arguments *a, struct buf *text)
{
    struct mail mail;
    bool cut;
    bool standard = strcmp(a->message, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(a->message, O_RDONLY | O_CLOEXEC);
    bool read = fd >= 0 && mail_read(fd, text, &cut);
    int why = errno;
    if (fd >= 0 && !standard)
        close(fd);
    if (!read)
        return session_fail(s, STATUS_USAGE, "%s: %s", a->message, strerror(why));
    if (!mail_parse(buf_span(text), &mail))
        return session_fail(s, STATUS_USAGE, "%s: there is no header field in it", a->message);
    a->question.header = mail.header;
    return STATUS_YES;
}

static enum status tell(struct session *s, const struct explanation *x)
{
    enum status status = explanation_status(x);
    const char *lost = dry_unavailable(x->dry);
    if (lost)
        session_fail(s, status, "%s", lost);
    if (s->json)
        return json_print(s, explanation_json(x), status);
    explanation_print(x, &s->out);
    return status;
}

/* In angle brackets whatever an MTA hands over is taken; without them people mistype. A null
 * address has no kind but its own: of a recipient it is none. */
static bool is_typed_well(const char *text, enum address_kind least)
{
    struct address a;
    bool quoted = strchr(text, '"');
    if (text[0] == '<')
        return true;
    bool good = address_parse(span_of(text), &a) == RESULT_OK && a.kind >= least &&
                (quoted || !strchr(text, ' '));
    address_free(&a);
    return good;
}

static enum status check_addresses(struct session *s, const struct arguments *a)
{
    const struct config *c = session_config(s);
    if (!c)
        return STATUS_USAGE;
    if (!is_typed_well(a->question.rcpt, c->myorigin ? ADDRESS_BARE : ADDRESS_MAILBOX))
        return session_fail(s, STATUS_USAGE, "'%s' is not an address: write user@example.com",
                            a->question.rcpt);
    if (!is_typed_well(a->question.sender, ADDRESS_NULL))
        return session_fail(s, STATUS_USAGE, "--sender: '%s' is not an address",
                            a->question.sender);
    return STATUS_YES;
}

static enum status explain(struct session *s, const struct arguments *a, struct dry *dry)
{
    struct caller caller;
    struct explanation x;
    enum status status =
        caller_make(s, dry->engine, a->from_given ? &a->from : NULL, a->client, &caller);
    if (status != STATUS_YES)
        return status;
    bool made = explanation_make(&x, dry, &caller, &a->question);
    status = made ? tell(s, &x) : session_fail(s, STATUS_NO, "out of memory");
    explanation_free(&x);
    return status;
}

enum status cmd_explain(struct session *s, int argc, char **argv)
{
    struct arguments a = { .question = { .sender = SENDER_USUAL } };
    struct buf text;
    const struct options_own own = {
        .args = "RCPT",
        .doc = "Tell what would be done with mail for a recipient, and why: the decision, the "
               "rules that were weighed, the records that were read, and the exact reply, or edits "
               "of the message. Nothing is written anywhere.\vWithout --message, of a message that "
               "has no header. RCPT in angle brackets is taken as it is, be it an address or not. "
               "FILE is a message as it comes to this host: without the Received "
               "field that its own MTA adds. --client alone says by its address where the message "
               "comes from. The exit status is 0 where it goes on, 1 where it is deferred, "
               "rejected, held, put aside or none of ours, 3 where the state cannot be asked.",
        .option = options,
        .parse = parse,
        .input = &a,
    };
    options_parse(s, &own, argc, argv);
    buf_init(&text, MAIL_MAX);
    enum status status = check_addresses(s, &a);
    if (status == STATUS_YES && a.message)
        status = read_message(s, &a, &text);
    struct dry *dry = status == STATUS_YES ? dry_new(s, &status) : NULL;
    if (dry)
        status = explain(s, &a, dry);
    dry_free(dry);
    buf_free(&text);
    return status;
}
