/* SPDX-License-Identifier: Apache-2.0 */
/* From what was said to instants. The sources of how terms are counted are in when.h. */
#include "nlu/span_internal.h"
#include "nlu/when_cal.h"

enum {
    THOUSAND = 1000,
    NOON = 720,
    DAY_MIN = 1440,
    EVENING = 1080,  /* parts of the day from here on reach past midnight */
    SMALL_HOURS = 5, /* "晚上一点" is after midnight up to here */
    WAKING = 7,      /* without a part of the day, 1..6 o'clock is in the afternoon */
    SHIFT_DAYS = 14
};

typedef struct {
    const NluGrammar *g;
    const NluNow *now;
    int64_t today; /* local day; of the second of a range, the day of the first */
} Now;

typedef struct {
    int64_t first, last; /* local days */
} Days;

typedef struct {
    int64_t from, to;
    Days days;
    bool point; /* a time of day, not a stretch */
} When;

/* ---- days ---- */
static void month_of(int64_t day, int months, int64_t *ret_year, int *ret_month)
{
    int d;
    civil_date(day, ret_year, ret_month, &d);
    int64_t m = *ret_year * 12 + (*ret_month - 1) + months;
    *ret_year = m / 12;
    *ret_month = (int)(m % 12) + 1;
}

/* The same day of the month so many months on, or that month's last day. */
static int64_t add_months(int64_t day, int64_t months)
{
    int64_t y;
    int m, d;
    civil_date(day, &y, &m, &d);
    month_of(day, (int)months, &y, &m);
    int last = nlu_month_days(y, m);
    return civil_days(y, m, d < last ? d : last);
}

static Days in_month(const Now *n, int64_t y, int m, int part, int day)
{
    int last = nlu_month_days(y, m), from = 1, to = last;
    if (day > 0) {
        from = to = day < last ? day : last;
    } else if (part >= 0) {
        const NluPart *p = &n->g->parts[part];
        from = p->month_from < last ? p->month_from : last;
        to = p->month_to < last ? p->month_to : last;
    }
    return (Days){civil_days(y, m, from), civil_days(y, m, to)};
}

static Days in_year(const Now *n, int64_t y, int part)
{
    int from = 1, to = 12;
    if (part >= 0 && n->g->parts[part].year_from > 0) {
        from = n->g->parts[part].year_from;
        to = n->g->parts[part].year_to;
    }
    return (Days){civil_days(y, from, 1), civil_days(y, to, nlu_month_days(y, to))};
}

static Days on_week(const Now *n, const NluMoment *m)
{
    int64_t monday = n->today - (nlu_weekday(n->today) - 1);
    bool open = m->rel == NLU_REL_OPEN;
    if (!open)
        monday += 7 * m->rel;
    if (m->dow == 0)
        return (Days){monday, monday + 6};
    if (m->dow == 8)
        return (Days){monday + 5, monday + 6};
    int64_t day = monday + m->dow - 1;
    if (open && day < n->today)
        day += 7;
    return (Days){day, day};
}

static Days on_date(const Now *n, const NluMoment *m)
{
    int64_t y;
    int month, d;
    civil_date(n->today, &y, &month, &d);
    if (m->year > 0)
        return m->month ? in_month(n, m->year, m->month, m->part, m->day)
                        : in_year(n, m->year, m->part);
    for (int i = 0; i < 12; i++) { /* the next one that exists; a 29 February may be 8 years off */
        Days days;
        if (m->month == 0) {
            int64_t year;
            int mo;
            month_of(n->today, i, &year, &mo);
            if (m->day > nlu_month_days(year, mo))
                continue;
            days = in_month(n, year, mo, -1, m->day);
        } else {
            if (m->day > nlu_month_days(y + i, m->month))
                continue;
            days = in_month(n, y + i, m->month, m->part, m->day);
        }
        if (days.last >= n->today)
            return days;
    }
    return (Days){n->today, n->today};
}

