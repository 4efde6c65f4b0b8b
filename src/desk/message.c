/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/internal.h"

#include "base/json.h"
#include "base/utf8.h"
#include "sql/message.h"

static const StoreField FIELDS[] = {
    STORE_FIELD(DeskMessage, conversation_id),
    STORE_FIELD(DeskMessage, seq),
    STORE_FIELD(DeskMessage, role),
    STORE_FIELD(DeskMessage, kind),
    STORE_FIELD(DeskMessage, body),
    STORE_FIELD(DeskMessage, extra),
    STORE_FIELD(DeskMessage, sender_id),
    STORE_FIELD(DeskMessage, sender_name),
    STORE_FIELD(DeskMessage, client_id),
    STORE_FIELD(DeskMessage, understanding),
    STORE_FIELD(DeskMessage, at_ms),
    STORE_FIELD(DeskMessage, recalled_at),
    STORE_FIELD(DeskMessage, corrected),
};
static const StoreMap MAP = STORE_MAP(DeskMessage, FIELDS);

/* Notes and the desk's own affairs are not for visitors. */
static bool visitor_sees(const DeskMessage *m)
{
    if (str_is(m->kind, "note"))
        return false;
    return !str_is(m->role, "system") || str_is(m->body, "conversation.assigned") ||
           str_is(m->body, "conversation.closed") || str_is(m->body, "conversation.reopened");
}

static void wake(Ctx *c, const DeskConversation *conv, const DeskMessage *m)
{
    DeskPush *p = ARENA_NEW(c->arena, DeskPush);
    p->shop_id = conv->shop_id;
    p->customer_id = conv->customer_id;
    p->assignee_id = p->assignee_before = conv->assignee_id;
    p->conv = *conv;
    p->msg = *m;
    p->visible_to_visitor = visitor_sees(m);
    ctx_wake(c, DESK_WAKE_MESSAGE, conv->id, m->seq, p);
}

static Err insert(Ctx *c, DeskConversation *conv, DeskMessage *m, int64_t *ret_rows)
{
    return store_exec(c, &MESSAGE_INSERT,
                      BINDS(i64(conv->id), i64(m->seq), text(m->role), text(m->kind), text(m->body),
                            text_or_null(m->extra), null_if_0(m->sender_id),
                            text_or_null(m->sender_name), text_or_null(m->client_id),
                            text_or_null(m->understanding), i64(m->at_ms)),
                      ret_rows);
}

/* What the newest message changes in the row: its place in lists, who waits, what the customer
 * feels. */
static Err move_row(Ctx *c, const DeskRules *r, DeskConversation *conv, const DeskDraft *d,
                    const DeskMessage *m)
{
    bool note = str_is(m->kind, "note");
    bool snoozed = false;
    bool by_customer = str_is(m->role, "customer"), by_agent = str_is(m->role, "agent");
    conv->last_seq = m->seq;
    conv->updated_at = c->now_ms;
    if (!note) {
        conv->last_role = m->role;
        conv->last_kind = m->kind;
        conv->last_text = utf8_head(m->body, DESK_PREVIEW_CHARS);
        conv->last_at = m->at_ms;
    }
    if (by_customer) {
        conv->unread++;
        if (d->has_understanding) {
            conv->emotion = d->emotion;
            conv->intensity = d->intensity;
            if (d->stage.n)
                conv->stage = d->stage;
            if (!conv->subject.n && d->subject.n)
                conv->subject = d->subject;
            /* EMO-3: strong anger jumps the queue */
            if (str_is(d->emotion, "angry") && d->intensity >= 2 && conv->priority < 1)
                conv->priority = 1;
        }
        if (str_is(conv->status, "waiting") || str_is(conv->status, "snoozed") ||
            (str_is(conv->status, "open") && !conv->assignee_id)) {
            if (str_is(conv->status, "snoozed"))
                snoozed = true;
            conv->status = conv->assignee_id ? STR("open") : STR("queued");
            conv->snooze_until = 0;
            if (!conv->assignee_id)
                conv->queued_at = conv->clock_kind.n ? conv->clock_started_at : c->now_ms;
        }
        Err err = snoozed ? store_timer_clear(c, TIMER_SNOOZE, conv->id) : ERR_OK;
        if (err)
            return err;
        err = desk_clock_start(c, r, conv, conv->greeted_at ? "reply" : "greeting", m->seq);
        if (err)
            return err;
    }
    if (by_agent && !note) {
        conv->unread = 0;
        conv->agent_read_seq = m->seq;
        Err err = desk_clock_stop(c, conv, NULL);
        if (err)
            return err;
        if (!conv->greeted_at)
            conv->greeted_at = c->now_ms;
        if (str_is(conv->status, "open"))
            conv->status = STR("waiting");
    }
    return ERR_OK;
}

