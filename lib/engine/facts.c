#include "engine/facts.h"

#include <stdlib.h>
#include <string.h>

#include "core/header.h"
#include "core/imip.h"

#define FACTS_HOPS_USUAL 8

static const struct span trace_name = SPAN_LIT("X-Coexist-Trace");

/* A copy of at most max octets; NULL without memory, which is remembered. */
static char *keep(struct facts *f, struct span value, size_t max)
{
    char *copy = strndup(value.n ? value.p : "", value.n < max ? value.n : max);
    if (!copy)
        f->no_memory = true;
    return copy;
}

/* Keeps the first, that is the newest, value of a field. */
static void keep_first(struct facts *f, char **where, struct span value)
{
    if (!*where)
        *where = keep(f, span_trim(value), FACTS_VALUE_MAX);
}

static bool grow_hops(struct facts *f)
{
    if (f->hops < f->hop_room)
        return true;
    size_t room = f->hop_room ? f->hop_room * 2 : FACTS_HOPS_USUAL;
    char **received = realloc(f->received, room * sizeof(*received));
    if (received)
        f->received = received;
    struct received *hop = received ? realloc(f->hop, room * sizeof(*hop)) : NULL;
    if (!hop) {
        f->no_memory = true;
        return false;
    }
    f->hop = hop;
    f->hop_room = room;
    return true;
}

static void add_received(struct facts *f, struct span value)
{
    f->hops_total++;
    if (!f->resent)
        f->hops_journey++;
    if (f->hops == FACTS_HOPS_MAX || !grow_hops(f))
        return;
    char *copy = keep(f, value, RECEIVED_MAX);
    if (!copy)
        return;
    f->received[f->hops] = copy;
    received_parse(span_of(copy), &f->hop[f->hops]);
    f->hops++;
}

static bool own_grow(struct facts *f)
{
    if (f->owns < f->own_room)
        return true;
    size_t room = f->own_room ? f->own_room * 2 : 8;
    struct own_field *own = realloc(f->own, room * sizeof(*own));
    if (!own)
        return false;
    f->own = own;
    f->own_room = room;
    return true;
}

/* FNV-1a: many names of a stranger's choice must not be compared octet by octet with each other. */
static uint32_t name_hash(struct span name)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)ascii_lower(name.p[i])) * 16777619U;
    return hash;
}

static unsigned next_index(const struct facts *f, uint32_t hash, struct span name)
{
    for (size_t i = f->owns; i > 0; i--) {
        const struct own_field *own = &f->own[i - 1];
        if (own->hash == hash && span_ieq(span_of(own->name), name))
            return own->index + 1;
    }
    return 1;
}

static void add_own(struct facts *f, struct span name, struct span value, bool identifies)
{
    f->own_octets += name.n;
    if (f->owns == FACTS_OWN_MAX || f->own_octets > FACTS_OWN_OCTETS) {
        f->too_many = true;
        return;
    }
    uint32_t hash = name_hash(name);
    struct own_field field = { .name = keep(f, name, name.n),
                               .hash = hash,
                               .index = identifies ? f->identify_fields : next_index(f, hash, name),
                               .identifies = identifies };
    if (!field.name || !own_grow(f)) {
        free(field.name);
        f->no_memory = true;
        return;
    }
    if (span_ieq(span_trim(name), trace_name) && value.n <= TRACE_VALUE_MAX &&
        f->trace_fields++ < FACTS_TRACES_MAX)
        field.trace = keep(f, value, TRACE_VALUE_MAX);
    f->own[f->owns++] = field;
}

static void add_list_id(struct facts *f, struct span value)
{
    if (f->lists == FACTS_LISTS_MAX)
        return;
    char *id = keep(f, header_list_id(value), FACTS_VALUE_MAX);
    if (id)
        f->list_id[f->lists++] = id;
}

/* Only the newest Resent block counts; the hops that it was passed on by end it (RFC 5322 section
 * 3.6.6). */
static void add_resent(struct facts *f, struct span name, struct span value)
{
    if (f->resent && f->hops_total > f->hops_journey)
        return;
    f->resent = true;
    if (span_ieq(name, SPAN_LIT("Resent-Message-ID")))
        keep_first(f, &f->resent_id, value);
    else if (span_ieq(name, SPAN_LIT("Resent-Date")))
        keep_first(f, &f->resent_date, value);
    else if (span_ieq(name, SPAN_LIT("Resent-From")))
        keep_first(f, &f->resent_from, value);
}

/* Counts the fields of the name, as the MTA does, so that this one can be removed. */
static bool read_identify(struct facts *f, const struct engine *e, struct span name,
                          struct span value)
{
    const struct identify *peer = &e->identify[system_other(e->config->node)];
    if (!span_present(peer->header) || !span_ieq(name, peer->header))
        return false;
    f->identify_fields++;
    bool identifies = identify_by_header(peer, name, value);
    f->peer_identified = f->peer_identified || identifies;
    return identifies;
}

/* Whether the message is an invitation: the header says it, or denies it, or leaves it to the body.
 */
