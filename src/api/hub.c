/* SPDX-License-Identifier: Apache-2.0 */
/* Who is connected and which conversations they follow. Net thread only. */
#include "api/internal.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { CATCH_UP_LIMIT = 100 };

void hub_open(Hub *h)
{
    map_init(&h->topics);
    map_init(&h->customers);
    map_init(&h->users);
    map_init(&h->shops);
}

void hub_close(Hub *h)
{
    int64_t key;
    void *value;
    for (size_t i = 0; map_each(&h->shops, &i, &key, &value);)
        free(value);
    map_finish(&h->topics);
    map_finish(&h->customers);
    map_finish(&h->users);
    map_finish(&h->shops);
}

static void *zeroed(size_t n)
{
    void *p = calloc(1, n);
    if (!p)
        abort();
    return p;
}

static Str own(Str s)
{
    if (!s.n)
        return STR_NONE;
    char *p = zeroed(s.n + 1);
    memcpy(p, s.p, s.n);
    return (Str){p, s.n};
}

/* ---- shops and topics ---- */

HubShop *hub_shop(Hub *h, int64_t shop_id)
{
    HubShop *s = map_get(&h->shops, shop_id);
    if (!s) {
        s = zeroed(sizeof *s);
        s->id = shop_id;
        s->round = 1; /* no socket has been told yet */
        map_put(&h->shops, shop_id, s);
    }
    return s;
}

Topic *hub_topic(const Hub *h, int64_t conversation_id)
{
    return map_get(&h->topics, conversation_id);
}

bool hub_customer_online(const Hub *h, int64_t customer_id)
{
    return customer_id && map_get(&h->customers, customer_id);
}

/* ---- sockets ---- */

static void pending_add(Hub *h, Socket *s)
{
    atomic_fetch_add(&h->pending_n, 1);
    s->shop_next = h->pending;
    if (h->pending)
        h->pending->shop_prev = s;
    h->pending = s;
}

static void list_remove(Socket **head, Socket *s)
{
    if (s->shop_prev)
        s->shop_prev->shop_next = s->shop_next;
    else
        *head = s->shop_next;
    if (s->shop_next)
        s->shop_next->shop_prev = s->shop_prev;
    s->shop_next = s->shop_prev = NULL;
}

static void list_add(Socket **head, Socket *s)
{
    s->shop_prev = NULL;
    s->shop_next = *head;
    if (*head)
        (*head)->shop_prev = s;
    *head = s;
}

Socket *socket_new(Api *a, NetConn conn, bool staff)
{
    Socket *s = zeroed(sizeof *s);
    s->api = a;
    s->conn = conn;
    s->staff = staff;
    s->refs = 1;
    s->opened_ms = s->checked_ms = a->now_ms;
    pending_add(&a->hub, s);
    return s;
}

void socket_ref(Socket *s)
{
    s->refs++;
}

void socket_unref(Socket *s)
{
    if (--s->refs)
        return;
    free((char *)(uintptr_t)s->actor.name.p);
    free((char *)(uintptr_t)s->actor.address.p);
    free(s);
}

void socket_actor(Socket *s, const Actor *actor)
{
    Str address = s->actor.address, name = s->actor.name;
    s->actor = *actor;
    s->actor.name = own(actor->name);
    s->actor.address = address.n ? address : own(actor->address);
    free((char *)(uintptr_t)name.p);
}

static Map *peers(Socket *s, int64_t *ret_key)
{
    *ret_key = s->staff ? s->actor.user_id : s->actor.customer_id;
    return s->staff ? &s->api->hub.users : &s->api->hub.customers;
}

int hub_peers(const Socket *s, const Actor *who)
{
    const Hub *h = &s->api->hub;
    int n = 0;
    const Socket *p =
        s->staff ? map_get(&h->users, who->user_id) : map_get(&h->customers, who->customer_id);
    for (; p; p = p->peer_next)
        n++;
    return n;
}

void socket_register(Socket *s)
{
    Hub *h = &s->api->hub;
    list_remove(&h->pending, s);
    atomic_fetch_sub(&h->pending_n, 1);
    int64_t key;
    Map *m = peers(s, &key);
    Socket *first = map_get(m, key);
    s->peer_next = first;
    if (first)
        first->peer_prev = s;
    map_put(m, key, s);
    HubShop *shop = hub_shop(h, s->actor.shop_id);
    list_add(s->staff ? &shop->staff : &shop->visitors, s);
    atomic_fetch_add(s->staff ? &h->staff_n : &h->visitor_n, 1);
    s->ready = true;
}

