/* SPDX-License-Identifier: Apache-2.0 */
/* Labels from a trained model: features, sums of weights, chances, and the pieces that decided. */
#include "nlu/trained.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double INTENT_SHOWN = 0.05; /* a further intent below this chance is not told */
static const double STAGE_SHOWN = 0.6;
static const double STAGE_STAYS =
    0.3; /* added to the log odds of the talk's stage; talk has none of its own */
static const double STAGE_STAYS_TALK = 3;
static const double MATTER_KEPT = 0.35; /* the talk turns to another matter from this chance on */
static const float EVIDENCE_SHARE = 0.25f; /* of a label's support, that a span must reach */

/* ---- which head is where */

static Err find(ErrSlot *e, const NluWeightSide *s, const char *kind, const char *code,
                int16_t *ret)
{
    char name[NLU_HEAD_NAME];
    snprintf(name, sizeof name, "%s%s%s", kind, code[0] ? "." : "", code);
    int i = nlu_weights_head(s, name);
    *ret = (int16_t)i;
    return i >= 0 ? ERR_OK
                  : err_set(e, ERR_INVALID, "nlu.model_damaged", "the model file lacks %s", name);
}

static Err find_heads(NluModel *m, ErrSlot *e)
{
    NluHeads *h = &m->heads;
    const NluWeightSide *c = &m->weights.side[NLU_CUSTOMER], *a = &m->weights.side[NLU_AGENT];
    Err err = ERR_OK;
    for (size_t i = 0; i < NLU_EMOTION_COUNT && !err; i++)
        err = find(e, c, "emotion", nlu_emotion_code((NluEmotion)i), &h->emotion[i]);
    for (size_t i = 0; i < NLU_STAGE_COUNT && !err; i++)
        err = find(e, c, "stage", nlu_stage_code((NluStage)i), &h->stage[i]);
    for (size_t i = 0; i < NLU_INTENT_COUNT && !err; i++)
        err = find(e, c, "intent", nlu_intent_code(i), &h->intent[i]);
    for (size_t i = 0; i < NLU_ACT_COUNT && !err; i++)
        err = find(e, a, "act", nlu_act_code(i), &h->act[i]);
    for (size_t i = 0; i < NLU_FAULT_COUNT && !err; i++)
        err = find(e, a, "fault", nlu_fault_code(i), &h->fault[i]);
    err = err ? err : find(e, c, "negative", "", &h->negative);
    err = err ? err : find(e, c, "intensity", "2", &h->intensity[0]);
    err = err ? err : find(e, c, "intensity", "3", &h->intensity[1]);
    err = err ? err : find(e, c, "carry", "", &h->carry);
    err = err ? err : find(e, a, "fault", "", &h->any_fault);
    return err ? err : find(e, a, "promise", "", &h->promise);
}

Err nlu_model_train_with(NluModel *m, Str file, ErrSlot *e)
{
    NluWeights w;
    Err err = nlu_weights_open(&w, e, file);
    if (err)
        return err;
    m->weights = w;
    err = find_heads(m, e);
    m->trained = !err;
    if (!err)
        snprintf(m->version, sizeof m->version, "linear-%d.%.8s.%06x", NLU_WEIGHTS_VERSION,
                 w.digest, m->lexicon_hash);
    return err;
}

/* ---- sums */

void nlu_scores(const NluWeightSide *s, Arena *a, const NluFeatures *f, NluScores *ret)
{
    uint8_t *idf = arena_alloc(a, f->n + 1);
    *ret = (NluScores){.side = s, .list = f->list, .n = f->n};
    ret->row = ARENA_ARRAY(a, int32_t, f->n + 1);
    ret->value = ARENA_ARRAY(a, float, f->n + 1);
    for (size_t i = 0; i < f->n; i++) {
        ret->row[i] = nlu_weights_row(s, f->list[i].key);
        if (ret->row[i] >= 0)
            idf[i] = (uint8_t)s->row[(size_t)ret->row[i] * s->stride + s->stride - 1];
    }
    nlu_feature_values(f->list, f->n, idf, ret->value);
    for (size_t i = 0; i < f->n; i++) {
        if (ret->row[i] < 0)
            continue;
        const int8_t *row = s->row + (size_t)ret->row[i] * s->stride;
        float v = ret->value[i];
        for (size_t h = 0; h < s->stride; h++) /* whole rows: the compiler makes vectors of it */
            ret->sum[h] += v * (float)row[h];
    }
    for (size_t h = 0; h < s->head_n; h++)
        ret->sum[h] *= s->heads[h].scale;
}

