#include "ctl/json.h"
#include "ctl/overview.h"
#include "ctl/table.h"

#define BAR_COLUMNS 30
#define NUMBER_MAX 24
#define MS_PER_S 1000

static const char *const home_texts[OVERVIEW_HOMES] = { "undecided", "primary", "secondary", "both",
                                                        "moving" };
static const enum ink home_inks[OVERVIEW_HOMES] = { INK_DIM, INK_PLAIN, INK_GOOD, INK_STRONG,
                                                    INK_WARN };

static void print_homes(struct out *o, const struct overview *v)
{
    out_printf(o, INK_STRONG, "Users");
    out_printf(o, INK_PLAIN, "  %zu with a record, %zu aliases\n", v->users, v->aliases);
    for (int h = HOME_PRIMARY; h <= OVERVIEW_HOMES; h++) {
        int home = h % OVERVIEW_HOMES;
        if (home == HOME_UNSET && v->homes[home] == 0)
            continue;
        out_printf(o, INK_PLAIN, "  %-10s", home_texts[home]);
        out_bar(o, home_inks[home], v->homes[home], v->users, BAR_COLUMNS);
        out_printf(o, INK_PLAIN, " %zu", v->homes[home]);
        if (v->users > 0)
            out_printf(o, INK_DIM, " (%.1f %%)", 100.0 * (double)v->homes[home] / (double)v->users);
        fputc('\n', o->to);
    }
    if (v->bad > 0)
        out_printf(o, INK_BAD, "  %zu bad records: coexistctl user list --bad (group, domain)\n",
                   v->bad);
}

/* As a wave: `secondary`, and how many of its users are there. */
static const char *state_of(const struct overview_group *g)
{
    if (!g->there)
        return "NO RECORD";
    if (!g->good)
        return "BAD RECORD";
    return g->home == HOME_UNSET ? "no home" : home_texts[g->home];
}

static void add_number(struct table *t, size_t number)
{
    char text[NUMBER_MAX];
    snprintf(text, sizeof(text), "%zu", number);
    table_adds(t, text);
}

static void print_groups(struct out *o, const struct overview *v)
{
    static const char *const head[] = { "Group",     "home", "users",  "primary",
                                        "secondary", "both", "moving", "note" };
    struct table t;
    if (!v->group)
        return;
    table_init(&t, sizeof(head) / sizeof(head[0]), head);
    for (const struct overview_group *g = v->group; g; g = g->hh.next) {
        table_adds(&t, g->name);
        table_add(&t, g->there && g->good ? home_inks[g->home] : INK_BAD, span_of(state_of(g)));
        add_number(&t, g->users);
        for (int h = HOME_PRIMARY; h < OVERVIEW_HOMES; h++)
            add_number(&t, g->homes[h]);
        table_adds(&t, g->note);
    }
    fputc('\n', o->to);
    table_print(&t, o);
    table_free(&t);
}

static void print_hour(struct out *o, const struct overview *v)
{
    out_printf(o, INK_STRONG, "\nLast hour");
    if (!v->events) {
        out_printf(o, INK_PLAIN, "  no events are kept: events_max is 0\n");
        return;
    }
    if (v->events_fault[0]) {
        out_printf(o, INK_BAD, "  the events cannot be read: ");
        out_foreign_ink(o, INK_BAD, span_of(v->events_fault));
        out_printf(o, INK_BAD, "\n");
        return;
    }
    out_printf(o, INK_PLAIN, "  %zu decisions, ", v->decisions);
    out_printf(o, v->conflicts ? INK_BAD : INK_GOOD, "%zu conflicts", v->conflicts);
    out_printf(o, INK_PLAIN, ", ");
    out_printf(o, v->loops ? INK_BAD : INK_GOOD, "%zu loops", v->loops);
    out_printf(o, INK_PLAIN, "%s\n", v->conflicts || v->loops ? ": coexistctl loops" : "");
    for (const struct overview_node *n = v->node; n; n = n->hh.next) {
        int64_t ago = (v->now_ms - n->seen_ms) / MS_PER_S;
        out_printf(o, INK_PLAIN, "  node ");
        out_foreign(o, span_of(n->name));
        out_printf(o, INK_PLAIN, ": %zu decisions, the last %lld s ago\n", n->decisions,
                   (long long)(ago > 0 ? ago : 0));
    }
    if (!v->node)
        out_printf(o, INK_PLAIN, "  no node has decided anything\n");
}

