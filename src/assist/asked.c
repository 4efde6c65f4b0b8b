/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/asked.h"
#include "nlu/norm.h"

#include <string.h>

static const double INTENT_FIRST = 1.0, INTENT_SECOND = 0.55, INTENT_THIRD = 0.35,
                    INTENT_EARLIER = 0.3;
/* An intent's p: counts nothing up to; is a guess below; counts in full from. */
static const double UNSURE = 0.25, GUESS = 0.45, SURE = 0.7;
static const double CARRIED = 0.5; /* hardly said in this message itself */
static const double SEVERAL = 0.6; /* a second matter is as sure as that */
static const double STAGE_ELSE = -0.6, STAGE_GUESSED_ELSE = -0.35;
static const double ANSWER = 0.05; /* an answer before a question or a holding line */

enum { TALK_INTENTS = 9 };

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

/* A matter was named before this message. */
static bool is_open(const AssistQuestion *q)
{
    return is_matter(q->matter) || (q->earlier && is_matter(intent_at(q->earlier, 0)));
}

static void know_talk(const AssistLibrary *l, const AssistQuestion *q, bool *known)
{
    const NluUnderstanding *u = q->understanding;
    int before = q->earlier ? intent_at(q->earlier, 0) : -1;
    bool open = is_open(q);
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

static void ask_steps(const AssistQuestion *q, AssistAsked *ret)
{
    static const double strong[ASSIST_STEP_COUNT] = {0.8, 0.6, 0.35, 0, -0.1, -1};
    /* a hint of worry: what is done about it comes before mere sympathy */
    static const double mild[ASSIST_STEP_COUNT] = {0.24, -0.1, 0.105, 0, -0.03, -0.6};
    const NluUnderstanding *u = q->understanding;
    for (int i = 0; i < ASSIST_STEP_COUNT; i++) {
        if (ret->upset)
            ret->step[i] = ret->strong ? strong[i] : mild[i];
        else if (i == ASSIST_ACCEPT || i == ASSIST_EMPATHISE)
            ret->step[i] = -0.3; /* nobody is upset: comfort would jar */
        else if (i == ASSIST_ANSWER)
            ret->step[i] = ANSWER;
    }
    if (!ret->upset && u->intent_n > 0 && u->intents[0].p >= GUESS &&
        strcmp(u->intents[0].code, "recommend") == 0 && !need_known(q)) {
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

/* A number, a code, a link and nothing said about it: what was asked for, if a matter is open. */
static bool only_data(Arena *a, Str text)
{
    enum { DIGITS = 4 };
    NluText t;
    size_t digits = 0;
    nlu_normalise(a, text, NLU_NORM_TIGHT, NLU_TEXT_MAX, &t);
    for (size_t i = 0; i < t.n; i++) {
        if (nlu_is_han(t.cp[i]))
            return false;
        digits += nlu_is_digit(t.cp[i]);
    }
    return digits >= DIGITS;
}

/* An order's card or number, and the matter not said or only guessed from before. */
static bool is_reference(const NluUnderstanding *u)
{
    if (u->intent_n > 0 && strcmp(u->intents[0].code, "order_ref") == 0)
        return u->intent_n < 2 || u->intents[1].p < GUESS;
    for (size_t i = 1; i < u->intent_n; i++)
        if (strcmp(u->intents[i].code, "order_ref") == 0)
            return u->intents[0].p <= CARRIED;
    return false;
}

static void ask_intents(Arena *a, const AssistQuestion *q, AssistAsked *ret)
{
    static const double *const by_rank[NLU_INTENT_MAX] = {&INTENT_FIRST, &INTENT_SECOND,
                                                          &INTENT_THIRD};
    const NluUnderstanding *u = q->understanding;
    size_t order[NLU_INTENT_MAX], n = by_certainty(u, order);
    if (is_open(q) && (is_reference(u) || only_data(a, q->text))) {
        ret->any = ret->intent[0] = (uint64_t)1 << nlu_intent_index(STR("inform"));
        ret->weight[0] = INTENT_FIRST;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ret->intent[i] = (uint64_t)1 << intent_at(u, order[i]);
        ret->weight[i] = *by_rank[i] * certainty(u->intents[order[i]].p);
    }
    /* Something said to a matter that is open, not a mere "yes" or "thanks" to it. */
    int before = q->earlier ? intent_at(q->earlier, 0) : -1;
    if (before >= 0 && u->intent_n > 0 && is_contribution(u->intents[0].code)) {
        ret->intent[ASSIST_RANKS - 1] = (uint64_t)1 << before;
        ret->weight[ASSIST_RANKS - 1] = INTENT_EARLIER;
    }
    for (size_t i = 0; i < ASSIST_RANKS; i++)
        ret->any |= ret->intent[i];
}

static void mark_used(const AssistLibrary *l, Arena *a, const AssistQuestion *q, AssistAsked *ret)
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

AssistAsked assist_asked(const AssistLibrary *l, Arena *a, const AssistQuestion *q)
{
    const NluUnderstanding *u = q->understanding;
    AssistAsked ret = {
        .emotion = 1u << u->emotion, .calm = u->emotion == NLU_CALM, .upset = is_upset(u)};
    ret.strong = ret.upset && u->intensity >= 2;
    /* A script for certain feelings is for those only; a pleased customer, or one with a hint of
     * worry, may be met as a calm one. */
    ret.feels_like = ret.emotion;
    if (u->emotion == NLU_PLEASED || (u->emotion == NLU_ANXIOUS && u->intensity < 2))
        ret.feels_like |= 1u << NLU_CALM;
    ret.stage_else = q->stage ? STAGE_ELSE : STAGE_GUESSED_ELSE;
    if (q->stage || u->stage_shown)
        ret.stage = 1u << (q->stage ? *q->stage : u->stage);
    ask_intents(a, q, &ret);
    ask_steps(q, &ret);
    ret.known = known_facts(l, a, q);
    mark_used(l, a, q, &ret);
    ret.heard = assist_cues_heard(l, a, q->text);
    return ret;
}
