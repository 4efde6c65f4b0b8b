/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of content/grammar/promise_rules.json over the clauses of a message. */
#include "nlu/promise.h"
#include "nlu/span_internal.h"

enum {
    LE_REACH = 3,    /* "帮您登记好了": done, so close behind the verb */
    WHAT_MAX = 24,   /* characters shown of what is promised */
    AFFIRM_MAX = 10, /* a message that only says yes has no more characters */
    DUE_REACH = 14   /* how far from its verb a time in the next clause may stand */
};

typedef struct {
    size_t from, to;     /* spans */
    uint32_t start, end; /* normalised text */
} Clause;

typedef struct {
    const NluGrammar *g;
    Arena *a;
    Str text;
    NluText t;
    NluSpans s;
    Clause *clauses;
    size_t clause_n;
} Reading;

typedef struct {
    size_t first, last; /* spans of the match */
} Match;

/* ---- reading ---- */
static void read_text(const NluGrammar *g, Arena *a, Str text, size_t max_points, Reading *r)
{
    *r = (Reading){.g = g, .a = a, .text = text};
    nlu_normalise(a, text, NLU_NORM_CHAT, max_points, &r->t);
    nlu_spans(g, a, &r->t, &r->s);
    nlu_spans_join(g, a, &r->t, &r->s);
    r->clauses = ARENA_ARRAY(a, Clause, r->t.n + 1);
    const NluKinds open = NLU_KIND(HEDGE) | NLU_KIND(WILL) | NLU_KIND(CAN) | NLU_KIND(NEG);
    uint32_t start = 0;
    size_t k = 0, from = 0;
    for (uint32_t i = 0; i <= r->t.n; i++) {
        while (k < r->s.n && r->s.v[k].end <= i)
            k++;
        bool inside = k < r->s.n && r->s.v[k].start < i;
        bool leads = i < r->t.n && r->t.cp[i] == ' ' && k > 0 && r->s.v[k - 1].end == i &&
                     (r->s.v[k - 1].kinds & open); /* "预计 三天" */
        if (i < r->t.n && (!nlu_is_divider(r->t.cp[i]) || inside || leads))
            continue;
        if (i > start)
            r->clauses[r->clause_n++] = (Clause){from, k, start, i};
        from = k;
        start = i + 1;
    }
}

static NluKinds kinds_in(const Reading *r, size_t from, size_t to)
{
    NluKinds all = 0;
    for (size_t i = from; i < to; i++)
        all |= r->s.v[i].kinds;
    return all;
}

/* ---- rules ---- */
static bool past(const NluTime *t)
{
    return (t->form == NLU_TIME_SPAN && t->bound == NLU_BOUND_BEFORE) ||
           ((t->form == NLU_TIME_MOMENT || t->form == NLU_TIME_RANGE) && t->a.rel < 0 &&
            t->a.on != NLU_ON_NOTHING && t->a.on != NLU_ON_DATE);
}

/* A time that says when, but not by when something will be done: a guarantee of years, "about". */
static bool no_due(const NluTime *t)
{
    return past(t) || (t->form == NLU_TIME_SPAN && t->unit >= NLU_UNIT_SEASON);
}

/* The rest of a rule's sequence behind span `at`, the item-th first. Bounded: a sequence has at
 * most NLU_SEQ_MAX items, each within its gap. */
static bool follow(const Reading *r, const NluPromiseRule *rule, const Clause *c, size_t at,
                   size_t item, size_t *ret_last)
{
    if (item == rule->n) {
        *ret_last = at;
        return true;
    }
    const NluSeqItem *want = &rule->seq[item];
    for (size_t k = at + 1; k < c->to && r->s.v[k].start <= r->s.v[at].end + want->gap; k++) {
        const NluSpan *s = &r->s.v[k];
        bool fit = (s->kinds & want->kinds) != 0 &&
                   !(s->time && (no_due(s->time) || s->time->form > NLU_TIME_SPAN));
        if (fit && follow(r, rule, c, k, item + 1, ret_last))
            return true;
        bool owner = (s->kinds & NLU_KIND(YOU)) && s->end < r->t.n &&
                     r->t.cp[s->end] == 0x7684 /* "您的 …" is not who does it */;
        if (!fit && !owner && (s->kinds & rule->between))
            break;
    }
    return want->optional && follow(r, rule, c, at, item + 1, ret_last);
}

