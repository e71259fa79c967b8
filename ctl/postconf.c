#include "ctl/postconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMETERS_MAX 20000
#define SERVICES_MAX 2000
#define ANSWER_MAX 65536
#define MASTER_COLUMNS 8
#define COLUMN_CHROOT 4
#define COLUMN_COMMAND 7
#define CHROOT_DEFAULT_CHANGED "1" /* the compatibility_level since which `-` is no chroot */

enum { TOLD_MAIN, TOLD_SERVICES, TOLD_OPTIONS };

static const char *const questions[] = { "-x", "-M", "-Px" };

static bool ask(const char *folder, const char *question, struct spawned *told,
                char why[SPAWN_WHY_MAX])
{
    const char *const argv[] = { "postconf", question, folder ? "-c" : NULL, folder, NULL };
    if (!spawn_run(argv, POSTCONF_TIMEOUT_MS, told, why))
        return false;
    if (told->status == 0)
        return true;
    told->complaint[strcspn(told->complaint, "\n")] = '\0';
    snprintf(why, SPAWN_WHY_MAX, "%.*s", SPAWN_WHY_MAX - 1, told->complaint);
    spawned_free(told);
    return false;
}

/* Takes the next line off the text, which gets a NUL in place of its end. NULL after the last. */
static char *next_line(char **rest)
{
    char *line = *rest;
    if (!line || !*line)
        return NULL;
    size_t n = strcspn(line, "\n");
    *rest = line + n + (line[n] == '\n');
    line[n] = '\0';
    return line;
}

/* Cuts `NAME = VALUE`, also where there is no value and no blank. */
static bool cut_parameter(char *line, struct postconf_parameter *out)
{
    char *equals = strstr(line, " =");
    if (!equals)
        return false;
    *equals = '\0';
    char *value = equals + 2;
    *out = (struct postconf_parameter){ line, value + strspn(value, " \t") };
    return true;
}

static bool grow(void **at, size_t n, size_t max, size_t size)
{
    /* At each power of two; what is there is kept. */
    if ((n & (n - 1)) != 0)
        return true;
    void *more = n < max ? realloc(*at, (n > 0 ? 2 * n : 1) * size) : NULL;
    if (more)
        *at = more;
    return more;
}

static bool add_parameter(struct postconf_parameter **at, size_t *n, struct postconf_parameter p)
{
    if (!grow((void **)at, *n, PARAMETERS_MAX, sizeof(p)))
        return false;
    (*at)[(*n)++] = p;
    return true;
}

static bool read_main(struct postconf *p)
{
    char *rest = p->told[TOLD_MAIN].out.p;
    for (char *line; (line = next_line(&rest));) {
        struct postconf_parameter parameter;
        if (cut_parameter(line, &parameter) &&
            !add_parameter(&p->parameter, &p->parameters, parameter))
            return false;
    }
    return true;
}

/* `-` is what the default is: no, since a compatibility_level of 1. */
static bool is_chrooted(const struct postconf *p, const char *column)
{
    if (strcmp(column, "-") != 0)
        return strcmp(column, "y") == 0;
    return strtod(postconf_value(p, "compatibility_level"), NULL) <
           strtod(CHROOT_DEFAULT_CHANGED, NULL);
}

static bool add_service(struct postconf *p, char *line)
{
    char *column[MASTER_COLUMNS] = { NULL };
    size_t n = 0;
    char *save = NULL;
    for (char *word = strtok_r(line, " \t", &save); word && n < MASTER_COLUMNS;
         word = strtok_r(NULL, " \t", &save))
        column[n++] = word;
    if (n < MASTER_COLUMNS)
        return true;
    if (!grow((void **)&p->service, p->services, SERVICES_MAX, sizeof(*p->service)))
        return false;
    p->service[p->services++] = (struct postconf_service){
        .name = column[0],
        .type = column[1],
        .chrooted = is_chrooted(p, column[COLUMN_CHROOT]),
        .command = column[COLUMN_COMMAND],
    };
    return true;
}

static bool read_services(struct postconf *p)
{
    char *rest = p->told[TOLD_SERVICES].out.p;
    for (char *line; (line = next_line(&rest));)
        if (!add_service(p, line))
            return false;
    return true;
}

/* `NAME/TYPE/PARAMETER`, of which the name may be an address, but has no blank nor, but as the
 * path of a socket, a slash: cut from the end. */
