/* SPDX-License-Identifier: Apache-2.0 */
/* What the spans that a rule took mean together. Each kind of span brings its own share, so a rule
 * only has to say which spans belong together. */
#include "nlu/span_internal.h"
#include "nlu/when_cal.h"

enum { THOUSAND = 1000, COUNT_MAX = 10000, HOUR_MIN = 60, DAY_MIN = 1440, DAY = 1000 };

static NluMoment nothing(void)
{
    return (NluMoment){.on = NLU_ON_NOTHING, .part = -1, .daypart = -1, .shift = -1, .minute = -1};
}

/* A whole number without "about". */
static bool whole(const NluSpan *s, int64_t max, int *ret)
{
    if (s->masked) {
        *ret = 0;
        return true;
    }
    if (s->lo != s->hi || s->lo % THOUSAND != 0 || s->lo / THOUSAND > max)
        return false;
    *ret = (int)(s->lo / THOUSAND);
    return true;
}

static bool clock(const NluText *t, const NluSpan *s, size_t n, NluTime *ret)
{
    NluMoment *m = &ret->a;
    int v[3] = {0, 0, 0}, minute = 0;
    size_t nums = 0;
    bool point = false, plain = true;
    for (size_t i = 0; i < n; i++) {
        if (s[i].kinds & NLU_KIND(NUM)) {
            if (nums == 3 || !whole(&s[i], 60, &v[nums++]))
                return false;
            m->masked = m->masked || s[i].masked;
            minute = nums == 2 ? v[1] : minute;
        } else if (s[i].kinds & NLU_KIND(HALF)) {
            minute = 30;
            plain = false;
        } else if (s[i].kinds & NLU_KIND(QUARTER)) {
            minute = v[1] * 15;
        }
        point = point || (s[i].kinds & NLU_KIND(POINT));
    }
    if (v[0] > 24 || minute > 59 || (v[0] == 24 && minute > 0) || (nums > 2 && v[2] > 59))
        return false;
    m->minute = (int16_t)(v[0] * HOUR_MIN + minute);
    m->exact = v[0] > 12 || v[0] == 0 || t->cp[s[0].start] == '0';
    m->weak = point && plain && nums == 1 && v[0] == 1 && !s[0].literal && n == 2;
    return true;
}

/* 12.25 as month and day. */
static bool dotted(const NluText *t, const NluSpan *s, int *ret_month, int *ret_day)
{
    int part[2] = {0, 0};
    size_t k = 0;
    for (uint32_t i = s->start; i < s->end; i++) {
        if (t->cp[i] == '.')
            k = 1;
        else if ((part[k] = part[k] * 10 + (int)(t->cp[i] - '0')) > 99)
            return false;
    }
    *ret_month = part[0];
    *ret_day = part[1];
    return true;
}

static bool date(const NluText *t, const NluSpan *s, size_t n, NluTime *ret)
{
    NluMoment *m = &ret->a;
    int v[3] = {0, 0, 0}, y = 0, mo = 0, d = 0;
    size_t nums = 0;
    NluKinds marks = 0;
    bool dot = false;
    for (size_t i = 0; i < n; i++) {
        if (!(s[i].kinds & NLU_KIND(NUM))) {
            marks |= s[i].kinds;
            continue;
        }
        m->masked = m->masked || s[i].masked;
        if (nums == 3)
            return false;
        if (s[i].dotted) {
            dot = true;
            if (n != 2 || !dotted(t, &s[i], &mo, &d))
                return false;
        } else if (!whole(&s[i], 9999, &v[nums++])) {
            return false;
        }
    }
    if (marks & NLU_KIND(YEAR_MARK) || nums == 3) {
        y = v[0], mo = v[1], d = v[2];
        y += nums > 1 && y >= 10 && y < 100 ? 2000 : 0;
        if (!m->masked && (y < 1900 || y > 2199))
            return false;
    } else if (!dot && (marks & (NLU_KIND(MONTH_MARK) | NLU_KIND(SLASH)))) {
        mo = v[0], d = v[1];
    } else if (!dot) {
        d = v[0];
    }
    m->on = NLU_ON_DATE;
    m->year = (int16_t)y;
    m->month = (int8_t)(mo > 12 ? 13 : mo);
    m->day = (int8_t)(d > 31 ? 32 : d);
    bool term = nums == 1 && (marks & NLU_KIND(YEAR_MARK)); /* "[数字x]年": so many years */
    bool number = nums == 3 && !(marks & (NLU_KIND(MONTH_MARK) | NLU_KIND(DAY_MARK)));
    if (m->masked)
        return !term && !number; /* nor a telephone's */
    if (n == 3 && (marks & NLU_KIND(SLASH)) && nums == 2 && s[0].end - s[0].start == 1 &&
        s[2].end - s[2].start == 1)
        return false; /* "1/2" is a share */
    bool has_month = dot || nums > 1 || (marks & NLU_KIND(MONTH_MARK));
    bool has_day = dot || nums > 2 || d > 0 || (!has_month && y == 0);
    if ((has_month && (mo < 1 || mo > 12)) || (has_day && (d < 1 || d > 31)))
        return false;
    return !has_month || !has_day || d <= nlu_month_days(y ? y : 2000, mo);
}