static void unregister(Socket *s)
{
    Hub *h = &s->api->hub;
    int64_t key;
    Map *m = peers(s, &key);
    if (s->peer_prev)
        s->peer_prev->peer_next = s->peer_next;
    else if (s->peer_next)
        map_put(m, key, s->peer_next);
    else
        map_remove(m, key);
    if (s->peer_next)
        s->peer_next->peer_prev = s->peer_prev;
    s->peer_next = s->peer_prev = NULL;
    HubShop *shop = hub_shop(h, s->actor.shop_id);
    list_remove(s->staff ? &shop->staff : &shop->visitors, s);
    atomic_fetch_sub(s->staff ? &h->staff_n : &h->visitor_n, 1);
    s->ready = false;
}

/* ---- the last socket of an agent: their grace begins ---- */

static Err run_gone(ApiJob *j)
{
    return desk_agent_socket(&j->ctx, j->ctx.actor.user_id, false);
}

static void agent_job(Api *a, const Actor *who, Err (*run)(ApiJob *j), void (*finish)(ApiJob *j));

static Err run_back(ApiJob *j)
{
    return desk_agent_socket(&j->ctx, j->ctx.actor.user_id, true);
}

static void finish_back(ApiJob *j)
{
    if (!j->err)
        publish_wakes(j->api, &j->ctx, NULL);
}

static void finish_gone(ApiJob *j)
{
    if (!j->err)
        publish_wakes(j->api, &j->ctx, NULL);
    /* back while that was on its way: whichever was written last, they are here */
    if (map_get(&j->api->hub.users, j->ctx.actor.user_id))
        agent_job(j->api, &j->ctx.actor, run_back, finish_back);
}

static void agent_job(Api *a, const Actor *who, Err (*run)(ApiJob *j), void (*finish)(ApiJob *j))
{
    ApiJob *j = job_new(a);
    j->ctx.actor = *who;
    j->ctx.actor.name = str_dup(j->arena, who->name);
    j->ctx.actor.address = str_dup(j->arena, who->address);
    j->work = job_submit;
    j->run = run;
    j->finish = finish;
    if (!job_start_own(j))
        job_free(j); /* closing: at the next start everybody's grace begins anew */
}

static void agent_gone(Socket *s)
{
    if (s->actor.role < ROLE_AGENT || !(s->actor.scopes & SCOPE_CHAT) ||
        map_get(&s->api->hub.users, s->actor.user_id))
        return;
    agent_job(s->api, &s->actor, run_gone, finish_gone);
}

void socket_closed(Socket *s)
{
    s->closed = true;
    bool was_ready = s->ready;
    if (was_ready)
        unregister(s);
    else {
        list_remove(&s->api->hub.pending, s);
        atomic_fetch_sub(&s->api->hub.pending_n, 1);
    }
    while (s->subs) {
        Topic *t = s->subs->topic;
        bool last = t->subs == s->subs && !t->subs->topic_next;
        int64_t id = t->id;
        if (!s->staff) {
            t->visitor_typing = false;
            free(t->preview);
            t->preview = NULL;
        }
        sub_remove(s, id);
        if (!last)
            hub_presence(s->api, t);
    }
    if (was_ready && s->staff)
        agent_gone(s);
    socket_unref(s);
}

void socket_send(Socket *s, NetFrame *f)
{
    if (f && !s->closed)
        net_ws_send(s->api->net, s->conn, f);
}

void socket_send_str(Socket *s, Str text)
{
    NetFrame *f = net_frame_text(text);
    socket_send(s, f);
    net_frame_unref(f);
}

/* ---- subscriptions ---- */

Sub *sub_find(const Socket *s, int64_t conversation_id)
{
    for (Sub *sub = s->subs; sub; sub = sub->socket_next)
        if (sub->topic->id == conversation_id)
            return sub;
    return NULL;
}

Sub *sub_add(Socket *s, int64_t conversation_id, int64_t shop_id, int64_t customer_id,
             int64_t last_seq)
{
    Hub *h = &s->api->hub;
    Topic *t = hub_topic(h, conversation_id);
    if (!t) {
        t = zeroed(sizeof *t);
        *t = (Topic){.id = conversation_id, .shop_id = shop_id, .customer_id = customer_id};
        map_put(&h->topics, conversation_id, t);
    }
    Sub *sub = zeroed(sizeof *sub);
    *sub = (Sub){.topic = t,
                 .socket = s,
                 .topic_next = t->subs,
                 .socket_next = s->subs,
                 .last_seq = last_seq};
    t->subs = s->subs = sub;
    s->subs_n++;
    if (!s->staff)
        s->conversation_id = conversation_id;
    return sub;
}

