#include "base/result.h"

const char *result_text(enum result r)
{
    switch (r) {
    case RESULT_OK:
        return "ok";
    case RESULT_SYNTAX:
        return "bad syntax";
    case RESULT_LIMIT:
        return "too long or too many";
    case RESULT_CLASH:
        return "said otherwise before";
    case RESULT_NO_MEMORY:
        return "out of memory";
    case RESULT_SYSTEM:
        return "system error";
    }
    return "unknown result";
}
