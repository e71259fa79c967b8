#include "tests/support/unit.h"

#ifdef COEXIST_REDIS_TLS
#include <openssl/err.h>
#endif
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "state/deadline.h"
#include "tests/support/fake_redis.h"
#include "tests/support/owned_store.h"
#include "tests/support/redis_server.h"

/* TLS to Redis where the build has it, and the refusal where it has not. */

#define AMPLE_MS 20000
#define SHORT_MS 200
#define RECOVERY_S 60
#define FILE_MAX 96
#define STARTS(text, with) (strncmp(text, with, strlen(with)) == 0)

/* Certificates for all tests, made once. */
static struct {
    char folder[64];
    int guard, guard_pid;
} shop;

static const char make_certificates[] =
    "ec='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "for ca in ca alien; do\n"
    "  openssl req -x509 $ec -keyout $ca.key -out $ca.pem -subj /CN=$ca -days 30\n"
    "done\n"
    "issue() {\n"
    "  openssl req $ec -keyout $1.key -out $1.csr -subj /CN=$1\n"
    "  echo \"subjectAltName=$2\" >$1.ext\n"
    "  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \\\n"
    "    -extfile $1.ext -out $1.pem\n"
    "}\n"
    "issue good DNS:localhost,IP:127.0.0.1\n"
    "issue name DNS:localhost\n"
    "issue other DNS:other.example.com,IP:192.0.2.1\n"
    "issue client DNS:client.example.com\n"
    "cat client.pem client.key >both.pem\n"
    "openssl ec -in client.key -aes128 -passout pass:secret -out locked.key\n"
    "chmod 644 *.key\n";

/* Runs the first script in the folder; what it says is shown when it fails. */
static const char run_quietly[] =
    "cd \"$1\" && { sh -e -c \"$0\" >log 2>&1 || { cat log >&2; exit 1; }; }";

static void open_shop(void)
{
    int status = -1;
    shop.guard_pid = temporary_folder(shop.folder, &shop.guard);
    int pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", run_quietly, make_certificates, shop.folder, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(status == 0, "no certificates");
}

static void close_shop(void)
{
    close(shop.guard);
    waitpid(shop.guard_pid, NULL, 0);
}

/* The path of one of its files; NULL gives NULL. */
static const char *file(const char *name, char path[FILE_MAX])
{
    if (name)
        snprintf(path, FILE_MAX, "%s/%s", shop.folder, name);
    return name ? path : NULL;
}

/* Starts a server with TLS alone, but for the socket that tests use. */
static void begin(struct redis_server *s, const char *name, const char *clients,
                  const char *const *more)
{
    char words[3][FILE_MAX], cert[32], key[32];
    snprintf(cert, sizeof(cert), "%s.pem", name);
    snprintf(key, sizeof(key), "%s.key", name);
    const char *options[32] = { "--tls-cert-file",    file(cert, words[0]),
                                "--tls-key-file",     file(key, words[1]),
                                "--tls-ca-cert-file", file("ca.pem", words[2]),
                                "--tls-auth-clients", clients };
    for (size_t n = 8; more && *more; more++)
        options[n++] = *more;
    redis_server_listen(s, "--tls-port", options);
}

static void add_user(struct redis_server *s)
{
    char reply[256];
    redis_server_run(s, reply, "HSET", "coexist:user:foo@example.com", "home", "primary", NULL);
}

/* The strings of the result are static: each test has one configuration at a time. */
static struct redis_config config_of(unsigned port, const char *ca, const char *cert,
                                     const char *key)
{
    static char path[3][FILE_MAX];
    return (struct redis_config){ .host = "localhost",
                                  .port = port,
                                  .tls = { true, file(ca, path[0]), file(cert, path[1]),
                                           file(key, path[2]) },
                                  .prefix = "coexist:",
                                  .connect_timeout_ms = AMPLE_MS,
                                  .command_timeout_ms = AMPLE_MS };
}

static struct store_query look_up(struct store *s)
{
    struct store_query q = { .kind = RECORD_USER, .name = SPAN_LIT("foo@example.com") };
    store_fetch(s, &q, 1);
    return q;
}

static void assert_found(struct store *s)
{
    struct store_query q = look_up(s);
    ck_assert_msg(q.answer == STORE_FOUND, "%s: %s", store_answer_name(q.answer), q.why);
}

