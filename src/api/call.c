/* SPDX-License-Identifier: Apache-2.0 */
/* The life of one HTTP call; see api.h. */
#include "api/internal.h"

#include "base/file.h"

#include <string.h>

enum { REPLY_MAX = 16 << 20, FILE_MAX = 20 << 20 };

typedef struct {
    ApiCall call;
    ApiJob *job;
    NetConn conn;
    const ApiRoute *route;
    ApiProof proof;
    Str new_cookie;
    Str file_body;
} Call;

static bool changes(NetMethod m)
{
    return m != NET_GET && m != NET_HEAD && m != NET_OPTIONS;
}

static Role needed(ApiAccess a)
{
    switch (a) {
    case API_AGENT:
        return ROLE_AGENT;
    case API_SUPERVISOR:
        return ROLE_SUPERVISOR;
    case API_OWNER:
        return ROLE_OWNER;
    case API_STAFF:
    case API_ANYONE:
    case API_VISITOR:
        break;
    }
    return ROLE_TRAINER;
}

/* May whoever k->proof shows make this call? */
static Err allow(Ctx *c, Call *k)
{
    const NetRequest *r = k->call.request;
    if (k->proof.by_cookie) {
        k->call.session = &k->proof.session;
        if (changes(r->method) &&
            !accounts_csrf_ok(&k->proof.session, net_header(r, "x-csrf-token")))
            return ctx_err(c, ERR_DENIED, "auth.csrf",
                           "X-CSRF-Token is missing or from another session: GET /api/me gives it");
    } else if (k->route->scope && !(c->actor.scopes & k->route->scope)) {
        return ctx_err(c, ERR_DENIED, "auth.scope", "this API key lacks the scope for it");
    }
    if (c->actor.role < needed(k->route->access))
        return ctx_err(c, ERR_DENIED, "auth.role", "your role may not do this");
    return ERR_OK;
}

static Err admit_staff(Ctx *c, Call *k)
{
    Err err = proof_staff(c, k->call.request, &k->proof);
    return err ? err : allow(c, k);
}

static Err admit(Ctx *c, void *arg)
{
    Call *k = arg;
    if (k->route->access == API_VISITOR) {
        Str address = c->actor.address;
        Err err = service_visitor_actor(k->call.api->config.service, c,
                                        proof_bearer(k->call.request), &c->actor);
        c->actor.address = address;
        return err;
    }
    return admit_staff(c, k);
}

/* Signs of life and the turning of the token: rare, so it may wait for its own commit. */
static Err touch(Ctx *c, void *arg)
{
    Call *k = arg;
    if (k->proof.by_key)
        return accounts_apikey_used(c, c->actor.session_id);
    return accounts_session_touch(c, &k->proof.session, &k->new_cookie);
}

static Err run_handler(Call *k)
{
    ApiCall *call = &k->call;
    call->out.n = 0;
    call->status = 200;
    call->headers = call->content_type = call->file_path = STR_NONE;
    jw_init(&call->w, &call->out);
    return k->route->run ? k->route->run(call) : ERR_OK;
}

static Err run_read(Ctx *c, void *arg)
{
    (void)c;
    return run_handler(arg);
}

static Err admit_and_run(Ctx *c, void *arg)
{
    Err err = admit(c, arg);
    return err ? err : run_handler(arg);
}

static Err job_run(ApiJob *j)
{
    return run_handler(j->data);
}

static Err parse_body(Call *k)
{
    ApiCall *call = &k->call;
    if (!k->route->body_bytes || k->route->raw_body)
        return ERR_OK;
    Str body = call->request->body;
    if (!body.n)
        body = STR("{}");
    Err err = json_parse(call->c->arena, &call->c->err, body, &call->body);
    if (!err && !json_is_object(call->body))
        err = ctx_err(call->c, ERR_INVALID, "json.object", "the body is one JSON object");
    return err;
}

/* A worker's last step: files are read here, not on the loop. */
static void done(ApiJob *j, Err err)
{
    Call *k = j->data;
    ApiCall *call = &k->call;
    if (!err && call->file_path.n)
        err = file_read(j->arena, &j->ctx.err, str_c(j->arena, call->file_path), FILE_MAX,
                        &k->file_body);
    job_done(j, err);
}

