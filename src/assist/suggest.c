/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/suggest.h"
#include "assist/library_internal.h"

#include <string.h>

/* Weights of the ranking, in the order in which they count. */
static const double INTENT_FIRST = 1.0, INTENT_SECOND = 0.55, INTENT_THIRD = 0.35,
                    INTENT_EARLIER = 0.3;
static const double UNSURE = 0.2, GUESS = 0.45,
                    SURE = 0.7;    /* an intent's p: nothing, a guess below, in full */
static const double SEVERAL = 0.6; /* a second matter is as sure as that */
static const double FEELING_ALONE = 0.45, EMOTION_FITS = 0.35;
static const double STAGE_FITS = 0.25, STAGE_ELSE = -0.6;
static const double CUE_FITS = 0.45;
static const double ANSWER = 0.05;         /* an answer before a question or a holding line */
static const double SAME_SITUATION = -0.4; /* as a script sent before: it would sound alike */
static const double SCORE_MIN = 0.9;    /* below it a script does not fit well enough to be shown */
static const double SCORE_TOP = 2.6;    /* becomes 1 */
static const double SECOND_SHARE = 0.5; /* of the best one's score, for the others to be shown */

enum { POOL = 48, RANKS = NLU_INTENT_MAX + 1, TALK_INTENTS = 9 };

typedef struct {
    uint32_t script;
    double score;
} Candidate;

/* The question, taken apart once. */
typedef struct {
    uint64_t intent[RANKS]; /* a bit each; the last one is of the message before */
    double weight[RANKS];
    uint64_t any;
    double step[ASSIST_STEP_COUNT];
    unsigned emotion, feels_like; /* bits: the feeling; what a script may be written for */
    bool calm, upset, strong;
    unsigned stage;    /* bit; 0: unknown */
    bool *known;       /* by fact number */
    bool *stale;       /* by situation: one of it was sent */
    const bool *used;  /* by script */
    const bool *heard; /* by cue word */
} Asked;

static bool is_upset(const NluUnderstanding *u)
{
    return u->emotion == NLU_ANXIOUS || u->emotion == NLU_DISAPPOINTED || u->emotion == NLU_ANGRY;
}

/* Intents of talk (greeting … other) come first among the codes and are no matter. */
static bool is_matter(int intent)
{
    return intent >= TALK_INTENTS;
}