static struct postconf_service *cut_owner(struct postconf *p, struct postconf_parameter *own)
{
    char *text = (char *)own->name;
    char *parameter = strrchr(text, '/');
    if (!parameter)
        return NULL;
    *parameter = '\0';
    char *type = strrchr(text, '/');
    if (!type)
        return NULL;
    *type = '\0';
    own->name = parameter + 1;
    return (struct postconf_service *)postconf_service_find(p, span_of(text), type + 1);
}

static bool read_options(struct postconf *p)
{
    char *rest = p->told[TOLD_OPTIONS].out.p;
    for (char *line; (line = next_line(&rest));) {
        struct postconf_parameter own;
        struct postconf_service *s = cut_parameter(line, &own) ? cut_owner(p, &own) : NULL;
        if (s && !add_parameter(&s->own, &s->owns, own))
            return false;
    }
    return true;
}

/* Lines for main.cf name files in it, and daemons stand in another folder. One that is not there is
 * left to postconf, which says so. */
static bool set_folder(struct postconf *p, const char *folder)
{
    if (!folder)
        return true;
    p->folder = folder[0] == '/' ? NULL : realpath(folder, NULL);
    if (!p->folder)
        p->folder = strdup(folder);
    return p->folder;
}

struct postconf *postconf_read(const char *folder, char why[SPAWN_WHY_MAX])
{
    struct postconf *p = calloc(1, sizeof(*p));
    snprintf(why, SPAWN_WHY_MAX, "out of memory");
    if (!p)
        return NULL;
    bool good = set_folder(p, folder);
    for (size_t i = 0; good && i < sizeof(questions) / sizeof(questions[0]); i++)
        good = ask(p->folder, questions[i], &p->told[i], why);
    if (good && read_main(p) && read_services(p) && read_options(p))
        return p;
    postconf_free(p);
    return NULL;
}

void postconf_free(struct postconf *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->services; i++)
        free(p->service[i].own);
    free(p->service);
    free(p->parameter);
    free(p->folder);
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
        spawned_free(&p->told[i]);
    free(p);
}

static const char *find(const struct postconf_parameter *at, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(at[i].name, name) == 0)
            return at[i].value;
    return NULL;
}

const char *postconf_value(const struct postconf *p, const char *name)
{
    const char *value = find(p->parameter, p->parameters, name);
    return value ? value : "";
}

const char *postconf_service_value(const struct postconf *p, const struct postconf_service *s,
                                   const char *name)
{
    const char *value = find(s->own, s->owns, name);
    return value ? value : postconf_value(p, name);
}

const struct postconf_service *postconf_service_find(const struct postconf *p, struct span name,
                                                     const char *type)
{
    for (size_t i = 0; i < p->services; i++)
        if (span_eq(span_of(p->service[i].name), name) && strcmp(p->service[i].type, type) == 0)
            return &p->service[i];
    return NULL;
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool postconf_list_next(struct span *rest, struct span *item)
{
    size_t n = 0, depth = 0;
    while (rest->n > 0 && is_separator(rest->p[0]))
        *rest = span_from(*rest, 1);
    for (; n < rest->n && (depth > 0 || !is_separator(rest->p[n])); n++) {
        if (rest->p[n] == '{')
            depth++;
        else if (rest->p[n] == '}' && depth > 0)
            depth--;
    }
    *item = (struct span){ rest->p, n };
    *rest = span_from(*rest, n);
    return n > 0;
}

bool postconf_list_has(const char *list, const char *word)
{
    struct span rest = span_of(list), item;
    while (postconf_list_next(&rest, &item))
        if (span_ieq(item, span_of(word)))
            return true;
    return false;
}

enum postmap_answer postmap_ask(const struct postconf *p, struct span map, const char *key,
                                struct buf *value)
{
    char why[SPAWN_WHY_MAX];
    struct spawned told;
    char *name = strndup(map.p, map.n);
    const char *const argv[] = { "postmap", "-q", key, name ? name : "", NULL };
    const char *const there[] = { "postmap", "-c", p->folder, "-q", key, name ? name : "", NULL };
    buf_init(value, ANSWER_MAX);
    if (!name || !spawn_run(p->folder ? there : argv, POSTMAP_TIMEOUT_MS, &told, why)) {
        buf_adds(value, name ? why : "out of memory");
        free(name);
        return POSTMAP_UNAVAILABLE;
    }
    free(name);
    /* With the same status as for what the map does not have. */
    bool complains = told.status != 0 && strstr(told.complaint, "fatal:");
    buf_add(value, span_trim(complains ? span_of(told.complaint) : buf_span(&told.out)));
    int status = told.status;
    spawned_free(&told);
    if (complains)
        return POSTMAP_UNAVAILABLE;
    return status == 0 ? POSTMAP_FOUND : POSTMAP_ABSENT;
}
