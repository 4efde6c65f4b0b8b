/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the widget (docs/protocol.md section 3). */
#include "api/internal.h"
#include "api/send.h"

#include <stdlib.h>
#include <string.h>

enum { PREVIEW_BYTES = 800 };

static void ack_begin(FrameCall *f)
{
    jw_obj(&f->w);
    jw_kstr(&f->w, "type", STR("ack"));
    if (f->client_id.n)
        jw_kstr(&f->w, "client_id", f->client_id);
}

static Err ack(FrameCall *f)
{
    ack_begin(f);
    jw_obj_end(&f->w);
    return ERR_OK;
}

/* ---- hello ---- */

static Err hello(FrameCall *f)
{
    Ctx *c = f->c;
    Str address = c->actor.address;
    Err err =
        service_visitor_actor(f->api->config.service, c, json_str(f->json, "token"), &c->actor);
    if (err)
        return err;
    c->actor.address = address;
    f->actor = c->actor;
    ServiceMeta *m = ARENA_NEW(c->arena, ServiceMeta);
    f->work = m;
    err = service_visitor_meta(f->api->config.service, c, m);
    if (err)
        return err;
    f->seq = json_i64(f->json, "after", 0);
    jw_obj(&f->w);
    jw_kstr(&f->w, "type", STR("welcome"));
    jw_ki64(&f->w, "now", c->now_ms);
    jw_kid(&f->w, "conversation", m->has_conversation ? m->conversation.id : 0);
    jw_ki64(&f->w, "last_seq", m->has_conversation ? m->conversation.last_seq : 0);
    jw_ki64(&f->w, "visitor_read", m->has_conversation ? m->conversation.visitor_read_seq : 0);
    jw_ki64(&f->w, "agent_read", m->has_conversation ? m->conversation.agent_read_seq : 0);
    jw_obj_end(&f->w);
    return ERR_OK;
}

static void after_hello(FrameCall *f)
{
    Socket *s = f->socket;
    const ServiceMeta *m = f->work;
    if (hub_peers(s, &f->actor) >= SOCKETS_OF_ONE) {
        net_ws_close(s->api->net, s->conn, 4429, STR("too many at once"));
        return;
    }
    socket_actor(s, &f->actor);
    socket_register(s);
    if (!m->has_conversation) {
        publish_meta(s);
        return;
    }
    const DeskConversation *v = &m->conversation;
    int64_t after = f->seq < 0 ? 0 : f->seq > v->last_seq ? v->last_seq : f->seq;
    Sub *sub = sub_add(s, v->id, v->shop_id, v->customer_id, after);
    sub->meta_after = true;
    sub_catch_up(sub);
    hub_presence(s->api, sub->topic);
}

/* ---- talking ---- */

static Err start(FrameCall *f)
{
    DeskConversation v;
    const Json *context = json_get(f->json, "context");
    Str url = json_str(context, "url");
    if (url.n > 2000)
        url = STR_NONE;
    Err err = service_visitor_start(f->api->config.service, f->c, f->client_id, url, STR_NONE, &v);
    if (err)
        return err;
    ack_begin(f);
    jw_kid(&f->w, "conversation", v.id);
    jw_ki64(&f->w, "seq", 0);
    jw_obj_end(&f->w);
    return ERR_OK;
}

static Err prepare_send(FrameCall *f)
{
    ServiceSend *m = &f->send;
    Err err = api_read_send(f->c, f->json, m);
    if (err)
        return err;
    /* what only staff may say */
    m->script_id = STR_NONE;
    m->reply_to = 0;
    m->guard_seen_n = 0;
    return service_visitor_send_prepare(f->api->config.service, f->c, m);
}

static Err send_message(FrameCall *f)
{
    ServiceSend *m = &f->send;
    Err err = service_visitor_send(f->api->config.service, f->c, m);
    if (err)
        return err;
    ack_begin(f);
    jw_kid(&f->w, "conversation", m->message.conversation_id);
    jw_ki64(&f->w, "seq", m->message.seq);
    jw_ki64(&f->w, "at", m->message.at_ms);
    jw_obj_end(&f->w);
    return ERR_OK;
}

