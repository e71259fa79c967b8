#include "ctl/question.h"

#include <stdio.h>
#include <unistd.h>

#include "base/span.h"
#include "ctl/interrupt.h"

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
    /* A terminal can be read once a whole line has been typed. */
    if (!interrupt_wait_readable(STDIN_FILENO) || !fgets(answer, sizeof(answer), stdin)) {
        fputc('\n', stderr);
        return false;
    }
    struct span word = span_trim(span_of(answer));
    return span_ieq(word, SPAN_LIT("y")) || span_ieq(word, SPAN_LIT("yes"));
}
