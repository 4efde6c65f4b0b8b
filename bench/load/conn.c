/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { PHASE_CONNECT, PHASE_TLS, PHASE_UPGRADE, PHASE_OPEN, EVENTS = 256 };

int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

Loop *loop_create(uint16_t port, bool tls, uint32_t per_address)
{
    Loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        abort();
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->timer_fd = -1;
    loop->port = port;
    loop->per_address = per_address > 0 ? per_address : 1;
    loop->random = (uint64_t)clock_ns() | 1;
    loop->address_next = (uint32_t)(loop->random >> 12) & 0x7fff; /* runs do not share addresses */
    if (tls) {
        loop->tls = SSL_CTX_new(TLS_client_method());
        if (!loop->tls)
            abort();
        SSL_CTX_set_mode(loop->tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_ENABLE_PARTIAL_WRITE);
        SSL_CTX_set_verify(loop->tls, SSL_VERIFY_NONE, NULL);
    }
    return loop;
}

void loop_destroy(Loop *loop)
{
    if (!loop)
        return;
    SSL_CTX_free(loop->tls);
    if (loop->timer_fd >= 0)
        close(loop->timer_fd);
    close(loop->epoll_fd);
    free(loop);
}

void loop_timer_every(Loop *loop, int64_t every_ns)
{
    struct timespec step = {.tv_sec = every_ns / 1000000000, .tv_nsec = every_ns % 1000000000};
    struct itimerspec timer = {.it_interval = step, .it_value = step};
    loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    timerfd_settime(loop->timer_fd, 0, &timer, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->timer_fd, &event);
}

static void watch(Loop *loop, int op, Conn *conn, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = conn};
    epoll_ctl(loop->epoll_fd, op, conn->fd, &event);
}

int conn_socket(Loop *loop, bool blocking)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (++loop->address_used > loop->per_address) {
        loop->address_used = 1;
        loop->address_next++;
    }
    /* 127.16.0.1 … 127.79.255.254, never 127.0.0.1 itself and never .0 or .255 */
    uint32_t host = loop->address_next;
    uint32_t source = 0x7f100000u + (host / 254 % 0x4000) * 256 + host % 254 + 1;
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(loop->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)) {
        close(fd);
        return -1;
    }
    return fd;
}

Conn *conn_open(Loop *loop, const char *path, const char *headers, const ConnHandlers *handlers,
                void *user)
{
    int fd = conn_socket(loop, false);
    if (fd < 0)
        return NULL;
    Conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        abort();
    conn->fd = fd;
    conn->handlers = handlers;
    conn->user = user;
    if (path) {
        char text[2048];
        snprintf(text, sizeof text,
                 "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\n%s\r\n",
                 path, (unsigned)loop->port, headers);
        conn->request = strdup(text);
    }
    if (loop->tls) {
        conn->ssl = SSL_new(loop->tls);
        SSL_set_fd(conn->ssl, fd);
        SSL_set_connect_state(conn->ssl);
    }
    watch(loop, EPOLL_CTL_ADD, conn, EPOLLIN | EPOLLOUT);
    return conn;
}

void conn_close(Loop *loop, Conn *conn)
{
    if (conn->doomed)
        return;
    conn->doomed = true;
    conn->next_doomed = loop->doomed;
    loop->doomed = conn;
}

static void bury(Loop *loop)
{
    while (loop->doomed) {
        Conn *conn = loop->doomed;
        loop->doomed = conn->next_doomed;
        if (conn->phase == PHASE_OPEN)
            loop->open_count--;
        if (conn->handlers->closed)
            conn->handlers->closed(loop, conn);
        SSL_free(conn->ssl);
        close(conn->fd);
        free(conn->request);
        free(conn->in);
        free(conn->out);
        free(conn);
    }
}

