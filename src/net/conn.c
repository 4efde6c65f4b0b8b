/* SPDX-License-Identifier: Apache-2.0 */
/* The life of one connection: opening, reading, going on after a pause, deadlines, closing. */
#include "net/internal.h"

#include "base/assert.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool may_read(const Conn *c)
{
    switch ((ConnState)c->state) {
    case CONN_HANDSHAKE:
    case CONN_HEAD:
    case CONN_BODY:
    case CONN_WS_BYE:
    case CONN_LINGER:
        return true;
    case CONN_WS:
        return !c->ws_work && !c->ws_paused && net_conn_waiting(c) < NET_PAUSE_BYTES;
    case CONN_WORK:
    case CONN_SEND:
    case CONN_DRAIN:
    case CONN_DEAD:
        break;
    }
    return false;
}

void net_conn_deadline(NetServer *s, Conn *c, long ms)
{
    /* the second that runs just now is not counted: never too early, at most a second late */
    uint32_t at_s = ms < 0 ? UINT32_MAX : s->now_s + 1 + (uint32_t)((ms + 999) / 1000);
    net_wheel_set(&s->wheel, &c->due, at_s);
}

/* Works off bytes as far as the state allows; returns how many. */
static size_t feed(NetServer *s, Conn *c, char *p, size_t n)
{
    size_t at = 0, used = 1;
    s->current = c;
    while (at < n && used > 0 && may_read(c)) {
        switch ((ConnState)c->state) {
        case CONN_HEAD:
            used = net_http_head(s, c, p + at, n - at);
            break;
        case CONN_BODY:
            used = net_http_body(s, c, p + at, n - at);
            break;
        case CONN_WS:
        case CONN_WS_BYE:
            used = net_ws_data(s, c, p + at, n - at);
            break;
        case CONN_LINGER:
            used = n - at;
            break;
        case CONN_HANDSHAKE:
        case CONN_WORK:
        case CONN_SEND:
        case CONN_DRAIN:
        case CONN_DEAD:
            used = 0;
            break;
        }
        at += used;
    }
    s->current = NULL;
    return at;
}

static void read_once(NetServer *s, Conn *c)
{
    size_t have = 0;
    Rest *rest = c->rest;
    if (rest) {
        have = rest->n - rest->at;
        memcpy(s->read, rest->bytes + rest->at, have);
    }
    long got = net_conn_recv(s, c, s->read + have, s->read_size - have);
    if (got < 0)
        net_conn_kill(s, c, WS_ABNORMAL);
    if (got <= 0)
        return;
    free(rest);
    c->rest = NULL;
    size_t n = have + (size_t)got;
    size_t used = feed(s, c, s->read, n);
    if (used == n || c->state == CONN_DEAD || c->state == CONN_DRAIN)
        return;
    c->rest = rest = malloc(sizeof *rest + n - used);
    ASSERT(rest);
    rest->n = (uint32_t)(n - used);
    rest->at = 0;
    memcpy(rest->bytes, s->read + used, n - used);
}

static void handshake(NetServer *s, Conn *c)
{
    switch (net_tls_handshake(c->ssl)) {
    case NET_TLS_DONE:
        c->state = CONN_HEAD;
        net_conn_poll(c, UV_READABLE);
        return;
    case NET_TLS_WANT_READ:
        net_conn_poll(c, UV_READABLE);
        return;
    case NET_TLS_WANT_WRITE:
        net_conn_poll(c, UV_WRITABLE);
        return;
    case NET_TLS_FAILED:
        COUNT(s, tls_errors, 1);
        net_conn_kill(s, c, WS_ABNORMAL);
        return;
    }
}

static void read_ready(NetServer *s, Conn *c)
{
    if (c->state == CONN_HANDSHAKE) {
        handshake(s, c);
        if (c->state != CONN_HEAD || SSL_pending(c->ssl) == 0)
            return;
    }
    do {
        if (c->state == CONN_BODY && !c->rest && c->call->left > NET_READ_BYTES)
            net_http_body_read(s, c);
        else
            read_once(s, c);
        /* what OpenSSL has decoded already no event will tell of */
    } while (c->ssl && may_read(c) && SSL_pending(c->ssl) > 0);
}

static void drained(NetServer *s, Conn *c)
{
    if (c->state == CONN_SEND) {
        net_http_sent(s, c);
    } else if (c->state == CONN_WS) {
        net_conn_resume(s, c);
    } else if (c->state == CONN_DRAIN) {
        if (c->ssl)
            SSL_shutdown(c->ssl);
        shutdown(c->fd, SHUT_WR);
        if (!c->linger) {
            net_conn_kill(s, c, WS_ABNORMAL);
            return;
        }
        c->state = CONN_LINGER;
        free(c->rest);
        c->rest = NULL;
        net_conn_deadline(s, c, NET_LINGER_S * 1000);
        net_conn_resume(s, c);
    }
}

void net_conn_ready(NetServer *s, Conn *c, int events)
{
    if (c->state == CONN_HANDSHAKE) {
        read_ready(s, c);
        return;
    }
    if ((events & UV_WRITABLE) && c->out && c->state != CONN_DEAD && net_conn_flush(s, c))
        drained(s, c);
    if (!(events & UV_READABLE))
        return;
    /* A socket in work is watched on until it does have something: mostly it has not. */
    if (may_read(c))
        read_ready(s, c);
    else
        net_conn_poll(c, c->polling & ~UV_READABLE);
}

void net_conn_resume(NetServer *s, Conn *c)
{
    if (s->current == c)
        return; /* its bytes are being worked off: that goes on by itself */
    c->resume = true;
    net_server_mark(s, c);
}

