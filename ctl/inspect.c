#include "ctl/inspect.h"

#include <stdlib.h>

#include "ctl/quotation.h"

/* Reads the next message, which the one before it wraps. False without memory. */
static bool add_letter(struct inspection *i, const struct mail *m, bool any)
{
    struct letter *l = calloc(1, sizeof(*l));
    if (!l)
        return false;
    i->letter[i->letters] = l;
    const struct bounce *around = i->letters > 0 ? &i->letter[i->letters - 1]->bounce : NULL;
    if (around && around->kind != BOUNCE_REPORT && around->kind != BOUNCE_WORDS)
        around = NULL;
    bool good = letter_read(m, &i->viewpoint, any, l);
    if (good)
        judgement_make(l, around, &i->viewpoint, &i->judgement[i->letters]);
    i->letters++;
    return good;
}

/* The message, or the text's quotation of one. */
static bool find_message(struct inspection *i, struct span text, struct mail *m)
{
    if (mail_parse(text, m))
        return true;
    buf_init(&i->quote, MAIL_MAX);
    i->quoted = quotation_find(text, &i->quote) && mail_parse(buf_span(&i->quote), m);
    return i->quoted;
}

enum inspect_result inspect_text(struct inspection *i, struct span text, enum inspect_depth depth)
{
    struct mail m;
    bool any = depth == INSPECT_INNER;
    if (!find_message(i, text, &m))
        return INSPECT_NO_MESSAGE;
    while (add_letter(i, &m, any)) {
        struct span inner = i->letter[i->letters - 1]->bounce.original;
        if (depth == INSPECT_OUTER || !span_present(inner) || !mail_parse(inner, &m))
            return INSPECT_DONE;
        i->nested = i->letters == INSPECT_NEST_MAX;
        if (i->nested)
            return INSPECT_DONE;
    }
    return INSPECT_NO_MEMORY;
}

void inspection_free(struct inspection *i)
{
    for (size_t n = 0; n < i->letters; n++) {
        letter_free(i->letter[n]);
        free(i->letter[n]);
    }
    buf_free(&i->quote);
    viewpoint_close(&i->viewpoint);
    *i = (struct inspection){ .letters = 0 };
}

const struct letter *inspection_letter(const struct inspection *i)
{
    return i->letter[i->letters - 1];
}

const struct judgement *inspection_judgement(const struct inspection *i)
{
    return &i->judgement[i->letters - 1];
}
