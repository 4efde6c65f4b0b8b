/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that many look at (queue, presence, a visitor's place): read once, when they changed. */
#include "api/internal.h"

enum { QUEUE_EVERY_MS = 200, POSITIONS_MAX = 100 };

typedef struct {
    HubShop *shop;
    DeskCounts counts;
} QueueRead;

static Err read_queue(Ctx *c, void *arg)
{
    QueueRead *q = arg;
    return desk_conversation_counts(c, &q->counts);
}

static void work_queue(ApiJob *j)
{
    job_done(j, job_read(j, read_queue, j->data));
}

static void finish_queue(ApiJob *j)
{
    QueueRead *q = j->data;
    q->shop->queue_busy = false;
    if (j->err)
        return;
    Frame f;
    frame_begin(&f, "queue");
    jw_ki64(&f.w, "waiting", q->counts.queue);
    jw_ki64(&f.w, "all", q->counts.all);
    if (q->counts.longest_since)
        jw_ki64(&f.w, "longest_since", q->counts.longest_since);
    else
        jw_knull(&f.w, "longest_since");
    NetFrame *frame = frame_end(&f);
    publish_to_shop(j->api, q->shop->id, frame);
    net_frame_unref(frame);
}

/* Who waits learns their place: so many at a time, and nobody twice before all have been told. */
static void tell_places(HubShop *shop)
{
    int left = POSITIONS_MAX;
    for (Socket *s = shop->visitors; s; s = s->shop_next) {
        if (!s->waiting || s->told == shop->round)
            continue;
        if (left-- == 0) {
            shop->queue_dirty = true; /* the next tick goes on */
            return;
        }
        s->told = shop->round;
        publish_meta(s);
    }
    shop->round++;
}

static void start_queue(Api *a, HubShop *shop)
{
    ApiJob *j = job_new(a);
    QueueRead *q = ARENA_NEW(j->arena, QueueRead);
    q->shop = shop;
    j->data = q;
    j->ctx.actor = (Actor){.role = ROLE_SYSTEM, .shop_id = shop->id};
    j->work = work_queue;
    j->finish = finish_queue;
    shop->queue_dirty = false;
    shop->queue_sent_ms = a->now_ms;
    shop->queue_busy = job_start_own(j);
    if (!shop->queue_busy) {
        shop->queue_dirty = true;
        job_free(j);
    }
    tell_places(shop);
}

void publish_queue_dirty(Api *a, int64_t shop_id)
{
    HubShop *shop = hub_shop(&a->hub, shop_id);
    if (shop->queue_busy || a->now_ms - shop->queue_sent_ms < QUEUE_EVERY_MS)
        shop->queue_dirty = true;
    else
        start_queue(a, shop);
}

void publish_tick(Api *a)
{
    int64_t key;
    void *value;
    for (size_t i = 0; map_each(&a->hub.shops, &i, &key, &value);) {
        HubShop *shop = value;
        if (shop->queue_dirty && !shop->queue_busy)
            start_queue(a, shop);
    }
}

typedef struct {
    int64_t user_id;
    DeskAgent agent;
    bool found;
} AgentRead;

static Err read_agent(Ctx *c, void *arg)
{
    AgentRead *r = arg;
    return desk_agent_get(c, r->user_id, &r->agent, &r->found);
}

static void work_agent(ApiJob *j)
{
    job_done(j, job_read(j, read_agent, j->data));
}

static void finish_agent(ApiJob *j)
{
    AgentRead *r = j->data;
    if (j->err || !r->found)
        return;
    Frame f;
    frame_begin(&f, "agent");
    shape_agent_members(&f.w, &r->agent);
    NetFrame *frame = frame_end(&f);
    publish_to_shop(j->api, j->ctx.actor.shop_id, frame);
    net_frame_unref(frame);
}

void publish_agent(Api *a, int64_t shop_id, int64_t user_id)
{
    ApiJob *j = job_new(a);
    AgentRead *r = ARENA_NEW(j->arena, AgentRead);
    r->user_id = user_id;
    j->data = r;
    j->ctx.actor = (Actor){.role = ROLE_SYSTEM, .shop_id = shop_id};
    j->work = work_agent;
    j->finish = finish_agent;
    if (!job_start_own(j))
        job_free(j);
}

/* ---- the visitor's meta ---- */

typedef struct {
    Socket *socket;
    ServiceMeta meta;
    bool read;
} MetaRead;

static Err read_meta(Ctx *c, void *arg)
{
    MetaRead *m = arg;
    m->read = true;
    return service_visitor_meta(m->socket->api->config.service, c, &m->meta);
}

static void work_meta(ApiJob *j)
{
    const MetaRead *m = j->data;
    job_done(j, atomic_load(&m->socket->closed) ? ERR_OK : job_read(j, read_meta, j->data));
}

static void send_meta(Socket *s, const ServiceMeta *m)
{
    Frame f;
    frame_begin(&f, "meta");
    Str status = m->has_conversation ? m->conversation.status : STR("none");
    jw_kstr(&f.w, "state", str_is(status, "snoozed") ? STR("open") : status);
    if (m->position)
        jw_ki64(&f.w, "position", m->position);
    jw_key(&f.w, "agent");
    if (m->has_conversation && m->conversation.assignee_id) {
        jw_obj(&f.w);
        jw_kstr(&f.w, "name", m->conversation.assignee_name);
        jw_obj_end(&f.w);
    } else
        jw_null(&f.w);
    jw_kbool(&f.w, "open", m->open);
    if (m->next_open_at)
        jw_ki64(&f.w, "next_open_at", m->next_open_at);
    else
        jw_knull(&f.w, "next_open_at");
    NetFrame *frame = frame_end(&f);
    socket_send(s, frame);
    net_frame_unref(frame);
    s->waiting = str_is(status, "queued");
}

static void finish_meta(ApiJob *j)
{
    MetaRead *m = j->data;
    Socket *s = m->socket;
    s->meta_busy = false;
    if (!j->err && !s->closed && m->read) {
        send_meta(s, &m->meta);
        if (m->meta.has_conversation)
            hub_follow(s, &m->meta.conversation);
    }
    if (s->meta_due && !s->closed)
        publish_meta(s);
    socket_unref(s);
}

void publish_meta(Socket *s)
{
    if (s->meta_busy) {
        s->meta_due = true;
        return;
    }
    s->meta_due = false;
    ApiJob *j = job_new(s->api);
    MetaRead *m = ARENA_NEW(j->arena, MetaRead);
    m->socket = s;
    j->data = m;
    j->ctx.actor = s->actor;
    j->work = work_meta;
    j->finish = finish_meta;
    if (!job_start_own(j)) {
        job_free(j);
        return;
    }
    s->meta_busy = true;
    socket_ref(s);
}