static Days on_month(const Now *n, const NluMoment *m)
{
    int64_t y;
    int month;
    bool open = m->rel == NLU_REL_OPEN;
    month_of(n->today, open ? 0 : m->rel, &y, &month);
    Days days = in_month(n, y, month, m->part, m->day);
    if (open && days.last < n->today) {
        month_of(n->today, 1, &y, &month);
        days = in_month(n, y, month, m->part, m->day);
    }
    return days;
}

static Days on_year(const Now *n, const NluMoment *m)
{
    int64_t y;
    int month, d;
    bool open = m->rel == NLU_REL_OPEN;
    civil_date(n->today, &y, &month, &d);
    if (!open)
        y += m->rel;
    if (m->month > 0)
        return in_month(n, y, m->month, m->part, m->day);
    Days days = in_year(n, y, m->part);
    return open && days.last < n->today ? in_year(n, y + 1, m->part) : days;
}

/* The holiday's first day in or after `from`; 0: not in the table. */
static int64_t holiday_from(const NluHoliday *h, int64_t from)
{
    if (h->month > 0) {
        int64_t y;
        int m, d;
        civil_date(from, &y, &m, &d);
        int64_t day = civil_days(y, h->month, h->day);
        return day >= from ? day : civil_days(y + 1, h->month, h->day);
    }
    for (size_t i = 0; i < h->n; i++)
        if (h->days[i] >= from)
            return h->days[i];
    return 0;
}

static bool on_holiday(const Now *n, const NluMoment *m, Days *ret)
{
    int64_t y, best = 0;
    int month, d, length = 1;
    civil_date(n->today, &y, &month, &d);
    for (size_t i = 0; i < n->g->holiday_n; i++) {
        const NluHoliday *h = &n->g->holidays[i];
        bool meant = n->g->holidays[m->rel].next ? h->off : (int)i == m->rel;
        if (!meant)
            continue;
        int64_t begun = m->dow ? m->day : h->length - 1; /* it may have begun */
        int64_t from = m->year ? civil_days(y + m->year - 1, 1, 1) : n->today - begun;
        int64_t day = holiday_from(h, from);
        if (day && (!best || day < best)) {
            best = day;
            length = h->length;
        }
    }
    if (!best)
        return false;
    *ret = m->dow ? (Days){best + m->day, best + m->day} : (Days){best, best + length - 1};
    return true;
}

static bool days_of(const Now *n, const NluMoment *m, Days *ret)
{
    *ret = (Days){n->today, n->today};
    switch ((NluOn)m->on) {
    case NLU_ON_DAY:
        ret->first = ret->last = nlu_local_day(n->now, n->now->now_ms) + m->rel;
        return true;
    case NLU_ON_WEEK:
        *ret = on_week(n, m);
        return true;
    case NLU_ON_DATE:
        *ret = on_date(n, m);
        return true;
    case NLU_ON_MONTH:
        *ret = on_month(n, m);
        return true;
    case NLU_ON_YEAR:
        *ret = on_year(n, m);
        return true;
    case NLU_ON_HOLIDAY:
        return on_holiday(n, m, ret);
    case NLU_ON_NOTHING:
        break;
    }
    return true;
}

/* ---- time of day ---- */
/* The minute that an hour means in a part of the day. */
static int in_part(const NluDaypart *p, int minute, bool exact)
{
    int h = minute / 60;
    if (p->from >= EVENING)
        return h < SMALL_HOURS ? minute + DAY_MIN
               : h < 12        ? minute + NOON
               : h == 12       ? minute + NOON
                               : minute;
    if (exact)
        return minute;
    if (p->to <= 360)
        return h == 12 ? minute - NOON : minute;
    if (p->from >= NOON)
        return h < 12 ? minute + NOON : minute;
    return p->from >= 660 && h <= 3 ? minute + NOON : minute;
}