static double logit(const NluScores *s, int head)
{
    const NluHead *h = &s->side->heads[head];
    double z = (double)h->a * (double)s->sum[head] + (double)h->b;
    return z > 30 ? 30 : z < -30 ? -30 : z;
}

static double chance(const NluScores *s, int head)
{
    return 1 / (1 + exp(-logit(s, head)));
}

static bool is_told(const NluScores *s, int head)
{
    return chance(s, head) >= (double)s->side->heads[head].threshold;
}

/* ---- why */

static float support(const NluScores *s, size_t i, int head)
{
    if (s->row[i] < 0 || s->list[i].end <= s->list[i].start)
        return 0;
    return s->value[i] * (float)s->side->row[(size_t)s->row[i] * s->side->stride + (size_t)head] *
           s->side->heads[head].scale;
}

/* Adds the span of the text whose pieces speak most for the label. */
static size_t add_span(NluEvidence *list, size_t n, Arena *a, const NluReading *r,
                       const NluScores *s, int head, const char *label)
{
    static const Str why = {"weights", 7};
    size_t len = r->norm.n;
    if (n == NLU_EVIDENCE_MAX || len == 0)
        return n;
    float *at = ARENA_ARRAY(a, float, len + 1), all = 0;
    for (size_t i = 0; i < s->n; i++) {
        float v = support(s, i, head);
        size_t from = s->list[i].start, to = s->list[i].end;
        for (size_t k = from; k < to && k < len; k++)
            at[k] += v / (float)(to - from);
    }
    for (size_t k = 0; k < len; k++)
        all += at[k] > 0 ? at[k] : 0;
    float best = 0, sum = 0, floor = all / (float)len * 0.5f;
    size_t from = 0, best_from = 0, best_to = 0;
    for (size_t k = 0; k < len; k++) { /* the stretch that stands out most */
        if (sum <= 0) {
            sum = 0;
            from = k;
        }
        sum += at[k] - floor;
        if (sum > best) {
            best = sum;
            best_from = from;
            best_to = k + 1;
        }
    }
    while (best_from < best_to && nlu_is_divider(r->norm.cp[best_from]))
        best_from++;
    while (best_to > best_from && r->norm.cp[best_to - 1] == ' ')
        best_to--;
    if (best_to <= best_from || best < all * EVIDENCE_SHARE)
        return n;
    list[n] = (NluEvidence){.label = label,
                            .rule = why,
                            .text = nlu_text_slice(&r->norm, r->text, best_from, best_to),
                            .start = r->norm.at[best_from],
                            .end = nlu_text_end(&r->norm, best_to)};
    return n + 1;
}

static bool has_evidence(const NluUnderstanding *u, const char *label)
{
    for (size_t i = 0; i < u->evidence_n; i++)
        if (u->evidence[i].label == label)
            return true;
    return false;
}

static void add_evidence(const NluModel *m, Arena *a, NluReading *r, const NluScores *s,
                         NluUnderstanding *u)
{
    nlu_cue_evidence(m, r, u);
    const char *emotion = nlu_emotion_code(u->emotion), *stage = nlu_stage_code(u->stage);
    if (u->emotion != NLU_CALM && !has_evidence(u, emotion))
        u->evidence_n =
            add_span(u->evidence, u->evidence_n, a, r, s, m->heads.emotion[u->emotion], emotion);
    for (size_t i = 0; i < u->intent_n; i++)
        if ((i == 0 || u->intents[i].p > 0.3) && !has_evidence(u, u->intents[i].code))
            u->evidence_n = add_span(u->evidence, u->evidence_n, a, r, s,
                                     m->heads.intent[nlu_intent_index(str_of(u->intents[i].code))],
                                     u->intents[i].code);
    if (u->stage_shown && !has_evidence(u, stage))
        u->evidence_n =
            add_span(u->evidence, u->evidence_n, a, r, s, m->heads.stage[u->stage], stage);
}

