/* SPDX-License-Identifier: Apache-2.0 */
/* SLA clocks (PRE-1, PRE-2, blueprint section 9): greeting from the customer's first message to a
 * person's first one, reply from the first unanswered message to a person's next one. Notes and
 * robots do not stop them; they pause outside working time only. */
#include "desk/internal.h"

#include "sql/clock.h"

static const StoreField FIELDS[] = {
    STORE_FIELD(DeskRound, id),
    STORE_FIELD(DeskRound, conversation_id),
    STORE_FIELD(DeskRound, kind),
    STORE_FIELD(DeskRound, started_at),
    STORE_FIELD(DeskRound, due_at),
    STORE_FIELD(DeskRound, limit_ms),
    STORE_FIELD(DeskRound, config_version),
    STORE_FIELD(DeskRound, opened_seq),
    STORE_FIELD(DeskRound, stopped_at),
    STORE_FIELD(DeskRound, stopped_seq),
    STORE_FIELD(DeskRound, late),
    STORE_FIELD(DeskRound, reason),
    STORE_FIELD(DeskRound, queue_ms),
    STORE_FIELD(DeskRound, agent_id),
    STORE_FIELD(DeskRound, agent_name),
};
static const StoreMap MAP = STORE_MAP(DeskRound, FIELDS);

Err desk_clock_start(Ctx *c, const DeskRules *r, DeskConversation *conv, const char *kind,
                     int64_t opened_seq)
{
    if (conv->clock_kind.n)
        return ERR_OK;
    bool greeting = str_is(str_of(kind), "greeting");
    int64_t limit = greeting ? r->greeting_ms : r->reply_ms;
    int64_t due = hours_add(r->hours, c->now_ms, limit);
    conv->clock_kind = str_of(kind);
    conv->clock_started_at = c->now_ms;
    conv->clock_due_at = due;
    conv->clock_limit_ms = limit;
    conv->clock_round = ctx_id(c);
    Err err = store_exec(c, &CLOCK_OPEN,
                         BINDS(i64(conv->clock_round), i64(conv->shop_id), i64(conv->id),
                               text(conv->clock_kind), i64(c->now_ms), i64(due), i64(limit),
                               i64(r->version), i64(opened_seq)),
                         NULL);
    if (err)
        return err;
    int64_t warn =
        hours_add(r->hours, c->now_ms, limit > r->warning_ms ? limit - r->warning_ms : 0);
    return store_timer_set(c, TIMER_SLA, conv->id, warn, 0);
}

/* Why a late round counts: the first cause that alone would have made it late. */
static const char *late_reason(const DeskConversation *conv, int64_t queue_ms,
                               const char *why_closed)
{
    if (why_closed)
        return why_closed;
    if (!conv->assignee_id || queue_ms >= conv->clock_limit_ms)
        return "queue";
    if (conv->assigned_at > conv->clock_started_at + conv->clock_limit_ms / 2)
        return "transfer";
    return "agent";
}

Err desk_clock_stop(Ctx *c, DeskConversation *conv, const char *why_closed)
{
    if (!conv->clock_kind.n)
        return ERR_OK;
    bool late = c->now_ms > conv->clock_due_at;
    int64_t queue_ms = 0;
    if (conv->assigned_at > conv->clock_started_at)
        queue_ms = conv->assigned_at - conv->clock_started_at;
    else if (!conv->assignee_id)
        queue_ms = c->now_ms - conv->clock_started_at;
    Str reason = late ? str_of(late_reason(conv, queue_ms, why_closed)) : STR_NONE;
    Err err =
        store_exec(c, &CLOCK_STOP,
                   BINDS(i64(conv->clock_round), i64(c->now_ms), i64(conv->last_seq), i64(late),
                         text_or_null(reason), i64(queue_ms), null_if_0(conv->assignee_id)),
                   NULL);
    if (err)
        return err;
    conv->clock_kind = STR_NONE;
    conv->clock_started_at = conv->clock_due_at = conv->clock_limit_ms = conv->clock_round = 0;
    return store_timer_clear(c, TIMER_SLA, conv->id);
}

Err desk_clock_fire(Ctx *c, int64_t conversation_id, int64_t phase)
{
    DeskConversation conv;
    Err err = desk_conversation_lock(c, conversation_id, &conv);
    if (err == ERR_NOT_FOUND || (!err && !conv.clock_kind.n)) {
        err_clear(&c->err);
        return ERR_OK; /* answered in the meantime */
    }
    if (err)
        return err;
    bool late = c->now_ms >= conv.clock_due_at;
    if (!late) {
        if (phase != 0) /* the due time moved (hours changed): look again then */
            return store_timer_set(c, TIMER_SLA, conv.id, conv.clock_due_at, 1);
        err = store_timer_set(c, TIMER_SLA, conv.id, conv.clock_due_at, 1);
        if (err)
            return err;
    } else {
        err = desk_event(c, "sla.late.1", conv.id, conv.clock_round, conv.last_seq);
        if (err)
            return err;
    }
    DeskPush *p = ARENA_NEW(c->arena, DeskPush);
    *p = (DeskPush){
        .shop_id = conv.shop_id, .assignee_id = conv.assignee_id, .late = late, .conv = conv};
    ctx_wake(c, DESK_WAKE_SLA, conv.id, conv.last_seq, p);
    return ERR_OK;
}

Err desk_clock_rounds(Ctx *c, int64_t conversation_id, DeskRound **ret, size_t *ret_n)
{
    return store_all(c, &CLOCK_LIST, BINDS(i64(conversation_id), i64(desk_shop(c))), &MAP, ret,
                     ret_n);
}
