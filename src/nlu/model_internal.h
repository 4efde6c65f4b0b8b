/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_MODEL_INTERNAL_H
#define NLU_MODEL_INTERNAL_H
/*
 * The compiled lexicon, and the reading of one message with it. A word of the automaton is used by
 * one or more cues; a cue is what the lexicon calls one: a list of words, or a pair of lists, that
 * speaks for one code.
 */
#include "nlu/ac.h"
#include "nlu/nlu.h"
#include "nlu/norm.h"
#include "nlu/weights.h"

enum {
    NLU_INTENT_COUNT = 45,
    NLU_TAG_COUNT = 7,
    NLU_HIT_MAX = 1024,
    NLU_PAIR_MAX = 48,
    NLU_SAID_CUES = 48
};

typedef enum {
    NLU_I_GREETING,
    NLU_I_THANKS,
    NLU_I_BYE,
    NLU_I_CONFIRM,
    NLU_I_INFORM,
    NLU_I_ORDER_REF,
    NLU_I_HANDOFF,
    NLU_I_CHITCHAT,
    NLU_I_OTHER /* the named ones; the rest goes by number */
} NluIntentNamed;

typedef enum {
    NLU_CUE_EMOTION,
    NLU_CUE_INTENT,
    NLU_CUE_STAGE,
    NLU_CUE_SAID, /* of the agent's side: a feature, no label */
    NLU_CUE_DEGREE,
    NLU_CUE_NEGATION,
    NLU_CUE_TAG,
    NLU_CUE_MASK,
    NLU_CUE_CARD,
    NLU_CUE_SLOT,
    NLU_CUE_KINDS
} NluCueKind;

/* What the agent's turn before was about (content/lexicon/context.json). */
typedef enum {
    NLU_TAG_CLOSING,
    NLU_TAG_ASK_DATA,
    NLU_TAG_QUESTION,
    NLU_TAG_REFUSAL,
    NLU_TAG_OPENING,
    NLU_TAG_WAIT,
    NLU_TAG_ASK_WORD
} NluTag;

typedef struct {
    NluCueKind kind;
    int code; /* emotion, intent, stage or tag number; index of slot_names for slots and masks */
    double weight;
    int intensity;
    int after;  /* tag the turn before must carry, or -1 */
    int pair;   /* -1: words; else the number of the pair */
    int within; /* of a pair: code points between its sides */
    bool whole;
    bool negate;
    Str id; /* in the model's arena */
} NluCue;

typedef struct {
    uint32_t cue;
    int side; /* 0: a word of its own; 1, 2: the sides of a pair */
} NluUse;

typedef struct {
    double question_run, exclaim_boost, repeat_message, repeat_greeting, only_question, carry;
} NluShape;

/* Places of the labels in the rows of a trained model. */
typedef struct {
    int16_t emotion[NLU_EMOTION_COUNT], stage[NLU_STAGE_COUNT], intent[NLU_INTENT_COUNT];
    int16_t negative, intensity[2], carry;
    int16_t act[NLU_ACT_COUNT], fault[NLU_FAULT_COUNT], any_fault, promise;
} NluHeads;

struct NluModel {
    Arena *arena;
    bool trained;
    NluWeights weights;
    NluHeads heads;
    unsigned lexicon_hash;
    NluAc *ac;
    NluCue *cues;
    size_t cue_n;
    uint32_t *use_from; /* word w is used by uses[use_from[w]] .. uses[use_from[w + 1]] */
    NluUse *uses;
    size_t use_n;
    int pair_n;
    double calm_bias;
    int negation_window;
    NluStage unknown_stage; /* said when nothing shows it */
    NluShape shape;
    bool talk[NLU_INTENT_COUNT];
    int prior[NLU_INTENT_COUNT]; /* stage an intent usually belongs to, or -1 */
    const char **slot_names;     /* in the model's arena */
    size_t slot_name_n;
    char version[40];
};

typedef struct {
    uint32_t cue, start, end; /* in normalised text */
    double weight;
} NluFound;

/* One message read by itself. */
typedef struct {
    Str text;
    NluText norm;
    NluHit *hits;
    size_t hit_n;
    double emotion[NLU_EMOTION_COUNT];
    int intensity[NLU_EMOTION_COUNT];
    double intent[NLU_INTENT_COUNT];
    double stage[NLU_STAGE_COUNT];
    unsigned tags;
    unsigned greetings; /* how many times it greets */
    bool degree_high;
    bool data_only; /* nothing but numbers, links, masks and the words of an order card */
    bool talk_only; /* every clause is tiled by whole words */
    bool has_order, has_link, has_phone;
    bool has_question; /* its mark */
    NluFound *found;
    size_t found_n;
    NluFound *said; /* cues of the agent's side */
    size_t said_n;
} NluReading;

/* tags: of the agent's turn just before. */
void nlu_read(const NluModel *m, Arena *a, Str text, size_t max_points, unsigned tags,
              NluReading *ret);
int nlu_best_matter(const NluModel *m, const NluReading *r,
                    double *ret_score); /* intent that is no mere talk, or -1 */
bool nlu_is_talk(int intent);
/* The turn just read becomes part of the memory. stage, matter: -1 leaves what was. */
void nlu_memory_customer(const NluReading *r, NluEmotion emotion, int intensity, int stage,
                         int stage_sure, int matter, NluMemory *b);
void nlu_memory_agent(const NluModel *m, const NluReading *r, uint32_t acts, NluMemory *b);
/* Cues of the lexicon that speak for the labels given. */
void nlu_cue_evidence(const NluModel *m, NluReading *r, NluUnderstanding *u);
void nlu_slots(const NluModel *m, const NluReading *r, NluUnderstanding *u);
#endif
