/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: opening, one frame's way through a worker and the store, limits, closing. */
#include "api/internal.h"

#include "base/clock.h"

#include <string.h>

enum {
    HELLO_WITHIN_MS = 10000,
    SESSION_CHECK_MS = 60000,
    FRAME_RATE_MILLI = 20000, /* frames a second of one visitor x 1000 */
    FRAME_BURST = 100,
    STAFF_RATE_MILLI = 5000000, /* of one workbench: a program may sit behind it */
    STAFF_BURST = 10000,
    ANSWER_MAX = 1 << 20
};

/* ---- opening ---- */

typedef struct {
    NetConn conn;
    const NetRequest *request;
    ApiProof proof;
} Upgrade;

static Err read_proof(Ctx *c, void *arg)
{
    Upgrade *u = arg;
    return proof_staff(c, u->request, &u->proof);
}

static void work_upgrade(ApiJob *j)
{
    job_done(j, job_read(j, read_proof, j->data));
}

static void finish_upgrade(ApiJob *j)
{
    Upgrade *u = j->data;
    Api *a = j->api;
    if (j->err) {
        reply_error(a, u->conn, u->request, j->err, &j->ctx.err);
        return;
    }
    Socket *s = socket_new(a, u->conn, true);
    socket_actor(s, &j->ctx.actor);
    s->by_key = u->proof.by_key;
    if (!net_ws_accept(a->net, u->conn, s, STR_NONE))
        socket_closed(s); /* left meanwhile: nobody else would tell */
}

static bool own_origin(const NetRequest *r)
{
    Str origin = net_header(r, "origin");
    if (!origin.n)
        return true; /* not a browser */
    Str scheme = r->secure ? STR("https://") : STR("http://");
    return str_starts(origin, scheme) && str_eq(str_sub(origin, scheme.n, origin.n), r->host);
}

static void upgrade_staff(Api *a, NetConn conn, const NetRequest *r)
{
    if (!own_origin(r)) {
        reply_status(a, conn, r, 403, "auth.origin",
                     "this socket opens from the desk's own pages only");
        return;
    }
    ApiJob *j = job_new(a);
    Upgrade *u = ARENA_NEW(j->arena, Upgrade);
    *u = (Upgrade){.conn = conn, .request = r};
    j->data = u;
    j->ctx.actor.address = r->address;
    j->work = work_upgrade;
    j->finish = finish_upgrade;
    if (!job_start(j, false)) {
        ErrSlot e = {0};
        Err err = err_retry(&e, ERR_BUSY, "server.busy", 1000, "too much at once; try again soon");
        reply_error(a, conn, r, err, &e);
        job_free(j);
    }
}

bool ws_upgrade(Api *a, NetConn conn, const NetRequest *r)
{
    bool visitor = str_is(r->path, "/api/widget/ws"), staff = str_is(r->path, "/api/ws");
    if (!visitor && !staff)
        return false;
    if (!r->upgrade)
        reply_status(a, conn, r, 426, "request.upgrade", "this path is a WebSocket (version 13)");
    else if (staff)
        upgrade_staff(a, conn, r);
    else {
        Socket *s = socket_new(a, conn, false);
        Actor nobody = {.role = ROLE_VISITOR, .address = r->address};
        socket_actor(s, &nobody);
        if (!net_ws_accept(a->net, conn, s, STR_NONE))
            socket_closed(s);
    }
    return true;
}

void ws_closed(void *user, NetConn conn, void *tag, int code)
{
    (void)user;
    (void)conn;
    (void)code;
    socket_closed(tag);
}

/* ---- does the log-in still stand? A log-out closes sockets at once; this is for what ends by
 * time, and for sockets that only listen. ---- */

typedef struct {
    Socket *socket;
    bool alive;
} Alive;

static Err read_alive(Ctx *c, void *arg)
{
    Alive *k = arg;
    int64_t id = c->actor.session_id;
    return k->socket->by_key ? accounts_apikey_alive(c, id, &k->alive)
                             : accounts_session_alive(c, id, &k->alive);
}

