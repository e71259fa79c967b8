#include "base/words.h"

#include "base/count.h"

/* Index of text among names from first on, or count where it is none of them. */
static size_t word_index(struct span text, const char *const *names, size_t first, size_t count)
{
    for (size_t i = first; i < count; i++)
        if (span_eq(text, span_of(names[i])))
            return i;
    return count;
}

/*
 * Defines TYPE_name() and TYPE_parse() over a table of names in the order of the enumeration. The
 * first `first` names are for print only.
 */
#define DEFINE_WORDS(type, table, first)                                                           \
    const char *type##_name(enum type word)                                                        \
    {                                                                                              \
        return (size_t)word < COUNT_OF(table) ? table[word] : "?";                                 \
    }                                                                                              \
    bool type##_parse(struct span text, enum type *out)                                            \
    {                                                                                              \
        size_t i = word_index(text, table, first, COUNT_OF(table));                                \
        if (i == COUNT_OF(table))                                                                  \
            return false;                                                                          \
        *out = (enum type)i;                                                                       \
        return true;                                                                               \
    }

static const char *const system_names[] = { "primary", "secondary" };
static const char *const home_names[] = { "unset", "primary", "secondary", "both", "moving" };
static const char *const origin_names[] = { "local", "peer", "external" };
static const char *const mode_names[] = { "unset", "enforce", "observe" };
static const char *const on_conflict_names[] = { "defer", "reject", "deliver" };
static const char *const on_loop_names[] = { "reject", "defer", "hold", "divert" };

DEFINE_WORDS(system, system_names, 0)
DEFINE_WORDS(home, home_names, 1)
DEFINE_WORDS(origin, origin_names, 0)
DEFINE_WORDS(mode, mode_names, 1)
DEFINE_WORDS(on_conflict, on_conflict_names, 0)
DEFINE_WORDS(on_loop, on_loop_names, 0)

enum system system_other(enum system s)
{
    return s == SYSTEM_PRIMARY ? SYSTEM_SECONDARY : SYSTEM_PRIMARY;
}

char system_letter(enum system s)
{
    return s == SYSTEM_PRIMARY ? 'P' : 'S';
}

enum home home_of(enum system s)
{
    return s == SYSTEM_PRIMARY ? HOME_PRIMARY : HOME_SECONDARY;
}
