/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/correction.h"

#include "desk/internal.h"
#include "sql/correction.h"

static const StoreField FIELDS[] = {
    STORE_FIELD(DeskCorrection, id),
    STORE_FIELD(DeskCorrection, conversation_id),
    STORE_FIELD(DeskCorrection, seq),
    STORE_FIELD(DeskCorrection, user_id),
    STORE_FIELD(DeskCorrection, user_name),
    STORE_FIELD(DeskCorrection, at_ms),
    STORE_FIELD(DeskCorrection, model),
    STORE_FIELD(DeskCorrection, was_emotion),
    STORE_FIELD(DeskCorrection, was_intensity),
    STORE_FIELD(DeskCorrection, was_intents),
    STORE_FIELD(DeskCorrection, was_stage),
    STORE_FIELD(DeskCorrection, emotion),
    STORE_FIELD(DeskCorrection, intensity),
    STORE_FIELD(DeskCorrection, intents),
    STORE_FIELD(DeskCorrection, stage),
    STORE_FIELD(DeskCorrection, note),
    STORE_FIELD(DeskCorrection, text),
    STORE_FIELD(DeskCorrection, recalled_at),
    STORE_FIELD(DeskCorrection, customer_name),
};
static const StoreMap MAP = STORE_MAP(DeskCorrection, FIELDS);

static Err mark_message(Ctx *c, int64_t conversation_id, int64_t seq, Str mark)
{
    return store_exec(c, &CORRECTION_MARK,
                      BINDS(i64(conversation_id), i64(seq), text_or_null(mark)), NULL);
}

Err desk_correction_put(Ctx *c, DeskCorrection *k, Str was_intent, Str intent, Str mark)
{
    k->id = ctx_id(c);
    k->user_id = c->actor.user_id;
    k->user_name = c->actor.name;
    k->at_ms = c->now_ms;
    Err err = store_exec(c, &CORRECTION_PUT,
                         BINDS(i64(k->conversation_id), i64(k->seq), i64(k->id), i64(desk_shop(c)),
                               i64(k->user_id), i64(k->at_ms), text(k->model), text(k->was_emotion),
                               i64(k->was_intensity), text(k->was_intents), text(was_intent),
                               text(k->was_stage), text(k->emotion), i64(k->intensity),
                               text(k->intents), text(intent), text(k->stage), text(k->note)),
                         NULL);
    return err ? err : mark_message(c, k->conversation_id, k->seq, mark);
}

Err desk_correction_drop(Ctx *c, int64_t conversation_id, int64_t seq)
{
    Err err = store_exec(c, &CORRECTION_DROP,
                         BINDS(i64(conversation_id), i64(seq), i64(desk_shop(c))), NULL);
    return err ? err : mark_message(c, conversation_id, seq, STR_NONE);
}

typedef struct {
    int64_t n;
} NumberRow;
static const StoreField NUMBER_FIELDS[] = {STORE_FIELD(NumberRow, n)};
static const StoreMap NUMBER_MAP = STORE_MAP(NumberRow, NUMBER_FIELDS);

Err desk_correction_is_newest(Ctx *c, int64_t conversation_id, int64_t seq, bool *ret)
{
    NumberRow row = {0};
    bool found = false;
    Err err = store_one(c, &CORRECTION_LATER, BINDS(i64(conversation_id), i64(seq)), &NUMBER_MAP,
                        &row, &found);
    *ret = !found;
    return err;
}

Err desk_correction_list(Ctx *c, int64_t before_id, int64_t since_ms, int64_t limit,
                         DeskCorrection **ret, size_t *ret_n)
{
    return store_all(c, &CORRECTION_LIST,
                     BINDS(i64(desk_shop(c)), i64(before_id), i64(since_ms), i64(limit)), &MAP, ret,
                     ret_n);
}

static const StoreField DRIFT_FIELDS[] = {
    STORE_FIELD(DeskDrift, kind),
    STORE_FIELD(DeskDrift, from),
    STORE_FIELD(DeskDrift, to),
    STORE_FIELD(DeskDrift, n),
};
static const StoreMap DRIFT_MAP = STORE_MAP(DeskDrift, DRIFT_FIELDS);

Err desk_correction_drift(Ctx *c, int64_t since_ms, int64_t *ret_total, DeskDrift **ret,
                          size_t *ret_n)
{
    NumberRow row = {0};
    bool found;
    Err err = store_one(c, &CORRECTION_TOTAL, BINDS(i64(desk_shop(c)), i64(since_ms)), &NUMBER_MAP,
                        &row, &found);
    *ret_total = row.n;
    return err ? err
               : store_all(c, &CORRECTION_DRIFT,
                           BINDS(i64(desk_shop(c)), i64(since_ms), i64(DESK_DRIFT_MAX)), &DRIFT_MAP,
                           ret, ret_n);
}

Err desk_correction_move(Ctx *c, int64_t from, int64_t into, int64_t shift)
{
    return store_exec(c, &CORRECTION_MOVE, BINDS(i64(from), i64(into), i64(shift)), NULL);
}

Err desk_correction_erase(Ctx *c, int64_t conversation_id, int64_t after, int64_t last)
{
    return store_exec(c, &CORRECTION_ERASE, BINDS(i64(conversation_id), i64(after), i64(last)),
                      NULL);
}

void desk_correction_wake(Ctx *c, const DeskConversation *conv, const DeskMessage *m)
{
    DeskPush *p = ARENA_NEW(c->arena, DeskPush);
    *p = (DeskPush){.shop_id = conv->shop_id,
                    .customer_id = conv->customer_id,
                    .assignee_id = conv->assignee_id,
                    .assignee_before = conv->assignee_id,
                    .conv = *conv,
                    .msg = *m};
    ctx_wake(c, DESK_WAKE_CORRECTED, conv->id, m->seq, p);
}
