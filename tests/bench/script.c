#include "tests/bench/script.h"

#include <arpa/inet.h>
#include <libmilter/mfdef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENDER "alice@sender.example"
#define SERIAL -1
#define NO_RECIPIENT -2
#define RECEIVED_FEW 3
#define RECEIVED_MANY 5
#define RECEIVED_MANY_FROM 60 /* headers */
#define VALUE_MAX 1024

enum stage { CONNECT, HELO, MAIL, RCPT, DATA, EOM, EOH };

static bool grow(void **p, size_t *room, size_t need, size_t size)
{
    if (need <= *room)
        return true;
    size_t more = *room ? *room * 2 : 64;
    while (more < need)
        more *= 2;
    void *q = realloc(*p, more * size);
    if (!q)
        return false;
    *p = q;
    *room = more;
    return true;
}

static bool add(struct script *s, const void *p, size_t n)
{
    if (!grow((void **)&s->data, &s->room, s->n + n, 1))
        return false;
    memcpy(s->data + s->n, p, n);
    s->n += n;
    return true;
}

static bool add_text(struct script *s, const char *text)
{
    return add(s, text, strlen(text));
}

static bool add_patch(struct script *s, int recipient)
{
    char blank[SCRIPT_NAME_LEN];
    _Static_assert(SCRIPT_NAME_LEN == SCRIPT_SERIAL_LEN, "one blank is for both");
    memset(blank, '0', sizeof(blank));
    if (!grow((void **)&s->patch, &s->patches_room, s->patches + 1, sizeof(*s->patch)))
        return false;
    s->patch[s->patches++] = (struct patch){ s->n, recipient };
    return add(s, blank, sizeof(blank));
}

static bool packet_begin(struct script *s, char command, size_t *at)
{
    *at = s->n;
    return add(s, "\0\0\0\0", 4) && add(s, &command, 1);
}

static bool packet_end(struct script *s, size_t at)
{
    uint32_t length = htonl((uint32_t)(s->n - at - 4));
    memcpy(s->data + at, &length, sizeof(length));
    return true;
}

/* Ends what is sent at once; with nothing to send and no answer to wait for there is no end. */
static bool segment_end(struct script *s, char expects)
{
    if (s->unsent == s->n && !expects)
        return true;
    if (!grow((void **)&s->segment, &s->segments_room, s->segments + 1, sizeof(*s->segment)))
        return false;
    s->segment[s->segments++] = (struct segment){ s->unsent, s->n, expects };
    s->unsent = s->n;
    return true;
}

static const char *macro_value(const char *name, size_t n)
{
    static const char *const known[][2] = {
        { "j", "mail.secondary.example" },
        { "{daemon_name}", "mail.secondary.example" },
        { "{daemon_addr}", "192.0.2.1" },
        { "v", "Postfix 3.7.11" },
        { "_", "mx.external.example [203.0.113.25]" },
        { "{mail_addr}", SENDER },
        { "{mail_host}", "sender.example" },
        { "{mail_mailer}", "smtp" },
        { "{rcpt_mailer}", "virtual" },
        { "{rcpt_host}", "bench.example" },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strlen(known[i][0]) == n && memcmp(known[i][0], name, n) == 0)
            return known[i][1];
    return NULL;
}

/* The macros of a stage as name and value; the queue id is known after the first recipient. */
static bool add_macros(struct script *s, const struct agreement *a, enum stage stage, char command,
                       bool queued)
{
    size_t at;
    bool good = packet_begin(s, SMFIC_MACRO, &at) && add(s, &command, 1);
    for (const char *name = a->macros[stage]; good && *name;) {
        size_t n = strcspn(name, " ");
        const char *value = macro_value(name, n);
        bool id = n == 1 && *name == 'i' && queued;
        if (value || id)
            good = add(s, name, n) && add(s, "", 1) &&
                   (id ? add_patch(s, SERIAL) : add_text(s, value)) && add(s, "", 1);
        name += n + strspn(name + n, " ");
    }
    return good && packet_end(s, at);
}

