/* SPDX-License-Identifier: Apache-2.0 */
/* One measured stretch: warm-up, then counting, then figures as JSON members.
 * Owns two histograms (by value). Threads: one. */
#ifndef ZX_BENCH_LOAD_MEASURE_H
#define ZX_BENCH_LOAD_MEASURE_H

#include "hist.h"
#include "options.h"

typedef struct {
    const Options *options; /* borrowed */
    int64_t start_ns, end_ns;
    bool counting;
    ProcUse before, after;
    ProcUse self_before, self_after;
    int64_t measured_ns;
    uint64_t done;
    Hist done_us;
    Hist push_us;
} Measure;

/* Counting begins warmup seconds from now and ends seconds later. */
void measure_begin(Measure *measure, const Options *options);
/* Call it in every turn of the loop; false once the stretch is over. */
bool measure_running(Measure *measure);
/* One operation that took from since_ns until now; outside the stretch it is ignored. */
void measure_done(Measure *measure, int64_t since_ns);
void measure_print(const Measure *measure); /* members without braces, ends without a comma */

#endif
