/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_HOURS_H
#define DESK_HOURS_H
/*
 * hours: the one library that knows working time: a week with several spans a day, breaks,
 * holidays, a time zone. Snapshots are immutable. Instants are milliseconds UTC; working time
 * counts only open milliseconds. A span may end after midnight ("22:00"-"02:00"). Daylight saving:
 * spans are wall-clock times of their day.
 */
#include "base/err.h"
#include "base/str.h"

typedef struct Hours Hours;

/* JSON of docs/protocol.md `GET /api/hours`. Codes hours.invalid (with the field), hours.timezone.
 * Arena. */
Err hours_parse(Arena *a, ErrSlot *e, Str json, const Hours **ret) WARN_UNUSED;
const Hours *hours_always(void); /* static: never closed */
bool hours_open_at(const Hours *h, int64_t at_ms);
/* The next instant from at_ms on when it is open (at_ms itself when open); 0: never within 400
 * days. */
int64_t hours_next_open(const Hours *h, int64_t at_ms);
/* The instant when work_ms of open time have passed since start_ms; INT64_MAX when that is never.
 */
int64_t hours_add(const Hours *h, int64_t start_ms, int64_t work_ms);
/* Open milliseconds in [from_ms, to_ms). */
int64_t hours_between(const Hours *h, int64_t from_ms, int64_t to_ms);
#endif
