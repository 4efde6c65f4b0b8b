/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/measure.h"

#include <math.h>
#include <string.h>

void nlu_measure_init(NluMeasure *m)
{
    memset(m, 0, sizeof *m);
    m->emotion.n = NLU_EMOTION_COUNT;
    m->stage.n = NLU_STAGE_COUNT;
    m->intent.n = nlu_intent_count();
}

static void retrieved(NluRetrieved *r, bool truth, bool told)
{
    r->truth += truth;
    r->told += told;
    r->hit += truth && told;
}

static void bin(NluBins *b, double p, bool right)
{
    int i = (int)(p * NLU_MEASURE_BINS);
    i = i < 0 ? 0 : i >= NLU_MEASURE_BINS ? NLU_MEASURE_BINS - 1 : i;
    b->p[i] += p;
    b->right[i] += right;
    b->n[i]++;
}

static bool is_negative(NluEmotion e)
{
    return e == NLU_ANXIOUS || e == NLU_DISAPPOINTED || e == NLU_ANGRY;
}

static bool has_intent(const NluTalkTurn *t, int intent)
{
    for (size_t i = 0; i < t->intent_n; i++)
        if (t->intents[i] == intent)
            return true;
    return false;
}

void nlu_measure_customer(NluMeasure *m, const NluTalkTurn *truth, const NluUnderstanding *told)
{
    m->customer_n++;
    m->emotion.cell[truth->emotion][told->emotion]++;
    m->stage.cell[truth->stage][told->stage]++;
    bin(&m->emotion_bins, told->emotion_p, truth->emotion == told->emotion);
    retrieved(&m->negative, is_negative(truth->emotion), is_negative(told->emotion));
    m->intensity_right += truth->intensity == told->intensity;
    bool any = false, first = false;
    for (size_t i = 0; i < told->intent_n; i++) {
        int code = nlu_intent_index(str_of(told->intents[i].code));
        bool right = has_intent(truth, code);
        any = any || right;
        first = first || code == truth->intents[0];
        m->intents.hit += right;
        if (i > 0)
            continue;
        m->intent.cell[truth->intents[0]][code]++;
        m->first_in_set += right;
        bin(&m->intent_bins, told->intents[0].p, right);
    }
    m->intents.told += told->intent_n;
    m->intents.truth += truth->intent_n;
    m->any_in_three += any;
    m->first_in_three += first;
}

void nlu_measure_agent(NluMeasure *m, const NluTalkTurn *truth, const NluAgentTurn *told)
{
    uint32_t acts = 0, faults = 0;
    m->agent_n++;
    for (size_t i = 0; i < told->act_n; i++)
        acts |= 1u << nlu_act_index(str_of(told->acts[i].code));
    for (size_t i = 0; i < told->fault_n; i++)
        faults |= 1u << nlu_fault_index(str_of(told->faults[i].code));
    for (int i = 0; i < NLU_ACT_COUNT; i++) {
        retrieved(&m->act[i], truth->acts >> i & 1, acts >> i & 1);
        retrieved(&m->acts, truth->acts >> i & 1, acts >> i & 1);
    }
    for (int i = 0; i < NLU_FAULT_COUNT; i++) {
        retrieved(&m->fault[i], truth->faults >> i & 1, faults >> i & 1);
        retrieved(&m->faults, truth->faults >> i & 1, faults >> i & 1);
    }
    retrieved(&m->any_fault, truth->faults != 0, faults != 0);
    retrieved(&m->promise, truth->promise_n > 0, told->promise);
}

/* ---- figures */

static double share(double a, double b)
{
    return b > 0 ? a / b : 0;
}

double nlu_confusion_accuracy(const NluConfusion *c)
{
    size_t right = 0, all = 0;
    for (size_t t = 0; t < c->n; t++)
        for (size_t k = 0; k < c->n; k++) {
            all += c->cell[t][k];
            right += t == k ? c->cell[t][k] : 0;
        }
    return share((double)right, (double)all);
}

static NluRetrieved class_of(const NluConfusion *c, size_t i)
{
    NluRetrieved r = {.hit = c->cell[i][i]};
    for (size_t k = 0; k < c->n; k++) {
        r.truth += c->cell[i][k];
        r.told += c->cell[k][i];
    }
    return r;
}

double nlu_retrieved_f1(const NluRetrieved *r)
{
    return share(2.0 * (double)r->hit, (double)(r->told + r->truth));
}

double nlu_confusion_macro_f1(const NluConfusion *c)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        NluRetrieved r = class_of(c, i);
        if (!r.truth)
            continue;
        n++;
        sum += nlu_retrieved_f1(&r);
    }
    return share(sum, (double)n);
}

