/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ID_H
#define BASE_ID_H
/* 64-bit ids in order of time: 41 bits of milliseconds since 2026, 10 bits of node, 12 bits of
 * counter. Never repeats in a process even when the wall clock jumps back: the counter then runs
 * ahead of it. Thread-safe. */
#include <stdatomic.h>
#include <stdint.h>

typedef struct {
    _Atomic int64_t last; /* milliseconds << 12 | counter */
    int64_t node;         /* 0..1023 */
} IdSource;

void id_source_init(IdSource *s, int64_t node);
int64_t id_next(IdSource *s, int64_t wall_ms);
#endif