static int64_t clock_at(const Now *n, const NluMoment *m, int64_t day, bool said)
{
    int minute = m->minute, h = minute / 60;
    if (m->daypart >= 0) {
        int64_t at = nlu_at(n->now, day, in_part(&n->g->dayparts[m->daypart], minute, m->exact));
        return at < n->now->now_ms && !said
                   ? nlu_at(n->now, day + 1, in_part(&n->g->dayparts[m->daypart], minute, m->exact))
                   : at;
    }
    int early = !m->exact && h < WAKING ? minute + NOON : minute;
    int late = m->exact || h >= 12 ? early : minute + NOON;
    if (day != nlu_local_day(n->now, n->now->now_ms))
        return nlu_at(n->now, day, early);
    int64_t at = nlu_at(n->now, day, early);
    if (at <= n->now->now_ms)
        at = nlu_at(n->now, day, late);
    return at <= n->now->now_ms && !said ? nlu_at(n->now, day + 1, early) : at;
}

/* Opening or closing time; said without a day, of the next day that has one ahead. */
static bool on_shift(const Now *n, const NluMoment *m, const Days *days, When *ret)
{
    bool said = m->on != NLU_ON_NOTHING;
    for (int64_t day = days->first; day < days->first + (said ? 1 : SHIFT_DAYS); day++) {
        int64_t open, close, at = nlu_at(n->now, day, n->g->shift_minute[m->shift]);
        if (nlu_day_hours(n->now, day, &open, &close))
            at = m->shift == 0 ? close : open;
        else if (n->now->between && !said)
            continue; /* closed */
        if (at <= n->now->now_ms && !said)
            continue;
        *ret = (When){at, at, {day, day}, true};
        return true;
    }
    return false;
}

static bool moment_on(const Now *n, const NluMoment *m, When *ret)
{
    if (m->masked)
        return false;
    *ret = (When){0};
    if (!days_of(n, m, &ret->days))
        return false;
    if (m->shift >= 0) {
        Days days = ret->days;
        return on_shift(n, m, &days, ret);
    }
    bool said = m->on != NLU_ON_NOTHING;
    if (m->minute >= 0) {
        ret->from = ret->to = clock_at(n, m, ret->days.first, said);
        ret->point = true;
        return true;
    }
    if (m->daypart >= 0) {
        const NluDaypart *p = &n->g->dayparts[m->daypart];
        if (!said && nlu_at(n->now, ret->days.last, p->to) <= n->now->now_ms) {
            ret->days.first++;
            ret->days.last++;
        }
        ret->from = nlu_at(n->now, ret->days.first, p->from);
        ret->to = nlu_at(n->now, ret->days.last, p->to) - (p->to >= DAY_MIN ? 1 : 0);
        if (ret->from > ret->to)
            ret->from = ret->to;
        return true;
    }
    ret->from = nlu_at(n->now, ret->days.first, 0);
    ret->to = nlu_day_end(n->now, ret->days.last);
    return true;
}

/* "周五" and "15号" are the next ones ahead: today's, unless the hour that was said is over. */
static bool moment(const Now *n, const NluMoment *m, When *ret)
{
    bool open =
        (m->on == NLU_ON_WEEK && m->rel == NLU_REL_OPEN) || (m->on == NLU_ON_DATE && m->year == 0);
    if (!moment_on(n, m, ret))
        return false;
    if (!open || ret->to >= n->now->now_ms || ret->days.first != n->today)
        return true;
    Now later = *n;
    later.today++;
    return moment_on(&later, m, ret);
}

/* ---- bounds ---- */
static int64_t before(const Now *n, const NluMoment *m, const When *w)
{
    if (w->point)
        return w->to;
    if (m->daypart >= 0) {
        int minute = n->g->dayparts[m->daypart].before;
        int64_t at = nlu_at(n->now, w->days.first, minute);
        if (at > n->now->now_ms || m->on == NLU_ON_DAY)
            return at;
        return m->on == NLU_ON_NOTHING ? nlu_at(n->now, w->days.first + 1, minute) : w->to;
    }
    if (m->part >= 0 && (size_t)m->part == n->g->part_end)
        return w->to; /* "before the end of the month": by its end */
    return w->days.first <= n->today ? w->to : w->from - 1; /* before today is over */
}

