/* SPDX-License-Identifier: Apache-2.0 */
/* Wake-ups become frames. Net thread, but for publish_enrich and api_publish. */
#include "api/internal.h"

/* ---- inside the transaction ---- */

Err publish_enrich(Ctx *c)
{
    for (CtxWake *w = c->wakes; w; w = w->next) {
        DeskPush *p = w->data;
        if (w->kind != DESK_WAKE_ROW || !p || p->conv.channel_name.n)
            continue;
        Err err = desk_conversation_get(c, w->id, &p->conv);
        if (err)
            return err;
    }
    return ERR_OK;
}

/* ---- frames ---- */

void frame_begin(Frame *f, const char *type)
{
    buf_init(&f->b, NULL, 262144);
    jw_init(&f->w, &f->b);
    jw_obj(&f->w);
    jw_kstr(&f->w, "type", str_of(type));
}

NetFrame *frame_end(Frame *f)
{
    jw_obj_end(&f->w);
    NetFrame *out = f->b.over ? NULL : net_frame_text(buf_str(&f->b));
    buf_finish(&f->b);
    return out;
}

static NetFrame *message_frame(const DeskPush *p, bool staff)
{
    Frame f;
    frame_begin(&f, "message");
    jw_key(&f.w, "message");
    shape_message(&f.w, &p->msg, staff ? SHAPE_STAFF : SHAPE_VISITOR);
    if (staff) {
        jw_key(&f.w, "sla");
        shape_sla(&f.w, &p->conv);
        jw_ki64(&f.w, "unread", p->conv.unread);
        jw_kstr(&f.w, "status", p->conv.status);
    }
    return frame_end(&f);
}

/* ---- messages ---- */

static void deliver(Sub *sub, int64_t seq, NetFrame *f, bool knows)
{
    if (sub->catching) {
        if (seq > sub->want)
            sub->want = seq;
        return;
    }
    if (seq <= sub->last_seq)
        return;
    if (seq > sub->last_seq + 1) {
        sub->want = seq;
        sub_catch_up(sub);
        return;
    }
    sub->last_seq = seq;
    if (f && !knows)
        socket_send(sub->socket, f);
}

/* A visitor follows one conversation: their newest. */
static void follow_new(Api *a, const DeskPush *p, int64_t conversation_id, int64_t stands)
{
    for (Socket *s = map_get(&a->hub.customers, p->customer_id); s; s = s->peer_next) {
        if (s->actor.channel_id != p->conv.channel_id || sub_find(s, conversation_id))
            continue;
        if (s->conversation_id > conversation_id)
            continue;
        if (s->conversation_id)
            sub_remove(s, s->conversation_id);
        Sub *sub = sub_add(s, conversation_id, p->shop_id, p->customer_id, 0);
        if (stands) /* its messages were told when nobody of theirs listened */
            sub_catch_up(sub);
    }
}

static void publish_message(Api *a, const CtxWake *w, Socket *origin)
{
    const DeskPush *p = w->data;
    if (!p)
        return;
    bool known = p->msg.role.n > 0; /* else only its number came: it is read */
    if (p->customer_id)
        follow_new(a, p, w->id, 0);
    Topic *t = hub_topic(&a->hub, w->id);
    if (!t)
        return;
    if (t->visitor_typing && known && str_is(p->msg.role, "customer")) {
        t->visitor_typing = false; /* what was being typed has been said */
        hub_presence(a, t);
    }
    NetFrame *staff = NULL, *visitor = NULL;
    bool seen = known && shape_message_seen(&p->msg, SHAPE_VISITOR);
    for (Sub *sub = t->subs, *next; sub; sub = next) {
        next = sub->topic_next;
        if (!known) {
            if (w->seq > sub->want)
                sub->want = w->seq;
            if (w->seq > sub->last_seq)
                sub_catch_up(sub);
            continue;
        }
        if (sub->socket->staff && !staff)
            staff = message_frame(p, true);
        if (!sub->socket->staff && seen && !visitor)
            visitor = message_frame(p, false);
        /* the visitor who wrote it has the acknowledgement */
        bool own = sub->socket == origin && !sub->socket->staff && str_is(p->msg.role, "customer");
        deliver(sub, w->seq, sub->socket->staff ? staff : visitor, own);
    }
    net_frame_unref(staff);
    net_frame_unref(visitor);
    atomic_fetch_add_explicit(&a->messages, 1, memory_order_relaxed);
}

/* ---- rows ---- */

static void to_user(Api *a, int64_t user_id, uint64_t mark, NetFrame *f)
{
    if (!user_id)
        return;
    for (Socket *s = map_get(&a->hub.users, user_id); s; s = s->peer_next)
        if (s->mark != mark) {
            s->mark = mark;
            socket_send(s, f);
        }
}