static bool is_particle(uint32_t cp)
{
    return nlu_is_one_of(cp, "哦呢哈的吧嫩滴涅呗啊哒呀啦嘛哟喔噢吗么诶~ ");
}

/* "…了", "…的时候" right behind, or 了 at the clause's end: done already, or only a time for
 * something else. */
static bool done_after(const Reading *r, const Clause *c, size_t last)
{
    uint32_t end = r->s.v[last].end;
    if (end + 1 < c->end && r->t.cp[end] == 0x7684 /* 的 */ && !is_particle(r->t.cp[end + 1]))
        return true; /* "联系您的电话": what it belongs to follows */
    if (end < c->end && r->t.cp[end] == 0x65F6 /* 时 */)
        return true; /* "给您打电话时" */
    for (size_t k = last + 1; k < c->to; k++) {
        const NluSpan *s = &r->s.v[k];
        bool near = s->start <= r->s.v[last].end + LE_REACH;
        bool ends = s->end + LE_REACH >= c->end;
        if ((s->kinds & NLU_KIND(LE)) && (near || ends))
            return true;
        if ((s->kinds & (NLU_KIND(AFTER) | NLU_KIND(BEFORE))) && s->start <= r->s.v[last].end + 1)
            return true;
        if ((s->kinds & NLU_KIND(NEG)) && s->start == end)
            return true; /* "送不到" */
    }
    return false;
}

/* "已经 …" whose verb is the match's own, not one before it. */
static bool done_before(const Reading *r, const Clause *c, const Match *m)
{
    const NluKinds verbs = NLU_KIND(COMMIT) | NLU_KIND(PROCESS) | NLU_KIND(LOOK);
    bool done = false, will = false; /* "会一直跟进" lies ahead */
    for (size_t k = c->from; k <= m->last; k++) {
        will = will || (r->s.v[k].kinds & NLU_KIND(WILL));
        if (r->s.v[k].kinds & NLU_KIND(DONE))
            done = !will;
        else if (k < m->first && (r->s.v[k].kinds & verbs))
            done = false;
    }
    return done;
}

static bool fits(const Reading *r, const NluPromiseRule *rule, const Clause *c, Match *ret)
{
    const NluKinds only_before = NLU_KIND(DONE);
    for (size_t i = c->from; i < c->to; i++) {
        const NluSpan *s = &r->s.v[i];
        Match m = {i, i};
        if (!(s->kinds & rule->seq[0].kinds) || (s->time && no_due(s->time)) ||
            !follow(r, rule, c, i, 1, &m.last) || (rule->whole && s->start != c->start))
            continue;
        NluKinds bars = rule->without & ~only_before;
        if (kinds_in(r, c->from, rule->answers ? c->to : m.last + 1) & bars ||
            kinds_in(r, m.last + 1, c->to) & bars & NLU_KIND(QUESTION))
            continue;
        if ((rule->without & NLU_KIND(DONE) && done_before(r, c, &m)) || done_after(r, c, m.last))
            continue;
        bool guess = rule->without & NLU_KIND(HEDGE) && s->time &&
                     s->time->strength == NLU_ESTIMATE; /* "左右" */
        if (guess || (rule->needs && !(kinds_in(r, c->from, c->to) & rule->needs)))
            continue;
        *ret = m;
        return true;
    }
    return false;
}

/* ---- what and when ---- */
static Str what_of(const Reading *r, uint32_t start, uint32_t end)
{
    if (end > start + WHAT_MAX)
        end = start + WHAT_MAX;
    while (end > start + 1 && is_particle(r->t.cp[end - 1]))
        end--;
    return nlu_text_slice(&r->t, r->text, start, end);
}

static const NluSpan *time_in(const Reading *r, const Clause *c, uint32_t near)
{
    const NluSpan *best = NULL;
    uint32_t best_far = 0;
    for (size_t i = c->from; i < c->to; i++) {
        const NluSpan *s = &r->s.v[i];
        if (!(s->kinds & NLU_KIND(TIME)) || past(s->time))
            continue;
        uint32_t far = s->start > near ? s->start - near : near - s->start;
        bool plain = s->time->form <= NLU_TIME_SPAN;
        bool have = best && best->time->form <= NLU_TIME_SPAN;
        if (!best || (plain && !have) || (plain == have && far < best_far)) {
            best = s;
            best_far = far;
        }
    }
    return best;
}

