/* SPDX-License-Identifier: Apache-2.0 */
/* A latency histogram: microseconds in logarithmic buckets, at most 3 % wide.
 * Owns its fixed memory (by value). Threads: one. */
#ifndef ZX_BENCH_LOAD_HIST_H
#define ZX_BENCH_LOAD_HIST_H

#include <stdint.h>

enum { HIST_SUB = 32, HIST_BUCKETS = 40 * HIST_SUB };

typedef struct {
    uint64_t count;
    uint64_t max_us;
    uint64_t bucket[HIST_BUCKETS];
} Hist;

void hist_add(Hist *hist, int64_t us);
double hist_quantile_ms(const Hist *hist, double q);

#endif
