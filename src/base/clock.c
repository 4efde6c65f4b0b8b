/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <time.h>

int64_t clock_wall_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t clock_steady_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

Str clock_iso(Arena *a, int64_t wall_ms)
{
    int64_t days = wall_ms / 1000 / 86400, in_day = wall_ms % 86400000;
    if (in_day < 0) {
        in_day += 86400000;
        days--;
    }
    time_t t = (time_t)(days * 86400 + in_day / 1000);
    struct tm tm;
    gmtime_r(&t, &tm);
    return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(in_day % 1000));
}