/* What a neighbouring clause may lend: a plain time, or an event that leads over ("到货后，…"). */
static const NluSpan *lent(const Reading *r, const Clause *c, uint32_t near, bool leads)
{
    const NluKinds own = NLU_KIND(ASK) | NLU_KIND(QUESTION) | NLU_KIND(COND) | NLU_KIND(NEG) |
                         NLU_KIND(POLICY) | NLU_KIND(HEDGE);
    const NluSpan *s = time_in(r, c, near);
    if (!s || kinds_in(r, c->from, c->to) & own)
        return NULL;
    bool event = s->time->form == NLU_TIME_EVENT && leads && s->end + 1 >= c->end;
    return s->time->form <= NLU_TIME_SPAN || event ? s : NULL;
}

/* The time in a promise's own clause, or in a neighbour that promises nothing itself. */
static const NluSpan *due_of(const Reading *r, size_t at, const bool *promising, const Match *m)
{
    const NluSpan *verb = &r->s.v[m->last];
    const NluSpan *s = time_in(r, &r->clauses[at], verb->start);
    if (s)
        return s;
    if (at > 0 && !promising[at - 1]) {
        s = lent(r, &r->clauses[at - 1], verb->start, true);
        if (s && s->end + DUE_REACH >= verb->start)
            return s;
    }
    if (at + 1 < r->clause_n && !promising[at + 1]) {
        s = lent(r, &r->clauses[at + 1], verb->start, false);
        if (s && s->start <= verb->end + DUE_REACH)
            return s;
    }
    return NULL;
}

static void due_in(const Reading *r, const NluSpan *due, NluPromise *ret)
{
    if (!due)
        return;
    ret->due = nlu_text_slice(&r->t, r->text, due->start, due->end);
    ret->time = *due->time;
    ret->timed = true;
    ret->strength = (NluStrength)due->time->strength;
}

/* Where what is promised ends: before "可以吗", "您看行吗". */
static uint32_t offer_end(const Reading *r, const Clause *c, size_t last)
{
    const NluKinds asking = NLU_KIND(AFFIRM) | NLU_KIND(ASK) | NLU_KIND(STOP) | NLU_KIND(QUESTION) |
                            NLU_KIND(NEED) | NLU_KIND(YOU) | NLU_KIND(CAN);
    for (size_t k = last + 1; k < c->to; k++)
        if ((r->s.v[k].kinds & asking) && nlu_is_one_of(r->t.cp[r->s.v[k].start], "可好行您是亲"))
            return r->s.v[k].start;
    return c->end;
}

static void put(const Reading *r, const Match *m, const Clause *c, const NluSpan *due,
                const char *rule, NluPromise *ret)
{
    uint32_t start = r->s.v[m->first].start, end = r->s.v[m->last].end;
    *ret = (NluPromise){.rule = rule,
                        .what = what_of(r, start, offer_end(r, c, m->last)),
                        .start = r->t.at[start],
                        .end = nlu_text_end(&r->t, end),
                        .strength = NLU_VAGUE};
    due_in(r, due, ret);
}

/* ---- the turn before ---- */
typedef struct {
    bool asked_time;  /* when something will be */
    bool asked_to;    /* to do something, or whether it will be at a time */
    NluPromise named; /* what and when, in the customer's words */
} Asked;

/* "几天到": asks for a number. */
static bool how_many(const Reading *r, const Clause *c)
{
    for (uint32_t i = c->start; i < c->end; i++)
        if (r->t.cp[i] == 0x51E0 /* 几 */)
            return true;
    return false;
}