static void add_content_type(struct facts *f, struct span value)
{
    f->imip = f->imip || header_is_imip(value);
    if (!f->typed && imip_needs_body(value))
        f->content_type = keep(f, value, FACTS_TYPE_MAX);
    f->typed = true;
}

static void add_encoding(struct facts *f, struct span value)
{
    if (!f->encoded)
        f->encoding = transfer_parse(value);
    f->encoded = true;
}

void facts_header(struct facts *f, const struct engine *e, struct span name, struct span value)
{
    bool identifies = read_identify(f, e, name, value);
    bool own = header_is_own(name);
    f->fields++;
    f->too_many = f->too_many || f->owns * f->fields > FACTS_REMOVAL_MAX;
    if (own || identifies)
        add_own(f, name, value, identifies);
    if (own)
        return;
    if (span_ieq(name, SPAN_LIT("Received")))
        add_received(f, value);
    else if (span_ieq(name, SPAN_LIT("Message-ID")))
        keep_first(f, &f->message_id, header_message_id(value));
    else if (span_istarts(name, SPAN_LIT("Resent-")))
        add_resent(f, name, value);
    else if (span_ieq(name, SPAN_LIT("List-Id")))
        add_list_id(f, value);
    else if (span_ieq(name, SPAN_LIT("Auto-Submitted")))
        f->auto_submitted = f->auto_submitted || header_is_auto_submitted(value);
    else if (span_ieq(name, SPAN_LIT("Content-Type")))
        add_content_type(f, value);
    else if (span_ieq(name, SPAN_LIT("Content-Transfer-Encoding")))
        add_encoding(f, value);
}

static void add_line(struct buf *out, const char *text)
{
    if (text)
        buf_adds(out, text);
    buf_addc(out, '\n');
}

void facts_journey(const struct facts *f, bool with_message_id, struct buf *out)
{
    buf_clear(out);
    add_line(out, with_message_id ? f->message_id : NULL);
    add_line(out, f->resent_id);
    if (!f->resent_id) {
        add_line(out, f->resent_date);
        add_line(out, f->resent_from);
    }
    for (size_t i = 0; i < f->lists; i++)
        add_line(out, f->list_id[i]);
}

static bool journey_matches(const struct facts *f, const struct trace *t, const struct key *key,
                            bool with_message_id)
{
    struct buf text;
    buf_init(&text, FACTS_JOURNEY_MAX);
    facts_journey(f, with_message_id, &text);
    struct token token = token_make(key, t->id, TOKEN_JOURNEY, buf_span(&text));
    bool same = buf_ok(&text) && token_eq(&token, t->journey);
    buf_free(&text);
    return same;
}

/* Keeps a valid trace with this journey's or with the older ones. */
static void sort_trace(struct facts *f, const struct keyring *keys, const struct trace *t)
{
    const struct key *key = keyring_find(keys, t->key_name);
    if (key && (journey_matches(f, t, key, true) || journey_matches(f, t, key, false)))
        f->trace[f->traces++] = *t;
    else
        f->other[f->others++] = *t;
}

/* Room for each trace that may turn out valid, of either sort. */
static bool make_room_for_traces(struct facts *f)
{
    size_t room = f->trace_fields < FACTS_TRACES_MAX ? f->trace_fields : FACTS_TRACES_MAX;
    if (room == 0)
        return true;
    f->trace = calloc(room, sizeof(*f->trace));
    f->other = calloc(room, sizeof(*f->other));
    return f->trace && f->other;
}

void facts_finish(struct facts *f, const struct keyring *keys)
{
    size_t others = 0;
    if (!make_room_for_traces(f)) {
        f->no_memory = true;
        return;
    }
    for (size_t i = 0; i < f->owns; i++) {
        struct own_field *own = &f->own[i];
        struct trace t;
        if (!own->trace) {
            others += !own->identifies;
            continue;
        }
        enum trace_verdict verdict = trace_read(span_of(own->trace), keys, &t);
        if (verdict == TRACE_VALID) {
            sort_trace(f, keys, &t);
            continue;
        }
        f->forged++;
        f->trace_fault = verdict;
        free(own->trace);
        own->trace = NULL;
    }
    /* The other fields of an honest pass come with its trace, and are replaced. */
    if (f->traces + f->others == 0)
        f->forged += others;
}

void facts_free(struct facts *f)
{
    for (size_t i = 0; i < f->hops; i++)
        free(f->received[i]);
    free(f->received);
    free(f->hop);
    for (size_t i = 0; i < f->owns; i++) {
        free(f->own[i].name);
        free(f->own[i].trace);
    }
    free(f->own);
    for (size_t i = 0; i < f->lists; i++)
        free(f->list_id[i]);
    for (size_t i = 0; i < f->traces; i++)
        trace_free(&f->trace[i]);
    for (size_t i = 0; i < f->others; i++)
        trace_free(&f->other[i]);
    free(f->trace);
    free(f->other);
    free(f->content_type);
    free(f->message_id);
    free(f->resent_id);
    free(f->resent_date);
    free(f->resent_from);
    *f = (struct facts){ 0 };
}
