/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/hours.h"

#include "base/json.h"
#include "desk/tz.h"

enum {
    SPANS_MAX = 8,
    BREAKS_MAX = 16,
    HOLIDAYS_MAX = 400,
    DAY_MIN = 1440,
    LOOK_DAYS = 400,
    PIECES_MAX = SPANS_MAX * (BREAKS_MAX + 1) * 2
};

typedef struct {
    int from, to; /* minutes of the local day; to may pass 1440 */
} Span;

typedef struct {
    Span span[SPANS_MAX];
    size_t n;
} Day;

typedef struct {
    int64_t date; /* days since 1970 */
    Day day;
} Holiday;

struct Hours {
    bool always;
    Tz tz;
    Day week[7];
    Span breaks[BREAKS_MAX];
    size_t breaks_n;
    Holiday *holidays; /* any order; few */
    size_t holidays_n;
};

static bool parse_minute(Str s, int *ret)
{
    if (s.n != 5 || s.p[2] != ':')
        return false;
    int64_t h, m;
    if (!str_i64(str_sub(s, 0, 2), &h) || !str_i64(str_sub(s, 3, 2), &m) || h < 0 || m < 0 ||
        h > 24 || m > 59 || (h == 24 && m > 0))
        return false;
    *ret = (int)(h * 60 + m);
    return true;
}

static Err parse_spans(ErrSlot *e, const Json *arr, const char *field, Span *out, size_t max,
                       size_t *ret_n)
{
    size_t n = 0;
    for (const Json *s = json_first(arr); s; s = json_next(s)) {
        if (n == max)
            return err_field(e, field, "hours.invalid", "at most %zu spans", max);
        if (!parse_minute(json_str(s, "from"), &out[n].from) ||
            !parse_minute(json_str(s, "to"), &out[n].to) || out[n].from >= DAY_MIN)
            return err_field(e, field, "hours.invalid",
                             "a span is {\"from\":\"09:00\",\"to\":\"18:00\"}");
        if (out[n].to <= out[n].from)
            out[n].to += DAY_MIN;
        n++;
    }
    *ret_n = n;
    return ERR_OK;
}

static bool parse_date(Str s, int64_t *ret)
{
    int64_t y, m, d, y2;
    int m2, d2;
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !str_i64(str_sub(s, 0, 4), &y) ||
        !str_i64(str_sub(s, 5, 2), &m) || !str_i64(str_sub(s, 8, 2), &d) || m < 1 || m > 12 ||
        d < 1 || d > 31)
        return false;
    *ret = civil_days(y, (int)m, (int)d);
    civil_date(*ret, &y2, &m2, &d2);
    return y2 == y && m2 == m && d2 == d;
}

Err hours_parse(Arena *a, ErrSlot *e, Str json, const Hours **ret)
{
    const Json *j;
    Err err = json_parse(a, e, json, &j);
    if (err)
        return err;
    Hours *h = ARENA_NEW(a, Hours);
    h->always = json_bool(j, "always", false);
    Str zone = json_str(j, "timezone");
    err = tz_load(a, e, zone.n ? zone : STR("Asia/Shanghai"), &h->tz);
    if (err)
        return err;
    const Json *week = json_get(j, "week");
    if (!h->always && json_count(week) != 7)
        return err_field(e, "week", "hours.invalid", "week has seven days, Monday first");
    size_t d = 0;
    for (const Json *day = json_first(week); day && d < 7; day = json_next(day), d++) {
        err = parse_spans(e, day, "week", h->week[d].span, SPANS_MAX, &h->week[d].n);
        if (err)
            return err;
    }
    err = parse_spans(e, json_get(j, "breaks"), "breaks", h->breaks, BREAKS_MAX, &h->breaks_n);
    if (err)
        return err;
    const Json *hol = json_get(j, "holidays");
    size_t n = json_count(hol);
    if (n > HOLIDAYS_MAX)
        return err_field(e, "holidays", "hours.invalid", "at most %d holidays", HOLIDAYS_MAX);
    h->holidays = ARENA_ARRAY(a, Holiday, n + 1);
    for (const Json *x = json_first(hol); x; x = json_next(x)) {
        Holiday *o = &h->holidays[h->holidays_n++];
        if (!parse_date(json_str(x, "date"), &o->date))
            return err_field(e, "holidays", "hours.invalid",
                             "a holiday's date is written 2026-10-01");
        err = parse_spans(e, json_get(x, "open"), "holidays", o->day.span, SPANS_MAX, &o->day.n);
        if (err)
            return err;
    }
    *ret = h;
    return ERR_OK;
}

