#ifndef COEXIST_ENGINE_EXPORTER_H
#define COEXIST_ENGINE_EXPORTER_H

#include "engine/engine.h"

#define EXPORTER_PAGE_MAX 262144 /* far more than all samples take */

/*
 * Writes the page for Prometheus, as exposition.h has it: what the engine's meter has counted, what
 * its backends have, how the present one stands, and what is running since when. Reads memory
 * alone, but for a look-up where nothing is kept there (see readiness_check()). From any thread.
 */
void exporter_write(const struct engine *e, struct buf *out);

#endif
