/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/internal.h"

#include "base/json.h"
#include "desk/correction.h"
#include "desk/search.h"
#include "sql/conversation.h"
#include "sql/customer.h"

#define ROW_FIELDS                                                                                 \
    STORE_FIELD(DeskConversation, id), STORE_FIELD(DeskConversation, shop_id),                     \
        STORE_FIELD(DeskConversation, channel_id), STORE_FIELD(DeskConversation, customer_id),     \
        STORE_FIELD(DeskConversation, status), STORE_FIELD(DeskConversation, stage),               \
        STORE_FIELD(DeskConversation, assignee_id), STORE_FIELD(DeskConversation, skill),          \
        STORE_FIELD(DeskConversation, last_seq), STORE_FIELD(DeskConversation, last_role),         \
        STORE_FIELD(DeskConversation, last_kind), STORE_FIELD(DeskConversation, last_text),        \
        STORE_FIELD(DeskConversation, last_at), STORE_FIELD(DeskConversation, unread),             \
        STORE_FIELD(DeskConversation, agent_read_seq),                                             \
        STORE_FIELD(DeskConversation, visitor_read_seq), STORE_FIELD(DeskConversation, emotion),   \
        STORE_FIELD(DeskConversation, intensity), STORE_FIELD(DeskConversation, priority),         \
        STORE_FIELD(DeskConversation, tags), STORE_FIELD(DeskConversation, subject),               \
        STORE_FIELD(DeskConversation, scripts_used), STORE_FIELD(DeskConversation, clock_kind),    \
        STORE_FIELD(DeskConversation, clock_started_at),                                           \
        STORE_FIELD(DeskConversation, clock_due_at),                                               \
        STORE_FIELD(DeskConversation, clock_limit_ms), STORE_FIELD(DeskConversation, clock_round), \
        STORE_FIELD(DeskConversation, greeted_at), STORE_FIELD(DeskConversation, queued_at),       \
        STORE_FIELD(DeskConversation, assigned_at), STORE_FIELD(DeskConversation, snooze_until),   \
        STORE_FIELD(DeskConversation, closed_at), STORE_FIELD(DeskConversation, close_reason),     \
        STORE_FIELD(DeskConversation, merged_into), STORE_FIELD(DeskConversation, rating_score),   \
        STORE_FIELD(DeskConversation, rating_note), STORE_FIELD(DeskConversation, page_url),       \
        STORE_FIELD(DeskConversation, page_title), STORE_FIELD(DeskConversation, created_at),      \
        STORE_FIELD(DeskConversation, updated_at)

static const StoreField ROW[] = {ROW_FIELDS};
static const StoreMap ROW_MAP = STORE_MAP(DeskConversation, ROW);
static const StoreField FULL[] = {
    ROW_FIELDS,
    STORE_FIELD(DeskConversation, channel_name),
    STORE_FIELD(DeskConversation, channel_kind),
    STORE_FIELD(DeskConversation, customer_name),
    STORE_FIELD(DeskConversation, customer_vip),
    STORE_FIELD(DeskConversation, customer_signed),
    STORE_FIELD(DeskConversation, customer_blocked),
    STORE_FIELD(DeskConversation, returning),
    STORE_FIELD(DeskConversation, assignee_name),
};
static const StoreMap FULL_MAP = STORE_MAP(DeskConversation, FULL);

typedef struct {
    int64_t id;
} IdRow;
static const StoreField ID_FIELDS[] = {STORE_FIELD(IdRow, id)};
static const StoreMap ID_MAP = STORE_MAP(IdRow, ID_FIELDS);

static Err unknown(Ctx *c)
{
    return ctx_err(c, ERR_NOT_FOUND, "conversation.unknown", "no such conversation");
}

Err desk_conversation_get(Ctx *c, int64_t id, DeskConversation *ret)
{
    bool found;
    *ret = (DeskConversation){0};
    Err err =
        store_one(c, &CONVERSATION_GET, BINDS(i64(id), i64(desk_shop(c))), &FULL_MAP, ret, &found);
    return err || found ? err : unknown(c);
}