static void release_held(Sub *sub)
{
    while (sub->held) {
        Held *h = sub->held;
        sub->held = h->next;
        socket_send_str(sub->socket, (Str){h->text, h->n});
        free(h);
    }
}

bool sub_hold(Socket *s, int64_t conversation_id, int64_t seq, Str text)
{
    Sub *sub = seq ? sub_find(s, conversation_id) : NULL;
    bool behind = sub && seq > sub->last_seq && (sub->catching || seq > sub->last_seq + 1);
    if (!sub || (!behind && !sub->held))
        return false;
    if (seq > sub->want)
        sub->want = seq;
    sub_catch_up(sub);
    if (!sub->catching)
        return false; /* overloaded: late is better than never */
    Held *h = zeroed(sizeof *h + text.n);
    h->n = text.n;
    memcpy(h->text, text.p, text.n);
    Held **at = &sub->held;
    while (*at)
        at = &(*at)->next;
    *at = h;
    return true;
}

void sub_remove(Socket *s, int64_t conversation_id)
{
    Sub **at = &s->subs;
    while (*at && (*at)->topic->id != conversation_id)
        at = &(*at)->socket_next;
    Sub *sub = *at;
    if (!sub)
        return;
    *at = sub->socket_next;
    release_held(sub);
    Topic *t = sub->topic;
    Sub **in = &t->subs;
    while (*in != sub)
        in = &(*in)->topic_next;
    *in = sub->topic_next;
    s->subs_n--;
    free(sub);
    hub_typing(t);
    if (!t->subs) {
        map_remove(&s->api->hub.topics, t->id);
        free(t->preview);
        free(t);
    }
}

/* ---- catching up ---- */

typedef struct {
    Socket *socket;
    int64_t conversation_id, after;
    int64_t want; /* heard of before the reading began, so it must be there */
    DeskConversation conv;
    DeskMessage *rows;
    size_t n;
} CatchUp;

static Err read_missed(Ctx *c, void *arg)
{
    CatchUp *k = arg;
    Err err = ERR_OK;
    if (k->socket->staff)
        err = desk_conversation_get(c, k->conversation_id, &k->conv);
    return err ? err
               : desk_message_list(c, k->conversation_id, k->after, 0, CATCH_UP_LIMIT, &k->rows,
                                   &k->n);
}

static void work_catch_up(ApiJob *j)
{
    const CatchUp *k = j->data;
    job_done(j, atomic_load(&k->socket->closed) ? ERR_OK : job_read(j, read_missed, j->data));
}

static void send_missed(Socket *s, const CatchUp *k, const DeskMessage *m)
{
    Buf b;
    buf_init(&b, NULL, 262144);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "type", STR("message"));
    ShapeFor who = !s->staff                          ? SHAPE_VISITOR
                   : s->actor.role >= ROLE_SUPERVISOR ? SHAPE_SUPERVISOR
                                                      : SHAPE_STAFF;
    jw_key(&w, "message");
    bool seen = shape_message(&w, m, who);
    if (seen && s->staff) {
        jw_key(&w, "sla");
        shape_sla(&w, &k->conv);
        jw_ki64(&w, "unread", k->conv.unread);
        jw_kstr(&w, "status", k->conv.status);
    }
    jw_obj_end(&w);
    if (seen && !b.over)
        socket_send_str(s, buf_str(&b));
    buf_finish(&b);
}

/* What was read has been sent: is that all? */
static void go_on(Sub *sub, const CatchUp *k)
{
    sub->catching = false;
    if (k->n == 0 && k->want > sub->last_seq)
        sub->last_seq = k->want; /* it was committed before we read, and is gone: merged away */
    if (k->n == CATCH_UP_LIMIT || sub->want > sub->last_seq) {
        sub_catch_up(sub);
    } else if (sub->meta_after) {
        sub->meta_after = false;
        publish_meta(sub->socket);
    } else if (sub->presence_after) {
        sub->presence_after = false;
        hub_presence(sub->socket->api, sub->topic);
    }
}