static bool span(const NluSpan *s, size_t n, NluTime *ret)
{
    bool number = false, to = false, ge = false;
    ret->form = NLU_TIME_SPAN;
    ret->unit = NLU_UNIT_COUNT;
    for (size_t i = 0; i < n; i++) {
        if (s[i].kinds & NLU_KIND(NUM)) {
            if (!number)
                ret->lo = s[i].lo;
            ret->hi = s[i].hi;
            if (s[i].lo != s[i].hi)
                ret->strength = NLU_ESTIMATE;
            number = true;
            ret->a.masked = ret->a.masked || s[i].masked;
        } else if (s[i].kinds & NLU_KIND(HALF)) {
            ret->lo += number && to ? 0 : THOUSAND / 2;
            ret->hi += THOUSAND / 2;
        } else if (s[i].kinds & NLU_KIND(MORE)) {
            bool tens = ret->hi >= 10 * THOUSAND && ret->hi % (10 * THOUSAND) == 0;
            ret->hi += tens ? 9 * THOUSAND : THOUSAND;
            ret->strength = NLU_ESTIMATE;
        } else if (s[i].kinds & NLU_KIND(UNIT)) {
            bool month_only = (s[i].kinds & NLU_KIND(MONTH_MARK)) && !ge;
            if (month_only || (to && ret->unit != NLU_UNIT_COUNT && ret->unit != s[i].word->unit))
                return false; /* "3月" is a month of the year */
            ret->unit = (uint8_t)s[i].word->unit;
        }
        ge = ge || (s[i].kinds & NLU_KIND(GE));
        to = to || (s[i].kinds & NLU_KIND(TO));
    }
    if (ret->unit == NLU_UNIT_COUNT || (ret->unit == NLU_UNIT_YEAR && ret->lo >= 100 * THOUSAND))
        return false;
    if (ret->a.masked)
        return true;
    return ret->hi >= ret->lo && ret->hi > 0 && ret->hi <= (int64_t)COUNT_MAX * THOUSAND;
}

/* What a date says beside the month or year that was named before it. */
static bool date_in(NluMoment *m, const NluMoment *d)
{
    m->masked = m->masked || d->masked;
    if (m->on == NLU_ON_NOTHING) {
        int8_t daypart = m->daypart;
        *m = *d;
        m->daypart = daypart;
        return true;
    }
    if (m->on == NLU_ON_MONTH && d->month == 0 && d->year == 0) {
        m->day = d->day;
        return true;
    }
    if (m->on == NLU_ON_YEAR && d->month > 0 && d->year == 0) {
        m->month = d->month;
        m->day = d->day;
        return true;
    }
    return m->on == NLU_ON_DAY; /* "明天12号": the day was said already */
}

static void day_in(NluMoment *m, const NluWord *w)
{
    if (m->on == NLU_ON_HOLIDAY) {
        m->day = w->day;
        m->dow = 1; /* one day of it is meant */
    } else if (m->on == NLU_ON_NOTHING) {
        m->on = NLU_ON_DAY;
        m->rel = w->day;
    }
    if (w->daypart != NLU_UNSET)
        m->daypart = w->daypart;
}

