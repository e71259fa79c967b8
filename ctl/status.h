#ifndef COEXIST_CTL_STATUS_H
#define COEXIST_CTL_STATUS_H

/* The exit codes, which do not change between versions: scripts and monitors live by them. */
enum status {
    STATUS_YES,        /* done, found, good */
    STATUS_NO,         /* not found, refused, at fault */
    STATUS_USAGE,      /* the command line, the configuration or a file given is wrong */
    STATUS_UNAVAILABLE /* the state could not be asked */
};

#endif