static int intent_at(const NluUnderstanding *u, size_t i)
{
    return i < u->intent_n ? nlu_intent_index(str_of(u->intents[i].code)) : -1;
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

/* PRE-8: somebody who asks about stock, price, delivery and the like one after the other means to
 * buy. */
static bool buying(const AssistQuestion *q)
{
    static const char *const signals[] = {"stock",     "price_promo", "coupon",    "bargain",
                                          "ship_when", "ship_eta",    "order_how", "size_fit",
                                          "payment",   "gift"};
    const NluUnderstanding *both[] = {q->understanding, q->earlier};
    const char *seen = NULL;
    bool two = false;
    for (size_t b = 0; b < 2; b++)
        for (size_t i = 0; both[b] && i < both[b]->intent_n; i++)
            for (size_t k = 0; k < sizeof(signals) / sizeof(signals[0]); k++)
                if (strcmp(both[b]->intents[i].code, signals[k]) == 0) {
                    two = two || seen;
                    seen = signals[k];
                }
    return two && q->understanding->stage == NLU_PRE;
}

static void know(const AssistLibrary *l, bool *known, const char *name, bool holds)
{
    int n = assist_fact_number(l, str_of(name));
    if (n != ASSIST_NO_FACT)
        known[n] = holds;
}

static void know_talk(const AssistLibrary *l, const AssistQuestion *q, bool *known)
{
    const NluUnderstanding *u = q->understanding;
    int before = q->earlier ? intent_at(q->earlier, 0) : -1;
    bool open = is_matter(q->matter) || is_matter(before);
    know(l, known, "talk.opening", !q->earlier && !open);
    know(l, known, "talk.matter", open);
    know(l, known, "talk.again", is_matter(before) && before == intent_at(u, 0));
    know(l, known, "talk.several",
         is_matter(intent_at(u, 0)) && is_matter(intent_at(u, 1)) && u->intents[1].p >= SEVERAL);
    know(l, known, "talk.need", need_known(q));
    know(l, known, "talk.buying", buying(q));
}

static bool *known_facts(const AssistLibrary *l, Arena *a, const AssistQuestion *q)
{
    bool *known = ARENA_ARRAY(a, bool, l->name_n + 1), *seen = ARENA_ARRAY(a, bool, l->name_n + 1);
    for (size_t i = 0; i < q->fact_n; i++) {
        int n = assist_fact_number(l, q->facts[i].name);
        if (n == ASSIST_NO_FACT || seen[n])
            continue; /* the first of a name counts */
        seen[n] = true;
        known[n] = q->facts[i].value.n > 0;
    }
    know_talk(l, q, known);
    return known;
}

static void ask_steps(const AssistQuestion *q, Asked *ret)
{
    static const double strong[ASSIST_STEP_COUNT] = {0.8, 0.6, 0.35, 0, -0.1, -1};
    const NluUnderstanding *u = q->understanding;
    for (int i = 0; i < ASSIST_STEP_COUNT; i++) {
        if (ret->upset)
            ret->step[i] = ret->strong ? strong[i] : i == ASSIST_CLOSE ? -0.6 : strong[i] * 0.3;
        else if (i == ASSIST_ACCEPT || i == ASSIST_EMPATHISE)
            ret->step[i] = -0.3; /* nobody is upset: comfort would jar */
        else if (i == ASSIST_ANSWER)
            ret->step[i] = ANSWER;
    }
    if (!ret->upset && u->intent_n > 0 && strcmp(u->intents[0].code, "recommend") == 0 &&
        !need_known(q)) {
        for (int i = 0; i < ASSIST_STEP_COUNT; i++)
            ret->step[i] = -0.3;
        ret->step[ASSIST_ASK] = 0.4;
        ret->step[ASSIST_CLOSE] = -0.8;
    }
}

static bool is_contribution(const char *intent)
{
    return strcmp(intent, "other") == 0 || strcmp(intent, "inform") == 0 ||
           strcmp(intent, "order_ref") == 0;
}

/* An intent that is hardly more than a guess comes after those that are known. */
static size_t by_certainty(const NluUnderstanding *u, size_t order[NLU_INTENT_MAX])
{
    size_t n = 0;
    for (int sure = 1; sure >= 0; sure--)
        for (size_t i = 0; i < u->intent_n && i < NLU_INTENT_MAX; i++)
            if ((u->intents[i].p >= GUESS) == (sure == 1))
                order[n++] = i;
    return n;
}

static double certainty(double p)
{
    double part = (p - UNSURE) / (SURE - UNSURE);
    return part < 0 ? 0 : part > 1 ? 1 : part;
}

static void ask_intents(const AssistQuestion *q, Asked *ret)
{
    static const double *const by_rank[NLU_INTENT_MAX] = {&INTENT_FIRST, &INTENT_SECOND,
                                                          &INTENT_THIRD};
    const NluUnderstanding *u = q->understanding;
    size_t order[NLU_INTENT_MAX], n = by_certainty(u, order);
    for (size_t i = 0; i < n; i++) {
        ret->intent[i] = (uint64_t)1 << intent_at(u, order[i]);
        ret->weight[i] = *by_rank[i] * certainty(u->intents[order[i]].p);
    }
    /* Something said to a matter that is open, not a mere "yes" or "thanks" to it. */
    int before = q->earlier ? intent_at(q->earlier, 0) : -1;
    if (before >= 0 && u->intent_n > 0 && is_contribution(u->intents[0].code)) {
        ret->intent[RANKS - 1] = (uint64_t)1 << before;
        ret->weight[RANKS - 1] = INTENT_EARLIER;
    }
    for (size_t i = 0; i < RANKS; i++)
        ret->any |= ret->intent[i];
}

static void mark_used(const AssistLibrary *l, Arena *a, const AssistQuestion *q, Asked *ret)
{
    ret->stale = ARENA_ARRAY(a, bool, l->situation_n + 1);
    bool *used = ARENA_ARRAY(a, bool, l->n + 1);
    for (size_t i = 0; i < q->used_n; i++) {
        const AssistScript *s = assist_library_find(l, q->used[i]);
        if (!s)
            continue;
        used[s - l->scripts] = true;
        ret->stale[l->keys[s - l->scripts].situation] = true;
    }
    ret->used = used;
}

static Asked take_apart(const AssistLibrary *l, Arena *a, const AssistQuestion *q)
{
    const NluUnderstanding *u = q->understanding;
    Asked ret = {.emotion = 1u << u->emotion, .calm = u->emotion == NLU_CALM, .upset = is_upset(u)};
    ret.strong = ret.upset && u->intensity >= 2;
    /* A script for certain feelings is for those only; a pleased customer, or one with a hint of
     * worry, may be met as a calm one. */
    ret.feels_like = ret.emotion;
    if (u->emotion == NLU_PLEASED || (u->emotion == NLU_ANXIOUS && u->intensity < 2))
        ret.feels_like |= 1u << NLU_CALM;
    if (q->stage || u->stage_shown)
        ret.stage = 1u << (q->stage ? *q->stage : u->stage);
    ask_intents(q, &ret);
    ask_steps(q, &ret);
    ret.known = known_facts(l, a, q);
    mark_used(l, a, q, &ret);
    ret.heard = assist_cues_heard(l, a, q->text);
    return ret;
}

static bool facts_allow(const AssistLibrary *l, const AssistKey *k, const Asked *asked)
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
static double score(const AssistKey *k, const Asked *asked)
{
    if (k->emotions && !(k->emotions & asked->feels_like))
        return 0;
    double sum = 0;
    for (size_t i = 0; i < RANKS && sum <= 0; i++)
        if (k->intents & asked->intent[i])
            sum = asked->weight[i];
    if (sum <= 0) {
        if (k->intents || !(k->emotions & asked->emotion) || !asked->strong)
            return 0;
        sum = FEELING_ALONE; /* fits the feeling whatever the matter */
    }
    if (k->emotions && asked->calm)
        sum += EMOTION_FITS / 2;
    else if (k->emotions & asked->emotion)
        sum += EMOTION_FITS;
    if (k->stages && asked->stage)
        sum += k->stages & asked->stage ? STAGE_FITS : STAGE_ELSE;
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

static size_t find_candidates(const AssistLibrary *l, const Asked *asked, Candidate pool[POOL + 1])
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
    Asked asked = take_apart(l, a, q);
    size_t pool_n = find_candidates(l, &asked, pool);
    Choice c = {.library = l, .arena = a, .q = q, .ret = ret, .upset = asked.upset};
    for (size_t i = 0; i < pool_n && pool[i].score >= SECOND_SHARE * pool[0].score; i++)
        choose(&c, &pool[i]);
    if (asked.strong)
        order_by_step(ret, c.n);
    return c.n;
}