static void finish_catch_up(ApiJob *j)
{
    CatchUp *k = j->data;
    Socket *s = k->socket;
    Sub *sub = s->closed ? NULL : sub_find(s, k->conversation_id);
    if (sub && j->err) {
        /* it stays behind; the next wake-up or tick tries again */
        sub->catching = false;
        sub->failed = j->api->hub.behind = true;
        log_line(j->api->config.log, LOG_WARN, "catch-up failed", "code",
                 str_of(j->ctx.err.code ? j->ctx.err.code : "?"), NULL);
    } else if (sub && sub->last_seq < k->after) {
        /* asked meanwhile for what lies before: what was read would leave a hole */
        sub->catching = false;
        sub_catch_up(sub);
    } else if (sub) {
        for (size_t i = 0; i < k->n; i++) {
            if (k->rows[i].seq <= sub->last_seq)
                continue;
            send_missed(s, k, &k->rows[i]);
            sub->last_seq = k->rows[i].seq;
        }
        go_on(sub, k);
    }
    if (sub && !sub->catching)
        release_held(sub);
    socket_unref(s);
}

void sub_catch_up(Sub *sub)
{
    if (sub->catching)
        return;
    Socket *s = sub->socket;
    ApiJob *j = job_new(s->api);
    CatchUp *k = ARENA_NEW(j->arena, CatchUp);
    *k = (CatchUp){
        .socket = s, .conversation_id = sub->topic->id, .after = sub->last_seq, .want = sub->want};
    j->data = k;
    j->ctx.actor = s->actor;
    j->work = work_catch_up;
    j->finish = finish_catch_up;
    sub->failed = false;
    if (!job_start_own(j)) {
        job_free(j);
        sub->failed = s->api->hub.behind = true;
        return;
    }
    sub->catching = true;
    socket_ref(s);
}

void hub_retry(Hub *h)
{
    int64_t key;
    void *value;
    if (!h->behind)
        return;
    h->behind = false;
    for (size_t i = 0; map_each(&h->topics, &i, &key, &value);)
        for (Sub *sub = ((Topic *)value)->subs; sub; sub = sub->topic_next)
            if (sub->failed)
                sub_catch_up(sub);
}

void hub_follow(Socket *s, const DeskConversation *v)
{
    if (s->closed || v->id <= s->conversation_id || sub_find(s, v->id))
        return;
    if (s->conversation_id)
        sub_remove(s, s->conversation_id);
    sub_catch_up(sub_add(s, v->id, v->shop_id, v->customer_id, 0));
}

/* ---- presence ---- */

void hub_typing(Topic *t)
{
    bool on = false;
    for (const Sub *sub = t->subs; sub; sub = sub->topic_next)
        on |= sub->socket->staff && sub->typing == 'r';
    if (on == t->staff_typing)
        return;
    t->staff_typing = on;
    NetFrame *frame = net_frame_text(on ? STR("{\"type\":\"typing\",\"on\":true}")
                                        : STR("{\"type\":\"typing\",\"on\":false}"));
    for (Sub *sub = t->subs; sub; sub = sub->topic_next)
        if (!sub->socket->staff)
            socket_send(sub->socket, frame);
    net_frame_unref(frame);
}

static void write_users(JsonW *w, const Topic *t)
{
    jw_key(w, "users");
    jw_arr(w);
    for (const Sub *sub = t->subs; sub; sub = sub->topic_next) {
        if (!sub->socket->staff || !sub->watched)
            continue;
        jw_obj(w);
        jw_kid(w, "id", sub->socket->actor.user_id);
        jw_kstr(w, "name", sub->socket->actor.name);
        jw_kstr(w, "typing",
                sub->typing == 'r'   ? STR("reply")
                : sub->typing == 'n' ? STR("note")
                                     : STR(""));
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

void hub_presence(Api *a, Topic *t)
{
    Buf b;
    buf_init(&b, NULL, 65536);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "type", STR("presence"));
    jw_kid(&w, "conversation", t->id);
    write_users(&w, t);
    jw_key(&w, "visitor");
    jw_obj(&w);
    jw_kbool(&w, "online", hub_customer_online(&a->hub, t->customer_id));
    jw_kbool(&w, "typing", t->visitor_typing);
    jw_kstr(&w, "preview", str_of(t->visitor_typing && t->preview ? t->preview : ""));
    jw_obj_end(&w);
    jw_obj_end(&w);
    NetFrame *f = net_frame_text(buf_str(&b));
    for (Sub *sub = t->subs; sub; sub = sub->topic_next) /* who catches up gets it at the end */
        if (sub->socket->staff && !sub->presence_after)
            socket_send(sub->socket, f);
    net_frame_unref(f);
    buf_finish(&b);
}
