#include <stdio.h>
#include <string.h>

#include "sys/config_reader.h"
#include "sys/config_value.h"

/* Longer names are compared by their beginning. */
#define NAME_COMPARED 64
#define SHOWN_MAX 64 /* octets of a value in a message */

/* libconfuse's callbacks carry no argument of ours, and it parses in the thread that calls it. */
static _Thread_local struct config_reader *reading;

typedef const char *(*asked)(const struct config_checks *checks, const char *value);

/* What a value must be: of a form, and to the liking of the layer above. */
struct rule {
    const char *option;
    bool (*good)(struct span value);
    const char *accepted;
    asked ask;   /* NULL: nobody */
    bool secret; /* not to be shown in a message */
};

static const char *ask_host(const struct config_checks *checks, const char *value)
{
    return checks->host ? checks->host(span_of(value)) : NULL;
}

static const char *ask_network(const struct config_checks *checks, const char *value)
{
    return checks->network ? checks->network(span_of(value)) : NULL;
}

static const char *ask_route(const struct config_checks *checks, const char *value)
{
    return checks->route ? checks->route(span_of(value)) : NULL;
}

/* Empty stands for no mailbox, which on_loop may or may not need. */
static const char *ask_mailbox(const struct config_checks *checks, const char *value)
{
    return checks->address && *value ? checks->address(span_of(value)) : NULL;
}

static const char *ask_state(const struct config_checks *checks, const char *value)
{
    return checks->state ? checks->state(value) : NULL;
}

static bool good_system(struct span value)
{
    enum system system;
    return system_parse(value, &system);
}

static bool good_mode(struct span value)
{
    enum mode mode;
    return mode_parse(value, &mode);
}

static bool good_on_conflict(struct span value)
{
    enum on_conflict on_conflict;
    return on_conflict_parse(value, &on_conflict);
}

static bool good_on_loop(struct span value)
{
    enum on_loop on_loop;
    return on_loop_parse(value, &on_loop);
}

static bool good_switch(struct span value)
{
    return value_switch(value, NULL);
}

static bool good_socket_mode(struct span value)
{
    return value_octal_mode(value, NULL);
}

#define SYSTEMS "primary, secondary"
#define LISTEN "unix:/PATH, inet:PORT@HOST, inet6:PORT@HOST"
#define ACCOUNT "a name of at most 32 letters, digits, '-', '_', '.'"

/* All but the numbers. Names are the same in all blocks, so that one table does for them. */
static const struct rule rules[] = {
    { "node", good_system, SYSTEMS, NULL, false },
    { "name", value_is_host, "a host name", NULL, false },
    { "listen", value_is_listen, LISTEN, NULL, false },
    { "socket_mode", good_socket_mode, "octal digits, at most \"0777\"", NULL, false },
    { "socket_group", value_is_account, ACCOUNT, NULL, false },
    { "user", value_is_account, ACCOUNT, NULL, false },
    { "maps", value_is_listen, LISTEN, NULL, false },
    { "metrics", value_is_endpoint, "HOST:PORT, [IPV6]:PORT", NULL, false },
    { "state", value_is_filled, "a URL", ask_state, true },
    { "prefix", value_is_prefix, "1 to 64 printable characters without blank", NULL, false },
    { "replica", value_is_filled, "a URL", ask_state, true },
    { "tls_ca", value_is_path, "an absolute path", NULL, false },
    { "tls_cert", value_is_path, "an absolute path", NULL, false },
    { "tls_key", value_is_path, "an absolute path", NULL, false },
    { "snapshot", value_is_path_or_none, "an absolute path, or \"\"", NULL, false },
    { "keys", value_is_path, "an absolute path", NULL, false },
    { "on_conflict", good_on_conflict, "defer, reject, deliver", NULL, false },
    { "on_loop", good_on_loop, "reject, defer, hold, divert", NULL, false },
    { "loop_mailbox", value_is_anything, "a mailbox", ask_mailbox, false },
    { "recipient_delimiter", value_is_delimiter, "one character, or \"\"", NULL, false },
    { "myorigin", value_is_host, "a domain", NULL, false },
    { "hosts", value_is_filled, "host names and *.patterns", ask_host, false },
    { "networks", value_is_filled, "addresses and networks", ask_network, false },
    { "identify", value_is_identify, "\"Header-Name: value\", \"cert: CN\"", NULL, true },
    { "nexthop", value_is_next_hop, "TRANSPORT:NEXTHOP without blank", NULL, false },
    { "home", good_system, SYSTEMS, NULL, false },
    { "route", value_is_filled, "a template for an address", ask_route, false },
    { "mode", good_mode, "enforce, observe", NULL, false },
    { "calendar", good_switch, "on, off", NULL, false },
};

