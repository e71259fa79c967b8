#include "ctl/import_run.h"

#include "ctl/change_report.h"
#include "ctl/change_run.h"
#include "ctl/import_summary.h"
#include "ctl/interrupt.h"
#include "ctl/progress.h"
#include "ctl/question.h"
#include "ctl/text_file.h"

struct job {
    struct session *session;
    const struct import_run *run;
    struct import import;
    struct import_summary summary;
    struct change_run change;
    struct progress progress;
};

static enum status print(struct job *j, enum status status)
{
    struct session *s = j->session;
    j->summary.written = j->change.done;
    j->summary.stopped = j->change.stopped;
    if (s->json)
        return json_print(s, import_summary_json(&j->summary, &j->import), status);
    if (status == STATUS_YES)
        import_summary_print(&j->summary, &j->import, &s->out);
    return status;
}

/* Bad rows: each is told, and nothing is written. */
static enum status tell_faults(struct job *j, enum status status)
{
    import_report_tell(&j->import.report, j->session, j->summary.file);
    session_fail(j->session, status, "%s: %zu fault%s; nothing was written", j->summary.file,
                 j->import.report.faults, j->import.report.faults == 1 ? "" : "s");
    return print(j, status);
}

static enum status read_file(struct job *j)
{
    struct text_file f;
    char error[TEXT_FILE_ERROR_MAX];
    struct import_source source = { .im = &j->import, .set = &j->run->settings, .kind = "" };
    bool read = text_file_read(&f, j->run->file, TEXT_FILE_MAX, error);
    bool good = read && import_source_read(&source, f.text);
    j->summary.file = f.name;
    j->summary.kind = source.kind;
    text_file_free(&f);
    if (!read)
        return session_fail(j->session, STATUS_USAGE, "%s", error);
    if (!good)
        return session_fail(j->session, STATUS_NO, "%s: out of memory", j->summary.file);
    return j->import.report.faults > 0 ? tell_faults(j, STATUS_USAGE) : STATUS_YES;
}

static enum status add_removals(struct job *j)
{
    struct import_sync sync;
    if (import_sync_add(&j->import, j->change.link, &sync) != STATUS_YES)
        return session_lost(j->session);
    size_t limit = import_limit_of(&j->run->limit, sync.users);
    j->summary.users = sync.users;
    if (sync.removed <= limit)
        return STATUS_YES;
    return session_fail(j->session, STATUS_NO,
                        "%s: %zu of %zu users are not in it, and would be removed: more than the "
                        "limit of %zu; nothing was written. If that is right, say --delete-max %zu",
                        j->summary.file, sync.removed, sync.users, limit, sync.removed);
}

/* What the check found bad, under the lines that asked for it. */
static void note_faults(struct job *j)
{
    for (size_t i = 0; i < j->import.changes.n; i++) {
        const struct change *c = &j->import.changes.at[i];
        if (c->effect == CHANGE_BAD)
            import_fault(&j->import, c->line, NULL, "%s: %s", c->name, c->fault);
    }
}

static enum status stopped(struct job *j)
{
    size_t all = j->summary.added + j->summary.changed + j->summary.removed;
    if (j->change.done == 0)
        session_fail(j->session, STATUS_NO, "interrupted; nothing was written");
    else
        session_fail(j->session, STATUS_NO,
                     "interrupted: %zu of %zu records were written; run it again to go on",
                     j->change.done, all);
    return print(j, STATUS_NO);
}

static enum status check(struct job *j)
{
    progress_begin(&j->progress, "checking");
    enum status s = change_check(&j->change, &j->import.changes);
    progress_end(&j->progress);
    if (s == STATUS_UNAVAILABLE)
        return session_lost(j->session);
    if (j->change.stopped)
        return stopped(j);
    if (s == STATUS_NO) {
        note_faults(j);
        return tell_faults(j, STATUS_NO);
    }
    import_summary_count(&j->summary, &j->import.changes);
    return STATUS_YES;
}

/* Whoever lets users be removed sees before which ones, and says so. */
static enum status confirm(struct job *j)
{
    const struct import_run *run = j->run;
    if (!run->sync && !run->dry_run)
        return STATUS_YES;
    if (!j->session->json)
        import_summary_preview(&j->summary, &j->import.changes, &j->session->out);
    if (run->dry_run || run->yes || !import_summary_changes(&j->summary))
        return STATUS_YES;
    if (question_ask("Write this?"))
        return STATUS_YES;
    return session_fail(j->session, STATUS_NO, "nothing was written");
}

static enum status apply(struct job *j)
{
    size_t all = j->summary.added + j->summary.changed + j->summary.removed;
    progress_begin(&j->progress, "writing");
    enum status s = change_apply(&j->change, &j->import.changes);
    progress_end(&j->progress);
    change_report_untold(j->session, &j->change);
    if (s == STATUS_UNAVAILABLE) {
        session_lost(j->session);
        return session_fail(j->session, s, "%zu of %zu records were written; run it again to go on",
                            j->change.done, all);
    }
    if (s == STATUS_NO) {
        note_faults(j);
        import_report_tell(&j->import.report, j->session, j->summary.file);
        session_fail(j->session, s,
                     "somebody else changes records meanwhile: %zu of %zu were written",
                     j->change.done, all);
        return print(j, s);
    }
    return j->change.stopped ? stopped(j) : print(j, STATUS_YES);
}

static enum status run_job(struct job *j)
{
    enum status s = read_file(j);
    if (s != STATUS_YES)
        return s;
    if (!(j->change.link = session_link(j->session, &s)))
        return s;
    j->change.stop = interrupt_watch();
    if (j->run->sync && (s = add_removals(j)) != STATUS_YES)
        return s;
    if ((s = check(j)) != STATUS_YES || (s = confirm(j)) != STATUS_YES)
        return s;
    return j->run->dry_run ? print(j, STATUS_YES) : apply(j);
}

/* Where nobody can be asked, the answer must stand on the command line. */
static bool can_ask(const struct session *s, const struct import_run *run)
{
    bool asks = run->sync && !run->yes && !run->dry_run;
    bool taken = span_eq(span_of(run->file), SPAN_LIT("-"));
    return !asks || (question_can_be_asked() && !taken && !s->json);
}

enum status import_run(struct session *s, const struct import_run *run)
{
    struct job j = { .session = s, .run = run, .summary.dry_run = run->dry_run };
    const struct config *config = session_config(s);
    if (!config)
        return STATUS_USAGE;
    if (!can_ask(s, run))
        return session_fail(s, STATUS_USAGE,
                            "--sync can remove users, and nobody can be asked here: say --yes, or "
                            "--dry-run to see what it would do");
    if (!import_init(&j.import, config))
        return session_fail(s, STATUS_NO, "out of memory");
    j.change = (struct change_run){
        .config = config, .event = "import", .progress = progress_show, .arg = &j.progress
    };
    enum status status = run_job(&j);
    import_free(&j.import);
    return status;
}
