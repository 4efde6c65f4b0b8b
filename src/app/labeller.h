/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_LABELLER_H
#define APP_LABELLER_H
/* labeller: all labels of a conversation, turn after turn, as the desk gives them: nlu for both
 * sides, the grammar for promises, the guard rails for faults that are seen in the words. */
#include "assist/guard.h"
#include "nlu/nlu.h"
#include "nlu/promise.h"

typedef struct {
    NluModel *nlu;
    NluGrammar *grammar;
    AssistGuard *guard;
    bool bare; /* the agent's side from nlu alone: for yardsticks */
} Labeller;

typedef struct {
    NluRole role;
    NluUnderstanding customer;
    NluAgentTurn agent; /* its promise is what the grammar found */
    NluPromise promises[NLU_PROMISE_MAX];
    size_t promise_n;
} LabelledTurn;

/* model: NULL for what is built in; a folder in which lexicon/, guard/ and understanding.zxm
 * take the place of what is built in; or a model file. trained false: the rules alone.
 * files keeps what was read and outlives the labeller. Codes: file.…, nlu.…, analyse.model. */
Err labeller_open(Labeller *l, Arena *files, ErrSlot *e, const char *model,
                  bool trained) WARN_UNUSED;
void labeller_close(Labeller *l); /* an empty one is fine */
/* What is carried from turn to turn. Texts are borrowed, the rest lives in the arena that
 * labeller_turn is given: keep it for the whole talk. */
typedef struct {
    NluMemory memory;
    AssistGuardContext before;
    NluTurn asked[NLU_PROMISE_CONTEXT]; /* the customer's turns since the agent last spoke */
    size_t asked_n;
} LabellerTalk;
LabellerTalk labeller_talk(void); /* nothing was said yet */
void labeller_turn(const Labeller *l, Arena *a, const NluTurn *turn, LabellerTalk *talk,
                   LabelledTurn *ret);
#endif
