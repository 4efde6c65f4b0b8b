/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_AC_H
#define NLU_AC_H
/*
 * All words of a list in one pass over the text: an Aho-Corasick automaton in a double array. A
 * finished one never changes, so any number of threads may scan with it. Time is linear in the text
 * plus the hits, whatever the words.
 */
#include "base/str.h"

typedef struct NluAc NluAc;
typedef struct NluAcBuilder NluAcBuilder;

typedef struct {
    uint32_t word; /* as nlu_ac_add returned it */
    uint32_t start, end;
} NluHit;

NluAcBuilder *nlu_ac_builder_create(void); /* owned */
/* The number of the word: counts from 0, the same for the same word. n > 0. */
uint32_t nlu_ac_add(NluAcBuilder *b, const uint32_t *cp, size_t n);
NluAc *nlu_ac_build(NluAcBuilder *b); /* owned; takes the builder, which is gone afterwards */
void nlu_ac_builder_destroy(NluAcBuilder *b); /* NULL is fine */
void nlu_ac_destroy(NluAc *ac);               /* NULL is fine */
/* Every occurrence of every word, by its end, longest first; stops at cap. The number of hits
 * written. */
size_t nlu_ac_scan(const NluAc *ac, const uint32_t *cp, size_t n, NluHit *ret_hits, size_t cap);
size_t nlu_ac_words(const NluAc *ac);
size_t nlu_ac_bytes(const NluAc *ac); /* memory held */
#endif
