/* SPDX-License-Identifier: Apache-2.0 */
/* Text into typed spans: leftmost, the longest word first; numbers by their shape. */
#include "nlu/span_internal.h"
#include "base/utf8.h"

#include <string.h>

enum { HITS_PER_CHAR = 6, NUMBER_DIGITS = 8 };

bool nlu_is_one_of(uint32_t cp, const char *utf8)
{
    Str set = str_of(utf8);
    for (size_t at = 0; at < set.n;)
        if (nlu_fold(utf8_next(set, &at)) == cp)
            return true;
    return false;
}

/* ---- numbers ---- */
typedef struct {
    int32_t digit, times;
    bool some;
} Digit;

static bool digit_at(const NluGrammar *g, const NluText *t, size_t at, Digit *ret)
{
    if (at >= t->n)
        return false;
    uint32_t cp = t->cp[at];
    if (!nlu_is_han(cp) && cp != 0x3007)
        return false;
    for (size_t i = 0; i < g->digit_n; i++)
        if (g->digits[i].cp == cp) {
            *ret = (Digit){g->digits[i].digit, g->digits[i].times, g->digits[i].some};
            return true;
        }
    return false;
}

/* 123 or 1.5. A row longer than any number of time is skipped whole. */
static size_t arabic(const NluText *t, size_t at, NluSpan *ret)
{
    size_t end = at;
    int64_t v = 0;
    while (end < t->n && nlu_is_digit(t->cp[end])) {
        if (end - at < NUMBER_DIGITS)
            v = v * 10 + (int64_t)(t->cp[end] - '0');
        end++;
    }
    ret->kinds = end - at > NUMBER_DIGITS ? NLU_KIND(STOP) : NLU_KIND(NUM);
    ret->literal = true;
    ret->lo = ret->hi = v * 1000;
    size_t frac = end + 1;
    bool in_date = at >= 2 && t->cp[at - 1] == '.' && nlu_is_digit(t->cp[at - 2]);
    if (!in_date && end < t->n && t->cp[end] == '.' && frac < t->n && nlu_is_digit(t->cp[frac])) {
        int64_t scale = 100;
        while (frac < t->n && nlu_is_digit(t->cp[frac]))
            frac++;
        if (frac < t->n && t->cp[frac] == '.')
            return end; /* 2026.12.1 */
        for (size_t i = end + 1; i < frac; i++, scale /= 10)
            ret->lo += (int64_t)(t->cp[i] - '0') * scale;
        ret->hi = ret->lo;
        ret->dotted = true;
        return frac;
    }
    return end;
}

/* 二零二六, 两三. */
static void plain_digits(const int32_t *d, size_t n, NluSpan *ret)
{
    if (n == 2 && (d[1] == d[0] + 1 || (d[0] == 3 && d[1] == 5)) && d[0] > 0) {
        ret->lo = d[0] * 1000;
        ret->hi = d[1] * 1000;
        return;
    }
    int64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + d[i];
    ret->lo = ret->hi = v * 1000;
}

static size_t chinese(const NluGrammar *g, const NluText *t, size_t at, NluSpan *ret)
{
    int32_t plain[NUMBER_DIGITS];
    size_t i = at, plain_n = 0;
    int64_t lo = 0, hi = 0, pending_lo = 0, pending_hi = 0;
    bool times = false, pending = false;
    Digit d;
    while (i - at < NUMBER_DIGITS && digit_at(g, t, i, &d)) {
        if (d.times > 0) {
            lo += (pending ? pending_lo : lo ? 0 : 1) * d.times;
            hi += (pending ? pending_hi : hi ? 0 : 1) * d.times;
            times = true;
            pending = false;
        } else if (d.some) {
            pending_lo = times && i > at ? 1 : g->some_lo;
            pending_hi = times && i > at ? 9 : g->some_hi;
            pending = true;
        } else if (pending && times) {
            pending_hi = d.digit; /* 十二三 */
        } else {
            pending_lo = pending_hi = d.digit;
            pending = true;
        }
        if (plain_n < NUMBER_DIGITS)
            plain[plain_n++] = d.some ? -1 : d.digit;
        i++;
    }
    if (i == at)
        return at;
    ret->kinds = NLU_KIND(NUM);
    bool some = false;
    for (size_t k = 0; k < plain_n; k++)
        some = some || plain[k] < 0;
    if (!times && !some) {
        plain_digits(plain, plain_n, ret);
    } else {
        ret->lo = (lo + (pending ? pending_lo : 0)) * 1000;
        ret->hi = (hi + (pending ? pending_hi : 0)) * 1000;
        if (ret->hi < ret->lo)
            ret->hi = ret->lo;
    }
    return i;
}

