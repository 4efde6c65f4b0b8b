/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/when_cal.h"

enum { DAY_S = 86400, DEFAULT_OFFSET_S = 8 * 3600, WORK_DAYS_MAX = 400 };

int nlu_weekday(int64_t days)
{
    return civil_weekday(days) + 1;
}

int nlu_month_days(int64_t y, int month)
{
    if (month == 2)
        return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static int32_t offset(const NluNow *n, int64_t utc_s)
{
    return n->offset_s ? n->offset_s(n->zone, utc_s) : DEFAULT_OFFSET_S;
}

static int64_t local_s(const NluNow *n, int64_t at_ms)
{
    int64_t s = at_ms >= 0 ? at_ms / 1000 : (at_ms - 999) / 1000;
    return s + offset(n, s);
}

int64_t nlu_local_day(const NluNow *n, int64_t at_ms)
{
    int64_t s = local_s(n, at_ms);
    return s >= 0 ? s / DAY_S : (s - DAY_S + 1) / DAY_S;
}

int nlu_local_minute(const NluNow *n, int64_t at_ms)
{
    return (int)((local_s(n, at_ms) - nlu_local_day(n, at_ms) * DAY_S) / 60);
}

int64_t nlu_at(const NluNow *n, int64_t day, int minute)
{
    int64_t local = day * DAY_S + (int64_t)minute * 60;
    int32_t before = offset(n, local - DAY_S), after = offset(n, local + DAY_S);
    int64_t first = local - before, second = local - after;
    if (offset(n, first) != before && offset(n, second) == after)
        return second * 1000;
    return first * 1000;
}

int64_t nlu_day_end(const NluNow *n, int64_t day)
{
    return nlu_at(n, day + 1, 0) - 1;
}

bool nlu_day_hours(const NluNow *n, int64_t day, int64_t *ret_open, int64_t *ret_close)
{
    if (!n->next_open || !n->add || !n->between)
        return false;
    int64_t from = nlu_at(n, day, 0), end = nlu_at(n, day + 1, 0);
    int64_t work = n->between(n->hours, from, end);
    if (work <= 0)
        return false;
    *ret_open = n->next_open(n->hours, from);
    *ret_close = n->add(n->hours, from, work); /* the moment when all of the day's work is done */
    return *ret_open >= from && *ret_close <= end && *ret_close >= *ret_open;
}

bool nlu_work_day(const NluNow *n, int64_t day)
{
    if (n->work_day)
        return n->work_day(n->hours, day);
    int64_t open, close;
    return nlu_weekday(day) <= 5 && (!n->between || nlu_day_hours(n, day, &open, &close));
}

int64_t nlu_work_day_after(const NluNow *n, int64_t day, int64_t count)
{
    int64_t limit = day + WORK_DAYS_MAX + count * 2;
    while (count > 0 && day < limit)
        if (nlu_work_day(n, ++day))
            count--;
    return day;
}
