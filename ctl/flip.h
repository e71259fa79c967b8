#ifndef COEXIST_CTL_FLIP_H
#define COEXIST_CTL_FLIP_H

#include "ctl/change.h"
#include "ctl/json.h"
#include "ctl/session.h"

/* Users, or a group of them, that are to live elsewhere. Begins as all zero. */

#define FLIP_FILE_MAX (256 * 1024 * 1024)
#define FLIP_FAULTS_MAX 20 /* bad lines of a file that are told one by one */

struct flip {
    enum home to;
    const char *file; /* that was read, for messages; NULL: none */
    const char *group;
    struct changes changes;
    size_t doubles;    /* users who were named more than once */
    json_t *bad_lines; /* of the file: [{"line", "fault"}]; NULL: none */
};

/* Each tells what is wrong: STATUS_USAGE for what is no address, STATUS_NO without memory. */
enum status flip_add_user(struct session *s, struct flip *f, struct span text, size_t line);
enum status flip_add_group(struct session *s, struct flip *f, const char *group);

/* One address a line; blank lines and those that begin with # are passed over. Each bad line is
 * told, and STATUS_USAGE then. `-` is standard input. */
enum status flip_add_file(struct session *s, struct flip *f, const char *file);

/* Checks all, writes unless dry_run, and tells; of a group also who in it has a home of their own.
 * STATUS_NO for a group that has neither a record nor users. */
enum status flip_run(struct session *s, struct flip *f, bool dry_run);

/* The bad lines of the file, which have been told, for --json: as `import` prints them.
 * STATUS_USAGE. */
enum status flip_tell_bad_lines(struct session *s, const struct flip *f, bool dry_run);

void flip_free(struct flip *f);

#endif