static const struct rule *rule_of(const char *option)
{
    size_t i = 0;
    while (strcmp(rules[i].option, option) != 0)
        i++;
    return &rules[i];
}

static void double_option(unsigned line, const cfg_opt_t *opt)
{
    reader_fault(reading, line, "%s: given twice, first on line %ld; accepted: once", opt->name,
                 opt->def.number);
}

/* The line of an option's first value is kept in the default number, which a string has no use
 * for. libconfuse itself would let the last one win. */
static bool is_first(cfg_t *cfg, cfg_opt_t *opt)
{
    if (cfg_opt_size(opt) > 1)
        return true;
    if (opt->def.number == 0) {
        opt->def.number = cfg->line;
        return true;
    }
    double_option((unsigned)cfg->line, opt);
    return false;
}

static bool form_fault(cfg_t *cfg, const char *option, const char *value, const char *accepted)
{
    reader_fault(reading, (unsigned)cfg->line, "%s: cannot be '%.*s'; accepted: %s", option,
                 SHOWN_MAX, value, accepted);
    return false;
}

static bool is_good_number(cfg_t *cfg, const char *option, const char *value)
{
    const char *accepted = config_number_fault(option, span_of(value));
    return !accepted || form_fault(cfg, option, value, accepted);
}

static bool is_good(cfg_t *cfg, const struct rule *rule, const char *value)
{
    unsigned line = (unsigned)cfg->line;
    if (!rule->good(span_of(value))) {
        if (!rule->secret)
            return form_fault(cfg, rule->option, value, rule->accepted);
        reader_fault(reading, line, "%s: not of the right form; accepted: %s", rule->option,
                     rule->accepted);
        return false;
    }
    const char *wrong = rule->ask && reading->checks ? rule->ask(reading->checks, value) : NULL;
    if (!wrong)
        return true;
    if (rule->secret)
        reader_fault(reading, line, "%s: %s", rule->option, wrong);
    else
        reader_fault(reading, line, "%s: '%.*s': %s", rule->option, SHOWN_MAX, value, wrong);
    return false;
}

/* Called once for each value, before libconfuse keeps it. */
static int take_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    if (!is_first(cfg, opt))
        return -1;
    if (cfg_opt_size(opt) > CONFIG_LIST_MAX) {
        reader_fault(reading, (unsigned)cfg->line, "%s: too many; accepted: at most 10000",
                     opt->name);
        return -1;
    }
    bool good = config_is_number(opt->name) ? is_good_number(cfg, opt->name, value)
                                            : is_good(cfg, rule_of(opt->name), value);
    if (!good)
        return -1;
    *(const char **)result = value;
    return 0;
}

#define VALUE(name) CFG_STR_CB(name, NULL, CFGF_NODEFAULT, take_value)
#define VALUES(name) CFG_STR_LIST_CB(name, NULL, CFGF_NODEFAULT, take_value)

static cfg_opt_t system_options[] = { VALUES("hosts"), VALUES("networks"), VALUE("identify"),
                                      VALUE("nexthop"), CFG_END() };

static cfg_opt_t gateway_options[] = { VALUES("hosts"), CFG_END() };

static cfg_opt_t domain_options[] = { VALUE("home"), VALUE("route"), VALUE("mode"),
                                      VALUE("calendar"), CFG_END() };

#define TITLED (CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

static cfg_opt_t options[] = { VALUE("node"),
                               VALUE("name"),
                               VALUE("listen"),
                               VALUE("socket_mode"),
                               VALUE("socket_group"),
                               VALUE("user"),
                               VALUE("maps"),
                               VALUE("metrics"),
                               VALUE("state"),
                               VALUE("replica"),
                               VALUE("tls_ca"),
                               VALUE("tls_cert"),
                               VALUE("tls_key"),
                               VALUE("prefix"),
                               VALUE("connect_timeout"),
                               VALUE("command_timeout"),
                               VALUE("cache_entries"),
                               VALUE("cache_max_age"),
                               VALUE("stale_max"),
                               VALUE("snapshot"),
                               VALUE("snapshot_interval"),
                               VALUE("ledger_window"),
                               VALUE("breaker_limit"),
                               VALUE("breaker_window"),
                               VALUE("events_max"),
                               VALUE("keys"),
                               VALUE("on_conflict"),
                               VALUE("on_loop"),
                               VALUE("loop_mailbox"),
                               VALUE("max_crossings"),
                               VALUE("max_hops"),
                               VALUE("recipient_delimiter"),
                               VALUE("myorigin"),
                               CFG_SEC("system", system_options, TITLED),
                               CFG_SEC("gateway", gateway_options, CFGF_MULTI),
                               CFG_SEC("domain", domain_options, TITLED),
                               CFG_END() };

