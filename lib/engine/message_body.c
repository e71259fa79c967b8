#include <stdlib.h>

#include "engine/message_state.h"

/* What comes from the peer stays here, invitation or not. */
static bool comes_from_peer(const struct message *m)
{
    return m->origin == ORIGIN_PEER || (m->facts.peer_identified && message_may_be_peer(m));
}

/* The header leaves open whether this is an invitation, and it matters. */
static bool is_open(const struct message *m, bool observed)
{
    if (m->facts.imip || !m->facts.content_type || comes_from_peer(m))
        return false;
    for (size_t i = 0; i < m->recipients; i++) {
        const struct recipient *r = &m->recipient[i];
        if (r->reads_body && (observed || recipient_is_acted_on(r)))
            return true;
    }
    return false;
}

bool message_body(struct message *m, struct span piece)
{
    if (!m->imip) {
        if (!is_open(m, true))
            return false;
        m->imip = malloc(sizeof(*m->imip));
        if (!m->imip) {
            m->facts.no_memory = true;
            return false;
        }
        imip_begin(m->imip, span_of(m->facts.content_type), m->facts.encoding);
    }
    return imip_take(m->imip, piece) == IMIP_OPEN;
}

void message_body_end(struct message *m)
{
    if (m->imip && imip_end(m->imip) == IMIP_YES)
        m->facts.imip = true;
}

bool message_misses_body(const struct message *m)
{
    return m->bodiless && is_open(m, false);
}
