/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_WHEN_CAL_H
#define NLU_WHEN_CAL_H
/* Days and instants of a zone that is only known by its offset. Proleptic Gregorian calendar. */
#include "base/civil.h"
#include "nlu/when.h"

int nlu_weekday(int64_t days);                            /* 1 Monday … 7 Sunday */
int nlu_month_days(int64_t year, int month);              /* 28..31 */
int64_t nlu_local_day(const NluNow *n, int64_t at_ms);    /* days since 1970 */
int nlu_local_minute(const NluNow *n, int64_t at_ms);     /* of the day */
int64_t nlu_at(const NluNow *n, int64_t day, int minute); /* ms UTC of a wall-clock time; in a gap
                                                             as if the clock had not jumped, in a
                                                             fold the first */
int64_t nlu_day_end(const NluNow *n, int64_t day);        /* its last millisecond */
bool nlu_work_day(const NluNow *n, int64_t day);
bool nlu_day_hours(const NluNow *n, int64_t day, int64_t *ret_open,
                   int64_t *ret_close); /* false: closed, or no business hours */
int64_t nlu_work_day_after(const NluNow *n, int64_t day,
                           int64_t count); /* the count-th after day */
#endif