static void print_server(struct out *o, const struct overview *v, const char *server)
{
    out_printf(o, INK_STRONG, "\nRedis");
    out_printf(o, INK_PLAIN, "  %s, %s, answers in %.1f ms", server, v->role ? v->role : "?",
               (double)v->answer_us / 1000.0);
    if (v->replicas > 0)
        out_printf(o, INK_PLAIN, ", %zu replicas, %llu octets behind", v->replicas,
                   (unsigned long long)v->lag);
    if (v->down)
        out_printf(o, INK_BAD, ", has lost its master");
    fputc('\n', o->to);
}

static int by_name(const struct overview_group *a, const struct overview_group *b)
{
    return strcmp(a->name, b->name);
}

static int by_node(const struct overview_node *a, const struct overview_node *b)
{
    return strcmp(a->name, b->name);
}

void overview_sort(struct overview *v)
{
    HASH_SORT(v->group, by_name);
    HASH_SORT(v->node, by_node);
}

void overview_print(struct out *o, const struct overview *v, const struct config *config,
                    const char *server)
{
    out_printf(o, INK_STRONG, "%s", config->name);
    out_printf(o, INK_PLAIN, ", a node of the %s system; %zu domains\n\n",
               system_name(config->node), config->domains);
    print_homes(o, v);
    print_groups(o, v);
    print_hour(o, v);
    print_server(o, v, server);
}

static json_t *homes_json(const size_t homes[OVERVIEW_HOMES])
{
    json_t *made = json_object();
    for (int h = 0; h < OVERVIEW_HOMES; h++)
        json_object_set_new(made, home_texts[h], json_integer((json_int_t)homes[h]));
    return made;
}

static json_t *groups_json(const struct overview *v)
{
    json_t *list = json_array();
    for (const struct overview_group *g = v->group; g; g = g->hh.next)
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:b, s:b, s:I, s:o, s:o}", "name", json_text(g->name),
                            "home", json_filled(g->home == HOME_UNSET ? NULL : home_texts[g->home]),
                            "record", g->there, "good", g->good, "users", (json_int_t)g->users,
                            "homes", homes_json(g->homes), "note", json_filled(g->note)));
    return list;
}

static json_t *nodes_json(const struct overview *v)
{
    json_t *list = json_array();
    for (const struct overview_node *n = v->node; n; n = n->hh.next)
        json_array_append_new(list, json_pack("{s:o, s:I, s:o}", "name", json_text(n->name),
                                              "decisions", (json_int_t)n->decisions, "seen",
                                              json_time(n->seen_ms / MS_PER_S)));
    return list;
}

static json_t *server_json(const struct overview *v, const char *server)
{
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:b}", "server", json_text(server), "role",
                     json_filled(v->role), "answer_us", (json_int_t)v->answer_us, "replicas",
                     (json_int_t)v->replicas, "lag_octets", (json_int_t)v->lag, "master_lost",
                     v->down);
}

json_t *overview_json(const struct overview *v, const struct config *config, const char *server)
{
    return json_pack("{s:o, s:s, s:I, s:I, s:I, s:o, s:o, s:{s:b, s:I, s:I, s:I, s:o}, s:o, s:o}",
                     "node", json_text(config->name), "system", system_name(config->node), "users",
                     (json_int_t)v->users, "aliases", (json_int_t)v->aliases, "bad_records",
                     (json_int_t)v->bad, "homes", homes_json(v->homes), "groups", groups_json(v),
                     "last_hour", "events", v->events, "decisions", (json_int_t)v->decisions,
                     "conflicts", (json_int_t)v->conflicts, "loops", (json_int_t)v->loops, "fault",
                     json_filled(v->events_fault), "nodes", nodes_json(v), "redis",
                     server_json(v, server));
}