static void assert_unavailable(struct store *s, const char *why)
{
    struct store_query q = look_up(s);
    ck_assert_msg(q.answer == STORE_UNAVAILABLE, "%s: %s", store_answer_name(q.answer), q.why);
    ck_assert_msg(STARTS(q.why, why), "'%s', want '%s'", q.why, why);
}

static void assert_recovers(struct store *s)
{
    time_t end = time(NULL) + RECOVERY_S;
    struct store_query q;
    while ((q = look_up(s)).answer != STORE_FOUND) {
        ck_assert_int_eq(q.answer, STORE_UNAVAILABLE);
        ck_assert_msg(time(NULL) < end, "still %s", q.why);
        poll(NULL, 0, 5);
    }
}

/* Finds the record, or fails with this sentence. */
static void assert_look_up(const struct redis_config *config, const char *why)
{
    struct store *s = owned_store_new(config);
    if (why)
        assert_unavailable(s, why);
    else
        assert_found(s);
    store_close(s);
}

static const struct trust_case {
    const char *cert; /* the server's */
    const char *ca;
    const char *host;
    const char *why; /* NULL: good */
} trust_cases[] = {
    { "good", "ca.pem", "localhost", NULL },
    { "good", "ca.pem", "127.0.0.1", NULL },
    { "name", "ca.pem", "LOCALHOST", NULL },
    { "name", "ca.pem", "127.0.0.1", "TLS: the certificate of 127.0.0.1: IP address mismatch" },
    { "other", "ca.pem", "localhost", "TLS: the certificate of localhost: hostname mismatch" },
    { "other", "ca.pem", "127.0.0.1", "TLS: the certificate of 127.0.0.1: IP address mismatch" },
    { "good", "alien.pem", "localhost",
      "TLS: the certificate of localhost: self-signed certificate in certificate chain" },
    { "good", NULL, "localhost", "TLS: the certificate of localhost: " },
    { "good", "ca.key", "localhost", "TLS: authorities in /tmp/" },
    { "good", "none", "localhost", "TLS: authorities in /tmp/" },
};

START_TEST(only_the_right_certificate_is_trusted)
{
    const struct trust_case *t = &trust_cases[_i];
    struct redis_server server;
    redis_server_init(&server);
    begin(&server, t->cert, "no", NULL);
    add_user(&server);
    struct redis_config config = config_of(server.port, t->ca, NULL, NULL);
    config.host = t->host;
    assert_look_up(&config, t->why);
    redis_server_free(&server);
}
END_TEST

static const struct client_case {
    const char *cert;
    const char *key;
    const char *why;
} client_cases[] = {
    { "client.pem", "client.key", NULL },
    { "both.pem", NULL, NULL },
    { NULL, NULL, "TLS: tlsv13 alert certificate required" },
    { "alien.pem", "alien.key", "TLS: tlsv1 alert unknown ca" },
    { "client.pem", "good.key", "TLS: key in /tmp/" },
    { "client.pem", NULL, "TLS: key in /tmp/" },
    { "client.pem", "locked.key", "TLS: key in /tmp/" },
    { "none", "client.key", "TLS: certificate in /tmp/" },
};

START_TEST(client_certificate_is_shown)
{
    const struct client_case *t = &client_cases[_i];
    struct redis_server server;
    redis_server_init(&server);
    begin(&server, "good", "yes", NULL);
    add_user(&server);
    const struct redis_config config = config_of(server.port, "ca.pem", t->cert, t->key);
    assert_look_up(&config, t->why);
    redis_server_free(&server);
}
END_TEST

START_TEST(logins_and_databases_work_over_it)
{
    static const char *const options[] = { "--requirepass", "s3cret", NULL };
    struct redis_server server;
    redis_server_init(&server);
    begin(&server, "good", "no", options);
    struct redis_config config = config_of(server.port, "ca.pem", NULL, NULL);
    assert_look_up(&config, "NOAUTH ");
    config.password = "wrong";
    assert_look_up(&config, "AUTH: WRONGPASS ");
    config.password = "s3cret";
    config.database = 3;
    struct store *s = owned_store_new(&config);
    ck_assert_int_eq(look_up(s).answer, STORE_ABSENT);
    store_close(s);
    redis_server_free(&server);
}
END_TEST

