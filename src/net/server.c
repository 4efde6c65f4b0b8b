/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: starting, the one-second tick, calls from other threads, stopping. */
#include "net/internal.h"

#include "base/assert.h"
#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void net_options_default(NetOptions *o)
{
    *o = (NetOptions){.listen = "127.0.0.1:8080",
                      .max_header_bytes = 16384,
                      .max_headers = 64,
                      .max_frame_bytes = 65536,
                      .max_connections = 20000,
                      .max_connections_per_address = 256,
                      .header_timeout_ms = 10000,
                      .body_timeout_ms = 60000,
                      .idle_timeout_ms = 75000,
                      .ws_ping_ms = 30000,
                      .write_high_bytes = 1 << 20,
                      .max_large_bodies = 8,
                      .max_large_bodies_per_address = 4};
}

Conn *net_server_conn(NetServer *s, NetConn h)
{
    if (h.index >= s->slots_n || s->slots[h.index].generation != h.generation)
        return NULL;
    return s->slots[h.index].c;
}

NetConn net_server_handle(const NetServer *s, const Conn *c)
{
    return (NetConn){c->index, s->slots[c->index].generation};
}

void net_server_mark(NetServer *s, Conn *c)
{
    if (c->in_turn)
        return;
    c->in_turn = true;
    c->next = NULL;
    *s->turn_last = c;
    s->turn_last = &c->next;
}

void net_server_turn(NetServer *s)
{
    while (s->turn_first) {
        Conn *c = s->turn_first;
        s->turn_first = c->next;
        if (!s->turn_first)
            s->turn_last = &s->turn_first;
        c->in_turn = false;
        net_conn_turn(s, c);
    }
    net_server_maybe_end(s);
}

static void make_date(NetServer *s)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)(clock_wall_ms() / 1000);
    struct tm t;
    gmtime_r(&now, &t);
    snprintf(s->date, sizeof s->date, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[t.tm_wday % 7],
             t.tm_mday % 32, months[t.tm_mon % 12], (t.tm_year + 1900) % 10000, t.tm_hour % 24,
             t.tm_min % 60, t.tm_sec % 61);
}

static void on_due(void *user, NetDue *d)
{
    net_conn_due(user, d);
}

static void on_tick(uv_timer_t *t)
{
    NetServer *s = t->loop->data;
    int64_t steady_ms = clock_steady_ns() / 1000000;
    s->now_s = (uint32_t)((steady_ms - s->start_ns / 1000000) / 1000);
    make_date(s);
    net_wheel_run(&s->wheel, s->now_s, on_due, s);
    if (s->accept_paused)
        net_listen_start(s);
    if (s->h.tick)
        s->h.tick(s->h.user, steady_ms);
    net_server_turn(s);
}

static void close_all(NetServer *s)
{
    for (uint32_t i = 0; i < s->slots_n; i++)
        if (s->slots[i].c)
            net_conn_kill(s, s->slots[i].c, WS_GOING_AWAY);
}

static void on_grace(uv_timer_t *t)
{
    NetServer *s = t->loop->data;
    close_all(s);
    net_server_turn(s);
}

static void begin_stop(NetServer *s, long grace_ms)
{
    if (s->stopping)
        return;
    s->stopping = true;
    net_listen_close(s);
    uv_timer_start(&s->grace, on_grace, grace_ms > 0 ? (uint64_t)grace_ms : 0, 0);
    for (uint32_t i = 0; i < s->slots_n; i++) {
        Conn *c = s->slots[i].c;
        if (!c)
            continue;
        if (c->state == CONN_WS)
            net_ws_close(s, net_server_handle(s, c), WS_RESTART, STR("restart"));
        else if (c->state == CONN_HEAD || c->state == CONN_HANDSHAKE)
            net_conn_kill(s, c, WS_GOING_AWAY);
    }
}

static void on_async(uv_async_t *a)
{
    NetServer *s = a->loop->data;
    long grace_ms = atomic_load_explicit(&s->stop_grace_ms, memory_order_acquire);
    net_post_run(&s->posts);
    if (grace_ms >= 0)
        begin_stop(s, grace_ms);
    net_server_turn(s);
}

/* All sockets gone after a stop: closes what keeps the loop alive. */
void net_server_maybe_end(NetServer *s)
{
    if (!s->stopping || s->connections > 0 || s->closed)
        return;
    s->closed = true;
    atomic_store(&s->ended, true);
    uv_close((uv_handle_t *)&s->tick, NULL);
    uv_close((uv_handle_t *)&s->pause, NULL);
    uv_close((uv_handle_t *)&s->grace, NULL);
    uv_close((uv_handle_t *)&s->async, NULL);
}

