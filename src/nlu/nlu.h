/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_NLU_H
#define NLU_NLU_H
/*
 * What a customer's message says at this moment: feeling, up to three intents, stage, slots, with
 * the words that show it. Codes are those of docs/labels: emotion, intent and stage names are part
 * of the wire protocol.
 *
 * Two ways lead there, behind the same calls: a trained linear model over pieces of text, sounds,
 * cues of the lexicon and the talk so far (trained.c), and the lexicon's rules alone
 * (understand.c), which need no model file.
 *
 * Pure: no I/O, no clock, no state. A model never changes after create, so all threads share it.
 * Time is bounded by NLU_TEXT_MAX whatever is thrown at it. Refuses: to choose words to say.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    NLU_TEXT_MAX = 4000,    /* code points read of the message; the rest does not count */
    NLU_CONTEXT_MAX = 12,   /* turns before it that are read, the nearest ones */
    NLU_CONTEXT_TEXT = 200, /* code points read of each */
    NLU_INTENT_MAX = 3,
    NLU_ACT_COUNT = 22,
    NLU_FAULT_COUNT = 14,
    NLU_ACT_MAX = 4,
    NLU_FAULT_MAX = 4,
    NLU_SLOT_MAX = 12,
    NLU_EVIDENCE_MAX = 16,
    NLU_SAID_MAX = 16
};

typedef enum {
    NLU_CALM,
    NLU_PLEASED,
    NLU_ANXIOUS,
    NLU_DISAPPOINTED,
    NLU_ANGRY,
    NLU_EMOTION_COUNT
} NluEmotion;
typedef enum { NLU_PRE, NLU_IN, NLU_AFTER, NLU_STAGE_COUNT } NluStage;
typedef enum { NLU_CUSTOMER, NLU_AGENT } NluRole;

typedef struct {
    NluRole role; /* a robot speaks as the agent; leave notes and system lines out */
    Str text;
} NluTurn;

typedef struct {
    const char *code; /* static */
    double p;         /* 0..1: how sure; a heuristic until a trained model calibrates it */
} NluIntent;

typedef struct {
    const char *label;   /* static: emotion, intent or stage code, or a slot's name */
    Str rule;            /* the cue of the lexicon; borrowed from the model */
    Str text;            /* borrowed from the message */
    uint32_t start, end; /* code points of the message */
} NluEvidence;

typedef struct {
    const char *name; /* static */
    Str value;        /* as written; borrowed from the message */
    uint32_t start, end;
} NluSlot;

typedef struct {
    NluEmotion emotion;
    double emotion_p; /* 0..1: how sure */
    int intensity;    /* 0 for calm, else 1..3 */
    NluStage stage;
    bool stage_shown; /* false: nothing in the words shows the stage; it is the lexicon's guess */
    size_t intent_n, slot_n, evidence_n;
    NluIntent intents[NLU_INTENT_MAX]; /* surest first; at least one */
    NluSlot slots[NLU_SLOT_MAX];
    NluEvidence evidence[NLU_EVIDENCE_MAX]; /* heaviest first */
} NluUnderstanding;

/* What an agent's message does: its acts, its faults, and whether it promises something. */
typedef struct {
    size_t act_n, fault_n, evidence_n;
    NluIntent acts[NLU_ACT_MAX], faults[NLU_FAULT_MAX]; /* surest first */
    bool promise;                                       /* a commitment is in it */
    double promise_p, fault_p;                          /* 0..1, of a commitment, of any fault */
    NluEvidence evidence[NLU_EVIDENCE_MAX];             /* of acts, faults and "commitment" */
} NluAgentTurn;

typedef struct NluModel NluModel;

/* The lexicon files as JSON text, any order. NULL with *e set (nlu.lexicon_…) on a fault in them.
 * Owned. */
NluModel *nlu_model_create(const Str *lexicons, size_t n, ErrSlot *e);
/* Gives it a trained model's file (docs/model-card.md), borrowed: it must outlive the model and
 * begin at a multiple of 16 bytes. From then on labels come from the weights; the lexicon gives
 * them features and evidence. Codes: nlu.model_damaged, nlu.model_version; the model is then as
 * before. */
Err nlu_model_train_with(NluModel *m, Str file, ErrSlot *e) WARN_UNUSED;
void nlu_model_destroy(NluModel *m); /* NULL is fine */
/* "rules-1.<hash>" or "linear-1.<hash>.<hash>": changes with lexicon and weights; lives with the
 * model */
const char *nlu_model_version(const NluModel *m);

/* context: the turns before, oldest first. text must be valid UTF-8. Scratch memory is taken from
 * the arena. */
void nlu_understand(const NluModel *m, Arena *a, const NluTurn *context, size_t n, Str text,
                    NluUnderstanding *ret);

/* What the turns so far leave behind for the next one: a small value that may be stored with the
 * customer's last message, so that a long talk is not read anew at each word. */
typedef struct {
    int matter;         /* number of the intent last spoken of, or -1 */
    int stage;          /* or -1 */
    int stage_sure;     /* of it, 0..3 */
    unsigned tags;      /* what the agent's last turn asked for */
    uint32_t acts;      /* and did: bit i is act i */
    uint32_t heard;     /* and which cues of the agent's side were in it */
    NluEmotion emotion; /* of the customer's last turn */
    int intensity;
    unsigned upset, turns, asks; /* customer's turns: with a bad feeling; all; on this matter */
    size_t intent_n;
    int8_t intents[NLU_INTENT_MAX]; /* of the customer's last turn, those that are likely */
    bool greeted_only;              /* that turn was a mere greeting */
    bool asked;                     /* it wants an answer */
    bool unanswered;                /* and nobody has answered since */
    size_t said_n;
    uint32_t said[NLU_SAID_MAX]; /* marks of what the agent's side has said, newest last */
    Str text;                    /* the customer's last turn; borrowed */
    Str agent_text;              /* the agent's last turn, if it came after that one; borrowed */
} NluMemory;
NluMemory nlu_memory_none(void); /* nothing was said yet */
/* As text without | and ", at most 300 bytes, for a message just read; and back. text: of that
 * message, borrowed. False: it is no memory. */
void nlu_memory_write(const NluMemory *m, Buf *out);
bool nlu_memory_read(Str s, Str text, NluMemory *ret);
void nlu_remember(const NluModel *m, Arena *a, const NluTurn *turn, NluMemory *memory);
/* As nlu_understand, with the turns before given as their memory. ret_after: with this message in
 * it; may be NULL. */
void nlu_understand_after(const NluModel *m, Arena *a, const NluMemory *before, Str text,
                          NluUnderstanding *ret, NluMemory *ret_after);

/* The agent's side of the same: what this message, said after `before`, does. Without a trained
 * model nothing is found. */
void nlu_hear_agent(const NluModel *m, Arena *a, const NluMemory *before, Str text,
                    NluAgentTurn *ret, NluMemory *ret_after);

const char *nlu_emotion_code(NluEmotion e); /* static */
const char *nlu_stage_code(NluStage s);     /* static */
bool nlu_emotion_parse(Str code, NluEmotion *ret);
bool nlu_stage_parse(Str code, NluStage *ret);
size_t nlu_intent_count(void);
const char *nlu_intent_code(size_t i); /* static */
int nlu_intent_index(Str code);        /* -1: unknown */
const char *nlu_act_code(size_t i);    /* static */
int nlu_act_index(Str code);           /* -1: unknown */
const char *nlu_fault_code(size_t i);  /* static */
int nlu_fault_index(Str code);         /* -1: unknown */
#endif
