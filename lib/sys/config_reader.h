#ifndef COEXIST_SYS_CONFIG_READER_H
#define COEXIST_SYS_CONFIG_READER_H

#include <confuse.h>

#include "base/buf.h"
#include "sys/config.h"

/*
 * One load of a configuration file, from its text to a struct config. Private to config*.c:
 * config_scan.c makes the text safe for libconfuse, config_options.c has the options and checks
 * each value where it stands, with config_numbers.c for the numbers, config_build.c makes the
 * configuration and checks it as a whole.
 */

#define CONFIG_FILE_MAX (1024 * 1024)
#define CONFIG_VALUE_MAX 1024   /* octets in one value */
#define CONFIG_BLOCKS_MAX 10000 /* system, gateway and domain blocks together */
#define CONFIG_LIST_MAX 10000   /* items of one list */

struct config_reader {
    const char *file;
    const struct config_checks *checks;
    char *error;          /* CONFIG_ERROR_MAX octets; empty until the first fault */
    unsigned *block_line; /* of the opening brace of each block, in the order of the file */
    size_t blocks;
    size_t closed; /* blocks that libconfuse has read to the end */
};

/* Writes the first fault of a load, later ones are dropped. Line 0: about the whole file. */
void reader_fault(struct config_reader *r, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Rewrites the text so that libconfuse 3.3 reads from it what a person reads in it. Left to itself
 * that library counts each comment as more than one line, takes a comment without an end for the
 * end of the file, passes over an asterisk or a plus sign outside quotes in silence, replaces
 * ${NAME} from the environment, cuts a string at a \0 in it, and keeps the state of its scanner
 * when it fails inside a string. So: comments become blanks, strings double-quoted with every
 * special character escaped, and whatever else could be misread is a fault. Lines stay where they
 * are. Fills block_line, which the caller frees. False after a fault.
 */
bool config_scan(struct config_reader *r, struct span text, struct buf *out);

/* What config_scan() wrote, as libconfuse's tree, each value in it good; the caller has cfg_free().
 * The line of a section is that of its opening brace. NULL after a fault. */
cfg_t *config_parse(struct config_reader *r, const char *text);

/* The options that are plain numbers, in one table with their presets and bounds: whether this is
 * one; NULL for a good value, else what would be; and all of them into the configuration. */
bool config_is_number(const char *option);
const char *config_number_fault(const char *option, struct span value);
void config_numbers(cfg_t *cfg, struct config *c);

/* Fills an empty configuration from the tree. False after a fault; config_free() it then too. */
bool config_build(struct config_reader *r, cfg_t *cfg, struct config *c);

#endif
