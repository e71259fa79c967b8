#include "tests/support/redis_site.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

void redis_site_begin(struct redis_site *s, unsigned down_after_ms)
{
    char lines[512], port[16];
    redis_server_init(&s->master);
    redis_server_init(&s->replica);
    redis_server_init(&s->sentinel);
    redis_server_listen(&s->master, "--port", NULL);
    snprintf(port, sizeof(port), "%u", s->master.port);
    const char *const options[] = { "--replicaof", "127.0.0.1", port, NULL };
    redis_server_listen(&s->replica, "--port", options);
    snprintf(lines, sizeof(lines),
             "sentinel monitor mymaster 127.0.0.1 %u 1\n"
             "sentinel down-after-milliseconds mymaster %u\n"
             "sentinel failover-timeout mymaster 20000\n",
             s->master.port, down_after_ms);
    redis_server_watch(&s->sentinel, "port", lines);
}

void redis_site_end(struct redis_site *s)
{
    redis_server_free(&s->sentinel);
    redis_server_free(&s->replica);
    redis_server_free(&s->master);
}

/* Sentinels learn of replicas by and by. */
void redis_site_fail_over(struct redis_site *s)
{
    time_t end = time(NULL) + FAIL_OVER_S;
    char reply[256];
    while (redis_server_try(&s->sentinel, reply, "SENTINEL", "FAILOVER", "mymaster", NULL)[0] ==
           '-') {
        ck_assert_msg(time(NULL) < end, "the Sentinel says %s", reply);
        poll(NULL, 0, 20);
    }
}
