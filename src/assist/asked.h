/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_ASKED_H
#define ASSIST_ASKED_H
/*
 * The question behind a suggestion, taken apart once, so that each script costs a few comparisons.
 */
#include "assist/library_internal.h"
#include "assist/suggest.h"

enum { ASSIST_RANKS = NLU_INTENT_MAX + 1 };

typedef struct {
    uint64_t intent[ASSIST_RANKS]; /* a bit each; the last one is of the message before */
    double weight[ASSIST_RANKS];
    uint64_t any;
    double step[ASSIST_STEP_COUNT];
    unsigned emotion, feels_like; /* bits: the feeling; what a script may be written for */
    bool calm, upset, strong;
    unsigned stage;    /* bit; 0: unknown */
    double stage_else; /* what another one costs */
    bool *known;       /* by fact number */
    bool *stale;       /* by situation: one of it was sent */
    const bool *used;  /* by script */
    const bool *heard; /* by cue word */
} AssistAsked;

/* Everything in it is borrowed from the question or lives in the arena. */
AssistAsked assist_asked(const AssistLibrary *l, Arena *a, const AssistQuestion *q);
#endif
