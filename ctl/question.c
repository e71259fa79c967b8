#include "ctl/question.h"

#include <stdio.h>
#include <unistd.h>

#include "base/span.h"

#define ANSWER_MAX 64

bool question_can_be_asked(void)
{
    return isatty(STDIN_FILENO);
}

bool question_ask(const char *text)
{
    char answer[ANSWER_MAX];
    fflush(stdout);
    fprintf(stderr, "%s [y/N] ", text);
    fflush(stderr);
    if (!fgets(answer, sizeof(answer), stdin)) {
        fputc('\n', stderr);
        return false;
    }
    struct span word = span_trim(span_of(answer));
    return span_ieq(word, SPAN_LIT("y")) || span_ieq(word, SPAN_LIT("yes"));
}
