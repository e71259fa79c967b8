#include "engine/recipient.h"

#include <stdlib.h>
#include <string.h>

#include "core/route.h"
#include "engine/breaker.h"
#include "engine/map_memory.h"
#include "engine/meter.h"
#include "state/resolve.h"
#include "sys/clock.h"

#define ROUTE_FAULT "route does not give another, valid address for this mailbox"

/* A copy; an absent text is the empty one. */
static char *copy_span(struct span s)
{
    return strndup(s.n ? s.p : "", s.n);
}

/* Remembers which record is at fault, and how. */
static bool set_fault(struct recipient *r, const char *key, const char *why)
{
    free(r->key);
    free(r->why);
    r->key = strdup(key);
    r->why = strdup(why);
    return r->key && r->why;
}

void recipient_mailbox(const struct recipient *r, struct buf *out)
{
    struct span mailbox = span_of(r->mailbox);
    size_t at = span_rfind(mailbox, '@');
    buf_add(out, (struct span){ mailbox.p, at });
    buf_add(out, r->extension);
    buf_add(out, span_from(mailbox, at));
}

static bool read_mailbox(const struct recipient *r, struct address *mailbox)
{
    struct buf text;
    buf_init(&text, ADDRESS_MAX);
    recipient_mailbox(r, &text);
    bool good = buf_ok(&text) && address_parse(buf_span(&text), mailbox) == RESULT_OK;
    buf_free(&text);
    return good;
}

/* That of the address, where the alias was found without it. Between quotes it is left off, and
 * where the mailbox is named with one of its own. */
static struct span extension_of(const struct address *a, const struct resolution *found,
                                char delimiter)
{
    struct span mailbox = span_of(found->mailbox), local = span_of(a->local);
    bool own = span_find(mailbox, delimiter) < span_rfind(mailbox, '@');
    if (found->extension_at == 0 || mailbox.n == 0 || own || local.n != a->key_local)
        return SPAN_ABSENT;
    return span_from(local, found->extension_at);
}

/* The address on the peer: the user's own route, else the domain's; none is no fault here. */
static bool set_target(struct recipient *r, const struct config_domain *domain,
                       const struct resolution *found)
{
    struct span template = found->route[0] ? span_of(found->route) : span_of(domain->route);
    if (!span_present(template))
        return true;
    struct address alias = { 0 };
    const struct address *mailbox = &r->address;
    if (r->mailbox) {
        if (!read_mailbox(r, &alias)) {
            r->state = STATE_BAD_RECORD;
            return set_fault(r, found->key, "alias is not an address");
        }
        mailbox = &alias;
    }
    struct buf target;
    buf_init(&target, ADDRESS_MAX);
    enum result made = route_expand(template, mailbox, &target);
    bool good = made != RESULT_NO_MEMORY;
    if (made == RESULT_OK) {
        r->target = buf_take(&target);
        good = r->target != NULL;
    } else if (good) {
        r->state = STATE_BAD_RECORD;
        good = set_fault(r, found->key, ROUTE_FAULT);
    }
    buf_free(&target);
    address_free(&alias);
    return good;
}

static enum decision_state state_of_answer(enum store_answer a)
{
    switch (a) {
    case STORE_FOUND:
        return STATE_RECORD;
    case STORE_ABSENT:
        return STATE_DEFAULT;
    case STORE_BAD:
        return STATE_BAD_RECORD;
    case STORE_UNAVAILABLE:
        break;
    }
    return STATE_DOWN;
}

static bool take_resolution(struct recipient *r, const struct config_domain *domain,
                            const struct resolution *found)
{
    r->state = state_of_answer(found->answer);
    r->calendar = found->calendar;
    r->home = found->home == HOME_UNSET ? domain->home : found->home;
    r->mode = found->mode == MODE_UNSET ? domain->mode : found->mode;
    r->stale = found->stale;
    r->age_s = found->age_s;
    if (r->state == STATE_BAD_RECORD || r->state == STATE_DOWN)
        return set_fault(r, found->key, found->why);
    if (found->key[0] && !(r->key = strdup(found->key)))
        return false;
    if (found->mailbox[0] && !(r->mailbox = strdup(found->mailbox)))
        return false;
    return set_target(r, domain, found);
}

