/* SPDX-License-Identifier: Apache-2.0 */
/* The widget's page, measures for Prometheus. */
#include "api/internal.h"

#include "base/clock.h"
#include "service/llm.h"

#include <malloc.h>

/* ---- the panel: who may frame it is the channel's word ---- */

static Str ancestors(Ctx *c, Str config)
{
    const Json *json;
    if (json_parse(c->arena, &c->err, config, &json)) {
        err_clear(&c->err);
        return STR("*");
    }
    Buf b;
    buf_init(&b, c->arena, 4096);
    buf_lit(&b, "'self'");
    size_t n = 0;
    for (const Json *v = json_first(json_get(json, "allowed_origins")); v; v = json_next(v)) {
        Str origin = json_value_str(v);
        bool clean = origin.n > 0 && origin.n < 300;
        for (size_t i = 0; i < origin.n && clean; i++)
            clean = origin.p[i] > ' ' && origin.p[i] != ';' && origin.p[i] != ',' &&
                    (unsigned char)origin.p[i] < 127;
        if (!clean)
            continue;
        buf_byte(&b, ' ');
        buf_put(&b, origin);
        n++;
    }
    return n && !b.over ? buf_str(&b) : STR("*");
}

static Err get_panel(ApiCall *call)
{
    Str key = api_query(call, "channel");
    DeskChannel ch;
    Err err = desk_channel_by_key(call->c, key, &ch);
    if (err)
        return err;
    const WebFile *f = web_file(STR("/widget/panel.html"));
    if (!f)
        return ctx_err(call->c, ERR_NOT_FOUND, "request.unknown_path",
                       "this build has no web pages in it");
    call->content_type = str_of(f->type);
    call->frame_ancestors = ancestors(call->c, ch.config);
    call->headers = STR("Cache-Control: no-cache\r\n");
    buf_put(&call->out, (Str){(const char *)f->bytes, f->n});
    return ERR_OK;
}

/* ---- measures ---- */

static void measure(Buf *b, const char *name, const char *type, const char *help, int64_t value)
{
    buf_fmt(b, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n", name, help, name, type, name,
            (long long)value);
}

static void measure_llm(Buf *b, Service *s)
{
    ServiceLlmStats st;
    service_llm_stats(s, &st);
    measure(b, "zhixin_llm_calls_total", "counter", "Drafts asked of language models", st.calls);
    measure(b, "zhixin_llm_failures_total", "counter", "Of these: no usable answer", st.failures);
    measure(b, "zhixin_llm_refused_total", "counter", "Drafts not asked: resting, or no budget",
            st.refused);
    measure(b, "zhixin_llm_tokens_total", "counter", "Tokens spent", st.tokens);
    measure(b, "zhixin_llm_resting", "gauge", "Shops whose endpoint is left alone", st.resting);
}

static Err get_metrics(ApiCall *call)
{
    Api *a = call->api;
    Buf *b = &call->out;
    StoreStats st;
    NetStats net;
    store_stats(a->store, &st);
    net_stats(a->net, &net);
    struct mallinfo2 heap = mallinfo2();
    call->content_type = STR("text/plain; version=0.0.4");
    measure(b, "zhixin_requests_total", "counter", "HTTP requests", net.requests);
    measure(b, "zhixin_errors_total", "counter", "Requests and frames that failed by our fault",
            atomic_load(&a->errors));
    measure(b, "zhixin_messages_total", "counter", "Messages stored and shown",
            atomic_load(&a->messages));
    measure(b, "zhixin_connections", "gauge", "Open connections", net.connections);
    measure(b, "zhixin_sockets", "gauge", "Open WebSockets", net.sockets);
    measure(b, "zhixin_sockets_staff", "gauge", "Workbenches", atomic_load(&a->hub.staff_n));
    measure(b, "zhixin_sockets_visitor", "gauge", "Visitors", atomic_load(&a->hub.visitor_n));
    measure(b, "zhixin_sockets_pending", "gauge", "Sockets that have not said hello",
            atomic_load(&a->hub.pending_n));
    measure(b, "zhixin_frames_in_total", "counter", "WebSocket messages read", net.frames_in);
    measure(b, "zhixin_frames_out_total", "counter", "WebSocket messages sent", net.frames_out);
    measure(b, "zhixin_bytes_in_total", "counter", "Bytes read", net.bytes_in);
    measure(b, "zhixin_bytes_out_total", "counter", "Bytes sent", net.bytes_out);
    measure(b, "zhixin_refused_connections_total", "counter", "Refused by a limit",
            net.refused_address + net.refused_full);
    measure(b, "zhixin_slow_readers_closed_total", "counter", "Closed for reading too slowly",
            net.slow_closed);
    measure(b, "zhixin_parse_errors_total", "counter", "Malformed requests and frames",
            net.parse_errors);
    measure(b, "zhixin_work_queue", "gauge", "Calls waiting for a worker",
            atomic_load(&a->work.depth));
    measure_llm(b, a->config.service);
    measure(b, "zhixin_store_commits_total", "counter", "Commits", st.commits);
    measure(b, "zhixin_store_units_total", "counter", "Units of work", st.units);
    measure(b, "zhixin_store_unit_errors_total", "counter", "Units refused", st.unit_errors);
    measure(b, "zhixin_store_reruns_total", "counter", "Units run again", st.reruns);
    measure(b, "zhixin_store_queue", "gauge", "Units waiting", st.queue_depth);
    measure(b, "zhixin_store_batch_max", "gauge", "Most units in one commit", st.max_batch);
    measure(b, "zhixin_store_commit_us", "gauge", "Microseconds of the last commit",
            st.last_commit_us);
    measure(b, "zhixin_store_wal_bytes", "gauge", "Write-ahead log", st.wal_bytes);
    measure(b, "zhixin_store_failing", "gauge", "1: the last commit failed", st.failing);
    measure(b, "zhixin_heap_bytes", "gauge", "Memory in use", (int64_t)heap.uordblks);
    measure(b, "zhixin_uptime_seconds", "gauge", "Since the start",
            (clock_wall_ms() - a->started_ms) / 1000);
    return ERR_OK;
}

static const ApiRoute ROWS[] = {
    {NET_GET, "/widget/panel", API_ANYONE, 0, API_TX_READ, .run = get_panel,
     .summary = "The widget's page for a frame on the shop's site", .gives = "html",
     .query = "channel lang"},
    {NET_GET, "/metrics", API_ANYONE, 0, API_TX_NONE, .run = get_metrics,
     .summary = "Measures for Prometheus", .gives = "text"},
};
const ApiRoutes API_ROUTES_SYSTEM = {ROWS, sizeof ROWS / sizeof ROWS[0]};
