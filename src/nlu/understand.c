/* SPDX-License-Identifier: Apache-2.0 */
/* From the reading of a message and of the turns before it to the labels, by the rules alone. */
#include "nlu/trained.h"

#include <string.h>

static const double MATTER_MIN = 0.85; /* below it a matter is not claimed */
static const double CARRY =
    0.8; /* of the matter spoken of before; below MATTER_MIN, never enough alone */
static const double SECOND_SHARE = 0.45; /* a further matter must reach this share of the first */

static double matter_of(const NluModel *m, const NluReading *r, int *ret)
{
    double score = 0;
    *ret = nlu_best_matter(m, r, &score);
    if (score < MATTER_MIN)
        *ret = -1;
    return score;
}

static bool any_talk(const NluModel *m, const NluReading *r)
{
    for (int i = 0; i < NLU_INTENT_COUNT; i++)
        if (m->talk[i] && r->intent[i] > 0.45)
            return true;
    return false;
}

/* ---- intents */

static void add_intent(NluUnderstanding *u, int intent, double p)
{
    for (size_t i = 0; i < u->intent_n; i++)
        if (u->intents[i].code == nlu_intent_code((size_t)intent))
            return;
    if (u->intent_n < NLU_INTENT_MAX)
        u->intents[u->intent_n++] = (NluIntent){.code = nlu_intent_code((size_t)intent), .p = p};
}

static void add_matters(const NluModel *m, const NluReading *r, NluUnderstanding *u)
{
    double first = 0;
    bool used[NLU_INTENT_COUNT] = {false};
    for (size_t k = 0; k < NLU_INTENT_MAX; k++) {
        int best = -1;
        for (int i = 0; i < NLU_INTENT_COUNT; i++)
            if (!m->talk[i] && !used[i] && r->intent[i] >= MATTER_MIN &&
                (best < 0 || r->intent[i] > r->intent[best]))
                best = i;
        if (best < 0 || r->intent[best] < first * SECOND_SHARE)
            return;
        if (k == 0)
            first = r->intent[best];
        used[best] = true;
        add_intent(u, best,
                   r->intent[best] / (r->intent[best] + 0.8) *
                       (k ? r->intent[best] / (first + r->intent[best]) + 0.2 : 1));
    }
}

/* In the order in which they are said; a greeting only opens, so it comes last. */
static void add_talk(const NluModel *m, const NluReading *r, NluUnderstanding *u, double p)
{
    for (size_t i = 0; i < r->found_n; i++) {
        const NluCue *cue = &m->cues[r->found[i].cue];
        if (cue->kind == NLU_CUE_INTENT && m->talk[cue->code] && cue->code != NLU_I_GREETING &&
            r->intent[cue->code] > 0.45)
            add_intent(u, cue->code, p);
    }
    if (r->intent[NLU_I_GREETING] > 0.45)
        add_intent(u, NLU_I_GREETING, p);
}

/* Is there a clause that no whole word explains? */
static bool has_unread_clause(const NluReading *r)
{
    size_t han = 0;
    for (size_t i = 0; i < r->norm.n; i++)
        han += nlu_is_han(r->norm.cp[i]);
    size_t explained = 0;
    for (size_t i = 0; i < r->found_n; i++)
        explained += r->found[i].end - r->found[i].start;
    return han > explained + 4;
}

static void choose_intents(const NluModel *m, const NluReading *r, const NluMemory *b,
                           NluUnderstanding *u)
{
    add_matters(m, r, u);
    if (u->intent_n > 0) {
        add_talk(m, r, u, 0.3);
        return;
    }
    if (r->data_only) {
        bool asked = b->tags & (1u << NLU_TAG_ASK_DATA | 1u << NLU_TAG_WAIT);
        if (b->matter >= 0 && (asked || !(r->has_order || r->has_link)))
            add_intent(u, b->matter, 0.5);
        else if (r->has_order || r->has_link)
            add_intent(u, NLU_I_ORDER_REF, 0.8);
        else
            add_intent(u, b->matter >= 0 ? b->matter : NLU_I_INFORM, 0.4);
        add_talk(m, r, u, 0.3);
        return;
    }
    bool talk = any_talk(m, r);
    if (b->matter >= 0 && (!talk || has_unread_clause(r)))
        add_intent(u, b->matter, 0.4);
    add_talk(m, r, u, talk ? 0.8 : 0.3);
    if (u->intent_n == 0)
        add_intent(u, r->has_order || r->has_link ? NLU_I_ORDER_REF : NLU_I_OTHER, 0.3);
}

/* ---- emotion */

typedef struct {
    size_t questions, exclaims; /* the longest run of each */
    bool only_marks, only_dots;
} Marks;

