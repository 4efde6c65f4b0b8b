/* SPDX-License-Identifier: Apache-2.0 */
/* Opens many connections with a bounded number of them under way.
 * The caller reports each that became ready, and each that was lost. Threads: one. */
#ifndef ZX_BENCH_LOAD_OPENER_H
#define ZX_BENCH_LOAD_OPENER_H

#include "conn.h"

enum { OPENER_UNDER_WAY = 64 };

typedef struct {
    uint32_t wanted, started, ready, lost;
} Opener;

/* Runs the loop until every connection is ready or lost. start opens number index and returns
 * false when that could not even be tried. False when one was lost or 60 s passed without news. */
bool opener_run(Opener *opener, Loop *loop, uint32_t wanted,
                bool (*start)(Loop *loop, uint32_t index));

#endif