static void holiday_in(NluMoment *m, const NluWord *w)
{
    m->year = m->on == NLU_ON_YEAR ? (int16_t)(m->rel + 1) : 0; /* 0: whichever comes next */
    m->on = NLU_ON_HOLIDAY;
    m->rel = w->holiday;
    m->day = 0;
}

/* A word's share; false: it does not go with what was said before. */
static bool word_in(NluMoment *m, const NluSpan *s)
{
    const NluWord *w = s->word;
    if (s->kinds & NLU_KIND(DAY)) {
        day_in(m, w);
    } else if (s->kinds & NLU_KIND(WEEK)) {
        if (m->on == NLU_ON_NOTHING) {
            m->on = NLU_ON_WEEK;
            m->rel = w->week;
            m->dow = w->dow;
        }
    } else if (s->kinds & NLU_KIND(MONTH)) {
        m->on = NLU_ON_MONTH;
        m->rel = w->month;
    } else if (s->kinds & NLU_KIND(YEAR)) {
        m->on = NLU_ON_YEAR;
        m->rel = w->year;
    } else if (s->kinds & NLU_KIND(OWN_PART)) {
        m->part = w->part;
        if (m->on == NLU_ON_NOTHING) {
            m->on = w->month != NLU_UNSET ? NLU_ON_MONTH : NLU_ON_YEAR;
            m->rel = NLU_REL_OPEN;
        }
    } else if (s->kinds & NLU_KIND(PART)) {
        m->part = w->part;
        return m->on != NLU_ON_DATE || m->day == 0;
    } else if (s->kinds & NLU_KIND(HOLIDAY)) {
        holiday_in(m, w);
    } else if (s->kinds & NLU_KIND(SHIFT)) {
        m->shift = w->shift;
    } else if (s->kinds & NLU_KIND(DAYPART)) {
        m->daypart = w->daypart;
    }
    return true;
}

static bool moment(const NluSpan *s, size_t n, NluTime *ret)
{
    NluMoment *m = &ret->a;
    for (size_t i = 0; i < n; i++) {
        if (s[i].kinds & NLU_KIND(CLOCK)) {
            const NluTime *c = s[i].time;
            m->minute = c ? c->a.minute : 0;
            m->exact = c && c->a.exact;
            m->weak = n == 1 && c && c->a.weak;
            m->masked = m->masked || !c || c->a.masked;
        } else if (s[i].kinds & NLU_KIND(DATE)) {
            NluMoment unknown = nothing();
            unknown.on = NLU_ON_DATE;
            unknown.masked = true;
            if (!date_in(m, s[i].time ? &s[i].time->a : &unknown))
                return false;
        } else if (s[i].word && !word_in(m, &s[i])) {
            return false;
        }
    }
    if ((s[n - 1].kinds & NLU_KIND(DAYPART)) && n == 1 && s[0].end - s[0].start == 1)
        return false; /* a single 早 or 晚 */
    return m->on != NLU_ON_NOTHING || m->daypart >= 0 || m->shift >= 0 || m->minute >= 0 ||
           m->masked;
}

/* The first of "3-5点", "3-5号": what it leaves out is what the second says. */
static bool bare_first(const NluSpan *num, const NluMoment *base, const NluMoment *second,
                       NluMoment *ret)
{
    int v = 0;
    if (!whole(num, 31, &v))
        return false;
    *ret = base ? *base : *second;
    ret->masked = num->masked || second->masked;
    if (second->minute >= 0) {
        if (v > 24)
            return false;
        ret->minute = (int16_t)(v * HOUR_MIN);
        ret->exact = v > 12;
        return true;
    }
    if (second->on != NLU_ON_DATE || second->day == 0)
        return false;
    ret->day = (int8_t)v;
    return ret->masked || v > 0;
}

static NluBound bound_of(NluKinds k)
{
    if (k & NLU_KIND(BEFORE))
        return NLU_BOUND_BEFORE;
    if (k & NLU_KIND(WITHIN))
        return NLU_BOUND_WITHIN;
    if (k & NLU_KIND(AFTER))
        return NLU_BOUND_AFTER;
    return k & NLU_KIND(SINCE) ? NLU_BOUND_SINCE : NLU_BOUND_NONE;
}

