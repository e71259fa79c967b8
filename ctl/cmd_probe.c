#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/json.h"
#include "ctl/options.h"
#include "ctl/probe_report.h"

#define MS 1000
#define HOST_USUAL "127.0.0.1"
#define PROGRAM_USUAL "/usr/sbin/sendmail"
#define SENDER_MAX (ADDRESS_MAX + sizeof("postmaster@"))

enum {
    KEY_SMTP = 0x200,
    KEY_SENDMAIL,
    KEY_SENDER,
    KEY_RETURN,
    KEY_TIMEOUT,
    KEY_WARN,
    KEY_CRITICAL
};

static const struct argp_option options[] = {
    { "smtp", KEY_SMTP, "HOST[:PORT]", 0, "send it to this MTA (" HOST_USUAL ":25)", 0 },
    { "sendmail", KEY_SENDMAIL, "FILE", OPTION_ARG_OPTIONAL,
      "submit it by a program instead (" PROGRAM_USUAL ")", 0 },
    { "sender", KEY_SENDER, "ADDRESS", 0,
      "send it from there (postmaster of the recipient's domain); '' is the null sender", 0 },
    { "return", KEY_RETURN, "ADDRESS", 0,
      "wait until it comes back, sent on by the mailbox or the other system to this address", 0 },
    { "timeout", KEY_TIMEOUT, "SECONDS", 0, "wait no longer (30)", 0 },
    { "warn", KEY_WARN, "SECONDS", 0, "say `warning' when it takes longer", 0 },
    { "critical", KEY_CRITICAL, "SECONDS", 0,
      "say `critical', and end with 1, when it takes longer", 0 },
    { "verbose", 'v', NULL, 0, "tell each step", 0 },
    { 0 },
};

static const char doc[] =
    "Sends a marked message through the MTA and follows it, by the events of all nodes, to the "
    "decision about its recipient. Prints one line that is fit for a monitor."
    "\vThe exit status is 0 when the mail goes on, 1 when it is deferred, refused, held, not seen "
    "in time or over --critical, 2 for wrong use and 3 when Redis cannot be asked.";

struct order {
    const char *rcpt;
    const char *sender; /* NULL: as usual */
    const char *back;
    const char *program; /* NULL: by SMTP */
    struct submission_host host;
    unsigned timeout_ms;
    struct probe_limits limits;
    bool verbose;
};

static unsigned read_seconds(const char *name, const char *text, const struct argp_state *state)
{
    char *end;
    double seconds = strtod(text, &end);
    if (text[0] == '\0' || text[strspn(text, "0123456789.")] != '\0' || *end != '\0' ||
        seconds * MS < 1 || seconds * MS > PROBE_TIMEOUT_MAX_MS)
        argp_error(state, "--%s is a number of seconds from 0.001 to %d, not '%s'", name,
                   PROBE_TIMEOUT_MAX_MS / MS, text);
    return (unsigned)(seconds * MS + 0.5);
}

static void read_host(struct order *o, const char *text, const struct argp_state *state)
{
    if (!submission_host_read(span_of(text), &o->host))
        argp_error(state, "--smtp is HOST, HOST:PORT, [IPV6] or [IPV6]:PORT, not '%s'", text);
}

