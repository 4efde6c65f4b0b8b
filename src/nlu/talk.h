/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_TALK_H
#define NLU_TALK_H
/*
 * Labelled conversations: what the trainer learns from and what the measures compare with. Two
 * forms are read. The corpus of content/corpus is written by hand, a line a message:
 *
 *     == A0012 presale
 *     c anxious1 ship_when,ship_eta pre | 今天拍后天能到不 | deadline=后天
 *     a promise,answer_fact !vague | 今天四点前拍今天就发 | 今天发 @ 今天四点前拍
 *
 * A JSON row is
 * {"id","type","turns":[{"role":"user","text","emotion","intensity","intents","stage"} |
 * {"role":"agent","text","acts","faults","commitments":[{"what","due"}]}]}; a turn without labels
 * is context only. Codes are those of docs/labels.
 *
 * Pure: text in, talks out, all in one arena. Refuses whatever has an unknown code, and says where
 * (nlu.talk_invalid).
 */
#include "nlu/nlu.h"

enum { NLU_TALK_TURN_MAX = 512, NLU_TALK_PROMISE_MAX = 8 };

typedef struct {
    NluRole role;
    Str text;
    bool labelled;
    uint32_t line; /* of the file, for messages about it */
    NluEmotion emotion;
    int intensity;
    NluStage stage;
    size_t intent_n;
    int intents[NLU_INTENT_MAX]; /* most important first */
    uint32_t acts, faults;       /* bit i: code i */
    size_t promise_n;
    struct {
        Str what, due;
    } promises[NLU_TALK_PROMISE_MAX];
} NluTalkTurn;

/* Where an agent's template may stand (by the file's name: after_question_….txt and so on). */
typedef enum {
    NLU_AFTER_ANY,
    NLU_AFTER_QUESTION, /* a customer's turn that asks about a matter */
    NLU_AFTER_WHEN,     /* one that asks how long or until when */
    NLU_AFTER_GREETING, /* one that says nothing of a matter yet */
    NLU_AFTER_KINDS
} NluAfter;

typedef struct {
    Str id, source; /* the file's name */
    Str type;       /* presale, insale, aftersale, or nothing */
    bool made;      /* filled in from a template: learnt from, never measured on */
    NluAfter after; /* of a template: set among the turns of written talks */
    size_t n;
    NluTalkTurn *turns;
} NluTalk;

typedef struct {
    Arena *arena;
    NluTalk *talks;
    size_t n, cap;
} NluTalks;

/* text must live as long as the talks. */
Err nlu_talks_read_corpus(NluTalks *t, ErrSlot *e, Str source, Str text) WARN_UNUSED;
Err nlu_talks_read_json(NluTalks *t, ErrSlot *e, Str source, uint32_t line, Str json) WARN_UNUSED;
/*
 * Templates: the corpus' form, each line a message by itself, in which {a/b/} stands for one of its
 * parts. Gives `times` messages a line, and as many agent messages that join two or three lines, as
 * agents do; drawn by lot from the seed, the same each time.
 */
Err nlu_talks_read_templates(NluTalks *t, ErrSlot *e, Str source, Str text, int times,
                             uint32_t seed) WARN_UNUSED;
size_t nlu_talks_turns(const NluTalks *t, NluRole role); /* labelled ones */
#endif