/* A list that had values and has none was emptied by a second, empty one. */
static bool is_emptied(cfg_opt_t *opt)
{
    return opt->type == CFGT_STR && opt->def.number != 0 && cfg_opt_size(opt) == 0;
}

/* The section that ends here gets the line where it began, in place of the one where it ends. */
static int close_block(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t *block = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    block->line = (int)reading->block_line[reading->closed++];
    for (unsigned i = 0; i < cfg_num(block); i++)
        if (is_emptied(cfg_getnopt(block, i))) {
            double_option((unsigned)cfg->line, cfg_getnopt(block, i));
            return -1;
        }
    return 0;
}

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, one row at a time. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[NAME_COMPARED + 1];
    size_t an = strnlen(a, NAME_COMPARED), bn = strnlen(b, NAME_COMPARED);
    for (unsigned j = 0; j <= bn; j++)
        row[j] = j;
    for (unsigned i = 1; i <= an; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= bn; j++) {
            unsigned replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least_of(replaced, least_of(row[j], row[j - 1]) + 1);
        }
    }
    return row[bn];
}

static void unknown_option(cfg_t *cfg, const char *name)
{
    const char *nearest = NULL;
    unsigned least = 0;
    for (unsigned i = 0; i < cfg_num(cfg); i++) {
        const char *known = cfg_opt_name(cfg_getnopt(cfg, i));
        unsigned far = distance(name, known);
        if (!nearest || far < least) {
            nearest = known;
            least = far;
        }
    }
    reader_fault(reading, (unsigned)cfg->line, "%.*s: unknown option; the nearest is '%s'",
                 SHOWN_MAX, name, nearest);
}

static const cfg_t *find_block(cfg_t *cfg, const char *kind, const char *title)
{
    for (unsigned i = 0; i < cfg_size(cfg, kind); i++) {
        cfg_t *block = cfg_getnsec(cfg, kind, i);
        if (strcmp(cfg_title(block), title) == 0)
            return block;
    }
    return NULL;
}

static void double_block(cfg_t *cfg, const char *title)
{
    const char *kind = "system";
    const cfg_t *first = find_block(cfg, kind, title);
    if (!first) {
        kind = "domain";
        first = find_block(cfg, kind, title);
    }
    reader_fault(reading, (unsigned)cfg->line, "%s: '%.*s' given twice, first on line %d", kind,
                 SHOWN_MAX, title, first ? first->line : 0);
}

__attribute__((format(printf, 2, 0))) static void take_error(cfg_t *cfg, const char *format,
                                                             va_list args)
{
    if (strcmp(format, "no such option '%s'") == 0) {
        unknown_option(cfg, va_arg(args, const char *));
        return;
    }
    if (strcmp(format, "found duplicate title '%s'") == 0) {
        double_block(cfg, va_arg(args, const char *));
        return;
    }
    char text[CONFIG_ERROR_MAX];
    if (vsnprintf(text, sizeof(text), format, args) >= 0)
        reader_fault(reading, (unsigned)cfg->line, "%s", text);
}

cfg_t *config_parse(struct config_reader *r, const char *text)
{
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    if (!cfg) {
        reader_fault(r, 0, "no memory");
        return NULL;
    }
    cfg_set_error_function(cfg, take_error);
    cfg_set_validate_func(cfg, "system", close_block);
    cfg_set_validate_func(cfg, "gateway", close_block);
    cfg_set_validate_func(cfg, "domain", close_block);
    reading = r;
    int result = cfg_parse_buf(cfg, text);
    reading = NULL;
    if (result == CFG_SUCCESS)
        return cfg;
    reader_fault(r, cfg->line > 0 ? (unsigned)cfg->line : 0, "syntax error");
    cfg_free(cfg);
    return NULL;
}
