#ifndef COEXIST_TESTS_IMPORT_SCENE_H
#define COEXIST_TESTS_IMPORT_SCENE_H

#include <stdio.h>
#include <unistd.h>

#include "ctl/import.h"
#include "engine/setup.h"

/* A configuration of two systems and two domains, and what became of an import in words. */

static const char scene_options[] =
    "name = \"zimbra.example.com\"\n"
    "loop_mailbox = \"postmaster@example.com\"\n"
    "system primary { hosts = { \"mail.example.com\", \"*.outlook.example\" }\n"
    "  networks = { \"192.0.2.0/24\" }  nexthop = \"smtp:[relay.example.net]:2525\" }\n"
    "system secondary { hosts = { \"zimbra.example.com\", \"mbox.example.com\" }\n"
    "  networks = { \"198.51.100.0/24\" }  nexthop = \"%s\" }\n"
    "gateway { hosts = { \"gate.example.net\" } }\n"
    "domain \"example.com\" { home = primary  route = \"%%u@%%d.primary.example\" }\n"
    "domain \"example.org\" { home = primary }\n";

/* nexthop: of the secondary system. The caller frees it with config_free(). */
static inline struct config *scene_config(const char *nexthop)
{
    char path[] = "/tmp/coexist-scene-XXXXXX", error[CONFIG_ERROR_MAX] = "";
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    ck_assert_ptr_nonnull(file);
    fprintf(file, scene_options, nexthop);
    fclose(file);
    struct config *c = config_load(path, setup_checks(), error);
    unlink(path);
    ck_assert_msg(c, "%s", error);
    return c;
}

#define SCENE_NEXTHOP "lmtp:[127.0.0.1]:7025"

/* `LINE ADDRESS home=primary note-` for each change, `- REASON LINE WHAT` for each row passed over,
 * `! LINE FAULT`, and `REPEATED again`. */
static inline void scene_tell(const struct import *im, struct buf *told)
{
    for (size_t i = 0; i < im->changes.n; i++) {
        const struct change *c = &im->changes.at[i];
        buf_addf(told, "%zu %s", c->line, c->name);
        for (size_t k = 0; k < c->fields; k++)
            buf_addf(told, " %s%s%s", c->field[k].name, c->field[k].value ? "=" : "-",
                     c->field[k].value ? c->field[k].value : "");
        buf_addc(told, '\n');
    }
    for (int r = 0; r < IMPORT_SKIPS; r++)
        for (size_t k = 0; k < im->report.skip[r].count && k < IMPORT_SHOWN_MAX; k++)
            buf_addf(told, "- %s %zu %s\n", import_skip_name(r), im->report.skip[r].shown[k].line,
                     im->report.skip[r].shown[k].text);
    for (size_t k = 0; k < im->report.faults && k < IMPORT_FAULTS_MAX; k++)
        buf_addf(told, "! %zu %s\n", im->report.fault[k].line, im->report.fault[k].text);
    if (im->repeated > 0)
        buf_addf(told, "%zu again\n", im->repeated);
}

#endif
