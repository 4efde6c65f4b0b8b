/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_FEAT_H
#define NLU_FEAT_H
/*
 * What the trained model sees of a message: hashed pieces of its text and sound, cues of the
 * lexicon, its shape, and what was said before. The same code serves training and reading.
 *
 * A feature's value is weight-of-its-family x idf / length of the family's vector for the families
 * of pieces, and the family's weight alone for the others.
 */
#include "nlu/model_internal.h"

typedef enum {
    NLU_F_CHAR,   /* pieces of 1 to 3 characters */
    NLU_F_SOUND,  /* pieces of 1 to 2 syllables */
    NLU_F_CUE,    /* cues of the lexicon, and what they add up to */
    NLU_F_SHAPE,  /* marks, length, data */
    NLU_F_MEMORY, /* matter, stage, feeling of the talk so far */
    NLU_F_OTHER,  /* pieces of what the other side said last */
    NLU_F_OWN,    /* pieces of what the same side said last */
    NLU_F_COUNT
} NluFamily;

typedef struct {
    uint32_t key;
    uint8_t family;
    uint16_t start, end; /* in normalised text; equal: not in it */
} NluFeature;

typedef struct {
    NluFeature *list;
    size_t n, cap;
    uint32_t *seen; /* open addressing: keys already in the list */
    uint32_t mask;
    uint32_t seed;
    bool alone; /* the turns before are not known: no features of them */
    bool plain; /* only pieces of characters: the yardstick */
} NluFeatures;

enum { NLU_FEATURE_MAX = 6000, NLU_FEATURE_TOKENS = 400 };

/* points: of the normalised message, for the room to take. */
void nlu_features_init(NluFeatures *f, Arena *a, uint32_t seed, bool plain, size_t points);
void nlu_features_customer(NluFeatures *f, const NluModel *m, Arena *a, const NluReading *r,
                           const NluMemory *before);
void nlu_features_agent(NluFeatures *f, const NluModel *m, Arena *a, const NluReading *r,
                        const NluMemory *before);
/* idf: of each feature, in steps; 0 leaves the feature out. */
void nlu_feature_values(const NluFeature *list, size_t n, const uint8_t *idf, float *ret);
/* Marks of a clause that an agent may say again and again: hash of each clause, at most max. */
size_t nlu_clause_hashes(const NluText *t, uint32_t *ret, size_t max);
#endif