Err desk_conversation_lock(Ctx *c, int64_t id, DeskConversation *ret)
{
    bool found;
    *ret = (DeskConversation){0};
    Err err =
        store_one(c, &CONVERSATION_LOCK, BINDS(i64(id), i64(desk_shop(c))), &ROW_MAP, ret, &found);
    return err || found ? err : unknown(c);
}

Err desk_conversation_current(Ctx *c, int64_t customer_id, int64_t channel_id,
                              DeskConversation *ret, bool *found)
{
    *ret = (DeskConversation){0};
    return store_one(c, &CONVERSATION_CURRENT_LOCK,
                     BINDS(i64(customer_id), i64(desk_shop(c)), i64(channel_id)), &ROW_MAP, ret,
                     found);
}

Err desk_conversation_newest(Ctx *c, int64_t customer_id, int64_t channel_id, DeskConversation *ret,
                             bool *found)
{
    int64_t id;
    Err err = store_i64(c, &CONVERSATION_CURRENT,
                        BINDS(i64(customer_id), i64(desk_shop(c)), i64(channel_id)), 0, &id);
    *found = !err && id != 0;
    return err || !id ? err : desk_conversation_get(c, id, ret);
}

Err desk_conversation_position(Ctx *c, const DeskConversation *conv, int64_t *ret)
{
    *ret = 0;
    if (!str_is(conv->status, "queued"))
        return ERR_OK;
    Err err = store_i64(
        c, &CONVERSATION_QUEUE_POSITION,
        BINDS(i64(conv->shop_id), i64(conv->priority), i64(conv->queued_at), i64(conv->id)), 0,
        ret);
    ++*ret;
    return err;
}

Err desk_conversation_shop(Ctx *c, int64_t id, int64_t *ret_shop_id)
{
    return store_i64(c, &CONVERSATION_SHOP_OF, BINDS(i64(id)), 0, ret_shop_id);
}

Err desk_conversation_save(Ctx *c, DeskConversation *v)
{
    v->updated_at = c->now_ms;
    return store_exec(
        c, &CONVERSATION_SAVE,
        BINDS(i64(v->id), i64(v->shop_id), text(v->status), text(v->stage),
              null_if_0(v->assignee_id), text_or_null(v->skill), i64(v->last_seq),
              text_or_null(v->last_role), text_or_null(v->last_kind), text_or_null(v->last_text),
              null_if_0(v->last_at), i64(v->unread), i64(v->agent_read_seq),
              i64(v->visitor_read_seq), text(v->emotion), i64(v->intensity), i64(v->priority),
              text(v->tags), text(v->subject), text(v->scripts_used), text_or_null(v->clock_kind),
              null_if_0(v->clock_started_at), null_if_0(v->clock_due_at),
              null_if_0(v->clock_limit_ms), null_if_0(v->clock_round), null_if_0(v->greeted_at),
              null_if_0(v->queued_at), null_if_0(v->assigned_at), null_if_0(v->snooze_until),
              null_if_0(v->closed_at), text_or_null(v->close_reason), null_if_0(v->merged_into),
              null_if_0(v->rating_score), text_or_null(v->rating_note), i64(v->updated_at)),
        NULL);
}

bool desk_conversation_in_place(const DeskConversation *a, const DeskConversation *b)
{
    return str_eq(a->status, b->status) && !desk_closed(a) && a->assignee_id == b->assignee_id &&
           str_eq(a->skill, b->skill) && a->priority == b->priority && str_eq(a->tags, b->tags) &&
           a->queued_at == b->queued_at && a->assigned_at == b->assigned_at &&
           a->snooze_until == b->snooze_until && a->merged_into == b->merged_into;
}

Err desk_conversation_save_head(Ctx *c, DeskConversation *v)
{
    v->updated_at = c->now_ms;
    return store_exec(
        c, &CONVERSATION_SAVE_HEAD,
        BINDS(i64(v->id), i64(v->shop_id), text(v->stage), i64(v->last_seq),
              text_or_null(v->last_role), text_or_null(v->last_kind), text_or_null(v->last_text),
              null_if_0(v->last_at), i64(v->unread), i64(v->agent_read_seq),
              i64(v->visitor_read_seq), text(v->emotion), i64(v->intensity), text(v->subject),
              text(v->scripts_used), text_or_null(v->clock_kind), null_if_0(v->clock_started_at),
              null_if_0(v->clock_due_at), null_if_0(v->clock_limit_ms), null_if_0(v->clock_round),
              null_if_0(v->greeted_at), i64(v->updated_at)),
        NULL);
}