static void bounded(const Now *n, const NluTime *t, const When *w, NluRange *ret)
{
    int64_t now = n->now->now_ms;
    ret->from_ms = w->from;
    ret->to_ms = w->to;
    switch ((NluBound)t->bound) {
    case NLU_BOUND_BEFORE:
        ret->from_ms = now;
        if (t->form == NLU_TIME_MOMENT)
            ret->to_ms = before(n, &t->a, w);
        break;
    case NLU_BOUND_AFTER:
        ret->from_ms = w->point ? w->to : w->to + 1;
        ret->to_ms = NLU_TIME_NEVER;
        break;
    case NLU_BOUND_SINCE:
        ret->to_ms = NLU_TIME_NEVER;
        break;
    case NLU_BOUND_LATEST:
        ret->from_ms = now;
        break;
    case NLU_BOUND_WITHIN:
        if (w->point)
            ret->from_ms = now;
        break;
    case NLU_BOUND_NONE:
        break;
    }
    if (ret->from_ms < now && ret->to_ms >= now)
        ret->from_ms = now;
    if (ret->from_ms > ret->to_ms)
        ret->from_ms = ret->to_ms;
}

static bool range_from(const Now *n, const NluTime *t, const NluMoment *first, When *ret)
{
    When a, b;
    if (!moment(n, first, &a))
        return false;
    Now then = *n;
    then.today = a.point ? nlu_local_day(n->now, a.from) : a.days.first;
    NluMoment second = t->b;
    bool same_day = second.on == NLU_ON_NOTHING;
    if (same_day) { /* the day was said with the first */
        int64_t y;
        int month, d;
        civil_date(then.today, &y, &month, &d);
        second.on = NLU_ON_DATE;
        second.year = (int16_t)y;
        second.month = (int8_t)month;
        second.day = (int8_t)d;
        if (second.minute >= 0 && second.daypart < 0)
            second.daypart = first->daypart;
    }
    if (!moment(&then, &second, &b))
        return false;
    for (int i = 0; i < 2 && same_day && b.to < a.from; i++) {
        b.to += (int64_t)NOON * 60000; /* "上午十点到两点" */
        b.from += (int64_t)NOON * 60000;
    }
    *ret = (When){a.from, b.to, {a.days.first, b.days.last}, false};
    return a.from <= b.to;
}

static bool range(const Now *n, const NluTime *t, When *ret)
{
    NluMoment today = t->a;
    if (today.on == NLU_ON_NOTHING) { /* it may have begun, if it is not over yet */
        today.on = NLU_ON_DAY;
        today.rel = 0;
        if (range_from(n, t, &today, ret) && ret->to >= n->now->now_ms)
            return true;
    }
    return range_from(n, t, &t->a, ret);
}

/* ---- terms ---- */
/* 0: not of a fixed length. */
static int64_t ms_of(int unit)
{
    static const int64_t ms[NLU_UNIT_COUNT] = {
        [NLU_UNIT_SECOND] = 1000,       [NLU_UNIT_MINUTE] = 60000,      [NLU_UNIT_QUARTER] = 900000,
        [NLU_UNIT_HOUR] = 3600000,      [NLU_UNIT_WORK_HOUR] = 3600000, [NLU_UNIT_DAY] = 86400000,
        [NLU_UNIT_WORK_DAY] = 86400000, [NLU_UNIT_WEEK] = 604800000};
    return unit < NLU_UNIT_COUNT ? ms[unit] : 0;
}

/* The day that ends a term of whole days or longer. */
static int64_t term_day(const Now *n, int unit, int64_t count)
{
    int64_t whole = count / THOUSAND, part = count % THOUSAND;
    if (unit == NLU_UNIT_DAY)
        return n->today + whole;
    if (unit == NLU_UNIT_WEEK)
        return n->today + whole * 7;
    if (unit == NLU_UNIT_WORK_DAY)
        return nlu_work_day_after(n->now, n->today, whole + (part > 0));
    int months = unit == NLU_UNIT_MONTH ? 1 : unit == NLU_UNIT_SEASON ? 3 : 12;
    return add_months(n->today, whole * months + part * months / THOUSAND) +
           (part * months % THOUSAND) * 30 / THOUSAND; /* half a month is 15 days */
}