/* Also more than one record of TLS takes, in both directions. */
START_TEST(large_answers_are_read_whole)
{
    static struct store_query q[300];
    static char name[1024];
    struct redis_server server;
    char reply[256];
    redis_server_init(&server);
    begin(&server, "good", "no", NULL);
    memset(name, 'n', sizeof(name));
    redis_server_run(&server, reply, "EVAL",
                     "redis.call('HSET', KEYS[1], 'home', 'both') "
                     "return redis.call('HSET', KEYS[1], 'note', string.rep('x', 50000))",
                     "1", "coexist:user:big@b", NULL);
    const struct redis_config config = config_of(server.port, "ca.pem", NULL, NULL);
    struct store *s = owned_store_new(&config);
    for (size_t i = 0; i < COUNT_OF(q); i++)
        q[i] = (struct store_query){ .kind = RECORD_USER,
                                     .name = i % 3 ? (struct span){ name, sizeof(name) }
                                                   : SPAN_LIT("big@b") };
    store_fetch(s, q, COUNT_OF(q));
    for (size_t i = 0; i < COUNT_OF(q); i++)
        ck_assert_msg(q[i].answer == (i % 3 ? STORE_ABSENT : STORE_FOUND), "%zu: %s", i, q[i].why);
    store_close(s);
    redis_server_free(&server);
}
END_TEST

START_TEST(restarts_and_outages_are_borne)
{
    struct redis_server server;
    redis_server_init(&server);
    begin(&server, "good", "no", NULL);
    add_user(&server);
    const struct redis_config config = config_of(server.port, "ca.pem", NULL, NULL);
    struct store *s = owned_store_new(&config);
    assert_found(s);
    redis_server_kill(&server);
    unlink(server.path);
    begin(&server, "good", "no", NULL);
    add_user(&server);
    assert_found(s);
    redis_server_kill(&server);
    assert_unavailable(s, "connect: Connection refused");
    unlink(server.path);
    begin(&server, "other", "no", NULL);
    time_t end = time(NULL) + RECOVERY_S;
    while (!strstr(look_up(s).why, "hostname mismatch"))
        ck_assert(time(NULL) < end);
    redis_server_kill(&server);
    unlink(server.path);
    begin(&server, "good", "no", NULL);
    add_user(&server);
    assert_recovers(s);
    store_close(s);
    redis_server_free(&server);
}
END_TEST

#define THREADS 8
#define LOOK_UPS 100

struct crowd {
    struct store *store;
    atomic_uint found;
};

static void *crowd_member(void *crowd)
{
    struct crowd *c = crowd;
    for (unsigned i = 0; i < LOOK_UPS; i++)
        atomic_fetch_add(&c->found, look_up(c->store).answer == STORE_FOUND);
    return NULL;
}

START_TEST(many_threads_at_once)
{
    struct redis_server server;
    redis_server_init(&server);
    begin(&server, "good", "no", NULL);
    add_user(&server);
    const struct redis_config config = config_of(server.port, "ca.pem", NULL, NULL);
    struct crowd c = { .store = owned_store_new(&config) };
    pthread_t thread[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, crowd_member, &c), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    ck_assert_uint_eq(c.found, THREADS * LOOK_UPS);
    store_close(c.store);
    redis_server_free(&server);
}
END_TEST

static void leave_an_error_behind(void)
{
#ifdef COEXIST_REDIS_TLS
    ERR_put_error(ERR_LIB_USER, 0, 1, __FILE__, __LINE__);
#endif
}

static struct redis_connection *connected(struct redis_target *t)
{
    char why[RECORD_FAULT_MAX];
    struct redis_connection *c = redis_target_connect(t, deadline_in(AMPLE_MS), why);
    ck_assert_msg(c, "%s", why);
    return c;
}

static enum redis_outcome ask(struct redis_connection *c, struct redis_reply **reply)
{
    const struct span word = SPAN_LIT("PING");
    char why[RECORD_FAULT_MAX];
    redis_connection_add(c, &word, 1);
    enum redis_outcome o = redis_connection_send(c, deadline_in(AMPLE_MS), why);
    return o == OUTCOME_DONE ? redis_connection_reply(c, deadline_in(AMPLE_MS), reply, why) : o;
}

