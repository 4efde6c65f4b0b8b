/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/suggest.h"
#include "assist/asked.h"

#include <string.h>

/* What adds to the weight of the intent that fits (asked.c). */
static const double FEELING_ALONE = 0.45, EMOTION_FITS = 0.35;
static const double STAGE_FITS = 0.25;
static const double CUE_FITS = 0.45;
static const double SAME_SITUATION = -0.4; /* as a script sent before: it would sound alike */
static const double SCORE_MIN = 0.9;    /* below it a script does not fit well enough to be shown */
static const double SCORE_TOP = 2.6;    /* becomes 1 */
static const double SECOND_SHARE = 0.5; /* of the best one's score, for the others to be shown */

enum { POOL = 48 };

typedef struct {
    uint32_t script;
    double score;
} Candidate;

static bool facts_allow(const AssistLibrary *l, const AssistKey *k, const AssistAsked *asked)
{
    const uint32_t *want = l->wants + k->wants;
    for (size_t i = 0; i < k->need_n; i++)
        if (!asked->known[want[i]])
            return false;
    for (size_t i = 0; i < k->absent_n; i++)
        if (asked->known[want[k->need_n + i]])
            return false;
    return true;
}

/* 0: does not fit at all. */
static double score(const AssistKey *k, const AssistAsked *asked)
{
    if (k->emotions && !(k->emotions & asked->feels_like))
        return 0;
    double sum = 0;
    for (size_t i = 0; i < ASSIST_RANKS && sum <= 0; i++)
        if (k->intents & asked->intent[i])
            sum = asked->weight[i];
    if (sum <= 0) {
        if (k->intents || !(k->emotions & asked->emotion) || !asked->strong)
            return 0;
        sum = FEELING_ALONE; /* fits the feeling whatever the matter */
    }
    if (k->emotions & asked->emotion)
        sum += asked->calm ? EMOTION_FITS / 2 : EMOTION_FITS;
    else if (k->emotions)
        sum += EMOTION_FITS / 2; /* it is met as if calm */
    if (k->stages && asked->stage)
        sum += k->stages & asked->stage ? STAGE_FITS : asked->stage_else;
    return sum + asked->step[k->step] + (double)k->particular +
           (asked->stale[k->situation] ? SAME_SITUATION : 0);
}

/* The best first; of equals the one with the smaller id. */
static void insert(Candidate *best, size_t *n, Candidate c)
{
    size_t at = *n;
    while (at > 0 && best[at - 1].score < c.score)
        at--;
    if (at == POOL)
        return;
    size_t last = *n < POOL ? *n : POOL - 1;
    memmove(&best[at + 1], &best[at], (last - at) * sizeof(*best));
    best[at] = c;
    if (*n < POOL)
        (*n)++;
}

static size_t find_candidates(const AssistLibrary *l, const AssistAsked *asked,
                              Candidate pool[POOL + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        const AssistKey *k = &l->keys[i];
        if (k->intents ? !(k->intents & asked->any) : !(k->emotions & asked->emotion))
            continue;
        AssistCue cue = k->cue_n ? assist_cue_check(l, k, asked->heard) : ASSIST_CUE_NONE;
        if (cue == ASSIST_CUE_MISSED)
            continue;
        double points = score(k, asked);
        if (points > 0 && cue == ASSIST_CUE_HEARD)
            points += CUE_FITS;
        if (points < SCORE_MIN || (n == POOL && points <= pool[n - 1].score) || asked->used[i] ||
            !facts_allow(l, k, asked))
            continue;
        insert(pool, &n, (Candidate){.script = (uint32_t)i, .score = points});
    }
    return n;
}

static bool fill(Arena *a, const AssistScript *s, const AssistQuestion *q, AssistSuggestion *ret)
{
    Str you = q->you.n ? q->you : STR("您");
    size_t pick = (size_t)(q->seed % (s->variant_n + 1));
    Str pattern = pick ? s->variants[pick - 1] : s->text;
    if (!assist_fill(a, pattern, q->facts, q->fact_n, you, &ret->text))
        return false;
    ret->facts = ARENA_ARRAY(a, AssistFact, s->fact_n + 1);
    ret->fact_n = 0;
    for (size_t i = 0; i < s->fact_n; i++)
        if (assist_stands_in(pattern, s->facts[i]))
            ret->facts[ret->fact_n++] = *assist_fact(q->facts, q->fact_n, s->facts[i]);
    return true;
}

/* EMO-2: accept, then empathise, then act, then the rest, each by its score. */
static void order_by_step(AssistSuggestion *s, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        AssistSuggestion one = s[i];
        AssistStep step = one.script->step < ASSIST_ANSWER ? one.script->step : ASSIST_ANSWER;
        size_t at = i;
        for (; at > 0; at--) {
            AssistStep before =
                s[at - 1].script->step < ASSIST_ANSWER ? s[at - 1].script->step : ASSIST_ANSWER;
            if (before <= step)
                break;
            s[at] = s[at - 1];
        }
        s[at] = one;
    }
}

/* Three of a kind would be no choice; comfort twice would sound hollow. */
static size_t most_of(AssistStep step, bool upset)
{
    return upset && (step == ASSIST_ACCEPT || step == ASSIST_EMPATHISE) ? 1 : 2;
}

typedef struct {
    const AssistLibrary *library;
    Arena *arena;
    const AssistQuestion *q;
    AssistSuggestion *ret;
    uint32_t situations[ASSIST_SUGGEST_MAX];
    size_t of_step[ASSIST_STEP_COUNT], n;
    bool upset;
} Choice;

static void choose(Choice *c, const Candidate *one)
{
    const AssistScript *s = &c->library->scripts[one->script];
    uint32_t situation = c->library->keys[one->script].situation;
    if (c->n == ASSIST_SUGGEST_MAX || c->of_step[s->step] >= most_of(s->step, c->upset))
        return;
    for (size_t i = 0; i < c->n; i++)
        if (c->situations[i] == situation)
            return;
    AssistSuggestion *ret = &c->ret[c->n];
    if (!fill(c->arena, s, c->q, ret))
        return;
    ret->script = s;
    ret->score = one->score >= SCORE_TOP ? 1 : one->score / SCORE_TOP;
    c->situations[c->n++] = situation;
    c->of_step[s->step]++;
}

size_t assist_suggest(const AssistLibrary *l, Arena *a, const AssistQuestion *q,
                      AssistSuggestion ret[ASSIST_SUGGEST_MAX])
{
    Candidate pool[POOL + 1];
    AssistAsked asked = assist_asked(l, a, q);
    size_t pool_n = find_candidates(l, &asked, pool);
    Choice c = {.library = l, .arena = a, .q = q, .ret = ret, .upset = asked.upset};
    for (size_t i = 0; i < pool_n && pool[i].score >= SECOND_SHARE * pool[0].score; i++)
        choose(&c, &pool[i]);
    if (asked.strong)
        order_by_step(ret, c.n);
    return c.n;
}