static Asked asked(const NluGrammar *g, Arena *a, const NluTurn *before, size_t n)
{
    Asked ret = {0};
    const NluKinds doing = NLU_KIND(COMMIT) | NLU_KIND(PROCESS) | NLU_KIND(ARRIVE);
    for (size_t k = 0; k < n && k < NLU_PROMISE_CONTEXT; k++) {
        const NluTurn *turn = &before[n - 1 - k];
        Reading r;
        if (turn->role != NLU_CUSTOMER)
            break;
        read_text(g, a, turn->text, NLU_CONTEXT_TEXT, &r);
        for (size_t i = 0; i < r.clause_n; i++) {
            const Clause *c = &r.clauses[i];
            NluKinds all = kinds_in(&r, c->from, c->to);
            bool time = (all & doing) && ((all & NLU_KIND(PENDING)) || how_many(&r, c));
            bool to = ((all & NLU_KIND(ASK)) && (all & NLU_KIND(COMMIT)) &&
                       !(all & (NLU_KIND(NEED) | NLU_KIND(POLICY) | NLU_KIND(NEG)))) ||
                      ((all & NLU_KIND(TIME)) && (all & NLU_KIND(ARRIVE)) &&
                       !(all & (NLU_KIND(LE) | NLU_KIND(DONE) | NLU_KIND(NEG))));
            if ((time || to) && !ret.named.what.n) {
                ret.named.what = what_of(&r, c->start, c->end);
                due_in(&r, time_in(&r, c, c->start), &ret.named);
            }
            ret.asked_time = ret.asked_time || time;
            ret.asked_to = ret.asked_to || to;
        }
    }
    return ret;
}

/* A message that only says yes, or only names a time. */
static size_t answered(const Reading *r, const NluTurn *before, size_t n, NluPromise *out)
{
    NluKinds all = kinds_in(r, 0, r->s.n);
    const NluKinds general = NLU_KIND(HEDGE) | NLU_KIND(POLICY) | NLU_KIND(COND);
    const NluKinds more = NLU_KIND(COMMIT) | NLU_KIND(PROCESS) | NLU_KIND(SHORT);
    bool affirm = (all & NLU_KIND(AFFIRM)) && !(all & more) && r->t.n <= AFFIRM_MAX;
    if (!affirm && !(all & NLU_KIND(TIME)))
        return 0;
    Asked q = asked(r->g, r->a, before, n);
    if (!q.asked_time && !q.asked_to)
        return 0;
    for (size_t k = 0; k < r->g->promise_rule_n; k++) {
        const NluPromiseRule *rule = &r->g->promise_rules[k];
        if (!rule->answers || (rule->whole ? !affirm || !q.asked_to : !q.asked_time))
            continue;
        for (size_t i = 0; i < r->clause_n; i++) {
            const Clause *c = &r->clauses[i];
            Match m;
            if (!fits(r, rule, c, &m))
                continue;
            if (!rule->whole && (r->s.v[m.first].time->form > NLU_TIME_SPAN || all & general))
                continue; /* "马上为您查询" answers nothing, "通常…，其余三天" promises nothing */
            put(r, &m, c, time_in(r, c, c->start), rule->id, out);
            out->what = q.named.what;
            if (!out->timed) { /* "明天行吗" – "行" */
                out->due = q.named.due;
                out->time = q.named.time;
                out->timed = q.named.timed;
                out->strength = out->timed ? q.named.strength : NLU_VAGUE;
            }
            return 1;
        }
    }
    return 0;
}

size_t nlu_promises(const NluGrammar *g, Arena *a, const NluTurn *before, size_t n, Str text,
                    NluPromise *out, size_t max)
{
    ArenaMark mark = arena_mark(a);
    Reading r;
    size_t found = 0;
    read_text(g, a, text, NLU_TEXT_MAX, &r);
    bool *promising = ARENA_ARRAY(a, bool, r.clause_n + 1);
    Match *matches = ARENA_ARRAY(a, Match, r.clause_n + 1);
    const char **rules = ARENA_ARRAY(a, const char *, r.clause_n + 1);
    for (size_t i = 0; i < r.clause_n; i++)
        for (size_t k = 0; k < g->promise_rule_n && !promising[i]; k++) {
            const NluPromiseRule *rule = &g->promise_rules[k];
            if (!rule->answers && fits(&r, rule, &r.clauses[i], &matches[i])) {
                promising[i] = true;
                rules[i] = rule->id;
            }
        }
    for (size_t i = 0; i < r.clause_n && found < max; i++)
        if (promising[i])
            put(&r, &matches[i], &r.clauses[i], due_of(&r, i, promising, &matches[i]), rules[i],
                &out[found++]);
    if (found == 0 && max > 0)
        found = answered(&r, before, n, out);
    arena_release(a, mark);
    return found;
}
