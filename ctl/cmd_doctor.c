#include <string.h>

#include "ctl/command.h"
#include "ctl/doctor.h"
#include "ctl/json.h"
#include "ctl/options.h"
#include "ctl/resolver.h"

enum { KEY_FOLDER = 0x200, KEY_RESOLVER, KEY_ONLY, KEY_SKIP };

struct asked {
    const char *folder;
    const char *resolver;
    bool only[AREA_COUNT];
    bool any; /* --only was given */
    bool skip[AREA_COUNT];
};

static const struct argp_option own_options[] = {
    { "only", KEY_ONLY, "AREA", 0,
      "check this area: config, keys, redis, records, postfix, dns or clocks; may be repeated", 0 },
    { "skip", KEY_SKIP, "AREA", 0, "do not check this area; may be repeated", 0 },
    { "postfix-config-dir", KEY_FOLDER, "DIR", 0, "the Postfix whose main.cf is there", 0 },
    { "resolver", KEY_RESOLVER, "ADDRESS:PORT", 0, "the name server to ask, by IPv4", 0 },
    { 0 },
};

static void take_area(bool set[AREA_COUNT], const char *name, struct argp_state *state)
{
    enum area area;
    if (area_parse(name, &area))
        set[area] = true;
    else
        argp_error(state, "there is no area '%s'", name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct asked *a = state->input;
    switch (key) {
    case KEY_ONLY:
        a->any = true;
        take_area(a->only, arg, state);
        return 0;
    case KEY_SKIP:
        take_area(a->skip, arg, state);
        return 0;
    case KEY_FOLDER:
        a->folder = arg;
        return 0;
    case KEY_RESOLVER:
        a->resolver = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool wants(const struct asked *a, enum area area)
{
    return (!a->any || a->only[area]) && !a->skip[area];
}

static bool is_good_resolver(const struct session *s, const char *server)
{
    struct resolver r;
    const char *why;
    if (!server)
        return true;
    if (resolver_open(&r, server, &why)) {
        resolver_close(&r);
        return true;
    }
    session_fail(s, STATUS_USAGE, "--resolver: '%s' %s", server, why);
    return false;
}

/* What needs Redis. A connection that is lost on the way is told once. */
static void check_state(struct doctor *d, const struct asked *a)
{
    static const struct {
        enum area area;
        void (*check)(struct doctor *d);
    } steps[] = {
        { AREA_REDIS, doctor_redis },    { AREA_REDIS, doctor_rights },
        { AREA_REDIS, doctor_keyspace }, { AREA_RECORDS, doctor_records },
        { AREA_CLOCKS, doctor_clocks },
    };
    bool any = wants(a, AREA_REDIS) || wants(a, AREA_RECORDS) || wants(a, AREA_CLOCKS);
    if (wants(a, AREA_REDIS))
        doctor_sentinels(d);
    for (size_t i = 0; any && i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (!wants(a, steps[i].area))
            continue;
        if (!doctor_connect(d))
            return;
        steps[i].check(d);
    }
}

static void check(struct doctor *d, const struct asked *a)
{
    if (!doctor_load(d))
        return;
    if (wants(a, AREA_CONFIG))
        doctor_config(d);
    if (wants(a, AREA_KEYS))
        doctor_keys(d);
    check_state(d, a);
    if (wants(a, AREA_POSTFIX))
        doctor_postfix(d);
    if (wants(a, AREA_DNS))
        doctor_dns(d);
}

/* A Redis that cannot be asked is a fault of its own kind, unless there are others. */
static enum status status_of(const struct findings *f)
{
    size_t faults = findings_count(f, SEVERITY_FAULT);
    if (faults == 1 && findings_have(f, "redis-unreachable"))
        return STATUS_UNAVAILABLE;
    return faults + findings_count(f, SEVERITY_WARNING) > 0 ? STATUS_NO : STATUS_YES;
}

static enum status answer(struct session *s, const struct findings *f)
{
    if (f->failed)
        session_fail(s, STATUS_NO, "out of memory, or too much is wrong: not all of it is told");
    enum status status = f->failed ? STATUS_NO : status_of(f);
    if (s->json)
        return json_print(s, findings_json(f), status);
    findings_print(f, &s->out);
    return status;
}

enum status cmd_doctor(struct session *s, int argc, char **argv)
{
    struct asked asked = { 0 };
    const struct options_own own = {
        .doc = "Check the deployment as a whole: the configuration, keys, Redis, the records, "
               "Postfix, DNS, clocks.\vEach finding says what is wrong, what it causes and what "
               "mends it. The exit status is 0 when there is nothing above a note, 1 with faults "
               "or warnings, 3 when all that is at fault is that Redis cannot be asked.",
        .option = own_options,
        .parse = parse,
        .input = &asked,
    };
    options_parse(s, &own, argc, argv);
    if (!is_good_resolver(s, asked.resolver))
        return STATUS_USAGE;
    struct doctor d = { .session = s, .postfix_folder = asked.folder, .resolver = asked.resolver };
    check(&d, &asked);
    enum status status = answer(s, &d.found);
    doctor_forget_guests(&d);
    findings_free(&d.found);
    return status;
}
