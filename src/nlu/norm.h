/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_NORM_H
#define NLU_NORM_H
/*
 * Normalised text: what all matching of words works on. Width, case, Chinese punctuation and
 * Traditional characters are folded, invisible characters dropped, long runs of one character cut
 * to three. Every code point keeps its place in the original, so that whatever is found can be
 * shown there. Pure; the result lives in the arena.
 *
 * Refuses: to read past max_points of the original (the rest is as if it were not there), to
 * segment into words.
 */
#include "base/str.h"

typedef struct {
    uint32_t *cp;   /* folded code points */
    uint32_t *at;   /* the place of each in the original, in code points */
    uint32_t *byte; /* and in bytes */
    size_t n;
    size_t points; /* code points of the original that were read */
    size_t bytes;  /* and its bytes */
} NluText;

typedef enum {
    NLU_NORM_CHAT, /* white space becomes one space, which separates */
    NLU_NORM_TIGHT /* for guards: white space, joining marks and dots between Han characters vanish
                    */
} NluNormMode;

void nlu_normalise(Arena *a, Str text, NluNormMode mode, size_t max_points, NluText *ret);
uint32_t nlu_fold(uint32_t cp); /* one code point; 0: invisible, to be dropped */
bool nlu_is_han(uint32_t cp);
bool nlu_is_digit(uint32_t cp);
bool nlu_is_letter(uint32_t cp);  /* folded ASCII a-z */
bool nlu_is_divider(uint32_t cp); /* folded punctuation or space that ends a clause */
/* The place just behind normalised [.., end), in code points or bytes of the original. */
uint32_t nlu_text_end(const NluText *t, size_t end);
Str nlu_text_slice(const NluText *t, Str original, size_t start,
                   size_t end); /* borrowed from original */
#endif
