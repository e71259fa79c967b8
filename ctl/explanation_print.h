#ifndef COEXIST_CTL_EXPLANATION_PRINT_H
#define COEXIST_CTL_EXPLANATION_PRINT_H

#include <jansson.h>

#include "ctl/explanation.h"
#include "ctl/out.h"

void explanation_print(const struct explanation *x, struct out *o);

/* NULL without memory. */
json_t *explanation_json(const struct explanation *x);

#endif
