/* SPDX-License-Identifier: Apache-2.0 */
/* The client's HTTP side: address, requests, answers, cookies. */
#include "base/assert.h"
#include "base/buf.h"
#include "net/client_stream.h"
#include "net/http_parser.h"
#include "net/ws_frame.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEAD_MAX = 65536,
    FIELDS_MAX = 128,
    COOKIES_MAX = 32,
    COOKIE_BYTES = 4096,
    READ_STEP = 16384
};

typedef struct {
    char *name, *value; /* owned */
} Cookie;

struct NetClient {
    NetClientOptions o;
    NetUrl base;
    SSL_CTX *ctx; /* owned; NULL: plain */
    NetStreamBuf in;
    Cookie cookies[COOKIES_MAX];
    size_t cookies_n;
};

void net_client_options_default(NetClientOptions *o)
{
    *o = (NetClientOptions){
        .timeout_ms = 10000, .max_body_bytes = 64 << 20, .max_frame_bytes = 1 << 20};
}

Err net_url_parse(ErrSlot *e, Str text, NetUrl *ret)
{
    static const struct {
        Str scheme;
        bool tls;
    } schemes[] = {{{"http://", 7}, false},
                   {{"https://", 8}, true},
                   {{"ws://", 5}, false},
                   {{"wss://", 6}, true}};
    NetUrl u = {0};
    Str rest = STR_NONE;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (str_starts(text, schemes[i].scheme)) {
            u.tls = schemes[i].tls;
            rest = str_sub(text, schemes[i].scheme.n, text.n);
        }
    }
    size_t host_n = 0;
    while (host_n < rest.n && rest.p[host_n] != '/' && rest.p[host_n] != '?')
        host_n++;
    Str at = str_sub(rest, 0, host_n), port = STR_NONE;
    u.path = rest.n > host_n ? str_sub(rest, host_n, rest.n) : STR("/");
    if (at.n && at.p[0] == '[') {
        str_cut(&at, '[');
        Str host = str_cut(&at, ']');
        if (at.n && at.p[0] != ':')
            host = STR_NONE;
        port = at.n ? str_sub(at, 1, at.n) : STR_NONE;
        at = host;
    } else {
        Str host = str_cut(&at, ':');
        port = at;
        at = host;
    }
    int64_t number = u.tls ? 443 : 80;
    bool ok = at.n > 0 && at.n < sizeof u.host && u.path.p[0] == '/' &&
              (!port.p || (str_i64(port, &number) && port.n < sizeof u.port));
    for (size_t i = 0; i < at.n; i++)
        ok = ok && at.p[i] > ' ' && at.p[i] < 0x7f && at.p[i] != '@';
    for (size_t i = 0; i < u.path.n; i++)
        ok = ok && u.path.p[i] > ' ' && u.path.p[i] < 0x7f && u.path.p[i] != '#';
    if (!ok || number < 1 || number > 65535)
        return err_set(e, ERR_INVALID, "client.url", "not an http(s) or ws(s) address: %.*s",
                       (int)(text.n < 120 ? text.n : 120), text.n ? text.p : "");
    memcpy(u.host, at.p, at.n);
    if (port.p)
        memcpy(u.port, port.p, port.n);
    else
        memcpy(u.port, u.tls ? "443" : "80", u.tls ? 4 : 3);
    *ret = u;
    return ERR_OK;
}

