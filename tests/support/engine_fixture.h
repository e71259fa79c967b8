#ifndef COEXIST_TESTS_ENGINE_FIXTURE_H
#define COEXIST_TESTS_ENGINE_FIXTURE_H

#include "engine/engine.h"
#include "engine/message.h"

/*
 * An engine made from a configuration file in a folder of its own, with records in memory, the log
 * caught, and short ways to put a message to it. Whatever goes wrong here fails the test.
 */
struct engine_fixture {
    char folder[64];
    int guard;
    int guard_pid;
    struct engine *engine;
    bool edits_fail; /* the MTA takes no verdict of fixture_pass() */
    struct buf log;  /* `LEVEL LINE`, each with a newline */
};

/* The primary system is p.example.net in 192.0.2.0/24, and known by this field too; the secondary
 * s.example.net, the node, in 198.51.100.0/24. g.example.net is a gateway. example.com is the
 * domain by default at the primary, watched.example is observed. */
#define FIXTURE_PROOF "X-Peer-Proof: a-long-secret"

/* The first signs. */
#define FIXTURE_KEYS                                                                               \
    "new MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"                                           \
    "old ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=\n"

/* options: further lines of the configuration file. */
void engine_fixture_open(struct engine_fixture *f, const char *options);
/* The same without the gateway. */
void engine_fixture_open_direct(struct engine_fixture *f, const char *options);
/* The same with it, but that the primary system has no network: its field alone tells it. */
void engine_fixture_open_hidden(struct engine_fixture *f, const char *options);

void engine_fixture_close(struct engine_fixture *f);

/* From now on all look-ups fail. */
void engine_fixture_lose_state(struct engine_fixture *f);

/* From now on there is a journal, in memory too, and no record yet. */
void engine_fixture_journal(struct engine_fixture *f, unsigned breaker_limit);

/* One field of a user's record. */
void engine_fixture_user(struct engine_fixture *f, const char *user, const char *field,
                         const char *value);

/* who: "peer", "external" or "local", by SMTP; "sendmail" without. sender: as MAIL brings it. */
struct message *fixture_message(struct engine_fixture *f, const char *who, const char *sender);

/* One RCPT, without parameters; the code of the reply, 0 for none. */
int fixture_rcpt(struct message *m, const char *recipient);

/* Header fields, topmost first: `Name: value` and a newline each; folded where one begins with a
 * blank. */
void fixture_header(struct message *m, const char *fields);

/* The verdict, when the clock says 1700000000. */
void fixture_end(struct message *m, struct verdict *v);

/* A whole message: recipients are local parts at example.com, or whole addresses, with blanks
 * between, and each of them is taken; then the header, the end, and what follows from it. */
void fixture_pass(struct engine_fixture *f, const char *who, const char *sender,
                  const char *recipients, const char *header, struct verdict *v);

/*
 * The verdict as text, a line each: `451 4.2.1` for a reply, else `add <a> PARAMS`, `delete <a>`,
 * `remove NAME INDEX`, `insert NAME: VALUE` (of a trace its name alone), `hold WHY`. Valid until
 * the next call.
 */
const char *fixture_text(const struct verdict *v);

/* The value of the one inserted field of that name; NULL for none. */
const char *fixture_inserted(const struct verdict *v, const char *name);

#endif