static bool resolve(struct recipient *r, const struct engine *e, struct store *store)
{
    struct span domain_name = address_key_domain(&r->address);
    const struct config_domain *domain = config_find_domain(e->config, domain_name);
    if (!domain)
        return true;
    struct resolve_request request = {
        .address = span_of(r->address.key),
        .base = address_base(&r->address, e->config->recipient_delimiter),
        .domain = domain_name,
        .prefix = span_of(e->config->prefix),
    };
    struct resolution found;
    resolve_address(store, &request, &found);
    /* What is only looked for in memory is asked of nobody. */
    if (store == e->store)
        meter_lookups(e->meter, found.asked);
    r->extension = extension_of(&r->address, &found, e->config->recipient_delimiter);
    if (!take_resolution(r, domain, &found))
        return false;
    if (r->home == HOME_BOTH && domain->calendar) {
        r->reads_body = true;
        backend_saw_both(e->backend);
    }
    bool decidable = r->state == STATE_RECORD || r->state == STATE_DEFAULT;
    if (decidable && breaker_is_open(e, request.address, r->home))
        r->state = STATE_STORM;
    return true;
}

/* `user%domain` and `domain!user`, without a domain behind or with one that is this system's own
 * host, are other addresses to the MTA. */
static bool is_source_routed(const struct address *a, const struct engine *e)
{
    struct span local = { a->key, a->key_local };
    bool own = a->kind == ADDRESS_BARE ||
               site_host(e->site, address_key_domain(a)) == place_of(e->config->node);
    return own && (span_find(local, '%') < local.n || span_find(local, '!') < local.n);
}

/* The MTA appends its own domain to an address that has none. */
static enum result read_bare(struct recipient *r, const struct engine *e)
{
    struct buf whole;
    buf_init(&whole, ADDRESS_MAX);
    buf_addf(&whole, "%s@%s", r->address.local, e->config->myorigin);
    address_free(&r->address);
    enum result read = address_parse(buf_span(&whole), &r->address);
    buf_free(&whole);
    return read;
}

static enum result read_address(struct recipient *r, const struct engine *e)
{
    enum result read = address_parse(span_of(r->text), &r->address);
    if (read != RESULT_OK || r->address.kind == ADDRESS_NULL)
        return read;
    if (is_source_routed(&r->address, e))
        return RESULT_SYNTAX;
    return RESULT_OK;
}

static bool set_texts(struct recipient *r, struct span text, struct span params)
{
    *r = (struct recipient){ .state = STATE_NOT_OURS, .mode = MODE_ENFORCE };
    r->text = copy_span(text);
    r->params = copy_span(params);
    return r->text && r->params;
}

static bool take_address(struct recipient *r, const struct engine *e, struct store *store,
                         enum result read)
{
    if (read == RESULT_NO_MEMORY)
        return false;
    r->unreadable = read != RESULT_OK;
    return r->unreadable || r->address.kind != ADDRESS_MAILBOX || resolve(r, e, store);
}

/* Postfix asks the socketmap, and the map knows a way to the peer. */
static bool has_maps(const struct engine *e)
{
    return e->config->maps && e->config->system[system_other(e->config->node)].nexthop;
}

/* Where the map sends it; what it answers for one that is deferred leads nowhere. */
static enum map_way way_of(const struct recipient *r, enum system node)
{
    if (r->home == HOME_UNSET && node == SYSTEM_PRIMARY)
        return MAP_WAY_REFUSED;
    enum home home = r->home == HOME_UNSET ? HOME_PRIMARY : r->home;
    return home == home_of(system_other(node)) ? MAP_WAY_PEER : MAP_WAY_OWN;
}

