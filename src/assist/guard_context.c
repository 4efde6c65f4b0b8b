/* SPDX-License-Identifier: Apache-2.0 */
/* What was said before, as far as it decides a rule. */
#include "assist/guard_internal.h"

#include <string.h>

enum { SHORTEST_MATTER = 4, SHORTEST_QUESTION = 3 };

/* Talk that asks for nothing: docs/labels, group "talk". */
static bool is_matter(const char *intent)
{
    static const char *const talk[] = {"greeting", "thanks",   "bye",       "confirm", "inform",
                                       "handoff",  "chitchat", "order_ref", "other"};
    for (size_t i = 0; i < sizeof talk / sizeof *talk; i++)
        if (strcmp(intent, talk[i]) == 0)
            return false;
    return true;
}

void assist_guard_heard(AssistGuardContext *b, Str text, const NluUnderstanding *u)
{
    memmove(b->turns + 1, b->turns, (ASSIST_GUARD_TURNS - 1) * sizeof b->turns[0]);
    b->turns[0] = (AssistGuardTurn){.text = text, .understanding = u};
    if (b->turn_n < ASSIST_GUARD_TURNS)
        b->turn_n++;
    if (b->open_n < ASSIST_GUARD_TURNS)
        b->open_n++;
}

void assist_guard_said(AssistGuardContext *b, Str text)
{
    memmove(b->said + 1, b->said, (ASSIST_GUARD_SAID - 1) * sizeof b->said[0]);
    b->said[0] = text;
    if (b->said_n < ASSIST_GUARD_SAID)
        b->said_n++;
    b->open_n = 0;
}

void assist_guard_model(const NluAgentTurn *t, double ret_p[ASSIST_FAULT_COUNT])
{
    memset(ret_p, 0, ASSIST_FAULT_COUNT * sizeof ret_p[0]);
    for (size_t i = 0; i < t->fault_n; i++) {
        AssistFault f = assist_fault_parse(str_of(t->faults[i].code));
        if (f < ASSIST_FAULT_COUNT)
            ret_p[f] = t->faults[i].p;
    }
}

typedef struct {
    bool question, close;
    size_t content; /* letters, digits and Han outside calls */
} Signs;

enum { HITS = 512 };

static void look(GuardCheck *c, const NluText *t, const NluHit *h, uint8_t *called, Signs *ret,
                 GuardUseKind wanted)
{
    const AssistGuard *g = c->g;
    for (uint32_t u = g->use_from[h->word]; u < g->use_from[h->word + 1]; u++) {
        const GuardUse *use = &g->uses[u];
        if (use->kind != wanted || !guard_stands_alone(t, h->start, h->end))
            continue;
        if (wanted == GUARD_CALL)
            memset(called + h->start, 1, h->end - h->start);
        else if (wanted == GUARD_QUESTION)
            ret->question |= !called[h->start];
        else if (wanted == GUARD_CLOSE)
            ret->close = true;
        else if (wanted == GUARD_ASKED)
            c->asked_of[use->rule] = true;
    }
}

/* Calls first: what looks like a question inside one asks nothing. */
static Signs read_signs(GuardCheck *c, Str text)
{
    static const GuardUseKind order[] = {GUARD_CALL, GUARD_QUESTION, GUARD_CLOSE, GUARD_ASKED};
    NluText t;
    Signs s = {0};
    nlu_normalise(c->arena, text, NLU_NORM_TIGHT, ASSIST_GUARD_TURN_MAX, &t);
    NluHit *hits = ARENA_ARRAY(c->arena, NluHit, HITS);
    uint8_t *called = arena_alloc(c->arena, t.n + 1);
    size_t n = nlu_ac_scan(c->g->ac, t.cp, t.n, hits, HITS);
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < n; i++)
            look(c, &t, &hits[i], called, &s, order[k]);
    for (size_t i = 0; i < t.n; i++)
        s.content +=
            !called[i] && (nlu_is_han(t.cp[i]) || nlu_is_letter(t.cp[i]) || nlu_is_digit(t.cp[i]));
    return s;
}

void guard_read_context(GuardCheck *c)
{
    const AssistGuardContext *b = c->before;
    for (size_t i = 0; i < b->open_n && i < b->turn_n && i < ASSIST_GUARD_TURNS; i++) {
        const AssistGuardTurn *t = &b->turns[i];
        const NluUnderstanding *u = t->understanding;
        Signs s = read_signs(c, t->text);
        bool matter = u && u->intent_n > 0 && is_matter(u->intents[0].code);
        c->question |= s.question && s.content >= SHORTEST_QUESTION;
        c->asked |= matter && !s.close && s.content >= SHORTEST_MATTER;
        if (!u)
            continue;
        bool upset = u->emotion == NLU_DISAPPOINTED || u->emotion == NLU_ANGRY;
        if ((upset || u->emotion == NLU_ANXIOUS) && u->intensity > c->feeling)
            c->feeling = u->intensity;
        c->upset |= upset;
    }
    c->asked |= c->question;
}

static bool slot_given(const AssistGuardContext *b, Str name)
{
    for (size_t i = 0; i < b->turn_n && i < ASSIST_GUARD_TURNS; i++) {
        const NluUnderstanding *u = b->turns[i].understanding;
        for (size_t k = 0; u && k < u->slot_n; k++)
            if (str_is(name, u->slots[k].name))
                return true;
    }
    return false;
}

static bool open_matter(const AssistGuardContext *b, const GuardWhen *w)
{
    for (size_t i = 0; i < b->open_n && i < b->turn_n && i < ASSIST_GUARD_TURNS; i++) {
        const NluUnderstanding *u = b->turns[i].understanding;
        for (size_t k = 0; u && u->intent_n && k < w->intent_n; k++)
            if (str_is(w->intents[k], u->intents[0].code))
                return true;
    }
    return w->intent_n == 0;
}

bool guard_when(const GuardCheck *c, const GuardWhen *w)
{
    const AssistGuardContext *b = c->before;
    if (!w->given)
        return true;
    if (c->feeling < w->feeling || (w->upset && !c->upset) || (w->asked && !c->asked) ||
        (w->question && !c->question) || !open_matter(b, w))
        return false;
    bool any = w->slot_n == 0;
    for (size_t i = 0; i < w->slot_n && !any; i++)
        any = slot_given(b, w->slots[i]);
    bool known = w->fact_n == 0;
    for (size_t i = 0; i < w->fact_n && !known; i++)
        known = assist_fact(b->facts, b->fact_n, w->facts[i]) != NULL;
    for (size_t i = 0; i < w->not_fact_n && known; i++)
        known = assist_fact(b->facts, b->fact_n, w->not_facts[i]) == NULL;
    return any && known;
}

bool guard_met_before(const GuardCheck *c, uint16_t rule)
{
    const AssistGuardContext *b = c->before;
    if (b->open_n > 0 || b->said_n == 0) /* the customer spoke last: nothing is met yet */
        return false;
    NluText t;
    nlu_normalise(c->arena, b->said[0], NLU_NORM_TIGHT, ASSIST_GUARD_TURN_MAX, &t);
    NluHit hits[64];
    size_t n = nlu_ac_scan(c->g->ac, t.cp, t.n, hits, 64);
    for (size_t i = 0; i < n; i++)
        for (uint32_t u = c->g->use_from[hits[i].word]; u < c->g->use_from[hits[i].word + 1]; u++)
            if (c->g->uses[u].rule == rule && c->g->uses[u].kind == GUARD_BEFORE)
                return true;
    return false;
}
