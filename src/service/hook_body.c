/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of a delivery. It tells the state as it is when the row is written, a moment after. */
#include "service/hook_internal.h"

enum { BODY_MAX = 64 << 10 };

static void named(JsonW *w, const char *key, int64_t id, Str name)
{
    jw_key(w, key);
    if (!id) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_kid(w, "id", id);
    if (name.n)
        jw_kstr(w, "name", name);
    jw_obj_end(w);
}

static void time_or_null(JsonW *w, const char *key, int64_t at)
{
    if (at)
        jw_ki64(w, key, at);
    else
        jw_knull(w, key);
}

static void rating(JsonW *w, const DeskConversation *v, bool texts)
{
    jw_key(w, "rating");
    if (!v->rating_score) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_ki64(w, "score", v->rating_score);
    if (texts)
        jw_kstr(w, "note", v->rating_note);
    jw_obj_end(w);
}

static void conversation(JsonW *w, const DeskConversation *v, bool texts)
{
    jw_key(w, "conversation");
    jw_obj(w);
    jw_kid(w, "id", v->id);
    named(w, "channel", v->channel_id, v->channel_name);
    named(w, "customer", v->customer_id, texts ? v->customer_name : STR_NONE);
    jw_kstr(w, "status", v->status);
    jw_kstr(w, "stage", v->stage);
    named(w, "assignee", v->assignee_id, v->assignee_name);
    jw_ki64(w, "last_seq", v->last_seq);
    jw_kstr(w, "emotion", v->emotion);
    jw_ki64(w, "intensity", v->intensity);
    jw_kstr(w, "subject", v->subject);
    jw_kraw(w, "tags", v->tags.n ? v->tags : STR("[]"));
    jw_ki64(w, "created_at", v->created_at);
    time_or_null(w, "closed_at", v->closed_at);
    if (v->close_reason.n)
        jw_kstr(w, "close_reason", v->close_reason);
    else
        jw_knull(w, "close_reason");
    rating(w, v, texts);
    if (v->merged_into)
        jw_kid(w, "merged_into", v->merged_into);
    if (texts && v->page_url.n)
        jw_kstr(w, "page_url", v->page_url);
    jw_obj_end(w);
}

/* A member of what the message carries, written by ourselves. */
static void extra_member(Ctx *c, JsonW *w, Str extra, const char *key)
{
    const Json *json;
    ErrSlot why = {0};
    if (!extra.n || json_parse(c->arena, &why, extra, &json) || !json_get(json, key))
        return;
    jw_kraw(w, key, json_print(c->arena, json_get(json, key)));
}

static void message(Ctx *c, JsonW *w, const DeskMessage *m, bool texts)
{
    jw_key(w, "message");
    jw_obj(w);
    jw_kid(w, "conversation", m->conversation_id);
    jw_ki64(w, "seq", m->seq);
    jw_kstr(w, "role", m->role);
    jw_kstr(w, "kind", m->kind);
    bool customer = str_is(m->role, "customer");
    named(w, "sender", m->sender_id, customer && !texts ? STR_NONE : m->sender_name);
    jw_ki64(w, "at", m->at_ms);
    if (m->recalled_at)
        jw_kbool(w, "recalled", true);
    if (texts && !m->recalled_at) {
        jw_kstr(w, "text", m->body);
        extra_member(c, w, m->extra, "file");
        extra_member(c, w, m->extra, "card");
    }
    jw_obj_end(w);
}

static Err write_message(Ctx *c, JsonW *w, const StoreEvent *ev, bool texts, bool *ret_skip)
{
    DeskMessage *m;
    size_t n;
    Err err = desk_message_list(c, ev->conversation_id, ev->seq - 1, 0, 1, &m, &n);
    if (err)
        return err;
    if (n && m[0].seq == ev->seq) {
        *ret_skip = str_is(m[0].role, "system"); /* said again by an event of its own */
        message(c, w, &m[0], texts);
        return ERR_OK;
    }
    jw_key(w, "message"); /* moved by a merge meanwhile */
    jw_obj(w);
    jw_kid(w, "conversation", ev->conversation_id);
    jw_ki64(w, "seq", ev->seq);
    jw_obj_end(w);
    return ERR_OK;
}

static Err write_round(Ctx *c, JsonW *w, const StoreEvent *ev)
{
    DeskRound *rounds;
    size_t n;
    Err err = desk_clock_rounds(c, ev->conversation_id, &rounds, &n);
    for (size_t i = 0; i < n && !err; i++)
        if (rounds[i].id == ev->subject_id) {
            jw_key(w, "sla");
            jw_obj(w);
            jw_kstr(w, "kind", rounds[i].kind);
            jw_ki64(w, "started_at", rounds[i].started_at);
            jw_ki64(w, "due_at", rounds[i].due_at);
            jw_ki64(w, "limit_ms", rounds[i].limit_ms);
            jw_obj_end(w);
        }
    return err;
}

static Err write_customer(Ctx *c, JsonW *w, int64_t id, bool texts)
{
    DeskCustomer cu;
    Err err = desk_customer_get(c, id, &cu);
    if (err)
        return err;
    jw_key(w, "customer");
    jw_obj(w);
    jw_kid(w, "id", cu.id);
    jw_kbool(w, "visitor", !cu.is_signed);
    jw_kbool(w, "blocked", cu.blocked_at != 0);
    if (texts) {
        jw_kstr(w, "name", cu.name);
        jw_kstr(w, "vip", cu.vip);
        jw_kstr(w, "note", cu.note);
    }
    if (cu.merged_into)
        jw_kid(w, "merged_into", cu.merged_into);
    if (cu.erased_at)
        jw_ki64(w, "erased_at", cu.erased_at);
    jw_ki64(w, "created_at", cu.created_at);
    jw_obj_end(w);
    return ERR_OK;
}

static Err write_data(Ctx *c, JsonW *w, const StoreEvent *ev, bool texts, int64_t *ret_customer,
                      bool *ret_skip)
{
    if (!ev->conversation_id) {
        *ret_customer = ev->subject_id;
        return write_customer(c, w, ev->subject_id, texts);
    }
    DeskConversation v;
    Err err = desk_conversation_get(c, ev->conversation_id, &v);
    if (err)
        return err;
    *ret_customer = v.customer_id;
    conversation(w, &v, texts);
    if (str_starts(ev->kind, STR("message.")))
        return write_message(c, w, ev, texts, ret_skip);
    return str_starts(ev->kind, STR("sla.")) ? write_round(c, w, ev) : ERR_OK;
}

Err hook_body(Ctx *c, const StoreEvent *ev, const HookTelling *t, Str *ret_body,
              int64_t *ret_customer_id)
{
    Buf b;
    JsonW w;
    bool skip = false;
    *ret_body = STR_NONE;
    *ret_customer_id = 0;
    buf_init(&b, c->arena, BODY_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kid(&w, "id", t->delivery_id);
    jw_kid(&w, "webhook", t->hook_id);
    jw_kid(&w, "shop", ev->shop_id);
    jw_kstr(&w, "event", str_of(t->name));
    jw_ki64(&w, "at", ev->at_ms);
    Err err = write_data(c, &w, ev, t->texts, ret_customer_id, &skip);
    jw_obj_end(&w);
    if (err == ERR_NOT_FOUND) { /* gone: nothing to tell of */
        err_clear(&c->err);
        return ERR_OK;
    }
    if (!err && !skip && !b.over)
        *ret_body = buf_str(&b);
    return err;
}