static bool is_unsettled(const struct recipient *r, const struct engine *e)
{
    bool known = r->state == STATE_RECORD || r->state == STATE_DEFAULT;
    return known && has_maps(e) &&
           map_memory_strays(e->told, span_of(r->address.key), way_of(r, e->config->node),
                             clock_monotonic_us());
}

bool recipient_init(struct recipient *r, const struct engine *e, struct span text,
                    struct span params)
{
    if (!set_texts(r, text, params))
        return false;
    enum result read = read_address(r, e);
    if (read == RESULT_OK && r->address.kind == ADDRESS_BARE && e->config->myorigin)
        read = read_bare(r, e);
    if (!take_address(r, e, e->store, read))
        return false;
    r->unsettled = is_unsettled(r, e);
    return true;
}

bool recipient_look(struct recipient *r, const struct engine *e, struct store *store,
                    struct span address)
{
    if (!set_texts(r, address, SPAN_ABSENT))
        return false;
    bool whole = span_find(address, '\0') == address.n;
    return take_address(r, e, store, whole ? read_address(r, e) : RESULT_SYNTAX);
}

void recipient_free(struct recipient *r)
{
    free(r->text);
    free(r->params);
    address_free(&r->address);
    free(r->mailbox);
    free(r->target);
    free(r->key);
    free(r->why);
    *r = (struct recipient){ 0 };
}

/* Mail for the loop mailbox itself that loops has nowhere else to go, nor has any where the option
 * is empty. */
static bool has_loop_mailbox(const struct recipient *r, const struct engine *e)
{
    return e->loop_mailbox.kind != ADDRESS_NULL && r->address.key &&
           strcmp(e->loop_mailbox.key, r->address.key) != 0;
}

/* A record that says one system has been written since the peer had the message, or it would not
 * have come this far, and is followed. Where conflicts are delivered it would have. */
static enum origin origin_of(const struct recipient *r, const struct engine *e,
                             const struct surroundings *s)
{
    bool flipped = r->state == STATE_RECORD && r->home != HOME_BOTH &&
                   e->config->on_conflict != ON_CONFLICT_DELIVER;
    return r->peer_has_had && !flipped ? ORIGIN_PEER : s->origin;
}

struct decision_input recipient_decision_input(const struct recipient *r, const struct engine *e,
                                               const struct surroundings *s)
{
    return (struct decision_input){
        .node = e->config->node,
        .origin = origin_of(r, e, s),
        .state = r->state,
        .home = r->home,
        .stale = r->stale,
        .calendar = r->calendar,
        .has_route = r->target != NULL,
        .maps = has_maps(e),
        .unsettled = r->unsettled,
        .mode = r->mode,
        .null_sender = s->null_sender,
        .auto_submitted = s->auto_submitted,
        .imip = s->imip,
        .loop = r->loop.verdict,
        .alone = s->alone,
        .on_conflict = e->config->on_conflict,
        .on_loop = e->config->on_loop,
        .has_loop_mailbox = has_loop_mailbox(r, e),
    };
}

void recipient_decide(struct recipient *r, const struct engine *e, const struct surroundings *s)
{
    struct decision_input in = recipient_decision_input(r, e, s);
    r->decision = decision_make(&in);
}

bool recipient_is_conflict(const struct recipient *r)
{
    return r->decision.reason == REASON_CONFLICT && !action_goes_on(r->decision.action);
}

bool recipient_is_acted_on(const struct recipient *r)
{
    return r->decision.action != ACTION_LEAVE && !r->decision.observed;
}

enum action recipient_delivery(const struct recipient *r)
{
    if (!recipient_is_acted_on(r))
        return ACTION_LEAVE;
    if (r->decision.action == ACTION_HOLD)
        return r->decision.route;
    return r->decision.action;
}

const char *recipient_target(const struct recipient *r, const struct engine *e)
{
    switch (recipient_delivery(r)) {
    case ACTION_DIVERT:
    case ACTION_BOTH:
        return r->target;
    case ACTION_LOOP_MAILBOX:
        return e->loop_mailbox.text;
    default:
        return NULL;
    }
}