static void assert_answered(struct redis_connection *c)
{
    struct redis_reply *reply;
    ck_assert_int_eq(ask(c, &reply), OUTCOME_DONE);
    redis_reply_free(reply);
}

/* Others in the same thread use OpenSSL too. */
START_TEST(errors_of_others_are_not_ours)
{
    struct redis_server server;
    redis_server_init(&server);
    begin(&server, "good", "no", NULL);
    const struct redis_config config = config_of(server.port, "ca.pem", NULL, NULL);
    struct redis_target *t = redis_target_new(&config);
    leave_an_error_behind();
    struct redis_connection *c = connected(t);
    for (int i = 0; i < 3; i++) {
        leave_an_error_behind();
        assert_answered(c);
        leave_an_error_behind();
        ck_assert_msg(redis_connection_reusable(c), "given up at the turn %d", i);
    }
    redis_connection_close(c);
    redis_target_free(t);
    redis_server_free(&server);
}
END_TEST

/* Waits until the server has read a command that waits for something. */
static void wait_for_waiting(struct redis_server *s)
{
    time_t end = time(NULL) + RECOVERY_S;
    char reply[256];
    while (strcmp(redis_server_run(s, reply, "EVAL",
                                   "return tonumber(string.match(redis.call('INFO', 'clients'), "
                                   "'blocked_clients:(%d+)'))",
                                   "0", NULL),
                  ":1") != 0)
        ck_assert_msg(time(NULL) < end, "nobody waits");
}

/* A server that dies says no farewell in TLS either. */
START_TEST(connection_that_dies_is_known_for_stale)
{
    struct redis_server server;
    struct redis_reply *reply;
    char why[RECORD_FAULT_MAX];
    const struct span word[] = { SPAN_LIT("BLPOP"), SPAN_LIT("none"), SPAN_LIT("0") };
    redis_server_init(&server);
    begin(&server, "good", "no", NULL);
    const struct redis_config config = config_of(server.port, "ca.pem", NULL, NULL);
    struct redis_target *t = redis_target_new(&config);
    struct redis_connection *c = connected(t);
    assert_answered(c);
    ck_assert(redis_connection_reusable(c));
    redis_connection_add(c, word, COUNT_OF(word));
    ck_assert_int_eq(redis_connection_send(c, deadline_in(AMPLE_MS), why), OUTCOME_DONE);
    wait_for_waiting(&server);
    redis_server_kill(&server);
    ck_assert_int_eq(redis_connection_reply(c, deadline_in(AMPLE_MS), &reply, why), OUTCOME_STALE);
    redis_connection_close(c);
    redis_target_free(t);
    redis_server_free(&server);
}
END_TEST

START_TEST(server_without_tls_is_told)
{
    struct redis_server server;
    redis_server_init(&server);
    redis_server_listen(&server, "--port", NULL);
    const struct redis_config config = config_of(server.port, "ca.pem", NULL, NULL);
    assert_look_up(&config, "TLS: ");
    redis_server_free(&server);
}
END_TEST

/* It is in the queue of connections, and nobody says a word. */
START_TEST(handshake_ends_with_the_deadline)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(at);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    ck_assert_int_eq(listen(listener, 4), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &length), 0);
    struct redis_config config = config_of(ntohs(at.sin_port), "ca.pem", NULL, NULL);
    config.host = "127.0.0.1";
    config.connect_timeout_ms = SHORT_MS;
    assert_look_up(&config, "TLS: no answer in time");
    close(listener);
}
END_TEST

