/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_TRAIN_INTERNAL_H
#define NLU_TRAIN_INTERNAL_H
#include "nlu/train.h"
#include "nlu/trained.h"

enum {
    H_EMOTION = 0,
    H_NEGATIVE = H_EMOTION + NLU_EMOTION_COUNT,
    H_INTENSITY,
    H_INTENT = H_INTENSITY + 2,
    H_STAGE = H_INTENT + NLU_INTENT_COUNT,
    H_CARRY = H_STAGE + NLU_STAGE_COUNT,
    H_CUSTOMER_N,
    H_ACT = 0,
    H_FAULT = H_ACT + NLU_ACT_COUNT,
    H_ANY_FAULT = H_FAULT + NLU_FAULT_COUNT,
    H_PROMISE,
    H_AGENT_N
};

/* All labelled messages of one side as rows of features. */
typedef struct {
    NluRole role;
    size_t heads, stride; /* stride: of labels and weights, a multiple of 16 */
    size_t n, cap, cell_n, cell_cap;
    size_t *from;    /* n + 1: row i is cells from[i] .. from[i + 1] */
    uint32_t *key;   /* a cell: the feature; after nlu_train_index its column */
    uint8_t *family; /* of the cell */
    float *value;    /* of the cell, after nlu_train_index */
    int8_t *label;   /* n x stride: 1, -1, or 0: does not count */
    uint32_t *fold;  /* of the row */
    bool *copy;      /* a misspelt copy */
    bool *made;      /* from a template */
    size_t columns;
    uint32_t *column_key; /* key of each column */
    uint8_t *column_idf;
} NluTrainSet;

/* xorshift64*: the same numbers everywhere. */
static inline uint64_t nlu_train_random(uint64_t *s)
{
    *s ^= *s >> 12;
    *s ^= *s << 25;
    *s ^= *s >> 27;
    return *s * 0x2545F4914F6CDD1Du;
}

void *nlu_train_grow(void *p, size_t *cap, size_t need, size_t size);

/* train_split.c: fold of each talk; returns the number of clusters. */
size_t nlu_train_split(const NluTalks *talks, int folds, uint64_t seed, uint32_t *ret_fold);

/* train_typo.c */
typedef struct NluTypist NluTypist;
NluTypist *nlu_typist_create(const NluTalks *talks);
void nlu_typist_destroy(NluTypist *t);
Str nlu_typist_write(const NluTypist *t, Arena *a, Str text, uint64_t *random);

/* train_data.c. models: one a fold, or NULL: the memory is that of the true labels. */
void nlu_train_collect(const NluModel *rules, const NluModel *models, const NluTalks *talks,
                       const uint32_t *fold, const NluTypist *typist, const NluTrainOptions *o,
                       NluTrainSet set[2]);
void nlu_train_index(NluTrainSet *s); /* drops rare features, gives values */
void nlu_train_free(NluTrainSet *s);
void nlu_train_heads(NluRole role, NluHead *ret); /* names */

/* train_solve.c: weights, columns x stride, of the rows that are not in fold `without` (-1: all).
 */
void nlu_train_solve(const NluTrainSet *s, int without, const NluTrainOptions *o, float *ret);
/* scores of the rows of a fold, n x stride */
void nlu_train_score(const NluTrainSet *s, int fold, const float *weights, float *ret);

/* train_calibrate.c: a, b, threshold of each head from scores of rows that were not learnt. */
void nlu_train_calibrate(const NluTrainSet *s, const float *scores, NluHead *heads);
#endif