void desk_conversation_wake(Ctx *c, const DeskConversation *conv, int64_t assignee_before,
                            bool is_new)
{
    DeskPush *p = ARENA_NEW(c->arena, DeskPush);
    *p = (DeskPush){.shop_id = conv->shop_id,
                    .customer_id = conv->customer_id,
                    .assignee_id = conv->assignee_id,
                    .assignee_before = assignee_before,
                    .is_new = is_new,
                    .conv = *conv};
    ctx_wake(c, DESK_WAKE_ROW, conv->id, conv->last_seq, p);
}

/* Saves, logs the event, and tells everyone who looks at the row. */
static Err changed(Ctx *c, DeskConversation *conv, const char *kind, int64_t assignee_before)
{
    Err err = desk_conversation_save(c, conv);
    if (!err)
        err = desk_event(c, kind, conv->id, conv->assignee_id, conv->last_seq);
    if (!err)
        desk_conversation_wake(c, conv, assignee_before, false);
    return err;
}

static Err create(Ctx *c, const DeskCustomer *cu, int64_t channel_id, DeskConversation *ret)
{
    int64_t id = ctx_id(c);
    Err err = store_exec(c, &CONVERSATION_INSERT,
                         BINDS(i64(id), i64(desk_shop(c)), i64(channel_id), i64(cu->id),
                               text(STR("queued")), i64(0), i64(c->now_ms), text(cu->page_url),
                               text(cu->page_title)),
                         NULL);
    if (err)
        return err;
    *ret = (DeskConversation){.id = id,
                              .shop_id = desk_shop(c),
                              .channel_id = channel_id,
                              .customer_id = cu->id,
                              .status = STR("queued"),
                              .stage = STR("pre"),
                              .emotion = STR("calm"),
                              .tags = STR("[]"),
                              .subject = STR(""),
                              .scripts_used = STR("[]"),
                              .queued_at = c->now_ms,
                              .page_url = cu->page_url,
                              .page_title = cu->page_title,
                              .created_at = c->now_ms};
    return desk_event(c, "conversation.opened.1", id, cu->id, 0);
}

Err desk_conversation_open(Ctx *c, const DeskRules *r, const DeskCustomer *cu, int64_t channel_id,
                           bool request_to_chat, DeskConversation *ret, bool *ret_new)
{
    bool found;
    *ret_new = false;
    Err err = desk_conversation_current(c, cu->id, channel_id, ret, &found);
    if (err)
        return err;
    if (found && !desk_closed(ret))
        return ERR_OK;
    err = desk_customer_lock(c, cu->id);
    if (!err) /* whoever held the lock may have opened one */
        err = desk_conversation_current(c, cu->id, channel_id, ret, &found);
    if (err || (found && !desk_closed(ret)))
        return err;
    *ret_new = true;
    if (found && c->now_ms - ret->closed_at <= DESK_REOPEN_MS) {
        err = desk_conversation_reopen(c, r, ret);
    } else {
        err = create(c, cu, channel_id, ret);
        if (!err)
            err = desk_route_one(c, ret, cu->sticky_agent_id);
    }
    if (!err && request_to_chat) {
        err = desk_clock_start(c, r, ret, "greeting", ret->last_seq);
        if (!err)
            err = desk_conversation_save(c, ret);
    }
    return err;
}

Err desk_conversation_reopen(Ctx *c, const DeskRules *r, DeskConversation *conv)
{
    (void)r;
    if (!desk_closed(conv))
        return ctx_err(c, ERR_CONFLICT, "conversation.open", "it is not closed");
    if (conv->merged_into)
        return ctx_err(c, ERR_CONFLICT, "conversation.merged",
                       "it was merged into another conversation");
    int64_t last_agent = conv->assignee_id;
    conv->status = STR("queued");
    conv->assignee_id = 0;
    conv->closed_at = 0;
    conv->close_reason = STR_NONE;
    conv->queued_at = c->now_ms;
    conv->greeted_at = 0;
    Err err = desk_message_system(c, conv, "conversation.reopened");
    if (!err)
        err = changed(c, conv, "conversation.reopened.1", 0);
    if (err)
        return err;
    if (c->actor.user_id && c->actor.role >= ROLE_AGENT)
        return desk_route_assign(c, conv, c->actor.user_id, c->actor.name, "conversation.assigned");
    return desk_route_one(c, conv, last_agent);
}

