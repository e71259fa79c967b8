#ifndef COEXIST_TESTS_INSPECT_FIXTURE_H
#define COEXIST_TESTS_INSPECT_FIXTURE_H

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/viewpoint.h"
#include "tests/support/unit.h"

/* What the tests of inspecting share: a configuration in a folder of its own, and who looks by it.
 * The primary is p.example, the secondary and node s.example, with g.example between. */

#define FIXTURE_KEYS "test MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"

struct inspect_fixture {
    char folder[64];
    char config[128];
    char keys[128];
};

static inline void fixture_write(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

/* keys: NULL for no such file. more: further lines of the configuration. */
static inline void inspect_fixture_open(struct inspect_fixture *f, const char *keys,
                                        const char *more)
{
    char text[2048];
    strcpy(f->folder, "/tmp/coexist-inspect-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->folder));
    snprintf(f->config, sizeof(f->config), "%s/conf", f->folder);
    snprintf(f->keys, sizeof(f->keys), "%s/keys", f->folder);
    snprintf(text, sizeof(text),
             "node = secondary\nname = \"s.example\"\nstate = \"memory:\"\nkeys = \"%s\"\n"
             "system primary { hosts = { \"p.example\" } }\n"
             "system secondary { hosts = { \"s.example\" } }\n"
             "gateway { hosts = { \"g.example\" } }\n"
             "domain \"example.com\" { home = primary route = \"%%u@p.example\" }\n%s",
             f->keys, more);
    fixture_write(f->config, text, 0644);
    if (keys)
        fixture_write(f->keys, keys, 0600);
}

static inline void inspect_fixture_close(const struct inspect_fixture *f)
{
    unlink(f->config);
    unlink(f->keys);
    ck_assert_int_eq(rmdir(f->folder), 0);
}

static inline void viewpoint_of(struct viewpoint *v, const struct inspect_fixture *f)
{
    const struct session s = { .config_file = f->config, .config_given = true };
    ck_assert(viewpoint_open(v, &s));
}

#endif