double nlu_bins_error(const NluBins *b)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < NLU_MEASURE_BINS; i++) {
        sum += fabs(b->p[i] - b->right[i]);
        n += (double)b->n[i];
    }
    return share(sum, n);
}

/* ---- as JSON */

static void number(JsonW *w, const char *key, double v)
{
    jw_key(w, key);
    jw_f64(w, v);
}

static void write_retrieved(JsonW *w, const char *key, const NluRetrieved *r)
{
    jw_key(w, key);
    jw_obj(w);
    number(w, "precision", share((double)r->hit, (double)r->told));
    number(w, "recall", share((double)r->hit, (double)r->truth));
    number(w, "f1", nlu_retrieved_f1(r));
    jw_ki64(w, "true", (int64_t)r->truth);
    jw_ki64(w, "told", (int64_t)r->told);
    jw_obj_end(w);
}

static const char *emotion_name(size_t i)
{
    return nlu_emotion_code((NluEmotion)i);
}

static const char *stage_name(size_t i)
{
    return nlu_stage_code((NluStage)i);
}

static void write_classes(JsonW *w, const NluConfusion *c, const char *(*name)(size_t),
                          bool confusion)
{
    number(w, "accuracy", nlu_confusion_accuracy(c));
    number(w, "macro_f1", nlu_confusion_macro_f1(c));
    jw_key(w, "classes");
    jw_obj(w);
    for (size_t i = 0; i < c->n; i++) {
        NluRetrieved r = class_of(c, i);
        if (r.truth || r.told)
            write_retrieved(w, name(i), &r);
    }
    jw_obj_end(w);
    if (!confusion)
        return;
    jw_key(w, "confusion");
    jw_obj(w);
    for (size_t i = 0; i < c->n; i++) {
        jw_key(w, name(i));
        jw_obj(w);
        for (size_t k = 0; k < c->n; k++)
            if (c->cell[i][k])
                jw_ki64(w, name(k), c->cell[i][k]);
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

static void write_customer(const NluMeasure *m, JsonW *w)
{
    double n = (double)m->customer_n;
    jw_key(w, "emotion");
    jw_obj(w);
    write_classes(w, &m->emotion, emotion_name, true);
    number(w, "calibration_error", nlu_bins_error(&m->emotion_bins));
    write_retrieved(w, "negative", &m->negative);
    jw_obj_end(w);
    jw_key(w, "intensity");
    jw_obj(w);
    number(w, "accuracy", share((double)m->intensity_right, n));
    jw_obj_end(w);
    jw_key(w, "intent");
    jw_obj(w);
    number(w, "first_in_labelled", share((double)m->first_in_set, n));
    number(w, "any_of_three_in_labelled", share((double)m->any_in_three, n));
    number(w, "first_in_three", share((double)m->first_in_three, n));
    write_retrieved(w, "set", &m->intents);
    number(w, "calibration_error", nlu_bins_error(&m->intent_bins));
    write_classes(w, &m->intent, nlu_intent_code, false);
    jw_obj_end(w);
    jw_key(w, "stage");
    jw_obj(w);
    write_classes(w, &m->stage, stage_name, true);
    jw_obj_end(w);
}

static void write_agent(const NluMeasure *m, JsonW *w)
{
    write_retrieved(w, "commitment", &m->promise);
    write_retrieved(w, "any_fault", &m->any_fault);
    jw_key(w, "act");
    jw_obj(w);
    write_retrieved(w, "all", &m->acts);
    for (size_t i = 0; i < NLU_ACT_COUNT; i++)
        if (m->act[i].truth || m->act[i].told)
            write_retrieved(w, nlu_act_code(i), &m->act[i]);
    jw_obj_end(w);
    jw_key(w, "fault");
    jw_obj(w);
    write_retrieved(w, "all", &m->faults);
    for (size_t i = 0; i < NLU_FAULT_COUNT; i++)
        if (m->fault[i].truth || m->fault[i].told)
            write_retrieved(w, nlu_fault_code(i), &m->fault[i]);
    jw_obj_end(w);
}

void nlu_measure_write(const NluMeasure *m, JsonW *w)
{
    jw_obj(w);
    jw_ki64(w, "customer_turns", (int64_t)m->customer_n);
    jw_ki64(w, "agent_turns", (int64_t)m->agent_n);
    if (m->customer_n)
        write_customer(m, w);
    if (m->agent_n)
        write_agent(m, w);
    if (m->us > 0)
        number(w, "us_per_message", share(m->us, (double)(m->customer_n + m->agent_n)));
    jw_obj_end(w);
}
