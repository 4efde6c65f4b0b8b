/* SPDX-License-Identifier: Apache-2.0 */
/* "15 天无理由" where the shop's policy says 7: a span of time beside a word of a policy, against
 * the span in the fact that holds the policy. Without the fact nothing is said. */
#include "assist/guard_internal.h"

enum { REACH = 8, HOURS_MAX = 24 * 366 * 30 };

typedef struct {
    int64_t hours; /* 0: none */
    uint32_t start, end;
} Span;

static int han_digit(uint32_t cp)
{
    static const uint32_t list[] = {0x96F6, 0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94,
                                    0x516D, 0x4E03, 0x516B, 0x4E5D, 0x4E24 /* liang */};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i] == cp)
            return i == 10 ? 2 : (int)i;
    return -1;
}

/* 7, 15, 七, 十五, 三十, 一百八十; -1: no number at `at`. *end: behind it. */
static int64_t number_at(const NluText *t, size_t at, size_t *end)
{
    int64_t sum = 0, digit = -1;
    size_t i = at;
    for (; i < t->n && i - at < 6 && nlu_is_digit(t->cp[i]); i++)
        sum = sum * 10 + (int64_t)(t->cp[i] - '0');
    *end = i;
    if (i > at)
        return sum;
    for (; i < t->n && i - at < 6; i++) {
        int d = han_digit(t->cp[i]);
        int64_t unit = t->cp[i] == 0x5341 ? 10 : t->cp[i] == 0x767E ? 100 : 0; /* shi, bai */
        if (d >= 0)
            digit = d;
        else if (unit) {
            sum += (digit < 0 ? 1 : digit) * unit;
            digit = -1;
        } else {
            break;
        }
    }
    *end = i;
    return i == at ? -1 : sum + (digit < 0 ? 0 : digit);
}

/* Hours of the unit at `at`; *end: behind it. A working day counts
 * as a day, a month 30 days, a year 365. */
static int64_t unit_at(const NluText *t, size_t at, size_t *end)
{
    static const struct {
        uint32_t cp[4];
        int64_t hours;
    } units[] = {{{0x5C0F, 0x65F6}, 1},
                 {{0x4E2A, 0x5C0F, 0x65F6}, 1},
                 {{0x4E2A, 0x949F}, 1},
                 {{0x5929}, 24},
                 {{0x65E5}, 24},
                 {{0x5DE5, 0x4F5C, 0x65E5}, 24},
                 {{0x4E2A, 0x5DE5, 0x4F5C, 0x65E5}, 24},
                 {{0x5468}, 168},
                 {{0x4E2A, 0x6708}, 720},
                 {{0x5E74}, 8760}};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        size_t n = 0;
        while (n < 4 && units[u].cp[n] && at + n < t->n && t->cp[at + n] == units[u].cp[n])
            n++;
        if (n > 0 && (n == 4 || units[u].cp[n] == 0)) {
            *end = at + n;
            return units[u].hours;
        }
    }
    return 0;
}

/* The first span of time that begins in [from, to). */
static Span span_in(const NluText *t, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < t->n; i++) {
        size_t number_end, unit_end;
        int64_t n = number_at(t, i, &number_end);
        if (n < 0)
            continue;
        int64_t hours = unit_at(t, number_end, &unit_end);
        if (hours && n > 0 && n * hours <= HOURS_MAX)
            return (Span){.hours = n * hours, .start = (uint32_t)i, .end = (uint32_t)unit_end};
        i = number_end - 1;
    }
    return (Span){0};
}

/* The nearest span before or behind the word, in the same clause. */
static Span beside(const NluText *t, uint32_t start, uint32_t end)
{
    size_t from = start, to = end;
    while (from > 0 && start - from < REACH && !nlu_is_divider(t->cp[from - 1]))
        from--;
    while (to < t->n && to - end < REACH && !nlu_is_divider(t->cp[to]))
        to++;
    Span before = span_in(t, from, start);
    return before.hours ? before : span_in(t, end, to);
}

void guard_policy(GuardCheck *c, const GuardUse *use, uint32_t start, uint32_t end)
{
    const GuardPolicy *p = &c->g->policies[use->pair];
    const AssistFact *fact = assist_fact(c->before->facts, c->before->fact_n, p->fact);
    if (!fact)
        return;
    NluText value;
    nlu_normalise(c->arena, fact->value, NLU_NORM_TIGHT, ASSIST_GUARD_TURN_MAX, &value);
    Span granted = span_in(&value, 0, value.n), said = beside(&c->text, start, end);
    if (!granted.hours || !said.hours ||
        (p->less ? said.hours >= granted.hours : said.hours <= granted.hours))
        return;
    guard_found(c, use->rule, said.start < start ? said.start : start,
                said.end > end ? said.end : end, STR_NONE);
    c->words[c->word_n - 1].policy = fact->value;
}
