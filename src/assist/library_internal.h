/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_LIBRARY_INTERNAL_H
#define ASSIST_LIBRARY_INTERNAL_H
/*
 * What ranking looks at, apart from the texts: one short row for each script, in the order of the
 * scripts, so that a hundred thousand of them are looked through in well under a millisecond.
 */
#include "assist/library.h"
#include "nlu/ac.h"
#include "nlu/nlu.h"

typedef struct {
    uint64_t intents;   /* bit per intent; 0: any */
    uint32_t wants;     /* place of its fact numbers: need_n that it needs, then absent_n */
    uint32_t situation; /* the same for scripts of one situation */
    uint32_t cues;      /* place of its cues: each a head (words << 1 | excluded), then its words */
    float particular;   /* how exactly it speaks of one state of things: see suggest.c */
    uint8_t need_n, absent_n, cue_n;
    uint8_t stages, emotions, step; /* as in AssistScript */
} AssistKey;

/* What the picker looks through: folded as a query is, once, so that each key pressed costs only
 * the looking. */
enum {
    ASSIST_FIND_SHORTCUT,
    ASSIST_FIND_TITLE,
    ASSIST_FIND_SITUATION,
    ASSIST_FIND_TEXT,
    ASSIST_FIND_ID,
    ASSIST_FINDS
};
typedef struct {
    Str field[ASSIST_FINDS];
} AssistFind;

struct AssistLibrary {
    Arena *arena;
    AssistScript *scripts; /* by id */
    AssistKey *keys;       /* of each */
    AssistFind *finds;     /* of each */
    size_t n, cap;
    Str *names; /* of every fact that a script needs or excludes, sorted; its place is its number */
    size_t name_n;
    uint32_t *wants;
    size_t situation_n;
    NluAc *words; /* of all cues; NULL: there are none */
    uint32_t *cues;
};

enum { ASSIST_NO_FACT = -1 };
int assist_fact_number(const AssistLibrary *l,
                       Str name);         /* ASSIST_NO_FACT: no script asks for it */
bool assist_cue_sound(Arena *a, Str cue); /* every word of it has something to look for */
/* Which words of the cues stand in the customer's text: one flag each, in the arena. */
bool *assist_cues_heard(const AssistLibrary *l, Arena *a, Str text);
typedef enum { ASSIST_CUE_NONE, ASSIST_CUE_MISSED, ASSIST_CUE_HEARD } AssistCue;
AssistCue assist_cue_check(const AssistLibrary *l, const AssistKey *k, const bool *heard);
bool assist_stands_in(Str pattern, Str name);             /* is {name} written in it? */
Str assist_folded(Arena *a, Str text, size_t max_points); /* in the arena */
/* Fills what follows from the scripts, which are sorted. */
void assist_library_index(AssistLibrary *l);
void assist_library_cues(AssistLibrary *l);  /* its part for the cues; keys are there */
void assist_library_finds(AssistLibrary *l); /* and for the picker */
#endif
