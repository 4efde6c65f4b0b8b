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

/* The warning, or the end when that comes first; nothing when working time never comes. */
static Err set_timer(Ctx *c, const DeskRules *r, const DeskConversation *conv)
{
    int64_t limit = conv->clock_limit_ms;
    int64_t warn = hours_add(r->hours, conv->clock_started_at,
                             limit > r->warning_ms ? limit - r->warning_ms : 0);
    return warn == INT64_MAX ? ERR_OK : store_timer_set(c, TIMER_SLA, conv->id, warn, 0);
}

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
    return set_timer(c, r, conv);
}

typedef struct {
    bool late;
    Str reason;
} StateRow;
static const StoreField STATE_FIELDS[] = {STORE_FIELD(StateRow, late),
                                          STORE_FIELD(StateRow, reason)};
static const StoreMap STATE_MAP = STORE_MAP(StateRow, STATE_FIELDS);

/* Why a round turns late, by who had it when the limit passed: nobody (queue), nobody because its
 * agent had left (requeued), someone who got it when half of the limit was gone (queue, requeued,
 * transfer), someone with no slot free (agent_load), or simply the agent. */
static Err cause(Ctx *c, const DeskConversation *conv, Str hint, Str *ret)
{
    bool got_late = conv->assigned_at > conv->clock_due_at - conv->clock_limit_ms / 2;
    if (!conv->assignee_id || got_late) {
        *ret = hint.n ? hint : STR("queue");
        return ERR_OK;
    }
    DeskAgent a;
    bool found;
    Err err = desk_agent_get(c, conv->assignee_id, &a, &found);
    *ret = !err && found && a.open >= a.capacity ? STR("agent_load") : STR("agent");
    return err;
}

/* Settles the reason of a late round once: what happens to it later is not the cause. */
static Err settle(Ctx *c, const DeskConversation *conv, Str *ret_reason)
{
    StateRow row;
    bool found;
    Err err = store_one(c, &CLOCK_STATE, BINDS(i64(conv->clock_round)), &STATE_MAP, &row, &found);
    if (err)
        return err;
    *ret_reason = found ? row.reason : STR_NONE;
    if (!found || row.late)
        return ERR_OK;
    err = cause(c, conv, row.reason, ret_reason);
    return err ? err
               : store_exec(c, &CLOCK_SETTLE, BINDS(i64(conv->clock_round), text(*ret_reason)),
                            NULL);
}

static int64_t queued_since(const DeskConversation *conv)
{
    return conv->queued_at > conv->clock_started_at ? conv->queued_at : conv->clock_started_at;
}

Err desk_clock_handed(Ctx *c, DeskConversation *conv, int64_t to_user, bool gone)
{
    bool was_queued = str_is(conv->status, "queued");
    if (!conv->clock_kind.n) {
        if (!to_user && !was_queued)
            conv->queued_at = c->now_ms;
        return ERR_OK;
    }
    Str reason;
    Err err = c->now_ms > conv->clock_due_at ? settle(c, conv, &reason) : ERR_OK;
    int64_t waited = 0;
    if (was_queued && to_user)
        waited = c->now_ms - queued_since(conv);
    if (!was_queued && !to_user) {
        /* The customer keeps the place that the wait so far has earned; what of it was spent in the
         * agent's hands is taken out now and comes back in when the queue is left. */
        waited = conv->clock_started_at - c->now_ms;
        conv->queued_at = conv->clock_started_at;
    }
    if (!err && waited)
        err = store_exec(c, &CLOCK_WAITED, BINDS(i64(conv->clock_round), i64(waited)), NULL);
    if (!err && !was_queued)
        err = store_exec(
            c, &CLOCK_HINT,
            BINDS(i64(conv->clock_round), text(gone ? STR("requeued") : STR("transfer"))), NULL);
    return err;
}

Err desk_clock_stop(Ctx *c, DeskConversation *conv, const char *why_closed)
{
    if (!conv->clock_kind.n)
        return ERR_OK;
    bool late = c->now_ms > conv->clock_due_at;
    Str reason = STR_NONE;
    Err err = late && !why_closed ? settle(c, conv, &reason) : ERR_OK;
    if (late && why_closed) {
        StateRow row;
        bool found;
        err = store_one(c, &CLOCK_STATE, BINDS(i64(conv->clock_round)), &STATE_MAP, &row, &found);
        reason = !err && found && row.late ? row.reason : str_of(why_closed);
    }
    int64_t waited = str_is(conv->status, "queued") ? c->now_ms - queued_since(conv) : 0;
    if (!err)
        err =
            store_exec(c, &CLOCK_STOP,
                       BINDS(i64(conv->clock_round), i64(c->now_ms), i64(conv->last_seq), i64(late),
                             text_or_null(reason), i64(waited), null_if_0(conv->assignee_id)),
                       NULL);
    if (err)
        return err;
    conv->clock_kind = STR_NONE;
    conv->clock_started_at = conv->clock_due_at = conv->clock_limit_ms = conv->clock_round = 0;
    return store_timer_clear(c, TIMER_SLA, conv->id);
}

Err desk_clock_adopt(Ctx *c, const DeskRules *r, DeskConversation *from, DeskConversation *into)
{
    if (!from->clock_kind.n)
        return ERR_OK;
    bool older = !into->clock_kind.n || from->clock_started_at < into->clock_started_at;
    Err err = desk_clock_stop(c, older ? into : from, "merged");
    if (err || !older)
        return err;
    into->clock_kind = from->clock_kind;
    into->clock_started_at = from->clock_started_at;
    into->clock_due_at = from->clock_due_at;
    into->clock_limit_ms = from->clock_limit_ms;
    into->clock_round = from->clock_round;
    from->clock_kind = STR_NONE;
    from->clock_started_at = from->clock_due_at = from->clock_limit_ms = from->clock_round = 0;
    err = store_timer_clear(c, TIMER_SLA, from->id);
    return err ? err : set_timer(c, r, into);
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
    bool late = c->now_ms > conv.clock_due_at; /* an answer on the dot is in time */
    if (!late) {
        err = conv.clock_due_at == INT64_MAX
                  ? ERR_OK
                  : store_timer_set(c, TIMER_SLA, conv.id, conv.clock_due_at + 1, 1);
        if (err || phase != 0) /* phase 1 too early: another round began meanwhile */
            return err;
    } else {
        Str reason;
        err = settle(c, &conv, &reason);
        if (!err)
            err = desk_event(c, "sla.late.1", conv.id, conv.clock_round, conv.last_seq);
        if (err)
            return err;
    }
    DeskPush *p = ARENA_NEW(c->arena, DeskPush);
    *p = (DeskPush){.shop_id = conv.shop_id,
                    .customer_id = conv.customer_id,
                    .assignee_id = conv.assignee_id,
                    .assignee_before = conv.assignee_id,
                    .late = late,
                    .conv = conv};
    ctx_wake(c, DESK_WAKE_SLA, conv.id, conv.last_seq, p);
    return ERR_OK;
}

Err desk_clock_rounds(Ctx *c, int64_t conversation_id, DeskRound **ret, size_t *ret_n)
{
    return store_all(c, &CLOCK_LIST, BINDS(i64(conversation_id), i64(desk_shop(c))), &MAP, ret,
                     ret_n);
}