static void finish(const struct order *o, const struct argp_state *state)
{
    if (!o->rcpt)
        argp_error(state, "whose mail is to be probed?");
    if (o->limits.critical_ms > o->timeout_ms || o->limits.warn_ms > o->timeout_ms)
        argp_error(state, "--warn and --critical are no longer than --timeout");
    if (o->limits.critical_ms > 0 && o->limits.warn_ms > o->limits.critical_ms)
        argp_error(state, "--warn is no longer than --critical");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct order *o = state->input;
    switch (key) {
    case KEY_SMTP:
        read_host(o, arg, state);
        return 0;
    case KEY_SENDMAIL:
        o->program = arg ? arg : PROGRAM_USUAL;
        return 0;
    case KEY_SENDER:
        o->sender = arg;
        return 0;
    case KEY_RETURN:
        o->back = arg;
        return 0;
    case KEY_TIMEOUT:
        o->timeout_ms = read_seconds("timeout", arg, state);
        return 0;
    case KEY_WARN:
        o->limits.warn_ms = read_seconds("warn", arg, state);
        return 0;
    case KEY_CRITICAL:
        o->limits.critical_ms = read_seconds("critical", arg, state);
        return 0;
    case 'v':
        o->verbose = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->rcpt)
            argp_error(state, "one recipient, and not '%s' too", arg);
        o->rcpt = arg;
        return 0;
    case ARGP_KEY_END:
        finish(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A mailbox that the filter decides about. Empty after telling that it is none. */
static enum status read_mailbox(struct session *s, const char *text, struct address *out)
{
    const struct config *c = session_config(s);
    enum result read = c ? address_parse(span_of(text), out) : RESULT_SYNTAX;
    if (!c)
        return STATUS_USAGE;
    if (read != RESULT_OK || out->kind != ADDRESS_MAILBOX)
        return session_fail(s, STATUS_USAGE, "'%s' is no address of a mailbox", text);
    if (!config_find_domain(c, address_key_domain(out)))
        return session_fail(s, STATUS_USAGE,
                            "%s: %s has no `domain` for it: the filter leaves such mail alone, and "
                            "tells no event",
                            text, c->file);
    return STATUS_YES;
}

/* The sender that is written down; it may be anybody, or nobody. */
static enum status read_sender(struct session *s, const struct order *o, const struct address *rcpt,
                               char sender[SENDER_MAX])
{
    struct address a;
    if (!o->sender) {
        snprintf(sender, SENDER_MAX, "postmaster@%s", rcpt->domain);
        return STATUS_YES;
    }
    if (address_parse(span_of(o->sender), &a) != RESULT_OK)
        return session_fail(s, STATUS_USAGE, "--sender: '%s' is no address", o->sender);
    snprintf(sender, SENDER_MAX, "%s", a.text);
    address_free(&a);
    return STATUS_YES;
}

static enum status lost(const struct session *s, const struct probe *p)
{
    const char *sent = p->sent.taken ? " (the probe was sent)" : "";
    return session_fail(s, STATUS_UNAVAILABLE, "%s: %s%s", link_server(s->link), link_why(s->link),
                        sent);
}

static enum status follow(struct session *s, const struct order *o, struct probe *p)
{
    bool told = o->verbose && !s->json;
    if (told)
        probe_tell_sending(p, &s->out);
    probe_send(p);
    if (told)
        probe_tell_sent(p, &s->out);
    if (probe_follow(p) != STATUS_YES)
        return lost(s, p);
    if (told)
        probe_tell_sight(p, &p->decision, &s->out);
    if (!p->back || !p->sent.taken || !probe_goes_on(&p->decision))
        return STATUS_YES;
    if (probe_follow_back(p) != STATUS_YES)
        return lost(s, p);
    if (told)
        probe_tell_sight(p, &p->returned, &s->out);
    return STATUS_YES;
}

static enum status tell(struct session *s, const struct order *o, const struct probe *p)
{
    enum probe_verdict v = probe_judge(p, &o->limits);
    if (s->json)
        return json_print(s, probe_json(p, v), probe_verdict_status(v));
    probe_tell_line(p, &o->limits, v, &s->out);
    return probe_verdict_status(v);
}

static enum status run(struct session *s, const struct order *o, struct probe *p)
{
    struct stream stream;
    enum status status = STATUS_NO;
    if (p->config->events_max == 0)
        return session_fail(s, STATUS_USAGE,
                            "%s: events are switched off (events_max = 0): nothing would tell what "
                            "became of a probe",
                            p->config->file);
    struct link *link = session_link(s, &status);
    if (!link)
        return status;
    p->stream = &stream;
    status = stream_init(&stream, link, p->config->prefix) ? probe_begin(p) : STATUS_NO;
    if (status == STATUS_YES)
        status = follow(s, o, p);
    else if (status == STATUS_UNAVAILABLE)
        session_lost(s);
    else
        session_fail(s, status, "the message could not be made: out of memory");
    p->stream = NULL;
    stream_free(&stream);
    return status == STATUS_YES ? tell(s, o, p) : status;
}

/* With its addresses read. */
static enum status probe(struct session *s, const struct order *o, const struct address *rcpt,
                         const struct address *back)
{
    char sender[SENDER_MAX];
    struct probe p = { .config = session_config(s),
                       .rcpt = rcpt,
                       .back = back,
                       .sender = sender,
                       .host = o->program ? NULL : &o->host,
                       .program = o->program,
                       .timeout_ms = o->timeout_ms };
    if (back && strcmp(back->key, rcpt->key) == 0)
        return session_fail(s, STATUS_USAGE,
                            "--return is another address than the recipient's: what comes back to "
                            "the same one is a loop");
    if (read_sender(s, o, rcpt, sender) != STATUS_YES)
        return STATUS_USAGE;
    enum status status = run(s, o, &p);
    probe_free(&p);
    return status;
}

enum status cmd_probe(struct session *s, int argc, char **argv)
{
    struct order o = { .host = { SPAN_LIT(HOST_USUAL), SUBMISSION_PORT },
                       .timeout_ms = PROBE_TIMEOUT_MS };
    const struct options_own own = { "RCPT", doc, options, parse, &o };
    struct address rcpt = { 0 }, back = { 0 };
    options_parse(s, &own, argc, argv);
    enum status status = read_mailbox(s, o.rcpt, &rcpt);
    if (status == STATUS_YES && o.back)
        status = read_mailbox(s, o.back, &back);
    if (status == STATUS_YES)
        status = probe(s, &o, &rcpt, o.back ? &back : NULL);
    address_free(&rcpt);
    address_free(&back);
    return status;
}
