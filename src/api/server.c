/* SPDX-License-Identifier: Apache-2.0 */
#include "api/server.h"

#include "api/internal.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

void api_config_default(ApiConfig *c)
{
    *c = (ApiConfig){.workers = 4,
                     .queue = 4096,
                     .visitor_rate = 120,
                     .visitor_burst = 30,
                     .session_rate = 50,
                     .session_burst = 1000,
                     .call_rate = 500,
                     .metrics_for = "127.0.0.0/8, ::1"};
}

static bool is_api(Str path)
{
    return str_starts(path, STR("/api/")) || str_is(path, "/metrics") ||
           str_is(path, "/widget/panel");
}

/* /healthz answers from the loop itself, so that a stuck worker does not hide behind it. */
static void answer_health(Api *a, NetConn conn, const NetRequest *r)
{
    StoreStats st;
    store_stats(a->store, &st);
    if (st.failing) {
        reply_status(a, conn, r, 503, "store.failing", "the database takes no writes");
        return;
    }
    Buf headers;
    buf_init(&headers, NULL, 4096);
    reply_headers(a, &headers, r, REPLY_API, STR_NONE);
    NetResponse out = {.status = 200,
                       .headers = buf_str(&headers),
                       .content_type = STR("application/json"),
                       .body = STR("{\"status\":\"ok\"}\n"),
                       .body_static = true};
    net_respond(a->net, conn, &out);
    buf_finish(&headers);
}

static void too_many(Api *a, NetConn conn, const NetRequest *r, int64_t wait_ms)
{
    ErrSlot e = {0};
    Err err = err_retry(&e, ERR_LIMIT, "request.too_many", (long)wait_ms,
                        "too many requests from this address; wait a little");
    reply_error(a, conn, r, err, &e);
}

static void on_request(void *user, NetConn conn, const NetRequest *r)
{
    Api *a = user;
    a->now_ms = clock_steady_ns() / 1000000;
    if (str_is(r->path, "/healthz")) {
        answer_health(a, conn, r);
        return;
    }
    int64_t wait_ms;
    if (r->upgrade && !door_socket(a, r, &wait_ms)) {
        too_many(a, conn, r, wait_ms);
        return;
    }
    if (ws_upgrade(a, conn, r))
        return;
    if (is_api(r->path)) {
        ApiMatch m;
        if (router_match(r->method, r->path, &m)) {
            if (!door_call(a, r, m.route, &wait_ms))
                too_many(a, conn, r, wait_ms);
            else if (str_is(r->path, "/metrics") && !door_metrics(a, r))
                reply_status(a, conn, r, 403, "metrics.closed",
                             "measures are for the addresses in --metrics-for");
            else
                call_start(a, conn, r, &m);
        } else if (m.path_known)
            reply_status(a, conn, r, 405, "request.method", "this path does not take this method");
        else
            reply_status(a, conn, r, 404, "request.unknown_path", "there is nothing at this path");
        return;
    }
    if (!web_answer(a, conn, r))
        reply_status(a, conn, r, 404, "request.unknown_path", "there is nothing at this path");
}

static long on_body_limit(void *user, const NetRequest *head)
{
    (void)user;
    ApiMatch m;
    return is_api(head->path) && router_match(head->method, head->path, &m)
               ? door_body(head, m.route)
               : 0;
}

static void on_tick(void *user, int64_t steady_ms)
{
    Api *a = user;
    a->now_ms = steady_ms;
    jobs_trim(a);
    ws_tick(a, steady_ms);
    publish_tick(a);
    sweep_tick(a, steady_ms);
}

Err api_edge_open(const ApiConfig *config, ErrSlot *e, Api **ret)
{
    Api *a = calloc(1, sizeof *a);
    if (!a)
        abort();
    a->config = *config;
    a->started_ms = clock_wall_ms();
    a->now_ms = clock_steady_ns() / 1000000;
    hub_open(&a->hub);
    Err err = net_addr_list_parse(e, config->metrics_for, &a->metrics_for);
    if (!err)
        err = api_jobs_open(a, e);
    NetHandlers h = {.request = on_request,
                     .body_limit = on_body_limit,
                     .ws_message = ws_message,
                     .ws_closed = ws_closed,
                     .tick = on_tick,
                     .user = a};
    if (!err)
        err = net_server_create(config->net, &h, e, &a->net);
    if (err) {
        api_jobs_stop(a);
        api_jobs_close(a);
        hub_close(&a->hub);
        net_addr_list_finish(&a->metrics_for);
        free(a);
        return err;
    }
    *ret = a;
    return ERR_OK;
}

void api_use_store(Api *a, Store *s)
{
    a->store = s;
}

int api_edge_port(const Api *a)
{
    return net_server_port(a->net);
}

void api_edge_run(Api *a)
{
    net_server_run(a->net);
}

Err api_reload_tls(Api *a, ErrSlot *e)
{
    return net_server_reload_tls(a->net, e);
}

void api_edge_stop(Api *a)
{
    net_server_stop(a->net, 5000);
}

void api_edge_drain(Api *a)
{
    api_jobs_stop(a);
}

void api_edge_close(Api *a)
{
    api_jobs_drain(a); /* answers go through net, so before it is gone */
    net_server_destroy(a->net);
    api_jobs_close(a);
    hub_close(&a->hub);
    net_addr_list_finish(&a->metrics_for);
    free(a);
}
