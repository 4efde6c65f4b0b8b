/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_MEASURE_H
#define NLU_MEASURE_H
/*
 * How well labels were told, compared with those of people. Counts only; the caller feeds one turn
 * at a time. Macro-F1 is the mean over the classes that occur; a calibration error is the expected
 * one over ten bins of equal width, of the probability that was told for the label told first.
 */
#include "base/json.h"
#include "nlu/talk.h"

enum { NLU_MEASURE_CLASSES = 48, NLU_MEASURE_BINS = 10 };

typedef struct {
    size_t n;
    uint32_t cell[NLU_MEASURE_CLASSES][NLU_MEASURE_CLASSES]; /* [true][told] */
} NluConfusion;

typedef struct {
    size_t hit, told, truth;
} NluRetrieved; /* of one yes-or-no label */

typedef struct {
    double p[NLU_MEASURE_BINS], right[NLU_MEASURE_BINS];
    size_t n[NLU_MEASURE_BINS];
} NluBins;

typedef struct {
    size_t customer_n, agent_n;
    NluConfusion emotion, intent, stage; /* intent: the first one */
    NluBins emotion_bins, intent_bins;
    NluRetrieved negative, intents, promise, any_fault, acts, faults;
    NluRetrieved act[NLU_ACT_COUNT], fault[NLU_FAULT_COUNT];
    size_t intensity_right, first_in_set, any_in_three, first_in_three;
    double us, us_max; /* spent reading, all turns of both sides */
} NluMeasure;

void nlu_measure_init(NluMeasure *m);
void nlu_measure_customer(NluMeasure *m, const NluTalkTurn *truth, const NluUnderstanding *told);
void nlu_measure_agent(NluMeasure *m, const NluTalkTurn *truth, const NluAgentTurn *told);

double nlu_confusion_accuracy(const NluConfusion *c);
double nlu_confusion_macro_f1(const NluConfusion *c);
double nlu_retrieved_f1(const NluRetrieved *r);
double nlu_bins_error(const NluBins *b);
/* All of it as one object; every class and the confusion of emotion and stage with it. */
void nlu_measure_write(const NluMeasure *m, JsonW *w);
#endif
