#include "milter/filter.h"

#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/message.h"
#include "milter/current.h"
#include "milter/edits.h"
#include "sys/clock.h"
#include "sys/log.h"

#define PARAMS_MAX 4096

/* A macro's value, or NULL. libmilter's prototypes know no const. */
static const char *macro(SMFICTX *ctx, const char *name)
{
    return smfi_getsymval(ctx, (char *)(uintptr_t)name);
}

/* One connection of the MTA. libmilter moves it between threads, one at a time. */
struct session {
    struct ip ip;
    bool has_ip;
    unsigned long steps; /* protocol steps that were agreed to be left out or unanswered */
    struct message *message;
};

static bool tcp;

static const unsigned long wanted_steps = SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NODATA |
                                          SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NR_CONN |
                                          SMFIP_NR_MAIL | SMFIP_NR_HDR;

static struct session *session_of(SMFICTX *ctx)
{
    struct session *s = smfi_getpriv(ctx);
    if (s)
        return s;
    s = calloc(1, sizeof(*s));
    if (s && smfi_setpriv(ctx, s) != MI_SUCCESS) {
        free(s);
        s = NULL;
    }
    return s;
}

static void drop_message(struct session *s)
{
    if (!s || !s->message)
        return;
    message_free(s->message);
    s->message = NULL;
    current_leave();
}

