#include "ctl/residence.h"

#include "core/address.h"
#include "ctl/link_store.h"

static void resolve(struct link *l, const struct config *config, const struct address *a,
                    struct store *store, struct residence *out)
{
    const struct config_domain *d = config_find_domain(config, address_key_domain(a));
    const struct resolve_request request = {
        .address = span_of(a->key),
        .base = address_base(a, config->recipient_delimiter),
        .domain = address_key_domain(a),
        .prefix = span_of(config->prefix),
    };
    (void)l;
    out->ours = d != NULL;
    if (!d)
        return;
    resolve_address(store, &request, &out->by);
    bool decidable = out->by.answer == STORE_FOUND || out->by.answer == STORE_ABSENT;
    if (decidable)
        out->home = out->by.home == HOME_UNSET ? d->home : out->by.home;
}

enum status residence_find(struct link *l, const struct config *config, struct span address,
                           struct residence *out)
{
    struct address a;
    *out = (struct residence){ .home = HOME_UNSET };
    if (address_parse(address, &a) != RESULT_OK)
        return STATUS_YES;
    struct store *store = link_store_new(l, config->prefix);
    if (store)
        resolve(l, config, &a, store, out);
    else
        link_fail(l, "out of memory");
    address_free(&a);
    if (!store)
        return STATUS_UNAVAILABLE;
    store_close(store);
    return out->by.answer == STORE_UNAVAILABLE && out->ours ? STATUS_UNAVAILABLE : STATUS_YES;
}

static const char *place_of_home(enum home h)
{
    switch (h) {
    case HOME_PRIMARY:
        return "lives on the primary system";
    case HOME_SECONDARY:
        return "lives on the secondary system";
    case HOME_BOTH:
        return "lives on both systems";
    case HOME_MOVING:
        return "is being moved";
    case HOME_UNSET:
        break;
    }
    return "lives where the primary system says: no record and no default";
}

void residence_write(const struct residence *r, struct buf *out)
{
    if (!r->ours) {
        buf_adds(out, "is in none of the configured domains");
    } else if (r->by.answer == STORE_BAD) {
        buf_addf(out, "cannot be said to live anywhere: %s: %s", r->by.key, r->by.why);
    } else {
        if (r->by.mailbox[0])
            buf_addf(out, "is %s, and ", r->by.mailbox);
        buf_adds(out, place_of_home(r->home));
        if (r->by.key[0])
            buf_addf(out, ", by %s", r->by.key);
        else if (r->home != HOME_UNSET)
            buf_adds(out, ", by the configuration's default");
    }
}
