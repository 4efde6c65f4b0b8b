/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the workbench (docs/protocol.md section 4). */
#include "api/internal.h"
#include "api/send.h"

enum { MINE_MAX = 200 };

static void ack_begin(FrameCall *f)
{
    jw_obj(&f->w);
    jw_kstr(&f->w, "type", STR("ack"));
    if (f->client_id.n)
        jw_kstr(&f->w, "client_id", f->client_id);
    if (f->id)
        jw_kid(&f->w, "conversation", f->id);
}

static Err conversation_id(FrameCall *f)
{
    if (!json_id(f->json, "conversation", &f->id))
        return ctx_field(f->c, "conversation", "request.field_missing",
                         "conversation is an id (decimal string)");
    return ERR_OK;
}

/* ---- hello ---- */

typedef struct {
    DeskConversation *rows;
    size_t n;
} Mine;

static Err at_the_desk(Ctx *c, DeskAgent *ret)
{
    bool found;
    Err err = desk_agent_get(c, c->actor.user_id, ret, &found);
    if (err || c->actor.role < ROLE_AGENT || !(c->actor.scopes & SCOPE_CHAT))
        return err; /* a key that only reads is nobody at the desk */
    /* supervisors and owners look on until they say that they take customers */
    if (!found && c->actor.role > ROLE_AGENT)
        err = desk_agent_status(c, c->actor.user_id, STR("busy"), STR(""));
    else
        err = desk_agent_socket(c, c->actor.user_id, true);
    return err ? err : desk_agent_get(c, c->actor.user_id, ret, &found);
}

static Err hello(FrameCall *f)
{
    Ctx *c = f->c;
    DeskAgent me = {0};
    Err err = at_the_desk(c, &me);
    Mine *mine = ARENA_NEW(c->arena, Mine);
    Str next;
    f->work = mine;
    if (!err)
        err = desk_conversation_list(c, STR("mine"), STR_NONE, MINE_MAX, STR_NONE, &mine->rows,
                                     &mine->n, &next);
    if (err)
        return err;
    jw_obj(&f->w);
    jw_kstr(&f->w, "type", STR("welcome"));
    jw_ki64(&f->w, "now", c->now_ms);
    jw_key(&f->w, "me");
    jw_obj(&f->w);
    jw_kid(&f->w, "id", c->actor.user_id);
    jw_kstr(&f->w, "name", me.name.n ? me.name : c->actor.name);
    jw_kstr(&f->w, "role", str_of(accounts_role_name(c->actor.role)));
    jw_kstr(&f->w, "status", me.status.n ? me.status : STR("offline"));
    jw_kstr(&f->w, "reason", me.reason);
    jw_ki64(&f->w, "capacity", me.capacity);
    jw_ki64(&f->w, "open", me.open);
    jw_obj_end(&f->w);
    jw_obj_end(&f->w);
    return ERR_OK;
}

static void send_row(Socket *s, DeskConversation *v)
{
    Buf b;
    JsonW w;
    buf_init(&b, NULL, 65536);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "type", STR("conversation"));
    jw_key(&w, "row");
    v->online = hub_customer_online(&s->api->hub, v->customer_id);
    shape_row(&w, v);
    jw_obj_end(&w);
    socket_send_str(s, buf_str(&b));
    buf_finish(&b);
}

/* Where the client says it stands, or where an agent's duty begins. */
static int64_t resume_from(const FrameCall *f, const DeskConversation *v)
{
    char key[24];
    Buf b = {.p = key, .size = sizeof key, .max = sizeof key};
    buf_i64(&b, v->id);
    if (b.n >= sizeof key)
        return v->last_seq;
    key[b.n] = 0;
    int64_t at = json_i64(json_get(f->json, "after"), key, -1);
    if (at >= 0 && at <= v->last_seq)
        return at;
    return v->greeted_at ? v->last_seq : v->agent_read_seq;
}