static Marks marks_of(const NluText *t)
{
    Marks k = {.only_marks = t->n > 0, .only_dots = t->n > 0};
    size_t q = 0, x = 0;
    for (size_t i = 0; i < t->n; i++) {
        q = t->cp[i] == '?' ? q + 1 : 0;
        x = t->cp[i] == '!' ? x + 1 : 0;
        if (q > k.questions)
            k.questions = q;
        if (x > k.exclaims)
            k.exclaims = x;
        if (t->cp[i] != '?' && t->cp[i] != '!' && t->cp[i] != ' ')
            k.only_marks = false;
        if (t->cp[i] != '.')
            k.only_dots = false;
    }
    k.only_marks = k.only_marks && k.questions > 0;
    return k;
}

static void lift(double *emotion, int *intensity, NluEmotion e, double weight)
{
    if (weight <= 0)
        return;
    emotion[e] += weight;
    if (intensity[e] < 1)
        intensity[e] = 1;
}

static void choose_emotion(const NluModel *m, const NluReading *r, const NluMemory *b, bool matter,
                           NluUnderstanding *u)
{
    double emotion[NLU_EMOTION_COUNT];
    int intensity[NLU_EMOTION_COUNT];
    memcpy(emotion, r->emotion, sizeof(emotion));
    memcpy(intensity, r->intensity, sizeof(intensity));
    Marks k = marks_of(&r->norm);
    const NluShape *s = &m->shape;
    if (k.only_marks)
        lift(emotion, intensity, NLU_ANXIOUS, s->only_question);
    else if (k.questions > 1)
        lift(emotion, intensity, NLU_ANXIOUS, s->question_run);
    if (k.only_dots)
        lift(emotion, intensity, NLU_DISAPPOINTED, s->only_question);
    if (r->greetings > 1 || (r->greetings > 0 && b->greeted_only && b->unanswered))
        lift(emotion, intensity, NLU_ANXIOUS,
             r->greetings > 1 && !b->greeted_only ? s->repeat_greeting * 0.4 : s->repeat_greeting);
    if (matter && b->text.n > 6 && str_eq(b->text, r->text))
        lift(emotion, intensity, NLU_ANXIOUS, s->repeat_message);
    if (k.exclaims > 1) {
        double most = 0;
        for (int e = NLU_PLEASED; e < NLU_EMOTION_COUNT; e++)
            most = emotion[e] > most ? emotion[e] : most;
        for (int e = NLU_PLEASED; e < NLU_EMOTION_COUNT; e++)
            emotion[e] *= most > 0 ? s->exclaim_boost : 1;
    }
    if (b->emotion != NLU_CALM && b->emotion != NLU_PLEASED && matter)
        emotion[b->emotion] +=
            s->carry; /* one upset moment before does not vanish with a plain question */
    NluEmotion best = NLU_CALM;
    double score = m->calm_bias;
    for (int e = NLU_PLEASED; e < NLU_EMOTION_COUNT; e++)
        if (emotion[e] >= score) {
            best = (NluEmotion)e;
            score = emotion[e];
        }
    u->emotion = best;
    u->intensity = 0;
    if (best == NLU_CALM)
        return;
    u->intensity = intensity[best] > 0 ? intensity[best] : 1;
    if (score >= 3.0 || k.exclaims > 1 || k.questions > 2 || r->degree_high)
        u->intensity++;
    if (u->intensity > 3)
        u->intensity = 3;
}

/* ---- stage */

static int choose_stage(const NluModel *m, const NluReading *r, const NluMemory *b, int matter)
{
    double stage[NLU_STAGE_COUNT];
    memcpy(stage, r->stage, sizeof(stage));
    if (matter >= 0 && m->prior[matter] >= 0)
        stage[m->prior[matter]] += 1.2;
    if (b->stage >= 0)
        stage[b->stage] += 1.6;
    else if (r->has_order)
        stage[NLU_IN] += 0.6;
    else if (r->has_link)
        stage[NLU_PRE] += 0.6;
    int best = -1;
    for (int i = 0; i < NLU_STAGE_COUNT; i++)
        if (stage[i] > 0 && (best < 0 || stage[i] > stage[best]))
            best = i;
    return best;
}

/* ---- the turns before */

static NluMemory after_customer(const NluModel *m, const NluReading *r, const NluMemory *before)
{
    NluMemory b = *before;
    int matter = -1;
    matter_of(m, r, &matter);
    NluUnderstanding u = {0};
    choose_emotion(m, r, before, matter >= 0, &u);
    nlu_memory_customer(r, u.emotion, u.intensity, choose_stage(m, r, before, matter), 0, matter,
                        &b);
    b.tags = 0;
    return b;
}

