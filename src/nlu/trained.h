/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_TRAINED_H
#define NLU_TRAINED_H
/* The trained model's way from a message to its labels; nlu.h's calls come here when a model file
 * was given. */
#include "nlu/feat.h"

typedef struct {
    const NluWeightSide *side;
    const NluFeature *list;
    size_t n;
    int32_t *row; /* of each feature, or -1 */
    float *value;
    float sum[64]; /* by head */
} NluScores;

void nlu_scores(const NluWeightSide *s, Arena *a, const NluFeatures *f, NluScores *ret);
/* ret and ret_after may each be NULL. */
void nlu_trained_customer(const NluModel *m, Arena *a, const NluMemory *before, Str text,
                          NluUnderstanding *ret, NluMemory *ret_after);
void nlu_trained_agent(const NluModel *m, Arena *a, const NluMemory *before, Str text,
                       NluAgentTurn *ret, NluMemory *ret_after);
#endif