const Hours *hours_always(void)
{
    static const Hours always = {.always = true};
    return &always;
}

static const Day *day_of(const Hours *h, int64_t date)
{
    for (size_t i = 0; i < h->holidays_n; i++)
        if (h->holidays[i].date == date)
            return &h->holidays[i].day;
    return &h->week[civil_weekday(date)];
}

/* Open pieces that begin on a local date, breaks cut out, ascending for ascending spans. */
static size_t pieces(const Hours *h, int64_t date, Span *out)
{
    const Day *day = day_of(h, date);
    size_t n = 0;
    for (size_t i = 0; i < day->n; i++) {
        size_t first = n;
        out[n++] = day->span[i];
        for (size_t b = 0; b < h->breaks_n; b++) {
            for (int shift = 0; shift <= DAY_MIN; shift += DAY_MIN) {
                int from = h->breaks[b].from + shift, to = h->breaks[b].to + shift;
                for (size_t k = first; k < n; k++) {
                    Span s = out[k];
                    if (to <= s.from || from >= s.to)
                        continue;
                    out[k].to = from > s.from ? from : s.from;
                    if (to < s.to && n < PIECES_MAX) {
                        for (size_t m = n; m > k + 1; m--)
                            out[m] = out[m - 1];
                        out[k + 1] = (Span){to, s.to};
                        n++;
                    }
                }
            }
        }
    }
    return n;
}

typedef struct {
    int64_t from, to; /* ms UTC */
} Open;

static Open to_utc(const Hours *h, int64_t date, Span s)
{
    int64_t day_s = date * 86400;
    return (Open){tz_to_utc(&h->tz, day_s + s.from * 60) * 1000,
                  tz_to_utc(&h->tz, day_s + s.to * 60) * 1000};
}

static int64_t local_date(const Hours *h, int64_t at_ms)
{
    int64_t s = at_ms / 1000;
    s += tz_offset(&h->tz, s);
    return s >= 0 ? s / 86400 : (s - 86399) / 86400;
}

bool hours_open_at(const Hours *h, int64_t at_ms)
{
    return h->always || hours_next_open(h, at_ms) == at_ms;
}

int64_t hours_next_open(const Hours *h, int64_t at_ms)
{
    if (h->always)
        return at_ms;
    int64_t today = local_date(h, at_ms), best = 0;
    for (int64_t d = today - 1; d <= today + LOOK_DAYS; d++) {
        Span p[PIECES_MAX];
        size_t n = pieces(h, d, p);
        for (size_t i = 0; i < n; i++) {
            Open o = to_utc(h, d, p[i]);
            if (o.to <= at_ms || o.to <= o.from)
                continue;
            int64_t at = o.from > at_ms ? o.from : at_ms;
            if (!best || at < best)
                best = at;
        }
        if (best && d >= today)
            return best;
    }
    return best;
}

/* Walks open time from `from`; stops when `work` ms are used up or at `end`. Returns the instant,
 * *used = ms walked. */
static int64_t walk(const Hours *h, int64_t from, int64_t end, int64_t work, int64_t *used)
{
    *used = 0;
    int64_t at = from, today = local_date(h, from);
    for (int64_t d = today - 1; d <= today + LOOK_DAYS; d++) {
        Span p[PIECES_MAX];
        size_t n = pieces(h, d, p);
        for (size_t i = 0; i < n; i++) {
            Open o = to_utc(h, d, p[i]);
            if (o.from < at)
                o.from = at; /* overlapping spans count once */
            if (o.to > end)
                o.to = end;
            if (o.to <= o.from)
                continue;
            if (*used + (o.to - o.from) >= work) {
                int64_t due = o.from + (work - *used);
                *used = work;
                return due;
            }
            *used += o.to - o.from;
            at = o.to;
        }
        if ((d + 1) * 86400000 > end && d > today + 1)
            break;
    }
    return INT64_MAX;
}

int64_t hours_add(const Hours *h, int64_t start_ms, int64_t work_ms)
{
    if (h->always)
        return start_ms + work_ms;
    int64_t used;
    return walk(h, start_ms, INT64_MAX, work_ms, &used);
}

int64_t hours_between(const Hours *h, int64_t from_ms, int64_t to_ms)
{
    if (to_ms <= from_ms)
        return 0;
    if (h->always)
        return to_ms - from_ms;
    int64_t used;
    walk(h, from_ms, to_ms, INT64_MAX, &used);
    return used;
}