static void work_alive(ApiJob *j)
{
    job_done(j, job_read(j, read_alive, j->data));
}

void ws_ended(Socket *s)
{
    const char *code = "auth.ended";
    Buf b;
    JsonW w;
    buf_init(&b, NULL, 256);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "type", STR("bye"));
    jw_kstr(&w, "code", str_of(code));
    jw_obj_end(&w);
    socket_send_str(s, buf_str(&b));
    buf_finish(&b);
    net_ws_close(s->api->net, s->conn, 4401, str_of(code));
}

static void finish_alive(ApiJob *j)
{
    const Alive *k = j->data;
    Socket *s = k->socket;
    s->check_busy = false;
    if (!j->err && !k->alive && !s->closed)
        ws_ended(s);
    socket_unref(s);
}

static void check_alive(Socket *s, int64_t now_ms)
{
    if (s->check_busy || now_ms - s->checked_ms < SESSION_CHECK_MS)
        return;
    ApiJob *j = job_new(s->api);
    Alive *k = ARENA_NEW(j->arena, Alive);
    k->socket = s;
    j->data = k;
    j->ctx.actor = s->actor;
    j->work = work_alive;
    j->finish = finish_alive;
    s->checked_ms = now_ms;
    if (!job_start_own(j)) {
        job_free(j);
        return;
    }
    s->check_busy = true;
    socket_ref(s);
}

void ws_tick(Api *a, int64_t steady_ms)
{
    int64_t key;
    void *value;
    for (Socket *s = a->hub.pending, *next; s; s = next) {
        next = s->shop_next;
        if (steady_ms - s->opened_ms > HELLO_WITHIN_MS)
            net_ws_close(a->net, s->conn, 4401, STR("no hello"));
    }
    for (size_t i = 0; map_each(&a->hub.shops, &i, &key, &value);)
        for (Socket *s = ((HubShop *)value)->staff; s; s = s->shop_next)
            check_alive(s, steady_ms);
    hub_retry(&a->hub);
}

/* ---- one frame ---- */

/* How long to read nothing from it. The bucket has one user at a time: the worker that has the
 * socket's frame, or the loop while there is none. */
static int64_t frame_pause(Socket *s, int64_t now_ms)
{
    int64_t wait;
    bucket_take(&s->frames, now_ms, s->staff ? STAFF_RATE_MILLI : FRAME_RATE_MILLI,
                s->staff ? STAFF_BURST : FRAME_BURST, &wait);
    return wait;
}

static Err check_rate(ApiJob *j, FrameCall *f)
{
    Socket *s = f->socket;
    const ApiConfig *conf = &j->api->config;
    int64_t now = clock_steady_ns() / 1000000, wait;
    f->pause_ms = frame_pause(s, now);
    if (s->staff || !f->kind->costs ||
        bucket_take(&s->sends, now, conf->visitor_rate * 1000 / 60, conf->visitor_burst, &wait))
        return ERR_OK;
    return err_retry(&j->ctx.err, ERR_LIMIT, "message.too_many", (long)wait,
                     "too many messages at once; wait a moment");
}

static Err run_frame(ApiJob *j)
{
    return frame_run(j->data);
}

static Err read_frame(Ctx *c, void *arg)
{
    (void)c;
    return frame_run(arg);
}

static void work_frame(ApiJob *j)
{
    FrameCall *f = j->data;
    Err err = frame_understand(f);
    if (!err)
        err = check_rate(j, f);
    if (!err)
        err = frame_prepare(f);
    if (err || f->answered) {
        job_done(j, err);
    } else if (f->kind->tx == API_TX_WRITE) {
        job_submit(j);
    } else if (f->kind->tx == API_TX_READ) {
        job_done(j, job_read(j, read_frame, f));
    } else
        job_done(j, f->kind->run ? frame_run(f) : ERR_OK);
}