static void call_work(ApiJob *j)
{
    Call *k = j->data;
    const ApiRoute *r = k->route;
    Ctx *c = &j->ctx;
    Err err = ERR_OK;
    if (r->tx == API_TX_READ && !r->prepare && !r->body_bytes) {
        bool known = r->access != API_ANYONE && r->access != API_VISITOR &&
                     proof_recent(j->api, c, k->call.request, &k->proof);
        if (known)
            err = allow(c, k);
        if (known || r->access == API_ANYONE)
            err = err ? err : job_read(j, run_read, k);
        else
            err = job_read(j, admit_and_run, k);
        if (!err && !known)
            proof_keep(j->api, &k->proof);
        if (!err && (k->proof.session.touch_due || k->proof.key.touch_due))
            err = store_write(j->api->store, c, STORE_CHAT, touch, k);
        done(j, err);
        return;
    }
    if (r->access != API_ANYONE)
        err = job_read(j, admit, k);
    if (!err && (k->proof.session.touch_due || k->proof.key.touch_due))
        err = store_write(j->api->store, c, STORE_CHAT, touch, k);
    if (!err)
        err = parse_body(k);
    k->call.status = 200;
    if (!err && r->prepare)
        err = r->prepare(&k->call);
    if (!err && r->tx == API_TX_WRITE) {
        job_submit(j);
        return;
    }
    if (!err && r->tx == API_TX_READ)
        err = job_read(j, run_read, k);
    else if (!err && r->run)
        err = r->prepare ? r->run(&k->call) : run_handler(k);
    done(j, err);
}

static void call_finish(ApiJob *j)
{
    Call *k = j->data;
    ApiCall *call = &k->call;
    Api *a = j->api;
    const NetRequest *r = call->request;
    Str body = call->file_path.n ? k->file_body : buf_str(&call->out);
    Err err = j->err;
    if (!err && call->out.over)
        err = ctx_err(&j->ctx, ERR_LIMIT, "api.reply_too_large",
                      "the answer would be too large; ask for less");
    if (err) {
        reply_error(a, k->conn, r, err, &j->ctx.err);
        return;
    }
    Buf headers;
    buf_init(&headers, j->arena, 16384);
    bool page = str_starts(call->content_type, STR("text/html"));
    reply_headers(a, &headers, r,
                  call->file_path.n ? REPLY_FILE
                  : page            ? REPLY_FRAMED
                                    : REPLY_API,
                  call->frame_ancestors);
    /* the handler's own cookie comes last and wins: a log-out stays one */
    Str own = call->headers;
    call->headers = STR_NONE;
    if (k->new_cookie.n)
        api_cookie(call, "zx_session", k->new_cookie, ACCOUNTS_SESSION_DAYS * 86400);
    buf_put(&headers, call->headers);
    buf_put(&headers, own);
    NetResponse out = {.status = call->status ? call->status : 200,
                       .headers = buf_str(&headers),
                       .content_type =
                           call->content_type.n ? call->content_type : STR("application/json"),
                       .body = body};
    if (out.status == 204 || out.status == 304)
        out.content_type = STR_NONE;
    if (changes(r->method) && k->route->access != API_VISITOR)
        proofs_forget(&a->proofs);
    net_respond(a->net, k->conn, &out);
    publish_wakes(a, &j->ctx, NULL);
}

void call_start(Api *a, NetConn conn, const NetRequest *r, const ApiMatch *m)
{
    ApiJob *j = job_new(a);
    Call *k = ARENA_NEW(j->arena, Call);
    k->job = j;
    k->conn = conn;
    k->route = m->route;
    k->call = (ApiCall){.api = a, .c = &j->ctx, .request = r, .text_id = m->text_id};
    memcpy(k->call.id, m->id, sizeof m->id);
    k->call.base_url = reply_base_url(j->arena, r);
    buf_init(&k->call.out, j->arena, REPLY_MAX);
    jw_init(&k->call.w, &k->call.out);
    j->ctx.actor.address = r->address;
    j->data = k;
    j->work = call_work;
    j->run = job_run;
    j->finish = call_finish;
    atomic_fetch_add_explicit(&a->calls, 1, memory_order_relaxed);
    if (!(m->route->waits ? job_start_waiting(j) : job_start(j, m->route->slow))) {
        ErrSlot e = {0};
        Err err = err_retry(&e, ERR_BUSY, "server.busy", 1000, "too much at once; try again soon");
        reply_error(a, conn, r, err, &e);
        job_free(j);
    }
}
