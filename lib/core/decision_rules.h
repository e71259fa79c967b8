#ifndef COEXIST_CORE_DECISION_RULES_H
#define COEXIST_CORE_DECISION_RULES_H

#include "core/decision.h"

/*
 * The decision once more, as the list of rules that lead to it, for a person: which were weighed,
 * in their order, and why each did or did not apply. decision_make() alone decides; a test holds
 * the two together for every input there is.
 *
 * The rules are weighed in three rounds: what the state asks for, whether there is a way to the
 * peer, whether it loops. In each, the first rule that applies ends the round and overrules what
 * the rounds before have said.
 */

#define WEIGHED_MAX 40
#define WEIGHED_WHYS_MAX 8

struct weighed {
    const char *rule; /* by the reason that it gives */
    bool applies;
    bool named; /* action and reason say what the rule does, or would: only some of it failed */
    enum action action;
    enum reason reason;
    const char *why[WEIGHED_WHYS_MAX]; /* conditions that hold, or the first one that does not */
    size_t whys;
};

struct weighing {
    struct weighed rule[WEIGHED_MAX];
    size_t rules;
    size_t decided; /* the last one that applies: its action and reason are the decision's */
    struct decision decision;
};

/* Weighs an input; nothing in *out is borrowed but literals. */
void decision_weigh(const struct decision_input *in, struct weighing *out);

#endif
