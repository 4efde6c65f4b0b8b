/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#define EPOCH_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

void id_source_init(IdSource *s, int64_t node)
{
    atomic_init(&s->last, 0);
    s->node = node & 1023;
}

int64_t id_next(IdSource *s, int64_t wall_ms)
{
    int64_t ms = wall_ms > EPOCH_MS ? wall_ms - EPOCH_MS : 1;
    int64_t seen = atomic_load_explicit(&s->last, memory_order_relaxed), next;
    do {
        next = seen >> 12 >= ms ? seen + 1 : ms << 12;
    } while (!atomic_compare_exchange_weak_explicit(&s->last, &seen, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    return (next >> 12) << 22 | s->node << 12 | (next & 4095);
}
