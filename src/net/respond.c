/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: the head, the body, and what becomes of the connection afterwards. */
#include "net/internal.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_ROOM = 512 };

typedef struct {
    char *p;
    size_t n;
} Head;

static void put(Head *h, Str s)
{
    if (s.n)
        memcpy(h->p + h->n, s.p, s.n);
    h->n += s.n;
}

static void put_number(Head *h, size_t v)
{
    char tmp[24], *end = tmp + sizeof tmp, *p = end;
    do {
        *--p = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    put(h, (Str){p, (size_t)(end - p)});
}

static void put_status(Head *h, int status)
{
    ASSERT(status >= 100 && status <= 599);
    put(h, STR("HTTP/1.1 "));
    put_number(h, (size_t)status);
    put(h, STR(" "));
    put(h, str_of(http_reason(status)));
}

static size_t room_left(const Head *h, const char *small, size_t small_size)
{
    return h->p == small ? small_size - h->n : 0;
}

static void answer(NetServer *s, Conn *c, const NetResponse *r, bool is_head, bool close)
{
    char small[2048];
    size_t room = HEAD_ROOM + r->headers.n + r->content_type.n;
    Head h = {.p = room <= sizeof small ? small : malloc(room)};
    ASSERT(h.p);
    put_status(&h, r->status);
    put(&h, STR("\r\nDate: "));
    put(&h, str_of(s->date));
    if (r->content_type.n) {
        put(&h, STR("\r\nContent-Type: "));
        put(&h, r->content_type);
    }
    if (r->status != 204 && r->status != 304) {
        put(&h, STR("\r\nContent-Length: "));
        put_number(&h, r->body.n);
    }
    if (close)
        put(&h, STR("\r\nConnection: close"));
    put(&h, STR("\r\n"));
    put(&h, r->headers);
    put(&h, STR("\r\n"));
    bool bare = is_head || r->status == 204 || r->status == 304;
    Str body = bare ? STR_NONE : r->body;
    if (body.n <=
        room_left(&h, small, sizeof small)) { /* one piece: one copy is cheaper than two vectors */
        put(&h, body);
        body = STR_NONE;
    }
    net_conn_write(s, c, (Str){h.p, h.n}, body, r->body_static);
    if (h.p != small)
        free(h.p);
}

void net_http_sent(NetServer *s, Conn *c)
{
    if (s->stopping) {
        net_conn_end(s, c, true);
        return;
    }
    c->state = CONN_HEAD;
    net_conn_deadline(s, c, s->o.idle_timeout_ms);
    net_conn_resume(s, c);
}

/* A request in work whose connection is already gone: only its memory is left. */
static void bury(NetServer *s, Conn *c)
{
    net_call_free(s, c);
    net_conn_free_slot(s, c);
    c->in_work = false;
    if (c->handle_closed)
        free(c);
}

void net_respond(NetServer *s, NetConn handle, const NetResponse *r)
{
    Conn *c = net_server_conn(s, handle);
    if (!c)
        return;
    if (c->state == CONN_DEAD) {
        if (c->in_work && c->fd < 0)
            bury(s, c);
        else
            c->in_work = false; /* killed in this same turn: tear_down frees */
        return;
    }
    if (c->state != CONN_WORK)
        return;
    bool close = r->close || s->stopping || !c->call->r.keep_alive;
    answer(s, c, r, c->call->r.method == NET_HEAD, close);
    net_call_free(s, c);
    if (c->state == CONN_DEAD) {
        c->in_work = false;
    } else if (close) {
        net_conn_end(s, c, true);
    } else if (c->out) {
        c->state = CONN_SEND;
        net_conn_deadline(s, c, s->o.body_timeout_ms);
    } else {
        net_http_sent(s, c);
    }
}

/* What net itself refuses, in the shape of docs/protocol.md section 1. */
static const struct Refusal {
    int status;
    const char *code, *message, *header;
} REFUSALS[] = {
    {400, "request.malformed", "the request is not well-formed HTTP/1.1", ""},
    {401, "auth.needed", "please log in", ""},
    {408, "request.timeout", "the request took too long to arrive", ""},
    {413, "request.too_large", "the body is larger than this address takes", ""},
    {414, "request.target_too_long", "the request target is too long", ""},
    {417, "request.expectation", "only Expect: 100-continue is understood", ""},
    {426, "request.upgrade", "WebSocket version 13 is needed", "Sec-WebSocket-Version: 13\r\n"},
    {429, "net.too_many_connections", "too many connections from this address",
     "Retry-After: 10\r\n"},
    {431, "request.headers_too_large", "the header fields are too large or too many", ""},
    {501, "request.method_unknown", "the method or transfer coding is not known here", ""},
    {503, "net.full", "the server is full at the moment", "Retry-After: 5\r\n"},
    {505, "request.version", "HTTP/1.1 is needed", ""},
};

void net_http_refuse(NetServer *s, Conn *c, int status)
{
    char body[256];
    struct Refusal row = {status, "request.refused", "the request is refused", ""};
    for (size_t i = 0; i < sizeof REFUSALS / sizeof *REFUSALS; i++)
        if (REFUSALS[i].status == status)
            row = REFUSALS[i];
    int n = snprintf(body, sizeof body, "{\"error\":{\"code\":\"%s\",\"message\":\"%s\"}}",
                     row.code, row.message);
    ASSERT(n > 0 && (size_t)n < sizeof body);
    char headers[160];
    int headers_n =
        snprintf(headers, sizeof headers,
                 "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n%s", row.header);
    ASSERT(headers_n > 0 && (size_t)headers_n < sizeof headers);
    NetResponse r = {.status = status,
                     .headers = {headers, (size_t)headers_n},
                     .content_type = STR("application/json"),
                     .body = {body, (size_t)n}};
    bool is_head = c->call && c->call->r.method == NET_HEAD;
    net_call_free(s, c);
    answer(s, c, &r, is_head, true);
    if (c->state != CONN_DEAD)
        net_conn_end(s, c, true);
}

bool net_ws_accept(NetServer *s, NetConn handle, void *tag, Str extra_headers)
{
    Conn *c = net_server_conn(s, handle);
    if (!c)
        return false;
    if (c->state != CONN_WORK) {
        net_respond(s, handle, &(NetResponse){.status = 500}); /* only gives the request back */
        return false;
    }
    ASSERT(c->call->r.upgrade);
    char accept[WS_ACCEPT_BYTES + 1];
    char small[1024];
    size_t room = HEAD_ROOM + extra_headers.n;
    Head h = {.p = room <= sizeof small ? small : malloc(room)};
    ASSERT(h.p);
    ws_accept_key(c->call->ws_key, accept);
    put_status(&h, 101);
    put(&h, STR("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "));
    put(&h, (Str){accept, WS_ACCEPT_BYTES});
    put(&h, STR("\r\n"));
    put(&h, extra_headers);
    put(&h, STR("\r\n"));
    c->tag = tag;
    c->ws_open = true;
    COUNT(s, sockets, 1);
    net_conn_write(s, c, (Str){h.p, h.n}, STR_NONE, false);
    if (h.p != small)
        free(h.p);
    net_call_free(s, c);
    c->in_work = false;
    if (c->state == CONN_DEAD)
        return true; /* ws_closed follows at the end of the turn */
    c->state = CONN_WS;
    net_conn_deadline(s, c, s->o.ws_ping_ms);
    if (s->stopping)
        net_ws_close(s, handle, WS_RESTART, STR_NONE);
    net_conn_resume(s, c);
    return true;
}
