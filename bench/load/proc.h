/* SPDX-License-Identifier: Apache-2.0 */
/* What processes used: CPU time from every thread's schedstat (nanoseconds), split into user and
 * system by the tick counters of stat, and memory from smaps_rollup.
 * Owns nothing. A process that is gone counts as zero. Threads: any. */
#ifndef ZX_BENCH_LOAD_PROC_H
#define ZX_BENCH_LOAD_PROC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROC_PIDS_MAX = 32 };

typedef struct {
    pid_t pid[PROC_PIDS_MAX];
    size_t count;
} ProcSet;

typedef struct {
    uint64_t cpu_ns;
    uint64_t user_ticks;
    uint64_t system_ticks;
    uint64_t rss_kb;
    uint64_t pss_kb;
    uint64_t private_kb;
} ProcUse;

ProcUse proc_use_read(const ProcSet *set);

#endif
