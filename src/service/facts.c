/* SPDX-License-Identifier: Apache-2.0 */
/* Facts in words: working hours as a sentence, a time that may be promised. */
#include "service/internal.h"

enum { DAY_S = 86400, ROUND_MS = 5 * 60 * 1000 };

static Str spans_words(Arena *a, const Json *day)
{
    Buf b;
    buf_init(&b, a, 400);
    for (const Json *s = json_first(day); s; s = json_next(s)) {
        if (b.n)
            buf_lit(&b, "、");
        buf_put(&b, json_str(s, "from"));
        buf_lit(&b, "-");
        buf_put(&b, json_str(s, "to"));
    }
    return buf_str(&b);
}

/* Neighbouring days with the same spans share a phrase. */
Str service_hours_words(Arena *a, const Json *hours)
{
    static const char *const names[] = {"周一", "周二", "周三", "周四", "周五", "周六", "周日"};
    if (json_bool(hours, "always", false))
        return STR("全天");
    Str words[7];
    size_t n = 0;
    for (const Json *d = json_first(json_get(hours, "week")); d && n < 7; d = json_next(d))
        words[n++] = spans_words(a, d);
    Buf b;
    buf_init(&b, a, 2000);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && str_eq(words[to], words[from]);)
            to++;
        if (!words[from].n)
            continue;
        if (b.n)
            buf_lit(&b, "，");
        if (to - from == 7)
            buf_lit(&b, "每天");
        else
            buf_fmt(&b, to - from > 1 ? "%s至%s" : "%s", names[from], names[to - 1]);
        buf_fmt(&b, " %.*s", STR_ARG(words[from]));
    }
    return b.over ? STR_NONE : buf_str(&b);
}

Str service_instant_words(Arena *a, const ServiceShop *shop, int64_t at_ms, int64_t now_ms)
{
    static const char *const near[] = {"昨天", "今天", "明天"};
    const Tz *tz = &((const ServiceSnapshot *)(const void *)shop)->tz;
    int64_t local = at_ms / 1000 + tz_offset(tz, at_ms / 1000);
    int64_t today = (now_ms / 1000 + tz_offset(tz, now_ms / 1000)) / DAY_S;
    int64_t day = local / DAY_S, minute = local % DAY_S / 60;
    Str clock = str_fmt(a, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
    if (day - today >= -1 && day - today <= 1)
        return str_fmt(a, "%s %.*s", near[day - today + 1], STR_ARG(clock));
    int64_t year;
    int month, date;
    civil_date(day, &year, &month, &date);
    return str_fmt(a, "%d 月 %d 日 %.*s", month, date, STR_ARG(clock));
}

Str service_promise_time(Arena *a, const ServiceSnapshot *snap, int64_t now_ms)
{
    int64_t at = hours_add(snap->shop.rules.hours, now_ms, SERVICE_PROMISE_MS);
    if (at == INT64_MAX)
        return STR_NONE;
    at = (at + ROUND_MS - 1) / ROUND_MS * ROUND_MS;
    return service_instant_words(a, &snap->shop, at, now_ms);
}