static void send_error(FrameCall *f, Err err, const ErrSlot *e)
{
    Buf b;
    JsonW w;
    buf_init(&b, NULL, 4096);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "type", STR("error"));
    bool inner = err == ERR_INTERNAL || err == ERR_STORAGE || !e->code;
    jw_kstr(&w, "code", e->code ? str_of(e->code) : STR("internal"));
    jw_kstr(&w, "message",
            inner ? STR("something went wrong here; it was written to the log") : str_of(e->text));
    if (e->field)
        jw_kstr(&w, "field", str_of(e->field));
    if (f->client_id.n)
        jw_kstr(&w, "client_id", f->client_id);
    if (e->retry_after_ms)
        jw_ki64(&w, "retry_after_ms", e->retry_after_ms);
    jw_obj_end(&w);
    socket_send_str(f->socket, buf_str(&b));
    buf_finish(&b);
    if (inner) {
        atomic_fetch_add(&f->api->errors, 1);
        log_line(f->api->config.log, LOG_ERROR, "frame failed", "type",
                 f->kind ? str_of(f->kind->type) : STR("?"), "code",
                 e->code ? str_of(e->code) : STR("internal"), "detail", str_of(e->text), NULL);
    }
}

static void finish_frame(ApiJob *j)
{
    FrameCall *f = j->data;
    Socket *s = f->socket;
    Err err = j->err;
    if (!err && f->out.over)
        err = ctx_err(&j->ctx, ERR_LIMIT, "api.reply_too_large", "the answer would be too large");
    if (!s->closed) {
        if (err) {
            send_error(f, err, &j->ctx.err);
            /* without a hello the socket is worth nothing: come again, with a pause */
            if (!s->ready && !f->close_code)
                f->close_code = err == ERR_AUTH ? 4401 : 1013;
        } else {
            const DeskMessage *m = &f->send.message;
            if (f->out.n && !sub_hold(s, m->conversation_id, m->seq, buf_str(&f->out)))
                socket_send_str(s, buf_str(&f->out));
            if (f->kind->after)
                f->kind->after(f);
        }
    }
    if (!err)
        publish_wakes(j->api, &j->ctx, s);
    if (!s->closed && f->close_code)
        net_ws_close(j->api->net, s->conn, f->close_code, str_of(j->ctx.err.code));
    if (!s->closed) {
        if (f->pause_ms > 0)
            net_ws_pause_limit(j->api->net, s->conn, (long)f->pause_ms);
        net_ws_next(j->api->net, s->conn);
    }
    socket_unref(s);
}

void ws_message(void *user, NetConn conn, void *tag, Str text)
{
    Api *a = user;
    Socket *s = tag;
    if (str_is(text, "{\"type\":\"ping\"}")) {
        Buf b;
        buf_init(&b, NULL, 128);
        buf_fmt(&b, "{\"type\":\"pong\",\"now\":%lld}", (long long)clock_wall_ms());
        socket_send_str(s, buf_str(&b));
        buf_finish(&b);
        net_ws_pause_limit(a->net, conn, (long)frame_pause(s, clock_steady_ns() / 1000000));
        net_ws_next(a->net, conn);
        return;
    }
    ApiJob *j = job_new(a);
    FrameCall *f = ARENA_NEW(j->arena, FrameCall);
    *f = (FrameCall){.socket = s,
                     .c = &j->ctx,
                     .api = a,
                     .id = s->conversation_id,
                     .staff = s->staff,
                     .ready = s->ready,
                     .subs_n = s->subs_n};
    f->text = str_dup(j->arena, text);
    buf_init(&f->out, j->arena, ANSWER_MAX);
    jw_init(&f->w, &f->out);
    j->ctx.actor = s->actor;
    j->data = f;
    j->work = work_frame;
    j->run = run_frame;
    j->finish = finish_frame;
    socket_ref(s);
    if (job_start(j, false))
        return;
    ErrSlot e = {0};
    Err err = err_retry(&e, ERR_BUSY, "server.busy", 1000, "too much at once; try again soon");
    send_error(f, err, &e);
    net_ws_pause_limit(a->net, conn, 200);
    net_ws_next(a->net, conn);
    job_free(j);
    socket_unref(s);
}
