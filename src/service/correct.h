/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_CORRECT_H
#define SERVICE_CORRECT_H
/*
 * correct: people say what a customer's message means where the machine read it otherwise; what
 * they said is shown in place of it and becomes training data. All inside a transaction.
 */
#include "desk/correction.h"
#include "nlu/nlu.h"

typedef struct {
    Str emotion, stage, note;
    int64_t intensity; /* 0 for calm, else 1..3 */
    Str intents[NLU_INTENT_MAX];
    size_t intent_n; /* the most important first */
} ServiceLabels;

/* By who has the conversation, or a supervisor; closed ones too. Takes the place of an earlier
 * correction. When it is the customer's newest message, the conversation shows the feeling. Codes:
 * request.field_value (unknown or unfitting codes; field says where), conversation.not_mine,
 * correction.message. */
Err service_correct(Ctx *c, int64_t conversation_id, int64_t seq, const ServiceLabels *l,
                    DeskMessage *ret) WARN_UNUSED;
/* What the machine had read holds again; none there is no fault. */
Err service_correct_undo(Ctx *c, int64_t conversation_id, int64_t seq,
                         DeskMessage *ret) WARN_UNUSED;

typedef struct {
    NluRole role;
    Str text; /* masked; arena */
} ServiceTrainTurn;
/* A corrected message as training data: the turns before it, then it (nlu/mask.h). 0 turns: it was
 * recalled meanwhile, or has no text. Supervisors. */
Err service_correct_turns(Ctx *c, const DeskCorrection *k,
                          ServiceTrainTurn ret[NLU_CONTEXT_MAX + 1], size_t *ret_n) WARN_UNUSED;
#endif