/* The server's tickets for later sessions come after the handshake, and are nobody's message. */
START_TEST(messages_of_tls_are_not_waited_for)
{
    struct redis_server server;
    char reply[256], why[RECORD_FAULT_MAX];
    redis_server_init(&server);
    begin(&server, "good", "no", NULL);
    const struct redis_config config = config_of(server.port, "ca.pem", NULL, NULL);
    struct redis_target *t = redis_target_new(&config);
    struct redis_connection *c = connected(t);
    ck_assert(!redis_connection_wait(c, -1, deadline_in(SHORT_MS)));
    const struct span subscribe[] = { SPAN_LIT("SUBSCRIBE"), SPAN_LIT("news") };
    struct redis_reply *message;
    redis_connection_add(c, subscribe, COUNT_OF(subscribe));
    ck_assert_int_eq(redis_connection_send(c, deadline_in(AMPLE_MS), why), OUTCOME_DONE);
    ck_assert_int_eq(redis_connection_reply(c, deadline_in(AMPLE_MS), &message, why), OUTCOME_DONE);
    redis_reply_free(message);
    ck_assert(!redis_connection_wait(c, -1, deadline_in(SHORT_MS)));
    redis_server_run(&server, reply, "PUBLISH", "news", "none", NULL);
    ck_assert(redis_connection_wait(c, -1, deadline_in(AMPLE_MS)));
    ck_assert_int_eq(redis_connection_reply(c, deadline_in(AMPLE_MS), &message, why), OUTCOME_DONE);
    unit_assert_span(redis_reply_text(redis_reply_item(message, 2)), "none", "message");
    redis_reply_free(message);
    redis_connection_close(c);
    redis_target_free(t);
    redis_server_free(&server);
}
END_TEST

START_TEST(sentinels_are_asked_over_it_too)
{
    char lines[1024];
    struct redis_server master, sentinel;
    redis_server_init(&master);
    redis_server_init(&sentinel);
    begin(&master, "good", "no", NULL);
    add_user(&master);
    snprintf(lines, sizeof(lines),
             "tls-cert-file %s/good.pem\ntls-key-file %s/good.key\ntls-ca-cert-file %s/ca.pem\n"
             "tls-auth-clients no\ntls-replication yes\n"
             "sentinel monitor mymaster 127.0.0.1 %u 1\n",
             shop.folder, shop.folder, shop.folder, master.port);
    redis_server_watch(&sentinel, "tls-port", lines);
    struct redis_config config = config_of(0, "ca.pem", NULL, NULL);
    config.host = NULL;
    config.master = "mymaster";
    config.sentinels = 1;
    config.sentinel[0] = (struct redis_host){ "localhost", sentinel.port };
    assert_look_up(&config, NULL);
    config.tls.ca = NULL;
    assert_look_up(&config, "Sentinel localhost:");
    redis_server_free(&sentinel);
    redis_server_free(&master);
}
END_TEST

START_TEST(build_without_it_refuses)
{
    static const struct fake_step script[] = { { "+OK\r\n", 0, FAKE_GO_ON } };
    struct fake_redis fake;
    fake_redis_listen(&fake, script, COUNT_OF(script));
    const struct redis_config config = { .host = "127.0.0.1",
                                         .port = fake.port,
                                         .tls.on = true,
                                         .prefix = "coexist:",
                                         .connect_timeout_ms = AMPLE_MS,
                                         .command_timeout_ms = AMPLE_MS };
    assert_look_up(&config, "TLS: not in this build");
    ck_assert_uint_eq(fake.commands, 0);
    fake_redis_stop(&fake);
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_unchecked_fixture(tc, open_shop, close_shop);
    tcase_add_loop_test(tc, only_the_right_certificate_is_trusted, 0, COUNT_OF(trust_cases));
    tcase_add_loop_test(tc, client_certificate_is_shown, 0, COUNT_OF(client_cases));
    tcase_add_test(tc, logins_and_databases_work_over_it);
    tcase_add_test(tc, large_answers_are_read_whole);
    tcase_add_test(tc, restarts_and_outages_are_borne);
    tcase_add_test(tc, many_threads_at_once);
    tcase_add_test(tc, errors_of_others_are_not_ours);
    tcase_add_test(tc, connection_that_dies_is_known_for_stale);
    tcase_add_test(tc, server_without_tls_is_told);
    tcase_add_test(tc, handshake_ends_with_the_deadline);
    tcase_add_test(tc, messages_of_tls_are_not_waited_for);
    tcase_add_test(tc, sentinels_are_asked_over_it_too);
}

Suite *unit_suite(void)
{
    Suite *suite = suite_create("redis_tls");
    TCase *tc = tcase_create("redis_tls");
    tcase_set_timeout(tc, 120);
    if (redis_tls_built_in())
        add_tests(tc);
    else
        tcase_add_test(tc, build_without_it_refuses);
    suite_add_tcase(suite, tc);
    return suite;
}