static Err load_all(Ctx *c, const IdRow *ids, size_t n, DeskConversation **ret, size_t *ret_n)
{
    DeskConversation *rows = ARENA_ARRAY(c->arena, DeskConversation, n + 1);
    for (size_t i = 0; i < n; i++) {
        Err err = desk_conversation_get(c, ids[i].id, &rows[i]);
        if (err)
            return err;
    }
    *ret = rows;
    *ret_n = n;
    return ERR_OK;
}

/* The queue's order is not its id's, so its cursor carries all three keys. */
static Err list_queue(Ctx *c, int64_t limit, Str cursor, IdRow **ids, size_t *n)
{
    int64_t priority = INT32_MAX, queued_at = 0, id = 0;
    if (cursor.n) {
        Str rest = cursor, a = str_cut(&rest, '.'), b = str_cut(&rest, '.');
        if (!str_i64(a, &priority) || !str_i64(b, &queued_at) || !str_i64(rest, &id))
            return ctx_field(c, "cursor", "request.cursor", "not a cursor of this list");
    }
    return store_all(c, &CONVERSATION_LIST_QUEUE,
                     BINDS(i64(desk_shop(c)), i64(priority), i64(queued_at), i64(id), i64(limit)),
                     &ID_MAP, ids, n);
}

Err desk_conversation_list(Ctx *c, Str view, Str tag, int64_t limit, Str cursor,
                           DeskConversation **ret, size_t *ret_n, Str *ret_next)
{
    IdRow *ids;
    size_t n;
    Err err;
    int64_t at = INT64_MAX;
    bool queue = str_is(view, "queue") && !tag.n, closed = str_is(view, "closed") && !tag.n;
    if (cursor.n && !queue && !str_i64(cursor, &at))
        return ctx_field(c, "cursor", "request.cursor", "not a cursor of this list");
    if (tag.n)
        err = store_all(c, &CONVERSATION_LIST_TAG,
                        BINDS(i64(desk_shop(c)), i64(at), i64(limit),
                              text(str_fmt(c->arena, "%%\"%.*s\"%%", STR_ARG(tag)))),
                        &ID_MAP, &ids, &n);
    else if (queue)
        err = list_queue(c, limit, cursor, &ids, &n);
    else if (closed)
        err = store_all(c, &CONVERSATION_LIST_CLOSED, BINDS(i64(desk_shop(c)), i64(at), i64(limit)),
                        &ID_MAP, &ids, &n);
    else if (str_is(view, "mine"))
        err = store_all(c, &CONVERSATION_LIST_MINE,
                        BINDS(i64(c->actor.user_id), i64(desk_shop(c)), i64(at), i64(limit)),
                        &ID_MAP, &ids, &n);
    else if (str_is(view, "all"))
        err = store_all(c, &CONVERSATION_LIST_ALL, BINDS(i64(desk_shop(c)), i64(at), i64(limit)),
                        &ID_MAP, &ids, &n);
    else
        err = ctx_field(c, "view", "request.view", "view is one of mine, queue, all, closed");
    if (!err)
        err = load_all(c, ids, n, ret, ret_n);
    if (err)
        return err;
    *ret_next = STR_NONE;
    if (n && n == (size_t)limit) {
        const DeskConversation *last = &(*ret)[n - 1];
        *ret_next =
            queue ? str_fmt(c->arena, "%lld.%lld.%lld", (long long)last->priority,
                            (long long)last->queued_at, (long long)last->id)
                  : str_fmt(c->arena, "%lld", (long long)(closed ? last->closed_at : last->id));
    }
    return ERR_OK;
}

