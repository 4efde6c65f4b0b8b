/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_OVERVIEW_H
#define DESK_OVERVIEW_H
/* overview: what a supervisor wants to see at a glance, counted when asked. */
#include "desk/desk.h"

typedef struct {
    DeskCounts counts; /* now; each stops at 1,000 */
    int64_t snoozed, upset;
    int64_t opened, closed;                   /* since */
    int64_t rounds, late, in_time_average_ms; /* since; average of the rounds answered in time */
    int64_t ratings, rating_sum;              /* of conversations closed since */
} DeskOverview;
Err desk_overview(Ctx *c, int64_t since_ms, DeskOverview *ret) WARN_UNUSED;
/* The shop's conversations in which something was said since a time, newest first, at most limit.
 */
Err desk_conversations_since(Ctx *c, int64_t since_ms, int64_t limit, int64_t **ret_ids,
                             size_t *ret_n) WARN_UNUSED;
#endif
