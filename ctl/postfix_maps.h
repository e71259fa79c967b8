#ifndef COEXIST_CTL_POSTFIX_MAPS_H
#define COEXIST_CTL_POSTFIX_MAPS_H

#include "ctl/postfix_writer.h"

/*
 * Writes which tables Postfix asks: those of the filter's `maps`, and in transport_maps what routes
 * need. The table `alias` is for a Postfix without the filter, and is not written.
 */
void postfix_maps_write(struct postfix_writer *w);

#endif