static void to_watchers(Api *a, int64_t conversation_id, uint64_t mark, NetFrame *f)
{
    Topic *t = hub_topic(&a->hub, conversation_id);
    for (Sub *sub = t ? t->subs : NULL; sub; sub = sub->topic_next)
        if (sub->socket->staff && sub->socket->mark != mark) {
            sub->socket->mark = mark;
            socket_send(sub->socket, f);
        }
}

void publish_to_shop(Api *a, int64_t shop_id, NetFrame *f)
{
    for (Socket *s = hub_shop(&a->hub, shop_id)->staff; s; s = s->shop_next)
        socket_send(s, f);
}

/* The agent's sockets follow what is theirs: from the start when nobody has answered it, else from
 * where it stands. */
static void follow_assigned(Api *a, const DeskPush *p, const CtxWake *w)
{
    bool closed = str_is(p->conv.status, "closed");
    if (p->assignee_before && (p->assignee_before != p->assignee_id || closed)) {
        for (Socket *s = map_get(&a->hub.users, p->assignee_before); s; s = s->peer_next) {
            Sub *sub = sub_find(s, w->id);
            if (!sub)
                continue;
            sub->assigned = false;
            if (!sub->watched)
                sub_remove(s, w->id);
        }
    }
    if (!p->assignee_id || closed)
        return;
    int64_t from = p->conv.greeted_at ? w->seq : p->conv.agent_read_seq;
    if (from > w->seq)
        from = w->seq;
    for (Socket *s = map_get(&a->hub.users, p->assignee_id); s; s = s->peer_next) {
        Sub *sub = sub_find(s, w->id);
        if (!sub) {
            sub = sub_add(s, w->id, p->shop_id, p->customer_id, from);
            if (from < w->seq || store_is_pg(a->store)) /* there, commits may be told out of turn */
                sub_catch_up(sub);
        }
        sub->assigned = true;
    }
}

/* PostgreSQL may tell commits out of turn: a row that says less than one told before is old, and
 * would take a conversation away again from who has just got it. */
static bool row_is_old(const Api *a, const CtxWake *w)
{
    const Topic *t = hub_topic(&a->hub, w->id);
    const DeskPush *p = w->data;
    return t && p->conv.last_seq < t->row_seq;
}

static void tell_row(Api *a, const CtxWake *w)
{
    DeskPush *p = w->data;
    p->conv.online = hub_customer_online(&a->hub, p->customer_id);
    Frame f;
    frame_begin(&f, "conversation");
    jw_key(&f.w, "row");
    shape_row(&f.w, &p->conv);
    NetFrame *frame = frame_end(&f);
    uint64_t mark = ++a->hub.mark;
    to_user(a, p->assignee_id, mark, frame);
    to_user(a, p->assignee_before, mark, frame);
    to_watchers(a, w->id, mark, frame);
    net_frame_unref(frame);
    follow_assigned(a, p, w);
    Topic *t = hub_topic(&a->hub, w->id);
    if (t)
        t->row_seq = p->conv.last_seq;
}

static void publish_row(Api *a, const CtxWake *w)
{
    const DeskPush *p = w->data;
    if (!p)
        return;
    if (!row_is_old(a, w))
        tell_row(a, w);
    if (p->customer_id)
        follow_new(a, p, w->id, w->seq);
    for (Socket *s = map_get(&a->hub.customers, p->customer_id); s; s = s->peer_next)
        publish_meta(s);
    if (p->is_new || str_is(p->conv.status, "closed")) /* how many there are */
        publish_queue_dirty(a, p->shop_id);
    /* how much each has in hand */
    bool moved = p->assignee_id != p->assignee_before || str_is(p->conv.status, "closed");
    if (moved && p->assignee_id)
        publish_agent(a, p->shop_id, p->assignee_id);
    if (moved && p->assignee_before && p->assignee_before != p->assignee_id)
        publish_agent(a, p->shop_id, p->assignee_before);
}

/* ---- the rest ---- */

static void publish_recalled(Api *a, const CtxWake *w)
{
    const DeskPush *p = w->data;
    Topic *t = hub_topic(&a->hub, w->id);
    if (!t)
        return;
    Frame f;
    frame_begin(&f, "recalled");
    jw_kid(&f.w, "conversation", w->id);
    jw_ki64(&f.w, "seq", w->seq);
    NetFrame *frame = frame_end(&f);
    for (Sub *sub = t->subs; sub; sub = sub->topic_next)
        if (sub->socket->staff || !p || p->visible_to_visitor)
            socket_send(sub->socket, frame);
    net_frame_unref(frame);
}

static void publish_corrected(Api *a, const CtxWake *w)
{
    const DeskPush *p = w->data;
    Topic *t = hub_topic(&a->hub, w->id);
    if (!t || !p || !p->msg.role.n)
        return;
    Frame f;
    frame_begin(&f, "corrected");
    jw_kid(&f.w, "conversation", w->id);
    jw_ki64(&f.w, "seq", w->seq);
    jw_kraw(&f.w, "corrected", p->msg.corrected.n ? p->msg.corrected : STR("null"));
    NetFrame *frame = frame_end(&f);
    for (Sub *sub = t->subs; sub; sub = sub->topic_next)
        if (sub->socket->staff)
            socket_send(sub->socket, frame);
    net_frame_unref(frame);
}

