/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to a whole request: head, limits, body, client address. */
#include "net/internal.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_STEP_BITS = 20 };

void net_call_free(NetServer *s, Conn *c)
{
    Call *call = c->call;
    if (!call)
        return;
    if (call->large) {
        s->large_bodies--;
        net_addr_table_remove(&s->large_addrs, &call->client);
    }
    free(call->body);
    free(call);
    c->call = NULL;
}

static Str moved(Str s, const char *from, const char *to)
{
    return s.p ? (Str){to + (s.p - from), s.n} : s;
}

/* The block of a request: the head's bytes are copied, since a worker reads them while the loop
 * goes on. */
static Call *call_create(const NetServer *s, const HttpHead *h, const char *p, size_t n)
{
    size_t headers = h->headers_n * sizeof(NetHeader);
    Call *call = malloc(sizeof *call + headers + n);
    ASSERT(call);
    *call = (Call){.left = h->content_length, .is_chunked = h->chunked};
    char *bytes = (char *)call->headers + headers;
    memcpy(bytes, p, n);
    for (size_t i = 0; i < h->headers_n; i++) {
        call->headers[i].name = moved(s->headers[i].name, p, bytes);
        call->headers[i].value = moved(s->headers[i].value, p, bytes);
    }
    call->r = (NetRequest){.method = h->method,
                           .path = moved(h->path, p, bytes),
                           .query = moved(h->query, p, bytes),
                           .host = moved(h->host, p, bytes),
                           .headers = call->headers,
                           .headers_n = h->headers_n,
                           .upgrade = h->upgrade,
                           .keep_alive = h->keep_alive};
    call->ws_key = moved(h->ws_key, p, bytes);
    return call;
}

/* The nearest address in X-Forwarded-For that is not one of our proxies: everything left of it may
 * be made up. */
static bool forwarded_for(const NetServer *s, const NetRequest *r, NetAddr *ret)
{
    bool found = false;
    for (size_t i = r->headers_n; i-- > 0;) {
        if (!str_eq(r->headers[i].name, STR("x-forwarded-for")))
            continue;
        Str list = r->headers[i].value;
        while (list.n) {
            size_t from = list.n;
            while (from > 0 && list.p[from - 1] != ',')
                from--;
            NetAddr a;
            if (!net_addr_parse(str_trim(str_sub(list, from, list.n)), &a))
                return found;
            *ret = a;
            found = true;
            if (!net_addr_list_has(&s->proxies, &a))
                return true;
            list.n = from ? from - 1 : 0;
        }
    }
    return found;
}

static bool last_is_https(const NetRequest *r)
{
    Str v = net_header(r, "x-forwarded-proto");
    while (v.p) {
        Str item = str_trim(str_cut(&v, ','));
        if (!v.p)
            return str_eq(item, STR("https"));
    }
    return false;
}

/* Fills address and secure. False: the client behind the proxy holds too many sockets. */
static bool find_client(NetServer *s, Conn *c, Call *call)
{
    NetAddr client = c->addr;
    call->r.secure = c->ssl != NULL;
    if (!c->counted && net_addr_list_has(&s->proxies, &c->addr)) {
        Str real = net_header(&call->r, "x-real-ip");
        if (!forwarded_for(s, &call->r, &client) && real.p)
            net_addr_parse(real, &client);
        call->r.secure |= last_is_https(&call->r);
        if (call->r.upgrade && !net_addr_list_has(&s->proxies, &client)) {
            /* from here on the socket is one client's: count it as such */
            if (net_addr_table_add(&s->addrs, &client) > s->o.max_connections_per_address) {
                net_addr_table_remove(&s->addrs, &client);
                return false;
            }
            c->addr = client;
            c->counted = true;
        }
    }
    call->client = client;
    call->r.address = (Str){call->address, net_addr_print(&client, call->address)};
    return true;
}

static void dispatch(NetServer *s, Conn *c)
{
    Call *call = c->call;
    call->r.body = (Str){call->body, call->body_n};
    c->state = CONN_WORK;
    net_conn_deadline(s, c, -1);
    COUNT(s, requests, 1);
    s->h.request(s->h.user, net_server_handle(s, c), &call->r);
}

/* Bytes of a body have come. A long one over a slow line gets its time anew with each MiB. */
static void body_progress(NetServer *s, Conn *c, size_t before)
{
    if (c->call->body_n >> BODY_STEP_BITS != before >> BODY_STEP_BITS)
        net_conn_deadline(s, c, s->o.body_timeout_ms);
}