static void go_on(NetServer *s, Conn *c)
{
    Rest *rest = c->rest;
    if (rest && may_read(c)) {
        c->rest = NULL;
        rest->at += (uint32_t)feed(s, c, rest->bytes + rest->at, rest->n - rest->at);
        if (rest->at < rest->n && c->state != CONN_DEAD)
            c->rest = rest;
        else
            free(rest);
    }
    if (may_read(c) && c->ssl && SSL_pending(c->ssl) > 0)
        read_ready(s, c);
    if (may_read(c))
        net_conn_poll(c, c->polling | UV_READABLE);
}

static void on_closed(uv_handle_t *h)
{
    Conn *c = (Conn *)h;
    c->handle_closed = true;
    if (!c->call)
        free(c);
}

static void tear_down(NetServer *s, Conn *c)
{
    net_wheel_remove(&c->due);
    if (c->counted)
        net_addr_table_remove(&s->addrs, &c->addr);
    c->counted = false;
    s->connections--;
    COUNT(s, connections, -1);
    net_conn_poll(c, 0);
    SSL_free(c->ssl);
    c->ssl = NULL;
    close(c->fd);
    c->fd = -1;
    free(c->rest);
    c->rest = NULL;
    net_ws_kept_free(c);
    net_out_give(&s->spare, c->out);
    c->out = NULL;
    if (!c->in_work) { /* else the request is still read by a worker: net_respond ends it */
        net_call_free(s, c);
        net_conn_free_slot(s, c);
    }
    uv_close((uv_handle_t *)&c->poll, on_closed);
}

void net_conn_turn(NetServer *s, Conn *c)
{
    if (c->resume) {
        c->resume = false;
        go_on(s, c);
    }
    if (c->flush) {
        c->flush = false;
        if (c->state != CONN_DEAD && !(c->polling & UV_WRITABLE) && net_conn_flush(s, c) &&
            c->state != CONN_WS)
            drained(s, c);
    }
    if (c->ws_open && !c->ws_told && c->state != CONN_WS) {
        c->ws_told = true;
        COUNT(s, sockets, -1);
        if (s->h.ws_closed)
            s->h.ws_closed(s->h.user, net_server_handle(s, c), c->tag, c->close_code);
    }
    if (c->gone) {
        c->gone = false;
        tear_down(s, c);
    }
}

void net_conn_kill(NetServer *s, Conn *c, int code)
{
    if (c->state == CONN_DEAD)
        return;
    if (c->close_code == 0)
        c->close_code = (uint16_t)code;
    c->in_work = c->state == CONN_WORK;
    c->state = CONN_DEAD;
    c->gone = true;
    net_server_mark(s, c);
}

void net_conn_end(NetServer *s, Conn *c, bool linger)
{
    c->state = CONN_DRAIN;
    c->linger = linger;
    c->flush = true;
    net_conn_deadline(s, c, s->o.body_timeout_ms);
    net_server_mark(s, c);
}

void net_conn_due(NetServer *s, NetDue *d)
{
    Conn *c = (Conn *)(void *)((char *)d - offsetof(Conn, due));
    switch ((ConnState)c->state) {
    case CONN_HEAD:
        if (c->rest)
            net_http_refuse(s, c, 408);
        else
            net_conn_kill(s, c, WS_ABNORMAL);
        break;
    case CONN_BODY:
        net_http_refuse(s, c, 408);
        break;
    case CONN_WS:
        net_ws_due(s, c);
        break;
    case CONN_SEND:
    case CONN_DRAIN:
        COUNT(s, slow_closed, 1);
        net_conn_kill(s, c, WS_TOO_SLOW);
        break;
    case CONN_HANDSHAKE:
        COUNT(s, tls_errors, 1);
        net_conn_kill(s, c, WS_ABNORMAL);
        break;
    case CONN_WS_BYE:
    case CONN_LINGER:
        net_conn_kill(s, c, WS_ABNORMAL);
        break;
    case CONN_WORK:
    case CONN_DEAD:
        break;
    }
}

void net_conn_open(NetServer *s, int fd, const NetAddr *addr, bool counted, int refuse)
{
    Conn *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->fd = fd;
    c->addr = *addr;
    c->counted = counted;
    c->refuse = (uint16_t)refuse;
    c->partial = true; /* the deadline of the first head runs from the start */
    c->last_in_s = s->now_s;
    c->state = CONN_HEAD;
    if (s->tls) {
        c->ssl = net_tls_accept(s->tls, fd);
        c->state = CONN_HANDSHAKE;
    }
    if ((s->tls && !c->ssl) || uv_poll_init_socket(&s->loop, &c->poll, fd) != 0) {
        if (counted)
            net_addr_table_remove(&s->addrs, addr);
        SSL_free(c->ssl);
        close(fd);
        free(c);
        return;
    }
    if (s->free_slot == UINT32_MAX && s->slots_n == s->slots_size) {
        s->slots_size = s->slots_size ? s->slots_size * 2 : 64;
        s->slots = realloc(s->slots, s->slots_size * sizeof *s->slots);
        ASSERT(s->slots);
    }
    if (s->free_slot != UINT32_MAX) {
        c->index = s->free_slot;
        s->free_slot = s->slots[c->index].next_free;
    } else {
        c->index = s->slots_n++;
        s->slots[c->index].generation = 1;
    }
    s->slots[c->index].c = c;
    s->connections++;
    COUNT(s, connections, 1);
    net_wheel_add(&s->wheel, &c->due, UINT32_MAX);
    net_conn_deadline(s, c, s->o.header_timeout_ms);
    net_conn_poll(c, UV_READABLE);
}

void net_conn_free_slot(NetServer *s, Conn *c)
{
    Slot *slot = &s->slots[c->index];
    slot->c = NULL;
    slot->generation++;
    slot->next_free = s->free_slot;
    s->free_slot = c->index;
}
