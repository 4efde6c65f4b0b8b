/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_CORRECTION_H
#define DESK_CORRECTION_H
/*
 * correction: what people say a customer's message means, beside what the machine had read. One a
 * message, the latest. Refuses to judge codes and roles (service/correct.h).
 */
#include "desk/desk.h"

typedef struct {
    int64_t id, conversation_id, seq, user_id;
    Str user_name;
    int64_t at_ms;
    Str model, was_emotion;
    int64_t was_intensity;
    Str was_intents, was_stage, emotion; /* intents: JSON arrays of codes */
    int64_t intensity;
    Str intents, stage, note;
    /* joined */
    Str text;
    int64_t recalled_at;
    Str customer_name;
} DeskCorrection;

enum { DESK_DRIFT_MAX = 200 };
typedef struct {
    Str kind, from, to; /* kind: emotion, intent, stage */
    int64_t n;
} DeskDrift;

/* Stores one as the actor's, made now, and marks its message with `mark` (JSON). intent and
 * was_intent: the first of the lists. */
Err desk_correction_put(Ctx *c, DeskCorrection *k, Str was_intent, Str intent,
                        Str mark) WARN_UNUSED;
Err desk_correction_drop(Ctx *c, int64_t conversation_id, int64_t seq) WARN_UNUSED;
/* The customer has said nothing after it that still stands. */
Err desk_correction_is_newest(Ctx *c, int64_t conversation_id, int64_t seq, bool *ret) WARN_UNUSED;
Err desk_correction_list(Ctx *c, int64_t before_id, int64_t since_ms, int64_t limit,
                         DeskCorrection **ret, size_t *ret_n) WARN_UNUSED;
Err desk_correction_drift(Ctx *c, int64_t since_ms, int64_t *ret_total, DeskDrift **ret,
                          size_t *ret_n) WARN_UNUSED;
/* Merging and erasing. */
Err desk_correction_move(Ctx *c, int64_t from, int64_t into, int64_t shift) WARN_UNUSED;
Err desk_correction_erase(Ctx *c, int64_t conversation_id, int64_t after, int64_t last) WARN_UNUSED;
/* Tells the staff who look on: DESK_WAKE_CORRECTED. */
void desk_correction_wake(Ctx *c, const DeskConversation *conv, const DeskMessage *m);
#endif
