/* SPDX-License-Identifier: Apache-2.0 */
/* Spans joined to times by the rules of content/grammar/time_rules.json, tier by tier. */
#include "nlu/span_internal.h"
#include "nlu/nlu.h"

enum { JOIN_GAP = 2 /* "明天 的 上午" */, HEDGE_REACH = 10 };

static bool only_fill(const NluText *t, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        if (t->cp[i] != ' ' && t->cp[i] != 0x7684 /* 的 */ && t->cp[i] != 0x5728 /* 在 */)
            return false;
    return to <= from + JOIN_GAP;
}

static bool may_follow(const NluText *t, uint32_t from, uint32_t to, uint32_t gap)
{
    if (gap == 0)
        return only_fill(t, from, to);
    if (to > from + gap)
        return false;
    for (uint32_t i = from; i < to; i++)
        if (nlu_is_divider(t->cp[i]))
            return false;
    return true;
}

/* The spans that a rule takes from spans[at] on, copied to out; how many, and how many of the list
 * were passed. 0: it does not fit. */
static size_t match(const NluTimeRule *r, const NluText *t, const NluSpans *s, size_t at,
                    NluSpan *out, size_t *ret_passed)
{
    const NluKinds barrier = NLU_KIND(HEDGE) | NLU_KIND(SELF) | NLU_KIND(PARTY) | NLU_KIND(WILL) |
                             NLU_KIND(FOR_YOU) | NLU_KIND(NEG);
    size_t n = 0, next = at;
    uint32_t end = 0;
    for (size_t i = 0; i < r->n; i++) {
        size_t k = next;
        bool found = false;
        while (k < s->n && !found) {
            if (n > 0 && !may_follow(t, end, s->v[k].start, r->gap))
                break;
            found = (s->v[k].kinds & r->seq[i].kinds) != 0;
            if (!found && (n == 0 || r->gap == 0 || (s->v[k].kinds & barrier)))
                break;
            k += !found;
        }
        if (!found) {
            if (!r->seq[i].optional)
                return 0;
            continue;
        }
        out[n++] = s->v[k];
        end = s->v[k].end;
        next = k + 1;
    }
    if (r->unless_next && end < t->n && nlu_is_one_of(t->cp[end], r->unless_next))
        return 0;
    *ret_passed = next - at;
    return n;
}

static void join(const NluGrammar *g, Arena *a, const NluText *t, NluSpans *s, NluSpanKind out)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n;) {
        NluSpan taken[NLU_SEQ_MAX];
        NluTime best = {0}, time;
        uint32_t best_end = 0;
        size_t best_passed = 0, passed = 0;
        for (size_t k = 0; k < g->time_rule_n; k++) {
            const NluTimeRule *r = &g->time_rules[k];
            if (r->out != out || (!r->seq[0].optional && !(r->seq[0].kinds & s->v[i].kinds)))
                continue;
            size_t n = match(r, t, s, i, taken, &passed);
            if (n == 0 || taken[n - 1].end <= best_end ||
                !nlu_time_compose(g, t, out, taken, n, &time))
                continue;
            best = time;
            best_end = taken[n - 1].end;
            best_passed = passed;
        }
        if (best_passed == 0) {
            s->v[kept++] = s->v[i++];
            continue;
        }
        NluSpan made = {.kinds = (NluKinds)1 << out, .start = s->v[i].start, .end = best_end};
        best.start = t->at[made.start];
        best.end = nlu_text_end(t, made.end);
        made.time = arena_dup(a, &best, sizeof best);
        made.masked = best.a.masked;
        i += best_passed;
        s->v[kept++] = made;
    }
    s->n = kept;
}

/* "预计 … 三天": a word of guessing stands before it in the same clause. */
static bool hedged(const NluText *t, const NluSpans *s, size_t at)
{
    for (size_t k = at; k > 0 && s->v[at].start - s->v[k - 1].end <= HEDGE_REACH; k--) {
        for (uint32_t i = s->v[k - 1].end; i < s->v[k].start; i++)
            if (nlu_is_divider(t->cp[i]) && t->cp[i] != ' ')
                return false;
        if (s->v[k - 1].kinds & NLU_KIND(HEDGE))
            return true;
    }
    return false;
}

void nlu_spans_join(const NluGrammar *g, Arena *a, const NluText *t, NluSpans *s)
{
    static const NluSpanKind tiers[] = {NLU_SPAN_CLOCK, NLU_SPAN_DATE, NLU_SPAN_SPAN,
                                        NLU_SPAN_MOMENT, NLU_SPAN_TIME};
    for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++)
        join(g, a, t, s, tiers[i]);
    for (size_t i = 1; i < s->n; i++)
        if (s->v[i].time && hedged(t, s, i) && s->v[i].time->strength < NLU_ESTIMATE)
            s->v[i].time->strength = NLU_ESTIMATE;
}

size_t nlu_times(const NluGrammar *g, Arena *a, Str text, NluTime *out, size_t max)
{
    ArenaMark mark = arena_mark(a);
    NluText t;
    NluSpans s;
    nlu_normalise(a, text, NLU_NORM_CHAT, NLU_TEXT_MAX, &t);
    nlu_spans(g, a, &t, &s);
    nlu_spans_join(g, a, &t, &s);
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < max; i++)
        if (s.v[i].kinds & NLU_KIND(TIME))
            out[n++] = *s.v[i].time;
    arena_release(a, mark);
    return n;
}