void nlu_remember(const NluModel *m, Arena *a, const NluTurn *turn, NluMemory *b)
{
    const NluMemory before = *b;
    ArenaMark mark = arena_mark(a);
    NluReading r;
    if (m->trained && turn->role == NLU_CUSTOMER) {
        nlu_trained_customer(m, a, &before, turn->text, NULL, b);
    } else if (m->trained) {
        nlu_trained_agent(m, a, &before, turn->text, NULL, b);
    } else {
        nlu_read(m, a, turn->text, NLU_CONTEXT_TEXT, b->tags, &r);
        if (turn->role == NLU_CUSTOMER)
            *b = after_customer(m, &r, &before);
        else
            nlu_memory_agent(m, &r, 0, b);
    }
    arena_release(a, mark);
}

/* ---- evidence */

static const char *label_of(const NluCue *cue)
{
    if (cue->kind == NLU_CUE_EMOTION)
        return nlu_emotion_code((NluEmotion)cue->code);
    if (cue->kind == NLU_CUE_INTENT)
        return nlu_intent_code((size_t)cue->code);
    return nlu_stage_code((NluStage)cue->code);
}

/* Only what speaks for a label that was given. */
static bool speaks_for(const NluCue *cue, const char *label, const NluUnderstanding *u)
{
    if (cue->kind == NLU_CUE_EMOTION)
        return cue->code == (int)u->emotion;
    if (cue->kind == NLU_CUE_STAGE)
        return cue->code == (int)u->stage;
    for (size_t i = 0; i < u->intent_n; i++)
        if (u->intents[i].code == label)
            return true;
    return false;
}

void nlu_cue_evidence(const NluModel *m, NluReading *r, NluUnderstanding *u)
{
    for (size_t i = 1; i < r->found_n; i++) { /* heaviest first; few enough for an insertion sort */
        NluFound f = r->found[i];
        size_t at = i;
        for (; at > 0 && r->found[at - 1].weight < f.weight; at--)
            r->found[at] = r->found[at - 1];
        r->found[at] = f;
    }
    for (size_t i = 0; i < r->found_n; i++) {
        const NluFound *f = &r->found[i];
        const NluCue *cue = &m->cues[f->cue];
        const char *label = label_of(cue);
        if (!speaks_for(cue, label, u))
            continue;
        u->evidence[u->evidence_n++] =
            (NluEvidence){.label = label,
                          .rule = cue->id,
                          .text = nlu_text_slice(&r->norm, r->text, f->start, f->end),
                          .start = r->norm.at[f->start],
                          .end = nlu_text_end(&r->norm, f->end)};
    }
}

void nlu_understand_after(const NluModel *m, Arena *a, const NluMemory *before, Str text,
                          NluUnderstanding *ret, NluMemory *ret_after)
{
    NluUnderstanding u = {0};
    const NluMemory b = *before;
    ArenaMark mark = arena_mark(a);
    if (m->trained) {
        nlu_trained_customer(m, a, &b, text, ret, ret_after);
        arena_release(a, mark);
        return;
    }
    NluReading r;
    nlu_read(m, a, text, NLU_TEXT_MAX, b.tags, &r);
    if (ret_after)
        *ret_after = after_customer(m, &r, &b);
    if (b.matter >= 0 && r.intent[b.matter] < MATTER_MIN && !r.talk_only)
        r.intent[b.matter] +=
            CARRY; /* what was being spoken of is likelier than a weak hint at something else */
    int matter = -1;
    matter_of(m, &r, &matter);
    choose_intents(m, &r, &b, &u);
    choose_emotion(m, &r, &b, matter >= 0, &u);
    int stage = choose_stage(m, &r, &b, matter);
    u.stage_shown = stage >= 0;
    u.stage = stage >= 0 ? (NluStage)stage : m->unknown_stage;
    nlu_slots(m, &r, &u);
    nlu_cue_evidence(m, &r, &u);
    arena_release(a, mark);
    *ret = u;
}

void nlu_hear_agent(const NluModel *m, Arena *a, const NluMemory *before, Str text,
                    NluAgentTurn *ret, NluMemory *ret_after)
{
    const NluMemory b = *before;
    *ret = (NluAgentTurn){.act_n = 0};
    ArenaMark mark = arena_mark(a);
    if (m->trained)
        nlu_trained_agent(m, a, &b, text, ret, ret_after);
    else if (ret_after) {
        *ret_after = b;
        nlu_remember(m, a, &(NluTurn){NLU_AGENT, text}, ret_after);
    }
    arena_release(a, mark);
}

void nlu_understand(const NluModel *m, Arena *a, const NluTurn *context, size_t n, Str text,
                    NluUnderstanding *ret)
{
    NluMemory b = nlu_memory_none();
    for (size_t i = n > NLU_CONTEXT_MAX ? n - NLU_CONTEXT_MAX : 0; i < n; i++)
        nlu_remember(m, a, &context[i], &b);
    nlu_understand_after(m, a, &b, text, ret, NULL);
}