/* ---- the customer's side */

static void choose_emotion(const NluModel *m, const NluScores *s, NluUnderstanding *u)
{
    double odds[NLU_EMOTION_COUNT], all = 0;
    size_t best = NLU_CALM;
    for (size_t i = 0; i < NLU_EMOTION_COUNT; i++) {
        odds[i] = exp(logit(s, m->heads.emotion[i]));
        all += odds[i];
        best = odds[i] > odds[best] ? i : best;
    }
    u->emotion = (NluEmotion)best;
    u->emotion_p = odds[best] / all;
    u->intensity = 0;
    if (best != NLU_CALM)
        u->intensity = !is_told(s, m->heads.intensity[0])  ? 1
                       : is_told(s, m->heads.intensity[1]) ? 3
                                                           : 2;
}

static void choose_intents(const NluModel *m, const NluScores *s, const NluMemory *b,
                           NluUnderstanding *u)
{
    double p[NLU_INTENT_COUNT];
    for (size_t i = 0; i < NLU_INTENT_COUNT; i++)
        p[i] = chance(s, m->heads.intent[i]);
    if (b->matter >= 0) {
        double on = chance(s, m->heads.carry);
        if (on > p[b->matter])
            p[b->matter] = 0.5 * (p[b->matter] + on);
    }
    while (u->intent_n < NLU_INTENT_MAX) {
        size_t best = 0;
        for (size_t i = 1; i < NLU_INTENT_COUNT; i++)
            best = p[i] > p[best] ? i : best;
        if (u->intent_n > 0 && p[best] < INTENT_SHOWN)
            return;
        u->intents[u->intent_n++] = (NluIntent){.code = nlu_intent_code(best), .p = p[best]};
        p[best] = -1;
    }
}

/* Returns how sure that is, 0..3. */
static int choose_stage(const NluModel *m, const NluScores *s, const NluMemory *b,
                        NluUnderstanding *u)
{
    double odds[NLU_STAGE_COUNT], all = 0;
    size_t best = 0;
    bool talk = nlu_is_talk(nlu_intent_index(str_of(u->intents[0].code)));
    for (size_t i = 0; i < NLU_STAGE_COUNT; i++) {
        double z = logit(s, m->heads.stage[i]);
        if (b->stage == (int)i)
            z += talk ? STAGE_STAYS_TALK : STAGE_STAYS;
        odds[i] = exp(z);
        all += odds[i];
        best = odds[i] > odds[best] ? i : best;
    }
    u->stage = (NluStage)best;
    double p = odds[best] / all;
    u->stage_shown = b->stage >= 0 || p >= STAGE_SHOWN;
    return p < 0.55 ? 0 : p < 0.75 ? 1 : p < 0.9 ? 2 : 3;
}

static void remember_customer(const NluReading *r, const NluUnderstanding *u, int sure,
                              const NluMemory *before, NluMemory *b)
{
    *b = *before;
    b->intent_n = 0;
    int matter = -1;
    for (size_t i = 0; i < u->intent_n; i++) {
        int code = nlu_intent_index(str_of(u->intents[i].code));
        if (i == 0 || u->intents[i].p >= 0.4)
            b->intents[b->intent_n++] = (int8_t)code;
        if (matter < 0 && !nlu_is_talk(code) && u->intents[i].p >= MATTER_KEPT)
            matter = code;
    }
    /* A mere greeting or card shows no stage: it is not carried on. */
    bool nothing = before->stage < 0 && nlu_is_talk(nlu_intent_index(str_of(u->intents[0].code)));
    nlu_memory_customer(r, u->emotion, u->intensity, nothing ? -1 : (int)u->stage, sure, matter, b);
}

