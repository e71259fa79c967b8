#include "tests/support/map_scene.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/unit.h"

#define OPTIONS                                                                                    \
    "maps = \"unix:/maps.sock\" node = %s\n"                                                       \
    "domain \"plain.example\" { home = primary }\n"                                                \
    "domain \"own.example\" { home = secondary }\n"                                                \
    "domain \"open.example\" { }\n"

void map_scene_open(struct engine_fixture *f, enum system node)
{
    char options[512];
    snprintf(options, sizeof(options), OPTIONS, system_name(node));
    engine_fixture_open(f, options);
    f->engine->config->system[SYSTEM_PRIMARY].nexthop = strdup(MAP_PRIMARY_HOP);
    f->engine->config->system[SYSTEM_SECONDARY].nexthop = strdup(MAP_SECONDARY_HOP);
}

void map_scene_user(struct engine_fixture *f, const char *user, const char *fields)
{
    struct span rest = span_of(fields), one;
    while (rest.n > 0 && span_split(&rest, ' ', &one)) {
        char name[32], value[128];
        size_t equals = span_find(one, '=');
        ck_assert_uint_lt(equals, one.n);
        snprintf(name, sizeof(name), "%.*s", (int)equals, one.p);
        snprintf(value, sizeof(value), "%.*s", SPAN_ARG(span_from(one, equals + 1)));
        engine_fixture_user(f, user, name, value);
    }
}

const char *map_scene_ask(struct engine_fixture *f, struct span request)
{
    static struct buf reply = { .limit = MAP_REPLY_MAX };
    if (!f) {
        buf_free(&reply);
        return NULL;
    }
    struct span exact = unit_exact(request);
    buf_clear(&reply);
    ck_assert(map_answer(f->engine, exact, MAP_FROM_STORE, &reply));
    ck_assert(buf_ok(&reply));
    free((void *)exact.p);
    return buf_text(&reply);
}

const char *map_scene_look(struct engine_fixture *f, const char *table, const char *key)
{
    char request[MAP_REQUEST_MAX];
    snprintf(request, sizeof(request), "%s %s", table, key);
    return map_scene_ask(f, span_of(request));
}