static void after_send(FrameCall *f)
{
    service_recent_said(f->api->config.service, &f->send);
}

/* ---- signs ---- */

static void set_preview(Topic *t, Str text)
{
    free(t->preview);
    t->preview = NULL;
    size_t n = text.n;
    if (n > PREVIEW_BYTES)
        for (n = PREVIEW_BYTES; n && ((unsigned char)text.p[n] & 0xC0) == 0x80;)
            n--;
    if (!n)
        return;
    t->preview = malloc(n + 1);
    if (!t->preview)
        abort();
    memcpy(t->preview, text.p, n);
    t->preview[n] = 0;
}

static void after_typing(FrameCall *f)
{
    Topic *t = f->id ? hub_topic(&f->api->hub, f->id) : NULL;
    if (!t)
        return;
    t->visitor_typing = json_bool(f->json, "on", false);
    set_preview(t, t->visitor_typing ? json_str(f->json, "text") : STR_NONE);
    hub_presence(f->api, t);
}

static Err current(FrameCall *f, DeskConversation *ret)
{
    bool found;
    Err err = desk_conversation_current(f->c, f->c->actor.customer_id, f->c->actor.channel_id, ret,
                                        &found);
    if (!err && !found)
        err = ctx_err(f->c, ERR_NOT_FOUND, "conversation.none", "there is no conversation yet");
    return err;
}

static Err seq_of(FrameCall *f)
{
    f->seq = json_i64(f->json, "seq", 0);
    return f->seq > 0
               ? ERR_OK
               : ctx_field(f->c, "seq", "request.field_missing", "seq is a number from 1 on");
}

static Err read_mark(FrameCall *f)
{
    DeskConversation v;
    Err err = current(f, &v);
    return err ? err : desk_message_read(f->c, &v, f->seq, true);
}

static Err recall(FrameCall *f)
{
    DeskConversation v;
    Err err = current(f, &v);
    if (!err)
        err = desk_message_recall(f->c, &v, f->seq);
    if (err)
        return err;
    ack_begin(f);
    jw_ki64(&f->w, "seq", f->seq);
    jw_obj_end(&f->w);
    return ERR_OK;
}

static Err rate(FrameCall *f)
{
    const Json *tags = json_get(f->json, "tags");
    Str note;
    Err err = json_opt_str(f->json, &f->c->err, "note", 500, &note);
    Str list = json_is_array(tags) ? json_print(f->c->arena, tags) : STR("[]");
    if (!err && list.n > 1000)
        err = ctx_field(f->c, "tags", "request.field_length", "too many tags");
    if (!err)
        err = service_visitor_rate(f->api->config.service, f->c, json_i64(f->json, "score", 0),
                                   list, note);
    return err ? err : ack(f);
}

static Err close_talk(FrameCall *f)
{
    Err err = service_visitor_close(f->api->config.service, f->c);
    return err ? err : ack(f);
}

static Err ping(FrameCall *f)
{
    jw_obj(&f->w);
    jw_kstr(&f->w, "type", STR("pong"));
    jw_ki64(&f->w, "now", f->c->now_ms);
    jw_obj_end(&f->w);
    return ERR_OK;
}

static const FrameKind KINDS[] = {
    {.type = "send",
     .tx = API_TX_WRITE,
     .costs = true,
     .prepare = prepare_send,
     .run = send_message,
     .after = after_send},
    {.type = "typing", .after = after_typing},
    {.type = "read", .tx = API_TX_WRITE, .prepare = seq_of, .run = read_mark},
    {.type = "ping", .run = ping},
    {.type = "hello", .tx = API_TX_READ, .run = hello, .after = after_hello},
    {.type = "start", .tx = API_TX_WRITE, .costs = true, .run = start},
    {.type = "recall", .tx = API_TX_WRITE, .prepare = seq_of, .run = recall},
    {.type = "rate", .tx = API_TX_WRITE, .costs = true, .run = rate},
    {.type = "close", .tx = API_TX_WRITE, .run = close_talk},
};

const FrameKind *frames_visitor(size_t *ret_n)
{
    *ret_n = sizeof KINDS / sizeof KINDS[0];
    return KINDS;
}