void nlu_trained_customer(const NluModel *m, Arena *a, const NluMemory *before, Str text,
                          NluUnderstanding *ret, NluMemory *ret_after)
{
    NluUnderstanding u = {0};
    NluReading r;
    NluFeatures f;
    NluScores s;
    nlu_read(m, a, text, NLU_TEXT_MAX, before->tags, &r);
    nlu_features_init(&f, a, m->weights.seed, m->weights.plain, r.norm.n);
    nlu_features_customer(&f, m, a, &r, before);
    nlu_scores(&m->weights.side[NLU_CUSTOMER], a, &f, &s);
    choose_emotion(m, &s, &u);
    choose_intents(m, &s, before, &u);
    int sure = choose_stage(m, &s, before, &u);
    if (ret_after)
        remember_customer(&r, &u, sure, before, ret_after);
    if (ret) {
        nlu_slots(m, &r, &u);
        add_evidence(m, a, &r, &s, &u);
        *ret = u;
    }
}

/* ---- the agent's side */

static size_t best_codes(const NluScores *s, const int16_t *heads, size_t n,
                         const char *(*code)(size_t), NluIntent *ret, size_t max)
{
    size_t got = 0;
    bool used[NLU_HEAD_MAX] = {false};
    while (got < max) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!used[i] && is_told(s, heads[i]) &&
                (best == n || chance(s, heads[i]) > chance(s, heads[best])))
                best = i;
        if (best == n)
            break;
        used[best] = true;
        ret[got++] = (NluIntent){.code = code(best), .p = chance(s, heads[best])};
    }
    return got;
}

/* The likeliest of them, whatever its chance. */
static NluIntent likeliest(const NluScores *s, const int16_t *heads, size_t n,
                           const char *(*code)(size_t))
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        best = logit(s, heads[i]) > logit(s, heads[best]) ? i : best;
    return (NluIntent){.code = code(best), .p = chance(s, heads[best])};
}

void nlu_trained_agent(const NluModel *m, Arena *a, const NluMemory *before, Str text,
                       NluAgentTurn *ret, NluMemory *ret_after)
{
    NluAgentTurn t = {0};
    NluReading r;
    NluFeatures f;
    NluScores s;
    nlu_read(m, a, text, NLU_TEXT_MAX, 0, &r);
    nlu_features_init(&f, a, m->weights.seed, m->weights.plain, r.norm.n);
    nlu_features_agent(&f, m, a, &r, before);
    nlu_scores(&m->weights.side[NLU_AGENT], a, &f, &s);
    t.act_n = best_codes(&s, m->heads.act, NLU_ACT_COUNT, nlu_act_code, t.acts, NLU_ACT_MAX);
    if (t.act_n == 0)
        t.acts[t.act_n++] = likeliest(&s, m->heads.act, NLU_ACT_COUNT, nlu_act_code);
    t.fault_p = chance(&s, m->heads.any_fault);
    if (is_told(&s, m->heads.any_fault)) {
        t.fault_n = best_codes(&s, m->heads.fault, NLU_FAULT_COUNT, nlu_fault_code, t.faults,
                               NLU_FAULT_MAX);
        if (t.fault_n == 0)
            t.faults[t.fault_n++] = likeliest(&s, m->heads.fault, NLU_FAULT_COUNT, nlu_fault_code);
    }
    t.promise_p = chance(&s, m->heads.promise);
    t.promise = is_told(&s, m->heads.promise);
    if (ret_after) {
        uint32_t acts = 0;
        for (size_t i = 0; i < t.act_n; i++)
            acts |= 1u << nlu_act_index(str_of(t.acts[i].code));
        *ret_after = *before;
        nlu_memory_agent(m, &r, acts, ret_after);
    }
    if (!ret)
        return;
    if (t.promise)
        t.evidence_n =
            add_span(t.evidence, t.evidence_n, a, &r, &s, m->heads.promise, "commitment");
    for (size_t i = 0; i < t.fault_n; i++)
        t.evidence_n =
            add_span(t.evidence, t.evidence_n, a, &r, &s,
                     m->heads.fault[nlu_fault_index(str_of(t.faults[i].code))], t.faults[i].code);
    for (size_t i = 0; i < t.act_n; i++)
        t.evidence_n =
            add_span(t.evidence, t.evidence_n, a, &r, &s,
                     m->heads.act[nlu_act_index(str_of(t.acts[i].code))], t.acts[i].code);
    *ret = t;
}
