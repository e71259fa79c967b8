#include "ctl/skew.h"

#include <string.h>

static struct skew_node *node_of(struct skew *s, struct span name)
{
    if (name.n >= SKEW_NAME_MAX)
        name.n = SKEW_NAME_MAX - 1;
    for (size_t i = 0; i < s->nodes; i++)
        if (span_eq(span_of(s->node[i].name), name))
            return &s->node[i];
    if (s->nodes == SKEW_NODES_MAX)
        return NULL;
    struct skew_node *n = &s->node[s->nodes++];
    *n = (struct skew_node){ .least = INT64_MAX };
    memcpy(n->name, name.p, name.n);
    return n;
}

void skew_add(struct skew *s, struct span node, uint64_t redis_ms, bool told, int64_t node_ms)
{
    struct skew_node *n = node.n > 0 ? node_of(s, node) : NULL;
    /* What is no time of this age of the world would overflow below. */
    bool sane = redis_ms <= INT64_MAX / 2 && node_ms >= 0 && node_ms <= INT64_MAX / 2;
    if (!n || !told || !sane)
        return;
    int64_t late = (int64_t)redis_ms - node_ms;
    n->told++;
    if (late < n->least)
        n->least = late;
}

/* The first label of one is the whole of the other, or they differ in case alone. */
bool skew_names_alike(const char *a, const char *b)
{
    size_t label_a = strcspn(a, "."), label_b = strcspn(b, ".");
    bool bare = a[label_a] == '\0' || b[label_b] == '\0';
    if (strcmp(a, b) == 0 || a[0] == '\0')
        return false;
    if (strcasecmp(a, b) == 0)
        return true;
    return bare && label_a == label_b && strncasecmp(a, b, label_a) == 0;
}