/* Room for n more body bytes; 0 or the status that says why not. */
static int body_room(NetServer *s, Call *call, size_t n)
{
    if (n > call->limit - call->body_n)
        return 413;
    size_t need = call->body_n + n;
    if (need > NET_LARGE_BODY && !call->large) {
        if (s->large_bodies >= s->o.max_large_bodies)
            return 503;
        if (net_addr_table_add(&s->large_addrs, &call->client) >
            s->o.max_large_bodies_per_address) {
            net_addr_table_remove(&s->large_addrs, &call->client);
            return 503;
        }
        s->large_bodies++;
        call->large = true;
    }
    if (need <= call->body_size)
        return 0;
    size_t size = call->body_size ? call->body_size : 1024;
    while (size < need)
        size *= 2;
    if (!call->is_chunked || size > call->limit) /* a length was given, or the limit is near */
        size = call->is_chunked ? call->limit : need;
    char *grown = realloc(call->body, size);
    ASSERT(grown);
    call->body = grown;
    call->body_size = size;
    return 0;
}

/* A body is announced: asks the handler for its limit. 0 or the status to refuse with. */
static int body_begin(NetServer *s, Conn *c, const HttpHead *h, bool none_yet)
{
    Call *call = c->call;
    long limit = s->h.body_limit ? s->h.body_limit(s->h.user, &call->r) : 0;
    if (limit < 0)
        return (int)-limit;
    if (h->content_length > limit || limit == 0)
        return 413;
    call->limit = (size_t)limit;
    int status = h->chunked ? 0 : body_room(s, call, (size_t)h->content_length);
    if (status)
        return status;
    if (h->expect_continue && none_yet)
        net_conn_write(s, c, STR("HTTP/1.1 100 Continue\r\n\r\n"), STR_NONE, false);
    c->state = CONN_BODY;
    net_conn_deadline(s, c, s->o.body_timeout_ms);
    return 0;
}

size_t net_http_head(NetServer *s, Conn *c, char *p, size_t n)
{
    size_t scanned = c->scanned;
    long end = http_head_end(p, n, (size_t)s->o.max_header_bytes, &scanned);
    c->scanned = (uint32_t)scanned;
    if (end == 0) {
        if (!c->partial) {
            c->partial = true;
            net_conn_deadline(s, c, s->o.header_timeout_ms);
        }
        return 0;
    }
    HttpHead h;
    int status = end < 0 ? (int)-end : 0;
    if (!status) {
        int ok = http_head_parse(p, (size_t)end, s->headers, (size_t)s->o.max_headers, &h);
        status = ok < 0 ? -ok : 0;
    }
    if (status) {
        COUNT(s, parse_errors, 1);
        net_http_refuse(s, c, status);
        return n;
    }
    if (c->refuse) {
        net_http_refuse(s, c, c->refuse);
        return n;
    }
    c->partial = false;
    Call *call = c->call = call_create(s, &h, p, (size_t)end);
    if (!find_client(s, c, call)) {
        COUNT(s, refused_address, 1);
        net_http_refuse(s, c, 429);
        return n;
    }
    if (!h.chunked && h.content_length <= 0) {
        dispatch(s, c);
        return (size_t)end;
    }
    status = body_begin(s, c, &h, (size_t)end == n);
    if (status) {
        net_http_refuse(s, c, status);
        return n;
    }
    return (size_t)end;
}

static size_t body_failed(NetServer *s, Conn *c, int status, size_t n)
{
    if (status == 400 || status == 431)
        COUNT(s, parse_errors, 1);
    net_http_refuse(s, c, status);
    return n;
}

static size_t chunked_body(NetServer *s, Conn *c, const char *p, size_t n)
{
    Call *call = c->call;
    size_t at = 0;
    while (at < n) {
        Str piece = STR_NONE;
        size_t used = 0;
        int got = http_chunked_next(&call->chunked, p + at, n - at, &used, &piece);
        at += used;
        if (got < 0)
            return body_failed(s, c, -got, n);
        if (got == 1) {
            dispatch(s, c);
            return at;
        }
        if (piece.n) {
            int status = body_room(s, call, piece.n);
            if (status)
                return body_failed(s, c, status, n);
            memcpy(call->body + call->body_n, piece.p, piece.n);
            call->body_n += piece.n;
            body_progress(s, c, call->body_n - piece.n);
        }
    }
    return at;
}

size_t net_http_body(NetServer *s, Conn *c, const char *p, size_t n)
{
    Call *call = c->call;
    if (call->is_chunked)
        return chunked_body(s, c, p, n);
    size_t take = (int64_t)n < call->left ? n : (size_t)call->left;
    memcpy(call->body + call->body_n, p, take);
    call->body_n += take;
    body_progress(s, c, call->body_n - take);
    call->left -= (int64_t)take;
    if (call->left == 0)
        dispatch(s, c);
    return take;
}

void net_http_body_read(NetServer *s, Conn *c)
{
    Call *call = c->call;
    long got = net_conn_recv(s, c, call->body + call->body_n, (size_t)call->left);
    if (got < 0)
        net_conn_kill(s, c, WS_ABNORMAL);
    if (got <= 0)
        return;
    call->body_n += (size_t)got;
    body_progress(s, c, call->body_n - (size_t)got);
    call->left -= got;
    if (call->left == 0)
        dispatch(s, c);
}