static Str with_script(Ctx *c, Str used_json, Str script_id)
{
    if (used_json.n < 2 || used_json.n + script_id.n > 2000)
        return used_json;
    return str_fmt(c->arena, "%.*s%s\"%.*s\"]", (int)(used_json.n - 1), used_json.p,
                   used_json.n > 2 ? "," : "", STR_ARG(script_id));
}

Err desk_message_add(Ctx *c, const DeskRules *r, DeskConversation *conv, Str role,
                     const DeskDraft *d, DeskMessage *ret, bool *ret_again)
{
    DeskMessage m = {.conversation_id = conv->id,
                     .seq = conv->last_seq + 1,
                     .role = role,
                     .kind = d->kind,
                     .body = d->body,
                     .extra = d->extra,
                     .sender_id =
                         str_is(role, "customer") ? c->actor.customer_id : c->actor.user_id,
                     .sender_name = c->actor.name,
                     .client_id = d->client_id,
                     .understanding = d->understanding,
                     .at_ms = c->now_ms};
    *ret_again = false;
    const DeskConversation before = *conv;
    int64_t rows;
    Err err = insert(c, conv, &m, &rows);
    if (err)
        return err;
    if (rows == 0) {
        bool found;
        err = store_one(c, &MESSAGE_BY_CLIENT_ID, BINDS(i64(conv->id), text(d->client_id)), &MAP,
                        ret, &found);
        if (!err && !found)
            err = ctx_err(c, ERR_INTERNAL, "message.lost", "conflict without a row");
        /* another sender's id must not be answered with their message */
        if (!err && ret->sender_id != m.sender_id)
            err = ctx_field(c, "client_id", "message.client_id_taken",
                            "this client_id belongs to another sender");
        *ret_again = true;
        return err;
    }
    if (d->script_id.n)
        conv->scripts_used = with_script(c, conv->scripts_used, d->script_id);
    err = move_row(c, r, conv, d, &m);
    if (!err)
        err = desk_conversation_in_place(&before, conv) ? desk_conversation_save_head(c, conv)
                                                        : desk_conversation_save(c, conv);
    if (!err)
        err = desk_event(c, "message.added.1", conv->id, m.sender_id, m.seq);
    if (err)
        return err;
    wake(c, conv, &m);
    *ret = m;
    return ERR_OK;
}

Err desk_message_get(Ctx *c, int64_t conversation_id, int64_t seq, DeskMessage *ret,
                     bool *ret_found)
{
    return store_one(c, &MESSAGE_GET, BINDS(i64(conversation_id), i64(seq)), &MAP, ret, ret_found);
}

Err desk_message_by_client(Ctx *c, int64_t conversation_id, Str client_id, DeskMessage *ret,
                           bool *ret_found)
{
    return store_one(c, &MESSAGE_BY_CLIENT_ID, BINDS(i64(conversation_id), text(client_id)), &MAP,
                     ret, ret_found);
}

Err desk_message_sent_before(Ctx *c, int64_t customer_id, Str client_id, DeskMessage *ret,
                             bool *ret_found)
{
    return store_one(c, &MESSAGE_SENT_BEFORE,
                     BINDS(i64(customer_id), i64(desk_shop(c)), text(client_id)), &MAP, ret,
                     ret_found);
}