/* The steps that may be left out, or left unanswered. */
static void flags_of(char command, uint32_t *left_out, uint32_t *unanswered)
{
    static const struct {
        char command;
        uint32_t left_out, unanswered;
    } flags[] = {
        { SMFIC_CONNECT, SMFIP_NOCONNECT, SMFIP_NR_CONN },
        { SMFIC_HELO, SMFIP_NOHELO, SMFIP_NR_HELO },
        { SMFIC_MAIL, SMFIP_NOMAIL, SMFIP_NR_MAIL },
        { SMFIC_RCPT, SMFIP_NORCPT, SMFIP_NR_RCPT },
        { SMFIC_DATA, SMFIP_NODATA, SMFIP_NR_DATA },
        { SMFIC_HEADER, SMFIP_NOHDRS, SMFIP_NR_HDR },
        { SMFIC_EOH, SMFIP_NOEOH, SMFIP_NR_EOH },
        { SMFIC_BODY, SMFIP_NOBODY, SMFIP_NR_BODY },
    };
    *left_out = *unanswered = 0;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (flags[i].command == command) {
            *left_out = flags[i].left_out;
            *unanswered = flags[i].unanswered;
        }
}

struct step {
    enum stage macros;
    char command;
    bool queued;
    const char *before; /* the data: this, the recipient's name where there is one, and that */
    size_t before_n;
    int recipient;
    const char *after;
    size_t after_n;
};

static bool add_step(struct script *s, const struct agreement *a, const struct step *step)
{
    uint32_t left_out, unanswered;
    size_t at;
    flags_of(step->command, &left_out, &unanswered);
    if (!add_macros(s, a, step->macros, step->command, step->queued))
        return false;
    if (a->steps & left_out)
        return true;
    bool good = packet_begin(s, step->command, &at) && add(s, step->before, step->before_n) &&
                (step->recipient == NO_RECIPIENT || add_patch(s, step->recipient)) &&
                add(s, step->after, step->after_n) && packet_end(s, at);
    if (!good || a->steps & unanswered)
        return good;
    return segment_end(s, step->command);
}

static bool add_plain(struct script *s, const struct agreement *a, enum stage macros, char command,
                      const char *text, size_t n)
{
    struct step step = { macros, command, command != SMFIC_MAIL, text, n, NO_RECIPIENT, "", 0 };
    return add_step(s, a, &step);
}

bool script_greet(struct script *s, const struct agreement *a, const struct shape *shape)
{
    char data[VALUE_MAX];
    static const char helo[] = "mx.external.example";
    size_t n = (size_t)snprintf(data, sizeof(data), "%s", shape->host) + 1;
    uint16_t port = htons(40000);
    data[n++] = SMFIA_INET;
    memcpy(data + n, &port, sizeof(port));
    n += sizeof(port);
    n += (size_t)snprintf(data + n, sizeof(data) - n, "%s", shape->client) + 1;
    return add_plain(s, a, CONNECT, SMFIC_CONNECT, data, n) &&
           add_plain(s, a, HELO, SMFIC_HELO, helo, sizeof(helo));
}

static bool add_header(struct script *s, const struct agreement *a, const char *name,
                       const char *value)
{
    char data[VALUE_MAX * 2];
    const char *blank = a->steps & SMFIP_HDR_LEADSPC ? " " : "";
    int n = snprintf(data, sizeof(data), "%s%c%s%s", name, '\0', blank, value);
    return n > 0 && (size_t)n < sizeof(data) &&
           add_plain(s, a, EOH, SMFIC_HEADER, data, (size_t)n + 1);
}

/* The newest first; from the peer, the peer's own is on top. */
static bool add_received(struct script *s, const struct agreement *a, const struct shape *shape,
                         unsigned count)
{
    char value[VALUE_MAX];
    for (unsigned i = 0; i < count; i++) {
        char by[64];
        snprintf(by, sizeof(by), "relay%u.external.example", i);
        snprintf(value, sizeof(value),
                 "from relay%u.external.example (relay%u.external.example [203.0.113.%u])\n"
                 "\tby %s (Postfix) with ESMTPS id 4bRt%05u5z9Xk\n"
                 "\tfor <info@sender.example>; Sat, 22 Nov 2025 10:%02u:17 +0000 (UTC)",
                 i + 1, i + 1, 30 + i, i == 0 ? shape->host : by, 10000 + i, 59 - i);
        if (!add_header(s, a, "Received", value))
            return false;
    }
    return true;
}