static void after_hello(FrameCall *f)
{
    Socket *s = f->socket;
    const Mine *mine = f->work;
    if (hub_peers(s, &s->actor) >= SOCKETS_OF_ONE) {
        net_ws_close(s->api->net, s->conn, 4429, STR("too many at once"));
        return;
    }
    socket_register(s);
    for (size_t i = 0; i < mine->n; i++) {
        DeskConversation *v = &mine->rows[i];
        send_row(s, v);
        Sub *sub = sub_add(s, v->id, v->shop_id, v->customer_id, resume_from(f, v));
        sub->assigned = true;
        sub_catch_up(sub); /* also what came between the reading and now */
    }
}

/* ---- looking ---- */

static Err watch(FrameCall *f)
{
    DeskConversation *v = ARENA_NEW(f->c->arena, DeskConversation);
    if (f->subs_n >= WATCHED_MAX)
        return ctx_err(f->c, ERR_LIMIT, "watch.too_many", "unwatch some conversations first");
    f->work = v;
    f->seq = json_i64(f->json, "after", 0);
    return desk_conversation_get(f->c, f->id, v);
}

static void after_watch(FrameCall *f)
{
    Socket *s = f->socket;
    const DeskConversation *v = f->work;
    int64_t after = f->seq < 0 ? 0 : f->seq > v->last_seq ? v->last_seq : f->seq;
    Sub *sub = sub_find(s, v->id);
    if (!sub)
        sub = sub_add(s, v->id, v->shop_id, v->customer_id, after);
    else if (after < sub->last_seq)
        sub->last_seq = after;
    sub->watched = sub->presence_after = true;
    sub_catch_up(sub);
}

static void after_unwatch(FrameCall *f)
{
    Sub *sub = sub_find(f->socket, f->id);
    if (!sub)
        return;
    sub->watched = false;
    sub->typing = 0;
    Topic *t = sub->topic;
    bool last = t->subs == sub && !sub->topic_next;
    hub_typing(t);
    if (!sub->assigned)
        sub_remove(f->socket, f->id);
    if (!last || sub_find(f->socket, f->id))
        hub_presence(f->api, t);
}

static void after_typing(FrameCall *f)
{
    Sub *sub = sub_find(f->socket, f->id);
    if (!sub)
        return;
    char before = sub->typing;
    bool on = json_bool(f->json, "on", false);
    sub->typing = !on ? 0 : str_is(json_str(f->json, "mode"), "note") ? 'n' : 'r';
    if (before == sub->typing)
        return;
    hub_presence(f->api, sub->topic);
    hub_typing(sub->topic);
}

/* ---- talking ---- */

static Err guard_answer(FrameCall *f)
{
    ServiceSend *m = &f->send;
    f->answered = true;
    jw_obj(&f->w);
    jw_kstr(&f->w, "type", STR("guard"));
    jw_kstr(&f->w, "client_id", f->client_id);
    jw_kid(&f->w, "conversation", f->id);
    jw_kstr(&f->w, "level", str_of(assist_level_code(m->level)));
    jw_key(&f->w, "hits");
    shape_hits(&f->w, m->hits, m->hit_n);
    jw_obj_end(&f->w);
    return ERR_OK;
}

static Err prepare_send(FrameCall *f)
{
    Err err = conversation_id(f);
    if (err)
        return err;
    ServiceSend *m = &f->send;
    m->conversation_id = f->id;
    err = api_read_send(f->c, f->json, m);
    if (err)
        return err;
    err = service_staff_send_prepare(f->api->config.service, f->c, m);
    return err || !m->hit_n ? err : guard_answer(f);
}

static Err send_message(FrameCall *f)
{
    ServiceSend *m = &f->send;
    Err err = service_staff_send(f->api->config.service, f->c, m);
    if (err)
        return err;
    f->id = m->message.conversation_id;
    ack_begin(f);
    jw_ki64(&f->w, "seq", m->message.seq);
    jw_ki64(&f->w, "at", m->message.at_ms);
    jw_obj_end(&f->w);
    return ERR_OK;
}