static bool span_in(const NluTime *sp, bool second, NluTime *ret)
{
    if (second) {
        ret->hi = sp->hi;
        return ret->unit == sp->unit && ret->hi >= ret->lo;
    }
    if (ret->form != NLU_TIME_EVENT)
        ret->form = NLU_TIME_SPAN;
    ret->lo = sp->lo;
    ret->hi = sp->hi;
    ret->unit = sp->unit;
    ret->a.masked = ret->a.masked || sp->a.masked;
    if (sp->strength > ret->strength)
        ret->strength = sp->strength;
    return true;
}

static bool time_of(const NluSpan *s, size_t n, NluTime *ret)
{
    const NluSpan *num = NULL;
    bool first = false, to = false, latest = false, recent = false;
    NluKinds all = 0;
    for (size_t i = 0; i < n; i++) {
        const NluSpan *x = &s[i];
        all |= x->kinds;
        if (x->kinds & NLU_KIND(MOMENT)) {
            NluMoment *m = first ? &ret->b : &ret->a;
            *m = x->time->a;
            if (num && !bare_first(num, first ? &ret->a : NULL, m, &ret->a))
                return false;
            if (num && !first)
                ret->b = x->time->a;
            first = true;
        } else if (x->kinds & NLU_KIND(SPAN)) {
            if (!span_in(x->time, to, ret))
                return false;
        } else if (x->kinds & NLU_KIND(NUM)) {
            num = x;
        } else if (x->kinds & NLU_KIND(EVENT)) {
            ret->form = NLU_TIME_EVENT;
        } else if (x->kinds & NLU_KIND(VAGUE) && n == 1) {
            ret->form = NLU_TIME_SOON;
            ret->strength = NLU_VAGUE;
        } else if (x->kinds & NLU_KIND(TO) && (first || num || ret->form == NLU_TIME_SPAN)) {
            to = true;
        } else if (x->kinds & NLU_KIND(LATEST)) {
            latest = true;
        } else if (x->kinds & NLU_KIND(RECENT)) {
            recent = true;
        } else if (x->kinds & NLU_KIND(ABOUT)) {
            ret->strength = ret->strength > NLU_ESTIMATE ? ret->strength : NLU_ESTIMATE;
        } else if (bound_of(x->kinds) != NLU_BOUND_NONE) {
            ret->bound = (uint8_t)bound_of(x->kinds);
        }
    }
    if (to && first && ret->form == NLU_TIME_MOMENT)
        ret->form = NLU_TIME_RANGE;
    ret->a.masked = ret->a.masked || ret->b.masked;
    if (latest && ret->bound == NLU_BOUND_NONE)
        ret->bound = NLU_BOUND_LATEST;
    if (recent) {
        ret->bound = NLU_BOUND_WITHIN;
        ret->strength = NLU_ESTIMATE;
        if (ret->unit == NLU_UNIT_DAY && ret->hi >= 2 * DAY)
            ret->hi -= DAY; /* today is one of them */
        ret->lo = ret->hi;
    }
    const NluMoment *a = &ret->a;
    if (ret->form == NLU_TIME_MOMENT && a->on == NLU_ON_DATE && a->day > 0 && a->month == 0 &&
        a->minute < 0 && a->daypart < 0 && ret->bound == NLU_BOUND_WITHIN && !latest) {
        ret->form = NLU_TIME_SPAN; /* "3日内" */
        ret->lo = ret->hi = (int64_t)a->day * THOUSAND;
        ret->unit = NLU_UNIT_DAY;
    }
    return !(ret->form == NLU_TIME_MOMENT && a->weak &&
             !(all & (NLU_KIND(BEFORE) | NLU_KIND(ABOUT))));
}

bool nlu_time_compose(const NluGrammar *g, const NluText *t, NluSpanKind out, const NluSpan *s,
                      size_t n, NluTime *ret)
{
    (void)g;
    *ret = (NluTime){.a = nothing(), .b = nothing()};
    switch ((int)out) {
    case NLU_SPAN_CLOCK:
        return clock(t, s, n, ret);
    case NLU_SPAN_DATE:
        return date(t, s, n, ret);
    case NLU_SPAN_SPAN:
        return span(s, n, ret);
    case NLU_SPAN_MOMENT:
        return moment(s, n, ret);
    default:
        return time_of(s, n, ret);
    }
}