static bool add_message_id(struct script *s, const struct agreement *a)
{
    static const char before[] = "Message-ID\0<20251122.";
    static const char spaced[] = "Message-ID\0 <20251122.";
    static const char after[] = "@sender.example>";
    bool space = a->steps & SMFIP_HDR_LEADSPC;
    struct step step = { EOH,
                         SMFIC_HEADER,
                         true,
                         space ? spaced : before,
                         (space ? sizeof(spaced) : sizeof(before)) - 1,
                         SERIAL,
                         after,
                         sizeof(after) };
    return add_step(s, a, &step);
}

static bool add_others(struct script *s, const struct agreement *a, unsigned from, unsigned count)
{
    static const char *const usual[][2] = {
        { "DKIM-Signature",
          "v=1; a=rsa-sha256; c=relaxed/simple; d=sender.example; s=2025a;\n"
          "\tt=1763805617; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\n"
          "\th=Date:From:To:Subject:Message-ID;\n"
          "\tb=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZVoG4ZHRNiYzR" },
        { "From", "Alice Example <" SENDER ">" },
        { "To", "Bench <info@bench.example>" },
        { "Subject", "Minutes of the meeting of last Tuesday, and what is to be done" },
        { "Date", "Sat, 22 Nov 2025 10:00:17 +0000" },
        { "MIME-Version", "1.0" },
        { "Content-Type", "multipart/alternative;\n\tboundary=\"----=_Part_4711_0815\"" },
        { "Content-Language", "en-GB" },
        { "In-Reply-To", "<20251121.4711@bench.example>" },
        { "References", "<20251120.0815@sender.example>\n\t<20251121.4711@bench.example>" },
        { "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Thunderbird/128.4" },
    };
    char name[32], value[VALUE_MAX];
    for (unsigned i = from; i < count; i++) {
        unsigned k = i - from;
        if (k < sizeof(usual) / sizeof(usual[0])) {
            if (!add_header(s, a, usual[k][0], usual[k][1]))
                return false;
            continue;
        }
        snprintf(name, sizeof(name), "X-Header-%u", k);
        snprintf(value, sizeof(value), "number %u; some words that a filter must read past", k);
        if (!add_header(s, a, name, value))
            return false;
    }
    return true;
}

static bool add_recipients(struct script *s, const struct agreement *a, const struct shape *shape)
{
    char after[VALUE_MAX];
    size_t n = (size_t)snprintf(after, sizeof(after), "@%s>", shape->domain) + 1;
    for (unsigned i = 0; i < shape->recipients; i++) {
        struct step step = { RCPT, SMFIC_RCPT, i > 0, "<", 1, (int)i, after, n };
        if (!add_step(s, a, &step))
            return false;
    }
    return true;
}

static bool add_abort(struct script *s)
{
    size_t at;
    return packet_begin(s, SMFIC_ABORT, &at) && packet_end(s, at);
}

bool script_message(struct script *s, const struct agreement *a, const struct shape *shape)
{
    static const char sender[] = "<" SENDER ">";
    static const char body[] = "This is the text of the message.\r\n";
    unsigned received = shape->headers >= RECEIVED_MANY_FROM ? RECEIVED_MANY : RECEIVED_FEW;
    /* smtpd(8) flushes after DATA, before it hands the connection to cleanup(8). */
    return add_abort(s) && add_plain(s, a, MAIL, SMFIC_MAIL, sender, sizeof(sender)) &&
           add_recipients(s, a, shape) && add_plain(s, a, DATA, SMFIC_DATA, "", 0) &&
           segment_end(s, 0) && add_received(s, a, shape, received) && add_message_id(s, a) &&
           add_others(s, a, received + 1, shape->headers) &&
           add_plain(s, a, EOH, SMFIC_EOH, "", 0) &&
           add_plain(s, a, EOM, SMFIC_BODY, body, sizeof(body) - 1) &&
           add_plain(s, a, EOM, SMFIC_BODYEOB, "", 0);
}

void script_free(struct script *s)
{
    free(s->data);
    free(s->segment);
    free(s->patch);
    *s = (struct script){ 0 };
}

void script_fill(const struct script *s, unsigned char *data, const char *serial, const char *names)
{
    for (size_t i = 0; i < s->patches; i++) {
        const struct patch *p = &s->patch[i];
        const char *from =
            p->recipient == SERIAL ? serial : names + (size_t)p->recipient * SCRIPT_NAME_LEN;
        memcpy(data + p->at, from, SCRIPT_NAME_LEN);
    }
}