static Err id_and_seq(FrameCall *f)
{
    Err err = conversation_id(f);
    f->seq = json_i64(f->json, "seq", 0);
    if (!err && f->seq <= 0)
        err = ctx_field(f->c, "seq", "request.field_missing", "seq is a number from 1 on");
    return err;
}

/* Only the one who is to answer moves the read mark; others look without leaving a trace. */
static Err read_mark(FrameCall *f)
{
    DeskConversation v;
    Err err = desk_conversation_lock(f->c, f->id, &v);
    if (err || v.assignee_id != f->c->actor.user_id)
        return err;
    return desk_message_read(f->c, &v, f->seq, false);
}

static Err recall(FrameCall *f)
{
    DeskConversation v;
    Err err = desk_conversation_lock(f->c, f->id, &v);
    if (!err)
        err = desk_message_recall(f->c, &v, f->seq);
    if (err)
        return err;
    ack_begin(f);
    jw_ki64(&f->w, "seq", f->seq);
    jw_obj_end(&f->w);
    return ERR_OK;
}

/* ---- the agent ---- */

static Err status(FrameCall *f)
{
    Ctx *c = f->c;
    Str reason;
    if (c->actor.role < ROLE_AGENT)
        return ctx_err(c, ERR_DENIED, "auth.role", "trainers take no customers");
    Err err = json_opt_str(f->json, &c->err, "reason", 60, &reason);
    if (!err)
        err = desk_agent_status(c, c->actor.user_id, json_str(f->json, "status"), reason);
    DeskAgent me;
    bool found = false;
    if (!err)
        err = desk_agent_get(c, c->actor.user_id, &me, &found);
    if (err || !found)
        return err;
    jw_obj(&f->w);
    jw_kstr(&f->w, "type", STR("agent"));
    shape_agent_members(&f->w, &me);
    jw_obj_end(&f->w);
    return ERR_OK;
}

static Err active(FrameCall *f)
{
    return f->c->actor.role < ROLE_AGENT ? ERR_OK : desk_agent_active(f->c, f->c->actor.user_id);
}

static Err ping(FrameCall *f)
{
    jw_obj(&f->w);
    jw_kstr(&f->w, "type", STR("pong"));
    jw_ki64(&f->w, "now", f->c->now_ms);
    jw_obj_end(&f->w);
    return ERR_OK;
}

#define TALKS .role = ROLE_AGENT, .scope = SCOPE_CHAT
#define LOOKS .scope = SCOPE_READ | SCOPE_CHAT
static const FrameKind KINDS[] = {
    {.type = "send", TALKS, .tx = API_TX_WRITE, .prepare = prepare_send, .run = send_message},
    {.type = "typing", TALKS, .prepare = conversation_id, .after = after_typing},
    {.type = "read", TALKS, .tx = API_TX_WRITE, .prepare = id_and_seq, .run = read_mark},
    {.type = "watch",
     LOOKS,
     .role = ROLE_AGENT,
     .tx = API_TX_READ,
     .prepare = conversation_id,
     .run = watch,
     .after = after_watch},
    {.type = "unwatch", LOOKS, .prepare = conversation_id, .after = after_unwatch},
    {.type = "ping", .run = ping},
    {.type = "active", LOOKS, .tx = API_TX_WRITE, .run = active},
    {.type = "status", TALKS, .tx = API_TX_WRITE, .run = status},
    {.type = "recall", TALKS, .tx = API_TX_WRITE, .prepare = id_and_seq, .run = recall},
    {.type = "hello", LOOKS, .tx = API_TX_WRITE, .run = hello, .after = after_hello},
};

const FrameKind *frames_staff(size_t *ret_n)
{
    *ret_n = sizeof KINDS / sizeof KINDS[0];
    return KINDS;
}
