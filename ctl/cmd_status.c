#include "ctl/command.h"
#include "ctl/json.h"
#include "ctl/options.h"
#include "ctl/overview.h"

static enum status show(struct session *s, struct link *l)
{
    struct overview v = { 0 };
    const struct config *config = session_config(s);
    enum status status = overview_read(l, config, &v);
    overview_sort(&v);
    if (status != STATUS_YES)
        session_lost(s);
    else if (s->json)
        status = json_print(s, overview_json(&v, config, link_server(l)), status);
    else
        overview_print(&s->out, &v, config, link_server(l));
    overview_free(&v);
    return status;
}

enum status cmd_status(struct session *s, int argc, char **argv)
{
    const struct options_own own = {
        .doc = "The migration at a glance: users by home and by group, what looped or conflicted "
               "in the last hour, the nodes that were seen in it, and Redis with its lag.\vAll "
               "records are read, page by page. Users without a record are not counted: nobody "
               "here knows them.",
    };
    enum status status;
    options_parse(s, &own, argc, argv);
    struct link *l = session_link(s, &status);
    return l ? show(s, l) : status;
}