static bool by_clock(const NluTime *t)
{
    return t->unit < NLU_UNIT_DAY || ((t->unit == NLU_UNIT_DAY || t->unit == NLU_UNIT_WEEK) &&
                                      (t->lo % THOUSAND != 0 || t->hi % THOUSAND != 0));
}

static int64_t clock_term(const Now *n, const NluTime *t, int64_t count)
{
    int64_t ms = ms_of(t->unit) / THOUSAND * count;
    if (t->unit == NLU_UNIT_WORK_HOUR && n->now->add)
        return n->now->add(n->now->hours, n->now->now_ms, ms);
    return n->now->now_ms + ms;
}

static void term(const Now *n, const NluTime *t, NluRange *ret)
{
    bool within = t->bound == NLU_BOUND_WITHIN || t->bound == NLU_BOUND_LATEST || t->lo == t->hi;
    if (t->bound == NLU_BOUND_BEFORE) { /* "三天前": ago */
        int64_t unit = ms_of(t->unit) ? ms_of(t->unit) : 30 * (int64_t)86400000;
        ret->from_ms = n->now->now_ms - unit / THOUSAND * t->hi;
        ret->to_ms = n->now->now_ms - unit / THOUSAND * t->lo;
        return;
    }
    if (by_clock(t)) {
        ret->to_ms = clock_term(n, t, t->hi);
        ret->from_ms =
            within && t->bound != NLU_BOUND_AFTER ? n->now->now_ms : clock_term(n, t, t->lo);
        return;
    }
    int64_t first = term_day(n, t->unit, t->lo), last = term_day(n, t->unit, t->hi), open, close;
    bool work = t->unit == NLU_UNIT_WORK_DAY;
    ret->from_ms = nlu_at(n->now, first, 0);
    ret->to_ms = nlu_day_end(n->now, last);
    if (work && nlu_day_hours(n->now, first, &open, &close))
        ret->from_ms = open;
    if (work && nlu_day_hours(n->now, last, &open, &close))
        ret->to_ms = close;
    if (within && t->bound != NLU_BOUND_AFTER)
        ret->from_ms = n->now->now_ms;
}

bool nlu_time_after_event(const NluTime *t, NluTime *ret)
{
    *ret = *t;
    if (t->form != NLU_TIME_EVENT)
        return false;
    bool counted = t->hi > 0 || (t->unit < NLU_UNIT_COUNT && t->a.masked);
    ret->form = counted ? NLU_TIME_SPAN : NLU_TIME_MOMENT;
    if (counted && t->bound != NLU_BOUND_AFTER)
        ret->bound = NLU_BOUND_WITHIN;
    if (!counted && t->bound == NLU_BOUND_AFTER)
        ret->bound = NLU_BOUND_NONE; /* it was the event's */
    return counted || t->a.on != NLU_ON_NOTHING || t->a.daypart >= 0 || t->a.minute >= 0;
}

bool nlu_time_resolve(const NluGrammar *g, const NluTime *t, const NluNow *now, NluRange *ret)
{
    Now n = {.g = g, .now = now, .today = nlu_local_day(now, now->now_ms)};
    When w;
    *ret = (NluRange){now->now_ms, NLU_TIME_NEVER, (NluStrength)t->strength};
    switch ((NluTimeForm)t->form) {
    case NLU_TIME_MOMENT:
        if (!moment(&n, &t->a, &w))
            return false;
        bounded(&n, t, &w, ret);
        return true;
    case NLU_TIME_RANGE:
        if (t->a.masked || !range(&n, t, &w))
            return false;
        bounded(&n, t, &w, ret);
        return true;
    case NLU_TIME_SPAN:
        if (t->a.masked)
            return false;
        term(&n, t, ret);
        return true;
    case NLU_TIME_EVENT:
    case NLU_TIME_SOON:
        break;
    }
    return false;
}
