/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/suggest.h"

#include <string.h>

/* Weights of the ranking, in the order in which they count. */
static const double INTENT_FIRST = 1.0, INTENT_SECOND = 0.55, INTENT_THIRD = 0.35,
                    INTENT_EARLIER = 0.3;
static const double FEELING_ALONE = 0.45, EMOTION_FITS = 0.35;
static const double STAGE_FITS = 0.25, STAGE_ELSE = -0.6;
static const double CONDITION = 0.12, FACT = 0.03;
static const double SCORE_MIN = 0.75; /* below it a script does not fit well enough to be shown */
static const double SCORE_TOP = 2.6;  /* becomes 1 */

typedef struct {
    const AssistScript *script;
    double score;
} Candidate;

static bool upset(const NluUnderstanding *u)
{
    return u->emotion == NLU_ANXIOUS || u->emotion == NLU_DISAPPOINTED || u->emotion == NLU_ANGRY;
}

static bool is_used(const AssistQuestion *q, Str id)
{
    for (size_t i = 0; i < q->used_n; i++)
        if (str_eq(q->used[i], id))
            return true;
    return false;
}

static bool facts_known(const AssistScript *s, const AssistQuestion *q)
{
    for (size_t i = 0; i < s->fact_n; i++)
        if (!assist_fact(q->facts, q->fact_n, s->facts[i]))
            return false;
    return true;
}

static bool stands_in(Str pattern, Str name)
{
    size_t at = 0;
    Str var;
    while (assist_fill_next(pattern, &at, &var))
        if (str_eq(var, name))
            return true;
    return false;
}

static bool wants(const AssistScript *s, const char *intent)
{
    for (size_t i = 0; i < s->intent_n; i++)
        if (nlu_intent_code((size_t)s->intents[i]) ==
            intent) /* codes are static: one address each */
            return true;
    return false;
}

static double score_intent(const AssistScript *s, const AssistQuestion *q)
{
    static const double *const by_rank[NLU_INTENT_MAX] = {&INTENT_FIRST, &INTENT_SECOND,
                                                          &INTENT_THIRD};
    const NluUnderstanding *u = q->understanding;
    for (size_t i = 0; i < u->intent_n && i < NLU_INTENT_MAX; i++)
        if (wants(s, u->intents[i].code))
            return *by_rank[i] * (0.5 + 0.5 * u->intents[i].p);
    if (q->earlier && q->earlier->intent_n > 0 && wants(s, q->earlier->intents[0].code))
        return INTENT_EARLIER;
    return 0;
}

/* PRE-6: a recommendation needs a need. */
static bool need_known(const AssistQuestion *q)
{
    static const char *const needs[] = {"budget", "recipient", "occasion",
                                        "scene",  "size",      "colour"};
    for (size_t i = 0; i < q->understanding->slot_n; i++)
        for (size_t k = 0; k < sizeof(needs) / sizeof(needs[0]); k++)
            if (strcmp(q->understanding->slots[i].name, needs[k]) == 0)
                return true;
    return assist_fact(q->facts, q->fact_n, STR("conversation.needs")) != NULL;
}

static double score_step(const AssistScript *s, const AssistQuestion *q)
{
    static const double strong[ASSIST_STEP_COUNT] = {0.8, 0.6, 0.35, 0, -0.1, -1};
    const NluUnderstanding *u = q->understanding;
    if (upset(u))
        return u->intensity >= 2         ? strong[s->step]
               : s->step == ASSIST_CLOSE ? -0.6
                                         : strong[s->step] * 0.3;
    if (s->step == ASSIST_ACCEPT || s->step == ASSIST_EMPATHISE)
        return -0.3; /* nobody is upset: comfort would jar */
    if (u->intent_n > 0 && strcmp(u->intents[0].code, "recommend") == 0 && !need_known(q))
        return s->step == ASSIST_ASK ? 0.4 : s->step == ASSIST_CLOSE ? -0.8 : -0.3;
    return 0;
}

/* A script for certain feelings is for those only; a pleased customer, or one with a hint of worry,
 * may be met as a calm one. */
static bool feeling_fits(const AssistScript *s, const NluUnderstanding *u)
{
    if (s->emotions == 0 || (s->emotions & 1u << u->emotion))
        return true;
    bool nearly_calm = u->emotion == NLU_PLEASED || (u->emotion == NLU_ANXIOUS && u->intensity < 2);
    return nearly_calm && (s->emotions & 1u << NLU_CALM);
}

static double score(const AssistScript *s, const AssistQuestion *q)
{
    const NluUnderstanding *u = q->understanding;
    if (!feeling_fits(s, u))
        return 0;
    double intent = score_intent(s, q);
    if (intent <= 0) {
        if (s->intent_n > 0 || !(s->emotions & 1u << u->emotion) || u->emotion == NLU_CALM)
            return 0;
        intent = FEELING_ALONE; /* fits the feeling whatever the matter */
    }
    double sum = intent;
    if (s->emotions && u->emotion == NLU_CALM)
        sum += EMOTION_FITS / 2;
    else if (s->emotions & 1u << u->emotion)
        sum += EMOTION_FITS;
    NluStage stage = q->stage ? *q->stage : u->stage;
    if (s->stages && (q->stage || u->stage_shown))
        sum += s->stages & 1u << stage ? STAGE_FITS : STAGE_ELSE;
    sum += score_step(s, q);
    for (size_t i = 0; i < s->fact_n;
         i++) /* a script for exactly this state of things is the better one */
        sum += stands_in(s->text, s->facts[i]) ? FACT : CONDITION;
    return sum;
}

/* The best first; of equals the one with the smaller id. */
static void insert(Candidate *best, size_t *n, size_t cap, Candidate c)
{
    size_t at = *n;
    while (at > 0 && best[at - 1].score < c.score)
        at--;
    if (at == cap)
        return;
    size_t last = *n < cap ? *n : cap - 1;
    memmove(&best[at + 1], &best[at], (last - at) * sizeof(*best));
    best[at] = c;
    if (*n < cap)
        (*n)++;
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
        if (stands_in(pattern, s->facts[i]))
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

size_t assist_suggest(const AssistLibrary *l, Arena *a, const AssistQuestion *q,
                      AssistSuggestion ret[ASSIST_SUGGEST_MAX])
{
    enum { POOL = 24 };
    Candidate pool[POOL + 1];
    size_t pool_n = 0, n = 0;
    for (size_t i = 0; i < assist_library_count(l); i++) {
        const AssistScript *s = assist_library_at(l, i);
        double points = score(s, q);
        if (points < SCORE_MIN || is_used(q, s->id) || !facts_known(s, q))
            continue;
        insert(pool, &pool_n, POOL, (Candidate){.script = s, .score = points});
    }
    bool strong = upset(q->understanding) && q->understanding->intensity >= 2;
    size_t of_step[ASSIST_STEP_COUNT] = {0};
    for (size_t i = 0; i < pool_n && n < ASSIST_SUGGEST_MAX; i++) {
        const AssistScript *s = pool[i].script;
        if (of_step[s->step] >= (strong ? 2 : 3)) /* five of a kind would be no choice */
            continue;
        if (!fill(a, s, q, &ret[n]))
            continue;
        ret[n].script = s;
        ret[n].score = pool[i].score >= SCORE_TOP ? 1 : pool[i].score / SCORE_TOP;
        of_step[s->step]++;
        n++;
    }
    if (strong)
        order_by_step(ret, n);
    return n;
}