Err desk_message_system(Ctx *c, DeskConversation *conv, const char *code)
{
    DeskMessage m = {.conversation_id = conv->id,
                     .seq = conv->last_seq + 1,
                     .role = STR("system"),
                     .kind = STR("text"),
                     .body = str_of(code),
                     .sender_id = c->actor.user_id,
                     .sender_name = c->actor.user_id ? c->actor.name : STR_NONE,
                     .at_ms = c->now_ms};
    int64_t rows;
    Err err = insert(c, conv, &m, &rows);
    if (err)
        return err;
    conv->last_seq = m.seq;
    conv->updated_at = c->now_ms;
    wake(c, conv, &m);
    return desk_event(c, "message.added.1", conv->id, m.sender_id, m.seq);
}

Err desk_message_list(Ctx *c, int64_t conversation_id, int64_t after, int64_t before, int64_t limit,
                      DeskMessage **ret, size_t *ret_n)
{
    if (before == 0)
        return store_all(c, &MESSAGE_AFTER, BINDS(i64(conversation_id), i64(after), i64(limit)),
                         &MAP, ret, ret_n);
    Err err = store_all(c, &MESSAGE_BEFORE, BINDS(i64(conversation_id), i64(before), i64(limit)),
                        &MAP, ret, ret_n);
    if (err)
        return err;
    for (size_t i = 0; i < *ret_n / 2; i++) {
        DeskMessage t = (*ret)[i];
        (*ret)[i] = (*ret)[*ret_n - 1 - i];
        (*ret)[*ret_n - 1 - i] = t;
    }
    return ERR_OK;
}

Err desk_message_recall(Ctx *c, DeskConversation *conv, int64_t seq)
{
    DeskMessage m;
    bool found;
    Err err = store_one(c, &MESSAGE_GET, BINDS(i64(conv->id), i64(seq)), &MAP, &m, &found);
    if (err)
        return err;
    bool by_visitor = c->actor.role == ROLE_VISITOR;
    bool own =
        found && (by_visitor ? str_is(m.role, "customer") && m.sender_id == c->actor.customer_id
                             : str_is(m.role, "agent") && m.sender_id == c->actor.user_id);
    if (!own)
        return ctx_err(c, ERR_NOT_FOUND, "message.unknown", "no message of yours has this seq");
    if (m.recalled_at)
        return ERR_OK;
    if (c->now_ms - m.at_ms > DESK_RECALL_MS)
        return ctx_err(c, ERR_CONFLICT, "message.recall_late",
                       "a message can be recalled within %d seconds", DESK_RECALL_MS / 1000);
    err = store_exec(c, &MESSAGE_RECALL, BINDS(i64(conv->id), i64(seq), i64(c->now_ms)), NULL);
    /* the row shows the last word, behind which notes and system lines may have come */
    if (!err && conv->last_at == m.at_ms && str_eq(conv->last_role, m.role)) {
        conv->last_text = STR_NONE;
        err = desk_conversation_save(c, conv);
    }
    if (!err)
        err = desk_event(c, "message.recalled.1", conv->id, m.sender_id, seq);
    if (err)
        return err;
    m.recalled_at = c->now_ms;
    DeskPush *p = ARENA_NEW(c->arena, DeskPush);
    *p = (DeskPush){.shop_id = conv->shop_id,
                    .customer_id = conv->customer_id,
                    .assignee_id = conv->assignee_id,
                    .visible_to_visitor = visitor_sees(&m),
                    .conv = *conv,
                    .msg = m};
    ctx_wake(c, DESK_WAKE_RECALLED, conv->id, seq, p);
    return ERR_OK;
}

Err desk_message_read(Ctx *c, DeskConversation *conv, int64_t seq, bool by_visitor)
{
    if (seq > conv->last_seq)
        seq = conv->last_seq;
    int64_t *mark = by_visitor ? &conv->visitor_read_seq : &conv->agent_read_seq;
    if (seq <= *mark)
        return ERR_OK;
    *mark = seq;
    if (!by_visitor && seq >= conv->last_seq)
        conv->unread = 0;
    Err err = desk_conversation_save(c, conv);
    if (err)
        return err;
    DeskPush *p = ARENA_NEW(c->arena, DeskPush);
    *p = (DeskPush){.shop_id = conv->shop_id,
                    .customer_id = conv->customer_id,
                    .assignee_id = conv->assignee_id,
                    .by_visitor = by_visitor,
                    .conv = *conv};
    ctx_wake(c, DESK_WAKE_READ, conv->id, seq, p);
    return ERR_OK;
}
