/* SPDX-License-Identifier: Apache-2.0 */
#include "net/client_stream.h"

#include "base/clock.h"
#include "net/addr.h"
#include "net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int64_t net_stream_deadline(long ms)
{
    return clock_steady_ns() / 1000000 + ms;
}

/* False: the deadline has passed. */
static bool wait_for(int fd, short events, int64_t deadline_ms)
{
    for (;;) {
        int64_t left = deadline_ms - clock_steady_ns() / 1000000;
        struct pollfd p = {.fd = fd, .events = events};
        int got = poll(&p, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
        if (got > 0)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        if (left <= 0)
            return false;
    }
}

static int connect_one(const struct addrinfo *ai, int64_t deadline_ms)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1, bad = 0;
    socklen_t n = sizeof bad;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS && wait_for(fd, POLLOUT, deadline_ms) &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &bad, &n) == 0 && bad == 0)
        return fd;
    if (bad == 0)
        bad = errno == EINPROGRESS ? ETIMEDOUT : errno;
    close(fd);
    errno = bad;
    return -1;
}

static Err start_tls(NetStream *s, const NetUrl *u, SSL_CTX *ctx, int64_t deadline_ms, ErrSlot *e)
{
    s->ssl = SSL_new(ctx);
    if (!s->ssl || SSL_set_fd(s->ssl, s->fd) != 1)
        return err_set(e, ERR_INTERNAL, "client.tls", "OpenSSL has no more memory");
    NetAddr number;
    bool is_name = !net_addr_parse(str_of(u->host), &number);
    if (is_name)
        SSL_set_tlsext_host_name(s->ssl, u->host);
    if (SSL_get_verify_mode(s->ssl) != SSL_VERIFY_NONE) {
        X509_VERIFY_PARAM *want = SSL_get0_param(s->ssl);
        if (is_name)
            X509_VERIFY_PARAM_set1_host(want, u->host, 0);
        else
            X509_VERIFY_PARAM_set1_ip_asc(want, u->host);
    }
    SSL_set_connect_state(s->ssl);
    for (;;) {
        switch (net_tls_handshake(s->ssl)) {
        case NET_TLS_DONE:
            return ERR_OK;
        case NET_TLS_WANT_READ:
            if (wait_for(s->fd, POLLIN, deadline_ms))
                continue;
            return err_set(e, ERR_UPSTREAM, "client.timeout", "TLS with %s took too long", u->host);
        case NET_TLS_WANT_WRITE:
            if (wait_for(s->fd, POLLOUT, deadline_ms))
                continue;
            return err_set(e, ERR_UPSTREAM, "client.timeout", "TLS with %s took too long", u->host);
        case NET_TLS_FAILED: {
            long why = SSL_get_verify_result(s->ssl);
            return err_set(e, ERR_UPSTREAM, "client.tls", "TLS with %s failed: %s", u->host,
                           why == X509_V_OK ? "protocol" : X509_verify_cert_error_string(why));
        }
        }
    }
}

Err net_stream_open(const NetUrl *u, SSL_CTX *ctx, int64_t deadline_ms, ErrSlot *e, NetStream *ret)
{
    NetStream s = {.fd = -1};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int bad = getaddrinfo(u->host, u->port, &hints, &list);
    if (bad)
        return err_set(e, ERR_UPSTREAM, "client.connect", "%s: %s", u->host, gai_strerror(bad));
    for (const struct addrinfo *ai = list; ai && s.fd < 0; ai = ai->ai_next)
        s.fd = connect_one(ai, deadline_ms);
    int why = errno;
    freeaddrinfo(list);
    if (s.fd < 0)
        return err_set(e, ERR_UPSTREAM, "client.connect", "%s port %s: %s", u->host, u->port,
                       strerror(why));
    Err err = u->tls ? start_tls(&s, u, ctx, deadline_ms, e) : ERR_OK;
    if (err) {
        net_stream_close(&s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

void net_stream_close(NetStream *s)
{
    SSL_free(s->ssl);
    s->ssl = NULL;
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

Err net_stream_write(NetStream *s, ErrSlot *e, const char *p, size_t n, int64_t deadline_ms)
{
    size_t at = 0;
    while (at < n) {
        long put;
        if (s->ssl) {
            put = net_tls_write(s->ssl, p + at, n - at);
        } else {
            put = send(s->fd, p + at, n - at, MSG_NOSIGNAL);
            if (put < 0 && (errno == EAGAIN || errno == EINTR))
                put = 0;
        }
        if (put < 0)
            return err_set(e, ERR_UPSTREAM, "client.closed", "the server closed the connection");
        if (put == 0 && !wait_for(s->fd, POLLOUT, deadline_ms))
            return err_set(e, ERR_UPSTREAM, "client.timeout", "the server does not take our bytes");
        at += (size_t)put;
    }
    return ERR_OK;
}

long net_stream_read(NetStream *s, char *p, size_t n, int64_t deadline_ms)
{
    for (;;) {
        long got;
        if (s->ssl) {
            got = net_tls_read(s->ssl, p, n);
            if (got != 0)
                return got;
        } else {
            got = recv(s->fd, p, n, 0);
            if (got > 0)
                return got;
            if (got == 0 || (errno != EAGAIN && errno != EINTR))
                return -1;
        }
        if (!wait_for(s->fd, POLLIN, deadline_ms))
            return 0;
    }
}
