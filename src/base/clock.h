/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
/* Two clocks. Wall: milliseconds since 1970 UTC, what is stored and shown; it may jump.
 * Steady: nanoseconds, never goes back, for timeouts and measuring. */
#include "base/str.h"

int64_t clock_wall_ms(void);
int64_t clock_steady_ns(void);
/* "2026-11-24T09:41:07.123Z" in the arena */
Str clock_iso(Arena *a, int64_t wall_ms);
#endif
