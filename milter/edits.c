#include "milter/edits.h"

#include <stdio.h>

#include "base/count.h"
#include "milter/params.h"
#include "sys/log.h"

/* smfi_setreply() takes no more than this in one line, and reads % as in printf. */
#define REPLY_LINE_MAX 980
#define PARAMS_MAX 16384

static bool escape_percent(const char *text, char out[REPLY_LINE_MAX + 1])
{
    size_t n = 0;
    for (; *text; text++) {
        size_t need = *text == '%' ? 2 : 1;
        if (n + need > REPLY_LINE_MAX)
            return false;
        out[n++] = *text;
        if (need == 2)
            out[n++] = '%';
    }
    out[n] = '\0';
    return true;
}
_Static_assert(REPLY_TEXT_MAX * 2 <= REPLY_LINE_MAX, "a reply of percent signs alone fits");

sfsistat edits_reply(SMFICTX *ctx, const struct reply *reply)
{
    char code[8], status[sizeof(reply->status)], line[REPLY_LINE_MAX + 1];
    if (reply->code == 0)
        return SMFIS_CONTINUE;
    snprintf(code, sizeof(code), "%d", reply->code);
    snprintf(status, sizeof(status), "%s", reply->status);
    if (!escape_percent(reply->text, line) || smfi_setreply(ctx, code, status, line) != MI_SUCCESS)
        log_event(LOG_LEVEL_ERROR, "setreply", "the MTA got no text for %s %s", code, status);
    return reply->code >= 500 ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

static int add_recipient(SMFICTX *ctx, const struct edit *e)
{
    struct buf params;
    buf_init(&params, PARAMS_MAX);
    params_for_mta(span_of(e->value), &params);
    int done = MI_FAILURE;
    if (buf_ok(&params))
        done = smfi_addrcpt_par(ctx, e->name, (char *)(uintptr_t)buf_text(&params));
    buf_free(&params);
    return done;
}

static int apply_one(SMFICTX *ctx, const struct edit *e)
{
    switch (e->kind) {
    case EDIT_ADD_RECIPIENT:
        return add_recipient(ctx, e);
    case EDIT_DELETE_RECIPIENT:
        return smfi_delrcpt(ctx, e->name);
    case EDIT_DELETE_HEADER:
        return smfi_chgheader(ctx, e->name, (int)e->index, NULL);
    case EDIT_INSERT_HEADER:
        return smfi_insheader(ctx, 0, e->name, e->value);
    case EDIT_HOLD:
        return smfi_quarantine(ctx, e->value);
    }
    return MI_FAILURE;
}

static const char *edit_name(enum edit_kind kind)
{
    static const char *const names[] = { "add-recipient", "delete-recipient", "delete-header",
                                         "insert-header", "hold" };
    return (size_t)kind < COUNT_OF(names) ? names[kind] : "?";
}

sfsistat edits_apply(SMFICTX *ctx, const struct verdict *v, const char *queue_id)
{
    if (v->reply.code != 0)
        return edits_reply(ctx, &v->reply);
    for (size_t i = 0; i < v->edits; i++) {
        if (apply_one(ctx, &v->edit[i]) == MI_SUCCESS)
            continue;
        struct log_line l;
        log_begin(&l, LOG_LEVEL_ERROR, queue_id, "edit-failed");
        log_text(&l, "edit", edit_name(v->edit[i].kind));
        log_text(&l, "name", v->edit[i].name ? v->edit[i].name : "");
        log_end(&l);
        return SMFIS_TEMPFAIL;
    }
    return SMFIS_CONTINUE;
}