Err desk_conversation_history(Ctx *c, int64_t customer_id, int64_t but_id, DeskConversation **ret,
                              size_t *ret_n)
{
    IdRow *ids;
    size_t n;
    Err err = store_all(c, &CONVERSATION_LIST_HISTORY,
                        BINDS(i64(customer_id), i64(desk_shop(c)), i64(but_id)), &ID_MAP, &ids, &n);
    return err ? err : load_all(c, ids, n, ret, ret_n);
}

Err desk_conversation_counts(Ctx *c, DeskCounts *ret)
{
    int64_t shop = desk_shop(c);
    Err err = store_i64(c, &CONVERSATION_COUNT_MINE, BINDS(i64(c->actor.user_id), i64(shop)), 0,
                        &ret->mine);
    if (!err)
        err = store_i64(c, &CONVERSATION_COUNT_QUEUE, BINDS(i64(shop)), 0, &ret->queue);
    if (!err)
        err = store_i64(c, &CONVERSATION_COUNT_ALL, BINDS(i64(shop)), 0, &ret->all);
    if (!err)
        err = store_i64(c, &CONVERSATION_QUEUE_LONGEST, BINDS(i64(shop)), 0, &ret->longest_since);
    return err;
}

Err desk_conversation_close(Ctx *c, const DeskRules *r, DeskConversation *conv, Str reason,
                            Str note)
{
    if (desk_closed(conv))
        return ctx_err(c, ERR_CONFLICT, "conversation.closed", "it is closed already");
    Err err = ERR_OK;
    if (note.n) {
        DeskMessage m;
        bool again;
        err = desk_message_add(c, r, conv, STR("agent"),
                               &(DeskDraft){.kind = STR("note"), .body = note}, &m, &again);
    }
    if (!err)
        err = desk_clock_stop(c, conv, "closed");
    if (err)
        return err;
    int64_t agent = conv->assignee_id;
    bool was_queued = str_is(conv->status, "queued");
    conv->status = STR("closed");
    conv->closed_at = c->now_ms;
    conv->close_reason = reason;
    conv->unread = 0;
    conv->priority = 0;
    err = desk_message_system(c, conv, "conversation.closed");
    if (!err)
        err = changed(c, conv, "conversation.closed.1", agent);
    if (!err)
        err = store_timer_clear(c, TIMER_SNOOZE, conv->id);
    if (!err && agent)
        err = store_exec(c, &CUSTOMER_STICKY,
                         BINDS(i64(conv->customer_id), i64(conv->shop_id), i64(agent)), NULL);
    if (!err && was_queued)
        ctx_wake(c, DESK_WAKE_QUEUE, conv->shop_id, 0, NULL);
    return err || !agent ? err : desk_route_fill(c, agent);
}

Err desk_conversation_snooze(Ctx *c, DeskConversation *conv, int64_t until)
{
    if (desk_closed(conv) || str_is(conv->status, "queued"))
        return ctx_err(c, ERR_CONFLICT, "conversation.not_mine", "take it first");
    if (until <= c->now_ms || until > c->now_ms + INT64_C(90) * 86400000)
        return ctx_field(c, "until", "request.time", "a time within the next 90 days");
    int64_t agent = conv->assignee_id;
    conv->status = STR("snoozed");
    conv->snooze_until = until;
    Err err = desk_clock_stop(c, conv, "closed");
    if (!err)
        err = store_timer_set(c, TIMER_SNOOZE, conv->id, until, 0);
    if (!err)
        err = changed(c, conv, "conversation.snoozed.1", agent);
    return err || !agent ? err : desk_route_fill(c, agent);
}

Err desk_conversation_fire_snooze(Ctx *c, int64_t conversation_id)
{
    DeskConversation conv;
    Err err = desk_conversation_lock(c, conversation_id, &conv);
    if (err == ERR_NOT_FOUND || (!err && !str_is(conv.status, "snoozed"))) {
        err_clear(&c->err);
        return ERR_OK;
    }
    if (err)
        return err;
    conv.status = conv.assignee_id ? STR("open") : STR("queued");
    conv.snooze_until = 0;
    if (!conv.assignee_id)
        conv.queued_at = c->now_ms;
    err = changed(c, &conv, "conversation.woke.1", conv.assignee_id);
    return err || conv.assignee_id ? err : desk_route_one(c, &conv, 0);
}