size_t nlu_number(const NluGrammar *g, const NluText *t, size_t at, NluSpan *ret)
{
    if (at >= t->n)
        return at;
    *ret = (NluSpan){.start = (uint32_t)at};
    size_t end = nlu_is_digit(t->cp[at]) ? arabic(t, at, ret) : chinese(g, t, at, ret);
    ret->end = (uint32_t)end;
    return end;
}

/* ---- words ---- */
typedef struct {
    const NluHit *any,
        *unit; /* the longest that starts here; the longest that may follow a number */
} Start;

/* Whether what a weak holiday asks to follow does ("年" before 前, "五一" before 假). */
static bool followed(const NluWord *w, const NluText *t, size_t end)
{
    return !w->next || (end < t->n && nlu_is_one_of(t->cp[end], w->next));
}

static bool fits(const NluGrammar *g, const NluText *t, const NluHit *h)
{
    const NluWord *w = &g->words[h->word];
    uint32_t before = h->start > 0 ? t->cp[h->start - 1] : 0;
    uint32_t after = h->end < t->n ? t->cp[h->end] : 0;
    if (w->latin &&
        (nlu_is_letter(after) || (nlu_is_letter(before) && nlu_is_letter(t->cp[h->start]))))
        return false;
    if ((w->digit_head && nlu_is_digit(before)) || (w->digit_tail && nlu_is_digit(after)))
        return false;
    return w->kinds != NLU_KIND(HOLIDAY) || followed(w, t, h->end);
}

static void starts(const NluGrammar *g, Arena *a, const NluText *t, Start *ret)
{
    const NluKinds behind_number = NLU_KIND(UNIT) | NLU_KIND(POINT) | NLU_KIND(YEAR_MARK) |
                                   NLU_KIND(MONTH_MARK) | NLU_KIND(DAY_MARK) | NLU_KIND(GE);
    size_t cap = t->n * HITS_PER_CHAR + 16;
    NluHit *hits = ARENA_ARRAY(a, NluHit, cap);
    size_t n = nlu_ac_scan(g->ac, t->cp, t->n, hits, cap);
    for (size_t i = 0; i < n; i++) {
        const NluHit *h = &hits[i];
        if (!fits(g, t, h))
            continue;
        Start *s = &ret[h->start];
        if (!s->any || h->end > s->any->end)
            s->any = h;
        if ((g->words[h->word].kinds & behind_number) && (!s->unit || h->end > s->unit->end))
            s->unit = h;
    }
}

void nlu_spans(const NluGrammar *g, Arena *a, const NluText *t, NluSpans *ret)
{
    Start *at = ARENA_ARRAY(a, Start, t->n + 1);
    *ret = (NluSpans){.v = ARENA_ARRAY(a, NluSpan, t->n + 1)};
    starts(g, a, t, at);
    const NluKinds number = NLU_KIND(NUM) | NLU_KIND(GE) | NLU_KIND(HALF) | NLU_KIND(MORE);
    for (size_t i = 0; i < t->n;) {
        NluSpan num = {0};
        const NluSpan *last = ret->n ? &ret->v[ret->n - 1] : NULL;
        bool counted = last && (last->kinds & number) &&
                       (last->end == i || (last->end + 1 == i && t->cp[last->end] == ' '));
        const NluHit *h = counted && at[i].unit ? at[i].unit : at[i].any;
        size_t end = nlu_number(g, t, i, &num);
        if (h && h->end >= end) {
            const NluWord *w = &g->words[h->word];
            NluKinds no = followed(w, t, h->end) ? 0 : NLU_KIND(HOLIDAY);
            ret->v[ret->n++] = (NluSpan){.kinds = w->kinds & ~no,
                                         .start = h->start,
                                         .end = h->end,
                                         .word = w,
                                         .masked = w->masked};
            i = h->end;
        } else if (end > i) {
            if (last && (last->kinds & NLU_KIND(ORDINAL)) && last->end == i)
                num.kinds = NLU_KIND(STOP); /* "第3": no amount */
            ret->v[ret->n++] = num;
            i = end;
        } else {
            i++;
        }
    }
}