static void publish_read(Api *a, const CtxWake *w)
{
    const DeskPush *p = w->data;
    Topic *t = hub_topic(&a->hub, w->id);
    if (!t || !p)
        return;
    Frame f;
    frame_begin(&f, "read");
    jw_kid(&f.w, "conversation", w->id);
    jw_ki64(&f.w, "seq", w->seq);
    NetFrame *frame = frame_end(&f);
    for (Sub *sub = t->subs; sub; sub = sub->topic_next)
        if (sub->socket->staff == p->by_visitor)
            socket_send(sub->socket, frame);
    net_frame_unref(frame);
}

static void publish_sla(Api *a, const CtxWake *w)
{
    const DeskPush *p = w->data;
    if (!p)
        return;
    Frame f;
    frame_begin(&f, "sla");
    jw_kid(&f.w, "conversation", w->id);
    jw_kstr(&f.w, "kind", p->conv.clock_kind);
    jw_kstr(&f.w, "state", p->late ? STR("late") : STR("warning"));
    jw_ki64(&f.w, "due_at", p->conv.clock_due_at);
    jw_ki64(&f.w, "started_at", p->conv.clock_started_at);
    NetFrame *frame = frame_end(&f);
    uint64_t mark = ++a->hub.mark;
    if (p->assignee_id) {
        to_user(a, p->assignee_id, mark, frame);
        to_watchers(a, w->id, mark, frame);
    } else
        publish_to_shop(a, p->shop_id, frame);
    net_frame_unref(frame);
}

static void publish_suggested(Api *a, const CtxWake *w)
{
    const ServiceSuggested *g = w->data;
    Topic *t = hub_topic(&a->hub, w->id);
    if (!t || !g)
        return;
    NetFrame *frame = NULL;
    for (Sub *sub = t->subs; sub; sub = sub->topic_next) {
        if (!sub->socket->staff)
            continue;
        if (!frame) {
            Frame f;
            frame_begin(&f, "suggest");
            jw_kid(&f.w, "conversation", w->id);
            jw_ki64(&f.w, "for_seq", w->seq);
            jw_key(&f.w, "items");
            shape_suggestions(&f.w, g->items, g->n);
            frame = frame_end(&f);
        }
        socket_send(sub->socket, frame);
    }
    net_frame_unref(frame);
}

/* A session or an API key has ended; ids of both come from one source. */
static void kick(Api *a, int64_t session_id)
{
    for (Socket *s = a->hub.pending; s; s = s->shop_next)
        if (s->staff && s->actor.session_id == session_id)
            ws_ended(s);
    int64_t key;
    void *value;
    for (size_t i = 0; map_each(&a->hub.shops, &i, &key, &value);)
        for (Socket *s = ((HubShop *)value)->staff, *next; s; s = next) {
            next = s->shop_next;
            if (s->actor.session_id == session_id)
                ws_ended(s);
        }
}

static void keep_recent(Api *a, const Ctx *c, const CtxWake *w)
{
    if (w->data)
        service_recent_moved(a->config.service, c->arena, w->data);
}

static void forget_recent(Api *a, const CtxWake *w)
{
    const DeskPush *p = w->data;
    service_recent_forget(a->config.service, p ? p->customer_id : 0);
}

void publish_wakes(Api *a, const Ctx *c, Socket *origin)
{
    for (const CtxWake *w = c->wakes; w; w = w->next) {
        switch (w->kind) {
        case DESK_WAKE_MESSAGE:
            keep_recent(a, c, w);
            publish_message(a, w, origin);
            break;
        case DESK_WAKE_ROW:
            keep_recent(a, c, w);
            publish_row(a, w);
            break;
        case DESK_WAKE_RECALLED:
            forget_recent(a, w);
            publish_recalled(a, w);
            break;
        case DESK_WAKE_CORRECTED:
            publish_corrected(a, w);
            break;
        case DESK_WAKE_READ:
            publish_read(a, w);
            break;
        case DESK_WAKE_SLA:
            publish_sla(a, w);
            break;
        case DESK_WAKE_QUEUE:
            publish_queue_dirty(a, w->id);
            break;
        case DESK_WAKE_AGENT:
            publish_agent(a, c->actor.shop_id, w->id);
            break;
        case DESK_WAKE_KICK:
            proofs_forget(&a->proofs);
            kick(a, w->id);
            break;
        case DESK_WAKE_SETTINGS:
            service_shop_forget(a->config.service, w->id);
            service_recent_forget(a->config.service, 0);
            break;
        case DESK_WAKE_CUSTOMER:
            service_recent_forget(a->config.service, w->id);
            break;
        case SERVICE_WAKE_SUGGEST:
            publish_suggested(a, w);
            break;
        default:
            break;
        }
    }
}
