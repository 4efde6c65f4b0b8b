/* SPDX-License-Identifier: Apache-2.0 */
/* Cues: the customer's words by which a script for a narrow situation is told from its neighbours.
 * All words of all scripts are found in one pass. */
#include "assist/library_internal.h"
#include "nlu/norm.h"

enum { CUE_POINTS = 200, WORDS_OF_CUE = 8, HITS_MAX = 2048 };

/* The words of one cue, folded; false: one of them is empty, or there are too many. */
static bool words_of(Arena *a, Str cue, NluText ret[WORDS_OF_CUE], size_t *ret_n)
{
    *ret_n = 0;
    if (str_starts(cue, STR("!")))
        cue = str_sub(cue, 1, cue.n);
    do {
        if (*ret_n == WORDS_OF_CUE)
            return false;
        nlu_normalise(a, str_cut(&cue, '+'), NLU_NORM_TIGHT, CUE_POINTS, &ret[*ret_n]);
        if (ret[(*ret_n)++].n == 0)
            return false;
    } while (cue.p);
    return true;
}

bool assist_cue_sound(Arena *a, Str cue)
{
    NluText words[WORDS_OF_CUE];
    size_t n;
    return words_of(a, cue, words, &n);
}

void assist_library_cues(AssistLibrary *l)
{
    size_t cue_n = 0, room = 0;
    for (size_t i = 0; i < l->n; i++)
        cue_n += l->scripts[i].cue_n;
    if (cue_n == 0)
        return;
    Arena *scratch = arena_create(16 << 20);
    NluAcBuilder *b = nlu_ac_builder_create();
    l->cues = ARENA_ARRAY(l->arena, uint32_t, cue_n * (WORDS_OF_CUE + 1));
    for (size_t i = 0; i < l->n; i++) {
        const AssistScript *s = &l->scripts[i];
        l->keys[i].cues = (uint32_t)room;
        l->keys[i].cue_n = (uint8_t)s->cue_n;
        for (size_t k = 0; k < s->cue_n; k++) {
            NluText words[WORDS_OF_CUE];
            size_t n;
            (void)words_of(scratch, s->cues[k], words, &n); /* it was checked when it was read */
            l->cues[room++] = (uint32_t)(n << 1) | str_starts(s->cues[k], STR("!"));
            for (size_t w = 0; w < n; w++)
                l->cues[room++] = nlu_ac_add(b, words[w].cp, words[w].n);
        }
        arena_reset(scratch);
    }
    l->words = nlu_ac_build(b);
    arena_destroy(scratch);
}

bool *assist_cues_heard(const AssistLibrary *l, Arena *a, Str text)
{
    if (!l->words)
        return NULL;
    bool *heard = ARENA_ARRAY(a, bool, nlu_ac_words(l->words));
    NluHit *hits = ARENA_ARRAY(a, NluHit, HITS_MAX);
    NluText t;
    nlu_normalise(a, text, NLU_NORM_TIGHT, NLU_TEXT_MAX, &t);
    size_t n = nlu_ac_scan(l->words, t.cp, t.n, hits, HITS_MAX);
    for (size_t i = 0; i < n; i++)
        heard[hits[i].word] = true;
    return heard;
}

AssistCue assist_cue_check(const AssistLibrary *l, const AssistKey *k, const bool *heard)
{
    const uint32_t *at = l->cues + k->cues;
    AssistCue ret = ASSIST_CUE_NONE;
    for (size_t i = 0; i < k->cue_n; i++) {
        uint32_t n = *at >> 1;
        bool excluded = *at++ & 1, all = true;
        for (uint32_t w = 0; w < n; w++)
            all = heard[at[w]] && all;
        at += n;
        if (excluded && all)
            return ASSIST_CUE_MISSED;
        if (!excluded && ret != ASSIST_CUE_HEARD)
            ret = all ? ASSIST_CUE_HEARD : ASSIST_CUE_MISSED;
    }
    return ret;
}