static Err check_options(const NetOptions *o, ErrSlot *e)
{
    if (o->max_header_bytes < 256 || o->max_header_bytes > 1 << 20 || o->max_headers < 4 ||
        o->max_headers > NET_HEADERS_MAX || o->max_frame_bytes < 125 ||
        o->max_frame_bytes > 1 << 30 || o->max_connections < 1 ||
        o->max_connections_per_address < 1 || o->header_timeout_ms < 1 || o->body_timeout_ms < 1 ||
        o->idle_timeout_ms < 1 || o->ws_ping_ms < 1 || o->write_high_bytes < 1024 ||
        o->max_large_bodies < 0 || o->max_large_bodies_per_address < 0)
        return err_set(e, ERR_INVALID, "net.options", "a limit is out of range");
    if (!o->tls_cert != !o->tls_key)
        return err_set(e, ERR_INVALID, "net.tls", "certificate and key belong together");
    return ERR_OK;
}

Err net_server_create(const NetOptions *o, const NetHandlers *h, ErrSlot *e, NetServer **ret)
{
    Err err = check_options(o, e);
    if (err)
        return err;
    NetServer *s = calloc(1, sizeof *s);
    ASSERT(s && h->request);
    s->o = *o;
    s->h = *h;
    s->listen_fd = s->spare_fd = -1;
    s->free_slot = UINT32_MAX;
    s->turn_last = &s->turn_first;
    s->start_ns = clock_steady_ns();
    atomic_init(&s->stop_grace_ms, -1);
    net_wheel_init(&s->wheel, 0);
    net_addr_table_init(&s->addrs);
    net_addr_table_init(&s->large_addrs);
    make_date(s);
    s->read_size = (size_t)o->max_header_bytes + NET_READ_BYTES;
    s->read = malloc(s->read_size);
    ASSERT(s->read);
    s->ping = net_frame_ws(WS_OP_PING, STR_NONE);
    err = net_addr_list_parse(e, o->trusted_proxies, &s->proxies);
    if (!err && o->tls_cert)
        err = net_tls_create(e, o->tls_cert, o->tls_key, &s->tls);
    if (!err)
        err = net_listen_open(s, e);
    int bad = uv_loop_init(&s->loop);
    ASSERT(bad == 0);
    s->loop.data = s;
    uv_timer_init(&s->loop, &s->tick);
    uv_timer_init(&s->loop, &s->pause);
    uv_timer_init(&s->loop, &s->grace);
    bad = uv_async_init(&s->loop, &s->async, on_async);
    ASSERT(bad == 0);
    if (!err) {
        bad = uv_poll_init_socket(&s->loop, &s->listener, s->listen_fd);
        ASSERT(bad == 0);
        s->listening = true;
    }
    /* A peer that leaves while OpenSSL writes must not end the process. */
    struct sigaction old;
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
    if (err) {
        net_server_destroy(s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

int net_server_port(const NetServer *s)
{
    return s->port;
}

Err net_server_reload_tls(NetServer *s, ErrSlot *e)
{
    if (!s->tls)
        return err_set(e, ERR_CONFLICT, "net.tls", "this server runs without TLS");
    return net_tls_reload(s->tls, e);
}

void net_server_run(NetServer *s)
{
    s->ran = true;
    uv_timer_start(&s->tick, on_tick, 1000, 1000);
    net_listen_start(s);
    on_async(&s->async); /* what was posted before the loop ran */
    uv_run(&s->loop, UV_RUN_DEFAULT);
    net_post_run(&s->posts);
}

void net_server_stop(NetServer *s, long grace_ms)
{
    atomic_store_explicit(&s->stop_grace_ms, grace_ms < 0 ? 0 : grace_ms, memory_order_release);
    if (!atomic_load(&s->ended))
        uv_async_send(&s->async);
}

void net_server_destroy(NetServer *s)
{
    if (!s)
        return;
    s->stopping = true;
    net_listen_close(s);
    close_all(s);
    net_server_turn(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    while (net_post_run(&s->posts)) {
    }
    for (uint32_t i = 0; i < s->slots_n; i++) { /* requests that were never answered */
        Conn *c = s->slots[i].c;
        if (!c)
            continue;
        net_call_free(s, c);
        free(c);
    }
    int busy = uv_loop_close(&s->loop);
    ASSERT(busy == 0);
    net_out_spare_finish(&s->spare);
    net_addr_table_finish(&s->addrs);
    net_addr_table_finish(&s->large_addrs);
    net_addr_list_finish(&s->proxies);
    net_tls_destroy(s->tls);
    net_frame_unref(s->ping);
    free(s->slots);
    free(s->pauses);
    free(s->read);
    free(s);
}

void net_post(NetServer *s, void (*fn)(void *arg), void *arg)
{
    if (net_post_push(&s->posts, fn, arg) && !atomic_load(&s->ended))
        uv_async_send(&s->async);
}

void net_stats(NetServer *s, NetStats *ret)
{
#define READ(what) ret->what = atomic_load_explicit(&s->count.what, memory_order_relaxed)
    READ(connections);
    READ(sockets);
    READ(requests);
    READ(frames_in);
    READ(frames_out);
    READ(bytes_in);
    READ(bytes_out);
    READ(refused_address);
    READ(refused_full);
    READ(slow_closed);
    READ(parse_errors);
    READ(tls_errors);
#undef READ
}
