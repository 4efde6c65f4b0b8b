/* SPDX-License-Identifier: Apache-2.0 */
#include "hist.h"

static unsigned bucket_of(uint64_t us)
{
    if (us < HIST_SUB)
        return (unsigned)us;
    unsigned shift = 63u - (unsigned)__builtin_clzll(us) - 5u;
    unsigned index = (shift + 1) * HIST_SUB + (unsigned)(us >> shift) - HIST_SUB;
    return index < HIST_BUCKETS ? index : HIST_BUCKETS - 1;
}

static double bucket_middle_us(unsigned index)
{
    if (index < HIST_SUB)
        return (double)index + 0.5;
    unsigned shift = index / HIST_SUB - 1;
    uint64_t low = (uint64_t)(index % HIST_SUB + HIST_SUB) << shift;
    return (double)low + (double)(1ull << shift) / 2.0;
}

void hist_add(Hist *hist, int64_t us)
{
    uint64_t value = us < 0 ? 0 : (uint64_t)us;
    hist->count++;
    if (value > hist->max_us)
        hist->max_us = value;
    hist->bucket[bucket_of(value)]++;
}

double hist_quantile_ms(const Hist *hist, double q)
{
    uint64_t seen = 0;
    double want = q * (double)hist->count;
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += hist->bucket[i];
        if (seen > 0 && (double)seen >= want)
            return bucket_middle_us(i) / 1000.0;
    }
    return 0;
}
