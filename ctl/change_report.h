#ifndef COEXIST_CTL_CHANGE_REPORT_H
#define COEXIST_CTL_CHANGE_REPORT_H

#include "ctl/change_run.h"
#include "ctl/json.h"
#include "ctl/session.h"

/* Running a list of changes for somebody who looks on. */

#define CHANGE_REPORT_FAULTS 20 /* faults that are told one by one */

const char *change_effect_name(enum change_effect e);

/* Tells each bad change on standard error, by FILE:LINE where it has one, and that nothing was
 * changed. file: or NULL. */
void change_report_faults(const struct session *s, const struct changes *c, const char *file);

/* {"changes": [{"kind", "name", "effect", "was", "home", "fault", "line"}], "counts": {...},
 * "dry_run"}. NULL without memory. */
json_t *change_report_json(const struct changes *c, bool dry_run);

/* Tells that records were written of which the events do not tell, where that is so. */
void change_report_untold(const struct session *s, const struct change_run *run);

/* Of a list that was checked, or refused otherwise, with bad changes in it: tells these, and prints
 * the report with --json, with what more (or NULL) holds in it. STATUS_NO. */
enum status change_report_refused(struct session *s, const struct changes *c, const char *file,
                                  bool dry_run, json_t *more);

/*
 * Checks, and writes unless dry_run, with a bar of progress; prints what was, or would be, done,
 * with --json what more (or NULL) holds too. The results in run are those of the check. STATUS_YES;
 * STATUS_NO where a change is bad or somebody interrupted; STATUS_UNAVAILABLE.
 */
enum status change_report_run(struct session *s, struct change_run *run, struct changes *c,
                              bool dry_run, json_t *more);

#endif