Err desk_conversation_tag(Ctx *c, DeskConversation *conv, Str tags_json)
{
    conv->tags = tags_json;
    return changed(c, conv, "conversation.tagged.1", conv->assignee_id);
}

Err desk_conversation_stage(Ctx *c, DeskConversation *conv, Str stage)
{
    if (!str_is(stage, "pre") && !str_is(stage, "in") && !str_is(stage, "after"))
        return ctx_field(c, "stage", "request.field_value", "stage is one of pre, in, after");
    conv->stage = stage;
    return changed(c, conv, "conversation.stage.1", conv->assignee_id);
}

/* The row of the merged conversation shows what was said last in either, and that somebody waits.
 */
static void take_head(const DeskConversation *from, DeskConversation *into)
{
    into->unread += from->unread;
    if (from->last_at > into->last_at) {
        into->last_role = from->last_role;
        into->last_kind = from->last_kind;
        into->last_text = from->last_text;
        into->last_at = from->last_at;
        into->emotion = from->emotion;
        into->intensity = from->intensity;
    }
    if (from->priority > into->priority)
        into->priority = from->priority;
    /* somebody waits: a snooze whose timer then finds it open does nothing */
    if (into->clock_kind.n &&
        (str_is(into->status, "waiting") || str_is(into->status, "snoozed"))) {
        into->status = into->assignee_id ? STR("open") : STR("queued");
        into->snooze_until = 0;
    }
}

Err desk_conversation_merge(Ctx *c, const DeskRules *r, DeskConversation *from,
                            DeskConversation *into)
{
    if (from->id == into->id)
        return ctx_err(c, ERR_CONFLICT, "conversation.same",
                       "a conversation cannot be merged into itself");
    if (from->customer_id != into->customer_id)
        return ctx_err(c, ERR_CONFLICT, "conversation.other_customer", "merge the customers first");
    if (from->merged_into || desk_closed(into))
        return ctx_err(c, ERR_CONFLICT, "conversation.closed",
                       "the target is closed, or the source was merged before");
    bool from_queue = str_is(from->status, "queued");
    Err err = desk_clock_adopt(c, r, from, into);
    if (!err)
        err = store_exec(c, &CONVERSATION_MOVE_ROUNDS,
                         BINDS(i64(from->id), i64(into->id), i64(into->last_seq)), NULL);
    if (!err)
        err = store_exec(c, &CONVERSATION_MOVE_MESSAGES,
                         BINDS(i64(from->id), i64(into->id), i64(into->last_seq)), NULL);
    if (!err)
        err = desk_correction_move(c, from->id, into->id, into->last_seq);
    if (!err)
        err = desk_search_moved(c, from->id, into->id, into->last_seq);
    if (!err)
        err = store_timer_clear(c, TIMER_SNOOZE, from->id);
    if (err)
        return err;
    take_head(from, into);
    int64_t agent = from->assignee_id;
    into->last_seq += from->last_seq;
    from->last_seq = 0;
    from->unread = 0;
    from->status = STR("closed");
    from->close_reason = STR("merged");
    from->closed_at = c->now_ms;
    from->merged_into = into->id;
    err = changed(c, from, "conversation.merged.1", agent);
    if (!err)
        err = desk_message_system(c, into, "conversation.merged");
    if (!err)
        err = changed(c, into, "conversation.merged_in.1", into->assignee_id);
    if (!err && from_queue)
        ctx_wake(c, DESK_WAKE_QUEUE, from->shop_id, 0, NULL);
    return err || !agent || agent == into->assignee_id ? err : desk_route_fill(c, agent);
}

Err desk_conversation_rate(Ctx *c, DeskConversation *conv, int64_t score, Str tags_json, Str note)
{
    if (score < 1 || score > 5)
        return ctx_field(c, "score", "request.field_value", "score is 1 to 5");
    conv->rating_score = score;
    conv->rating_note = note;
    Err err = changed(c, conv, "conversation.rated.1", conv->assignee_id);
    if (!err)
        err = store_exec(c, &CONVERSATION_RATING_TAGS,
                         BINDS(i64(conv->id), i64(conv->shop_id), text(tags_json)), NULL);
    return err;
}
