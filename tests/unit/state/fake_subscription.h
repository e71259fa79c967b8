#ifndef COEXIST_TESTS_FAKE_SUBSCRIPTION_H
#define COEXIST_TESTS_FAKE_SUBSCRIPTION_H

#include "tests/support/fake_redis.h"

/* What a server says to a tracker: the answers to PING, ROLE, CLIENT ID, CLIENT TRACKING and
 * SUBSCRIBE, and then messages. */

#define PONG "+PONG\r\n"
#define MASTER "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
#define REPLICA(link) ("*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n" link ":0\r\n")
#define ID ":7\r\n"
#define OK "+OK\r\n"
#define SUBSCRIBED "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n"
#define MESSAGE "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n"

/* Makes steps of a NULL-ended list of answers. The last of them is repeated, and followed by then.
 */
static inline size_t make_script(const char *const *answer, enum fake_then then,
                                 struct fake_step *step)
{
    size_t n = 0;
    for (; answer[n]; n++)
        step[n] = (struct fake_step){ answer[n], 0, FAKE_GO_ON };
    step[n - 1].then = then;
    return n;
}

#endif
