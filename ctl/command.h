#ifndef COEXIST_CTL_COMMAND_H
#define COEXIST_CTL_COMMAND_H

#include "ctl/session.h"

/*
 * The commands of the tool. Each has a file of its own, ctl/cmd_NAME.c, with one function:
 * argv[0] is `coexistctl NAME`, what follows are its own options and arguments, which it reads by
 * options_parse(). Returns the exit code.
 */
struct command {
    const char *name;
    const char *summary; /* one line, for the list of commands */
    enum status (*run)(struct session *s, int argc, char **argv);
};

/* All commands, in the order in which they are listed; the last one has no name. */
extern const struct command commands[];

/* NULL where there is none of that name. */
const struct command *command_find(const char *name);

enum status cmd_status(struct session *s, int argc, char **argv);
enum status cmd_user(struct session *s, int argc, char **argv);
enum status cmd_group(struct session *s, int argc, char **argv);
enum status cmd_domain(struct session *s, int argc, char **argv);
enum status cmd_flip(struct session *s, int argc, char **argv);
enum status cmd_import(struct session *s, int argc, char **argv);
enum status cmd_export(struct session *s, int argc, char **argv);
enum status cmd_explain(struct session *s, int argc, char **argv);
enum status cmd_inspect(struct session *s, int argc, char **argv);
enum status cmd_trace(struct session *s, int argc, char **argv);
enum status cmd_loops(struct session *s, int argc, char **argv);
enum status cmd_events(struct session *s, int argc, char **argv);
enum status cmd_doctor(struct session *s, int argc, char **argv);
enum status cmd_probe(struct session *s, int argc, char **argv);
enum status cmd_postfix_config(struct session *s, int argc, char **argv);

#endif
