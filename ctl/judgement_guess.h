#ifndef COEXIST_CTL_JUDGEMENT_GUESS_H
#define COEXIST_CTL_JUDGEMENT_GUESS_H

#include "ctl/judgement.h"

/* The verdict by the visits of the letter's way alone, whoever named its systems. *out is one of
 * LOOP_NONE before. */
void judgement_guess(const struct letter *l, const struct viewpoint *v, struct judgement *out);

#endif