NetClient *net_client_create(const NetClientOptions *o, const NetUrl *base)
{
    NetClient *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->o = *o;
    c->base = *base;
    c->base.path = STR_NONE; /* borrowed from elsewhere */
    c->in.stream.fd = -1;
    if (base->tls) {
        c->ctx = SSL_CTX_new(TLS_client_method());
        ASSERT(c->ctx);
        SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION);
        SSL_CTX_set_mode(c->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                     SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_options(c->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
        SSL_CTX_set_verify(c->ctx, o->tls_unchecked ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
        if (o->ca_file)
            SSL_CTX_load_verify_locations(c->ctx, o->ca_file,
                                          NULL); /* none readable: all refused */
        else
            SSL_CTX_set_default_verify_paths(c->ctx);
    }
    return c;
}

static void drop(NetStreamBuf *b)
{
    net_stream_close(&b->stream);
    free(b->bytes);
    *b = (NetStreamBuf){.stream.fd = -1};
}

void net_client_destroy(NetClient *c)
{
    if (!c)
        return;
    drop(&c->in);
    SSL_CTX_free(c->ctx);
    for (size_t i = 0; i < c->cookies_n; i++) {
        free(c->cookies[i].name);
        free(c->cookies[i].value);
    }
    free(c);
}

const NetClientOptions *net_client_options(const NetClient *c)
{
    return &c->o;
}

static char *own(Str s)
{
    char *p = malloc(s.n + 1);
    ASSERT(p);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

static void keep_cookie(NetClient *c, Str line)
{
    Str rest = line;
    Str value = str_trim(str_cut(&rest, ';'));
    Str name = str_trim(str_cut(&value, '='));
    bool gone = str_find(rest, STR("Max-Age=0")) >= 0;
    if (name.n == 0 || !value.p || line.n > COOKIE_BYTES)
        return;
    size_t i = 0;
    while (i < c->cookies_n && !str_is(name, c->cookies[i].name))
        i++;
    if (i == COOKIES_MAX || (i == c->cookies_n && gone))
        return;
    if (i < c->cookies_n) {
        free(c->cookies[i].name);
        free(c->cookies[i].value);
        if (gone) {
            c->cookies[i] = c->cookies[--c->cookies_n];
            return;
        }
    } else {
        c->cookies_n++;
    }
    c->cookies[i] = (Cookie){own(name), own(value)};
}

Str net_client_cookie(const NetClient *c, const char *name)
{
    for (size_t i = 0; i < c->cookies_n; i++)
        if (strcmp(c->cookies[i].name, name) == 0)
            return str_of(c->cookies[i].value);
    return STR_NONE;
}

/* More bytes into b. */
static Err more(NetStreamBuf *b, ErrSlot *e, int64_t deadline_ms)
{
    if (b->size - b->n < READ_STEP) {
        b->size = b->size ? b->size * 2 : 2 * READ_STEP;
        b->bytes = realloc(b->bytes, b->size);
        ASSERT(b->bytes);
    }
    long got = net_stream_read(&b->stream, b->bytes + b->n, b->size - b->n, deadline_ms);
    if (got < 0)
        return err_set(e, ERR_UPSTREAM, "client.closed", "the server closed the connection");
    if (got == 0)
        return err_set(e, ERR_UPSTREAM, "client.timeout", "no answer in time");
    b->n += (size_t)got;
    return ERR_OK;
}

static void used(NetStreamBuf *b, size_t n)
{
    b->n -= n;
    memmove(b->bytes, b->bytes + n, b->n);
}

static Err send_head(NetClient *c, NetStreamBuf *b, ErrSlot *e, const char *method, Str target,
                     Str headers, Str body, bool with_length, int64_t deadline_ms)
{
    Buf out;
    buf_init(&out, NULL, (1u << 20) + body.n);
    bool v6 = strchr(c->base.host, ':') != NULL;
    buf_fmt(&out, "%s ", method);
    buf_put(&out, target);
    buf_fmt(&out, " HTTP/1.1\r\nHost: %s%s%s:%s\r\n", v6 ? "[" : "", c->base.host, v6 ? "]" : "",
            c->base.port);
    for (size_t i = 0; i < c->cookies_n; i++)
        buf_fmt(&out, "%s%s=%s%s", i ? "; " : "Cookie: ", c->cookies[i].name, c->cookies[i].value,
                i + 1 == c->cookies_n ? "\r\n" : "");
    if (with_length)
        buf_fmt(&out, "Content-Length: %zu\r\n", body.n);
    buf_put(&out, headers);
    buf_lit(&out, "\r\n");
    buf_put(&out, body);
    Err err = out.over
                  ? err_set(e, ERR_INVALID, "client.too_large", "the request head is too large")
                  : net_stream_write(&b->stream, e, out.p, out.n, deadline_ms);
    buf_finish(&out);
    return err;
}

typedef struct {
    int status;
    bool close, chunked;
    int64_t length; /* -1: none */
} Answer;

static Err bad_answer(ErrSlot *e, const char *what)
{
    return err_set(e, ERR_UPSTREAM, "client.answer", "the answer is not well-formed HTTP: %s",
                   what);
}

static Err take_line(ErrSlot *e, Arena *a, Str line, NetHeader *headers, size_t *n, Answer *answer)
{
    char *copy = arena_dup(a, line.p, line.n);
    if (*n == FIELDS_MAX)
        return bad_answer(e, "too many fields");
    NetHeader *h = &headers[*n];
    if (http_field_parse(copy, line.n, h) < 0)
        return bad_answer(e, "field");
    ++*n;
    if (str_eq(h->name, STR("content-length"))) {
        int64_t length = -1;
        if (!str_i64(h->value, &length) || length < 0 ||
            (answer->length >= 0 && answer->length != length))
            return bad_answer(e, "length");
        answer->length = length;
    } else if (str_eq(h->name, STR("transfer-encoding"))) {
        answer->chunked = true;
        if (!str_eq(h->value, STR("chunked")))
            return bad_answer(e, "transfer coding");
    } else if (str_eq(h->name, STR("connection"))) {
        answer->close = str_eq(h->value, STR("close"));
    }
    return ERR_OK;
}

/* Reads one head, with its interim ones skipped. */
static Err read_head(NetClient *c, NetStreamBuf *b, Arena *a, ErrSlot *e, int64_t deadline_ms,
                     NetReply *ret, Answer *ret_answer)
{
    for (;;) {
        ptrdiff_t end;
        while ((end = str_find((Str){b->bytes, b->n}, STR("\r\n\r\n"))) < 0) {
            if (b->n > HEAD_MAX)
                return bad_answer(e, "head too long");
            Err err = more(b, e, deadline_ms);
            if (err)
                return err;
        }
        Str head = {b->bytes, (size_t)end + 2};
        Answer answer = {.length = -1};
        int64_t status = 0;
        if (head.n < 15 || memcmp(head.p, "HTTP/1.", 7) != 0 || head.p[8] != ' ' ||
            !str_i64(str_sub(head, 9, 3), &status) || status < 100 || status > 599)
            return bad_answer(e, "status line");
        NetHeader *headers = ARENA_ARRAY(a, NetHeader, FIELDS_MAX);
        size_t n = 0, at = (size_t)str_find(head, STR("\r\n")) + 2;
        while (at < head.n) {
            Str rest = str_sub(head, at, head.n);
            Str line = {rest.p, (size_t)str_find(rest, STR("\r\n"))};
            Err err = take_line(e, a, line, headers, &n, &answer);
            if (err)
                return err;
            at += line.n + 2;
        }
        used(b, (size_t)end + 4);
        if (status < 200 && status != 101)
            continue;
        for (size_t i = 0; i < n; i++)
            if (str_eq(headers[i].name, STR("set-cookie")))
                keep_cookie(c, headers[i].value);
        answer.status = (int)status;
        *ret = (NetReply){.status = (int)status, .headers = headers, .headers_n = n};
        *ret_answer = answer;
        return ERR_OK;
    }
}

static Err too_large(ErrSlot *e)
{
    return err_set(e, ERR_TOO_LARGE, "client.too_large", "the answer is larger than we take");
}

static Err read_chunks(NetStreamBuf *b, ErrSlot *e, int64_t deadline_ms, Buf *out)
{
    HttpChunked chunks = {0};
    for (;;) {
        size_t at = 0;
        int got = 2;
        while (at < b->n && got == 2) {
            Str piece = STR_NONE;
            size_t took = 0;
            got = http_chunked_next(&chunks, b->bytes + at, b->n - at, &took, &piece);
            at += took;
            buf_put(out, piece);
        }
        used(b, at);
        if (got < 0)
            return bad_answer(e, "chunk");
        if (out->over)
            return too_large(e);
        if (got == 1)
            return ERR_OK;
        Err err = more(b, e, deadline_ms);
        if (err)
            return err;
    }
}

static Err read_body(NetClient *c, Arena *a, ErrSlot *e, int64_t deadline_ms, Answer *answer,
                     Str *ret)
{
    NetStreamBuf *b = &c->in;
    Buf out;
    buf_init(&out, a, (size_t)c->o.max_body_bytes);
    Err err = ERR_OK;
    if (answer->chunked) {
        err = read_chunks(b, e, deadline_ms, &out);
    } else if (answer->length >= 0) {
        if (answer->length > c->o.max_body_bytes)
            return too_large(e);
        size_t length = (size_t)answer->length;
        while (!err && b->n < length)
            err = more(b, e, deadline_ms);
        if (!err) {
            buf_put(&out, (Str){b->bytes, length});
            used(b, length);
        }
    } else { /* until the end of the stream */
        answer->close = true;
        while (!(err = more(b, e, deadline_ms)))
            if ((long)b->n > c->o.max_body_bytes)
                return too_large(e);
        if (strcmp(e->code, "client.closed") == 0) {
            err_clear(e);
            err = ERR_OK;
            buf_put(&out, (Str){b->bytes, b->n});
        }
    }
    *ret = buf_str(&out);
    return err;
}

Err net_client_request(NetClient *c, Arena *a, ErrSlot *e, const char *method, Str target,
                       Str headers, Str body, NetReply *ret)
{
    int64_t deadline_ms = net_stream_deadline(c->o.timeout_ms);
    NetStreamBuf *b = &c->in;
    char probe;
    if (b->stream.fd >= 0 && (b->n > 0 || net_stream_read(&b->stream, &probe, 1, 0) != 0))
        drop(b); /* closed meanwhile, or it speaks out of turn */
    Err err = ERR_OK;
    if (b->stream.fd < 0)
        err = net_stream_open(&c->base, c->ctx, deadline_ms, e, &b->stream);
    bool with_length = body.n || (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0);
    if (!err)
        err = send_head(c, b, e, method, target, headers, body, with_length, deadline_ms);
    Answer answer = {.close = true};
    NetReply reply = {0};
    if (!err)
        err = read_head(c, b, a, e, deadline_ms, &reply, &answer);
    bool bodyless = strcmp(method, "HEAD") == 0 || answer.status == 204 || answer.status == 304;
    if (!err && !bodyless)
        err = read_body(c, a, e, deadline_ms, &answer, &reply.body);
    if (err || answer.close)
        drop(b);
    if (!err)
        *ret = reply;
    return err;
}

Str net_reply_header(const NetReply *r, const char *lower_name)
{
    NetRequest as_request = {.headers = r->headers, .headers_n = r->headers_n};
    return net_header(&as_request, lower_name);
}

Err net_client_upgrade(NetClient *c, ErrSlot *e, Str target, Str headers, const char *key,
                       NetStreamBuf *ret)
{
    int64_t deadline_ms = net_stream_deadline(c->o.timeout_ms);
    NetStreamBuf b = {.stream.fd = -1};
    Err err = net_stream_open(&c->base, c->ctx, deadline_ms, e, &b.stream);
    if (err)
        return err;
    Arena *a = arena_create(4 << 20);
    Str lines = str_fmt(a,
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: %s\r\n%.*s",
                        key, STR_ARG(headers));
    NetReply reply;
    Answer answer;
    char accept[WS_ACCEPT_BYTES + 1];
    err = send_head(c, &b, e, "GET", target, lines, STR_NONE, false, deadline_ms);
    if (!err)
        err = read_head(c, &b, a, e, deadline_ms, &reply, &answer);
    if (!err && reply.status != 101)
        err = err_set(e, ERR_UPSTREAM, "client.refused", "no WebSocket here: status %d",
                      reply.status);
    ws_accept_key(str_of(key), accept);
    if (!err && !str_is(net_reply_header(&reply, "sec-websocket-accept"), accept))
        err = bad_answer(e, "Sec-WebSocket-Accept");
    arena_destroy(a);
    if (err)
        drop(&b);
    else
        *ret = b;
    return err;
}