/* Bytes moved, 0 for "later", -1 for the end. */
static ssize_t raw_send(Conn *conn, const uint8_t *data, size_t length)
{
    if (conn->ssl) {
        int sent = SSL_write(conn->ssl, data, (int)length);
        if (sent > 0)
            return sent;
        int why = SSL_get_error(conn->ssl, sent);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    ssize_t sent = send(conn->fd, data, length, MSG_NOSIGNAL);
    return sent >= 0 ? sent : errno == EAGAIN ? 0 : -1;
}

static ssize_t raw_recv(Conn *conn, uint8_t *data, size_t length)
{
    if (conn->ssl) {
        int got = SSL_read(conn->ssl, data, (int)length);
        if (got > 0)
            return got;
        int why = SSL_get_error(conn->ssl, got);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    ssize_t got = recv(conn->fd, data, length, 0);
    return got > 0 ? got : got < 0 && errno == EAGAIN ? 0 : -1;
}

void conn_write(Loop *loop, Conn *conn, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    if (conn->doomed)
        return;
    if (!conn->out) {
        ssize_t sent = raw_send(conn, bytes, length);
        if (sent < 0) {
            conn_close(loop, conn);
            return;
        }
        bytes += sent;
        length -= (size_t)sent;
        if (length == 0)
            return;
        watch(loop, EPOLL_CTL_MOD, conn, EPOLLIN | EPOLLOUT);
    }
    if (conn->out_bytes + length > CONN_OUT_MAX) {
        conn_close(loop, conn);
        return;
    }
    uint8_t *grown = realloc(conn->out, conn->out_bytes + length);
    if (!grown)
        abort();
    memcpy(grown + conn->out_bytes, bytes, length);
    conn->out = grown;
    conn->out_bytes += (uint32_t)length;
}

void conn_send(Loop *loop, Conn *conn, uint8_t opcode, const void *data, size_t length)
{
    uint8_t frame[8192];
    uint8_t mask[4];
    if (length > sizeof frame - WIRE_HEADER_MAX)
        abort();
    loop->random ^= loop->random << 13;
    loop->random ^= loop->random >> 7;
    loop->random ^= loop->random << 17;
    memcpy(mask, &loop->random, 4);
    size_t header = wire_frame_header(frame, opcode, length, mask);
    memcpy(frame + header, data, length);
    wire_mask(frame + header, length, mask);
    conn_write(loop, conn, frame, header + length);
}

static size_t take_upgrade(Loop *loop, Conn *conn, uint8_t *data, size_t length)
{
    uint8_t *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end)
        return 0;
    if (length < 12 || memcmp(data + 9, "101", 3) != 0) {
        conn->close_code = (uint16_t)strtoul((const char *)data + 9, NULL, 10);
        conn_close(loop, conn);
        return 0;
    }
    conn->phase = PHASE_OPEN;
    free(conn->request);
    conn->request = NULL;
    loop->open_count++;
    conn->handlers->opened(loop, conn);
    return (size_t)(end - data) + 4;
}

static size_t take_frame(Loop *loop, Conn *conn, uint8_t *data, size_t length)
{
    WireFrame frame;
    int64_t took = wire_frame_parse(data, length, &frame);
    if (took == WIRE_MORE)
        return 0;
    if (took < 0 || frame.opcode == WIRE_CLOSE) {
        if (took > 0 && frame.length >= 2)
            conn->close_code = (uint16_t)(frame.payload[0] << 8 | frame.payload[1]);
        conn_close(loop, conn);
        return 0;
    }
    if (frame.opcode == WIRE_PING)
        conn_send(loop, conn, WIRE_PONG, frame.payload, frame.length);
    else
        conn->handlers->frame(loop, conn, frame);
    return (size_t)took;
}

static void take_bytes(Loop *loop, Conn *conn, uint8_t *data, size_t length)
{
    size_t at = 0;
    while (at < length && !conn->doomed) {
        size_t took;
        if (conn->phase == PHASE_UPGRADE)
            took = take_upgrade(loop, conn, data + at, length - at);
        else if (conn->handlers->bytes)
            took = conn->handlers->bytes(loop, conn, data + at, length - at);
        else
            took = take_frame(loop, conn, data + at, length - at);
        if (took == 0)
            break;
        at += took;
    }
    if (at < length && !conn->doomed) {
        conn->in = malloc(length - at);
        if (!conn->in)
            abort();
        memcpy(conn->in, data + at, length - at);
        conn->in_bytes = (uint32_t)(length - at);
    }
}

static void read_conn(Loop *loop, Conn *conn)
{
    size_t have = conn->in_bytes;
    if (have > 0) {
        memcpy(loop->read, conn->in, have);
        free(conn->in);
        conn->in = NULL;
        conn->in_bytes = 0;
    }
    ssize_t got = 0;
    do {
        got = have < sizeof loop->read ? raw_recv(conn, loop->read + have, sizeof loop->read - have)
                                       : -1;
        have += got > 0 ? (size_t)got : 0;
    } while (conn->ssl && got > 0); /* records that OpenSSL holds do not show up in epoll */
    take_bytes(loop, conn, loop->read, have);
    if (got < 0)
        conn_close(loop, conn);
}

static void write_conn(Loop *loop, Conn *conn)
{
    if (conn->out) {
        ssize_t sent = raw_send(conn, conn->out, conn->out_bytes);
        if (sent < 0) {
            conn_close(loop, conn);
            return;
        }
        conn->out_bytes -= (uint32_t)sent;
        if (conn->out_bytes > 0) {
            memmove(conn->out, conn->out + sent, conn->out_bytes);
            return;
        }
        free(conn->out);
        conn->out = NULL;
    }
    watch(loop, EPOLL_CTL_MOD, conn, EPOLLIN);
}

/* Connecting and the TLS handshake; returns true when bytes may flow. */
static bool establish(Loop *loop, Conn *conn, uint32_t events)
{
    if (conn->phase == PHASE_CONNECT) {
        if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
            conn_close(loop, conn);
            return false;
        }
        conn->phase = PHASE_TLS;
    }
    if (conn->ssl) {
        int done = SSL_do_handshake(conn->ssl);
        if (done != 1) {
            int why = SSL_get_error(conn->ssl, done);
            if (why == SSL_ERROR_WANT_READ)
                watch(loop, EPOLL_CTL_MOD, conn, EPOLLIN);
            else if (why == SSL_ERROR_WANT_WRITE)
                watch(loop, EPOLL_CTL_MOD, conn, EPOLLIN | EPOLLOUT);
            else
                conn_close(loop, conn);
            return false;
        }
    }
    watch(loop, EPOLL_CTL_MOD, conn, EPOLLIN);
    if (conn->request) {
        conn->phase = PHASE_UPGRADE;
        conn_write(loop, conn, conn->request, strlen(conn->request));
    } else {
        conn->phase = PHASE_OPEN;
        loop->open_count++;
        conn->handlers->opened(loop, conn);
    }
    return true;
}

void loop_turn(Loop *loop, int wait_ms)
{
    struct epoll_event events[EVENTS];
    bury(loop);
    int count = epoll_wait(loop->epoll_fd, events, EVENTS, wait_ms);
    for (int i = 0; i < count; i++) {
        Conn *conn = events[i].data.ptr;
        if (!conn) {
            uint64_t times = 0;
            if (read(loop->timer_fd, &times, sizeof times) > 0 && loop->ticked)
                loop->ticked(loop, times);
            continue;
        }
        if (conn->doomed)
            continue;
        if (conn->phase <= PHASE_TLS && !establish(loop, conn, events[i].events))
            continue;
        if ((events[i].events & EPOLLOUT) != 0)
            write_conn(loop, conn);
        if (!conn->doomed && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            read_conn(loop, conn);
    }
    bury(loop);
}
