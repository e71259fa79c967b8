#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

struct span unit_exact(struct span text)
{
    char *copy = malloc(text.n);
    ck_assert_ptr_nonnull(copy);
    if (text.n > 0)
        memcpy(copy, text.p, text.n);
    return (struct span){ copy, text.n };
}

void unit_assert_span(struct span got, const char *want, const char *what)
{
    if (!want) {
        ck_assert_msg(!span_present(got), "%s: got '%.*s', want it absent", what, SPAN_ARG(got));
        return;
    }
    ck_assert_msg(span_present(got), "%s: absent, want '%s'", what, want);
    ck_assert_msg(span_eq(got, span_of(want)), "%s: got '%.*s', want '%s'", what, SPAN_ARG(got),
                  want);
}

bool unit_is_watched(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return true;
#endif
#endif
    const char *preload = getenv("LD_PRELOAD");
    return preload && strstr(preload, "vgpreload");
}
