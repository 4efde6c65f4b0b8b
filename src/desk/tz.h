/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_TZ_H
#define DESK_TZ_H
/* Time zones from the system's tzdata (TZif, RFC 8536; its 64-bit table reaches 2037, after which
 * the last offset holds). libc's own TZ is process-wide, and shops of one installation may live in
 * different zones. */
#include "base/civil.h"
#include "base/err.h"
#include "base/str.h"

typedef struct {
    int64_t *at;     /* seconds UTC, ascending */
    int32_t *offset; /* seconds east of UTC from at[i] on */
    size_t n;
    int32_t first; /* before at[0] */
} Tz;

Err tz_load(Arena *a, ErrSlot *e, Str name, Tz *ret) WARN_UNUSED; /* hours.timezone */
int32_t tz_offset(const Tz *tz, int64_t utc_s);
int64_t
tz_to_utc(const Tz *tz,
          int64_t local_s); /* in a gap: as if the clock had not jumped; in a fold: the first */

/* Proleptic Gregorian calendar. */
#endif