/* What a callback returns when the MTA was told not to wait for it. */
static sfsistat unanswered(const struct session *s, unsigned long step)
{
    return s->steps & step ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static bool bodies_are_read(void)
{
    struct engine *e = current_engine();
    bool read = e && engine_reads_bodies(e);
    engine_unref(e);
    return read;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
                             unsigned long f2, unsigned long f3, unsigned long *my_actions,
                             unsigned long *my_steps, unsigned long *my_f2, unsigned long *my_f3)
{
    (void)f2;
    (void)f3;
    struct session *s = session_of(ctx);
    if (!s || (actions & EDITS_ACTIONS) != EDITS_ACTIONS) {
        log_event(LOG_LEVEL_ERROR, "negotiate",
                  "the MTA offers actions 0x%lx and 0x%lx are needed: raise its milter_protocol",
                  actions, (unsigned long)EDITS_ACTIONS);
        return SMFIS_REJECT;
    }
    unsigned long wanted = tcp ? wanted_steps & ~SMFIP_NODATA : wanted_steps;
    if (bodies_are_read())
        wanted = (wanted & ~SMFIP_NOBODY) | SMFIP_SKIP;
    s->steps = steps & wanted;
    *my_actions = EDITS_ACTIONS;
    *my_steps = s->steps;
    *my_f2 = 0;
    *my_f3 = 0;
    if (actions & SMFIF_SETSYMLIST) {
        *my_actions |= SMFIF_SETSYMLIST;
        smfi_setsymlist(ctx, SMFIM_ENVFROM, (char[]){ "{auth_authen} {cert_subject}" });
        smfi_setsymlist(ctx, SMFIM_ENVRCPT, (char[]){ "i" });
        smfi_setsymlist(ctx, SMFIM_EOM, (char[]){ "i" });
    }
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
    (void)host;
    struct session *s = session_of(ctx);
    if (!s)
        return SMFIS_TEMPFAIL;
    s->has_ip = address && ip_of_sockaddr((const struct sockaddr *)address, &s->ip);
    return unanswered(s, SMFIP_NR_CONN);
}

/*
 * What sendmail(1) submits comes without angle brackets, its null sender as an empty text, and as
 * if from 127.0.0.1. An SMTP client may leave the brackets out too, and is no submission for it.
 */
static bool by_smtp(const struct session *s, const char *path)
{
    static const unsigned char loopback[] = { 127, 0, 0, 1 };
    bool from_here = !s->has_ip || (s->ip.bytes == sizeof(loopback) &&
                                    memcmp(s->ip.octet, loopback, sizeof(loopback)) == 0);
    return path[0] == '<' || !from_here;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
    struct session *s = session_of(ctx);
    if (!s)
        return SMFIS_TEMPFAIL;
    drop_message(s);
    struct engine *e = current_enter();
    if (e) {
        const char *auth = macro(ctx, "{auth_authen}");
        struct client c = {
            .ip = s->ip,
            .has_ip = s->has_ip,
            .smtp = by_smtp(s, argv[0]),
            .authenticated = auth && auth[0],
            .bodiless = s->steps & SMFIP_NOBODY,
            .cert_subject = span_of(macro(ctx, "{cert_subject}")),
        };
        s->message = message_new(e, &c, span_of(argv[0]));
        engine_unref(e);
        if (!s->message)
            current_leave();
    }
    return unanswered(s, SMFIP_NR_MAIL);
}

/* MAIL goes unanswered, so that this is the first chance to say that there is no message. */
static sfsistat no_message(SMFICTX *ctx)
{
    struct reply reply;
    reply_set(&reply, 451, "4.3.2", SPAN_LIT("the filter is closing, try again (coexist)"));
    return edits_reply(ctx, &reply);
}

static sfsistat on_recipient(SMFICTX *ctx, char **argv)
{
    struct session *s = session_of(ctx);
    if (!s || !s->message)
        return no_message(ctx);
    int64_t began = clock_monotonic_us();
    struct buf params;
    buf_init(&params, PARAMS_MAX);
    for (char **p = argv + 1; *p; p++)
        buf_addf(&params, "%s%s", p > argv + 1 ? " " : "", *p);
    struct reply reply;
    if (buf_ok(&params))
        message_recipient(s->message, span_of(argv[0]), buf_span(&params), macro(ctx, "i"), &reply);
    else
        reply_set(&reply, 501, "5.5.4", SPAN_LIT("the parameters of RCPT are too long (coexist)"));
    buf_free(&params);
    sfsistat answer = edits_reply(ctx, &reply);
    message_took(s->message, MESSAGE_AT_RCPT, clock_monotonic_us() - began);
    return answer;
}

static sfsistat on_data(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    struct session *s = session_of(ctx);
    if (!s)
        return SMFIS_TEMPFAIL;
    if (s->message)
        message_header(s->message, span_of(name), span_of(value));
    return unanswered(s, SMFIP_NR_HDR);
}

/* What is left of the body need not come, once nothing more is to be learned from it. */
static sfsistat on_body(SMFICTX *ctx, unsigned char *piece, size_t n)
{
    struct session *s = session_of(ctx);
    if (!s)
        return SMFIS_TEMPFAIL;
    if (s->message && message_body(s->message, (struct span){ (const char *)piece, n }))
        return SMFIS_CONTINUE;
    return s->steps & SMFIP_SKIP ? SMFIS_SKIP : SMFIS_CONTINUE;
}

static sfsistat on_end_of_message(SMFICTX *ctx)
{
    struct session *s = session_of(ctx);
    if (!s || !s->message)
        return no_message(ctx);
    int64_t began = clock_monotonic_us();
    const char *queue_id = macro(ctx, "i");
    struct verdict v;
    message_end(s->message, queue_id, clock_utc(), &v);
    sfsistat answer = edits_apply(ctx, &v, queue_id);
    if (answer == SMFIS_CONTINUE)
        message_done(s->message, queue_id);
    verdict_free(&v);
    message_took(s->message, MESSAGE_AT_END, clock_monotonic_us() - began);
    drop_message(s);
    return answer;
}

static sfsistat on_abort(SMFICTX *ctx)
{
    drop_message(smfi_getpriv(ctx));
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    struct session *s = smfi_getpriv(ctx);
    drop_message(s);
    smfi_setpriv(ctx, NULL);
    free(s);
    return SMFIS_CONTINUE;
}

bool filter_register(bool over_tcp)
{
    static char name[] = "coexist-milter";
    tcp = over_tcp;
    struct smfiDesc description = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = EDITS_ACTIONS | SMFIF_SETSYMLIST,
        .xxfi_connect = on_connect,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_recipient,
        .xxfi_header = on_header,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_data = on_data,
        .xxfi_negotiate = on_negotiate,
    };
    return smfi_register(description) == MI_SUCCESS;
}
