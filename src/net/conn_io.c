/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes in and out of one socket, plain or TLS, and which events libuv watches for it. */
#include "net/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { VEC_MAX = 64, TLS_PIECE = 16384 };

static void on_poll(uv_poll_t *p, int status, int events)
{
    Conn *c = (Conn *)p;
    NetServer *s = p->loop->data;
    if (status < 0) {
        /* The socket is in error and libuv has stopped watching it. There may still be bytes to
         * read before the error; once those are in work or read, it is watched again and tells of
         * the error again. */
        c->polling = 0;
        events = UV_READABLE | UV_WRITABLE;
        net_conn_resume(s, c);
    }
    net_conn_ready(s, c, events);
    net_server_turn(s);
}

void net_conn_poll(Conn *c, int events)
{
    if (c->polling == events || c->fd < 0)
        return;
    c->polling = (uint8_t)events;
    if (events)
        uv_poll_start(&c->poll, events, on_poll);
    else
        uv_poll_stop(&c->poll);
}

long net_conn_recv(NetServer *s, Conn *c, char *p, size_t n)
{
    long got;
    if (c->ssl) {
        got = net_tls_read(c->ssl, p, n);
    } else {
        do
            got = recv(c->fd, p, n, 0);
        while (got < 0 && errno == EINTR);
        /* 0 is the end of the stream whatever errno still holds from an earlier call */
        if (got == 0)
            got = -1;
        else if (got < 0)
            got = errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    }
    if (got > 0) {
        COUNT(s, bytes_in, got);
        c->last_in_s = s->now_s;
        c->pings = 0;
    }
    return got;
}

size_t net_conn_waiting(const Conn *c)
{
    return c->out ? c->out->bytes : 0;
}

/* > 0 bytes sent, 0 the kernel is full, -1 broken */
static long send_vec(Conn *c, struct iovec *iov, int n)
{
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = (size_t)n};
    long put;
    do /* one piece is the usual case, and send is the cheaper call */
        put = n == 1 ? send(c->fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL)
                     : sendmsg(c->fd, &msg, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    if (put < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? 0 : -1;
    return put;
}

static long send_tls(Conn *c)
{
    char piece[TLS_PIECE];
    size_t n = net_out_copy(c->out, piece, sizeof piece);
    long put = net_tls_write(c->ssl, piece, n);
    c->out->tls_held = put == 0 ? (uint32_t)n : 0;
    return put;
}

bool net_conn_flush(NetServer *s, Conn *c)
{
    NetOut *o = c->out;
    while (o && o->bytes) {
        long put;
        if (c->ssl) {
            put = send_tls(c);
        } else {
            struct iovec iov[VEC_MAX];
            put = send_vec(c, iov, net_out_vec(o, iov, VEC_MAX));
        }
        if (put < 0) {
            net_conn_kill(s, c, WS_ABNORMAL);
            return false;
        }
        if (put == 0) {
            net_conn_poll(c, c->polling | UV_WRITABLE);
            return false;
        }
        COUNT(s, bytes_out, put);
        net_out_sent(o, (size_t)put);
        if (c->state == CONN_SEND || c->state == CONN_DRAIN) /* progress */
            net_conn_deadline(s, c, s->o.body_timeout_ms);
    }
    if (o) {
        net_out_give(&s->spare, o);
        c->out = NULL;
    }
    net_conn_poll(c, c->polling & ~UV_WRITABLE);
    return true;
}

void net_conn_queue(NetServer *s, Conn *c, NetFrame *f)
{
    if (!c->out)
        c->out = net_out_take(&s->spare);
    net_out_add(c->out, f);
    c->flush = true;
    net_server_mark(s, c);
}

void net_conn_write(NetServer *s, Conn *c, Str head, Str body, bool body_static)
{
    size_t put = 0;
    if (!c->out && !c->ssl) {
        struct iovec iov[2] = {{(void *)(uintptr_t)head.p, head.n},
                               {(void *)(uintptr_t)body.p, body.n}};
        long sent = send_vec(c, iov, body.n ? 2 : 1);
        if (sent < 0) {
            net_conn_kill(s, c, WS_ABNORMAL);
            return;
        }
        put = (size_t)sent;
        COUNT(s, bytes_out, sent);
        if (put == head.n + body.n)
            return;
    }
    Str head_left = str_sub(head, put, head.n);
    Str body_left = put > head.n ? str_sub(body, put - head.n, body.n) : body;
    if (body_static) {
        if (head_left.n)
            net_conn_queue(s, c, net_frame_bytes(head_left, STR_NONE));
        if (body_left.n)
            net_conn_queue(s, c, net_frame_static(body_left));
    } else {
        net_conn_queue(s, c, net_frame_bytes(head_left, body_left));
    }
    if (c->ssl && net_conn_flush(s, c))
        return;
    if (!c->ssl && c->out)
        net_conn_poll(c, c->polling | UV_WRITABLE);
}
