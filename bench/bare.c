/* SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FD_MAX = 65536, READ_BYTES = 65536, OUT_MAX = 8 << 20, EVENTS = 256 };

struct BareServer {
    int epoll_fd;
    int listen_fd;
    int wake_fd;
    int signal_fd;
    uint32_t generation;
    bool stopping;
    BareHandlers handlers;
    void *context; /* borrowed */
    BareConn *conns[FD_MAX];
    uint8_t read[READ_BYTES];
};

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void watch(BareServer *server, int op, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(server->epoll_fd, op, fd, &event) < 0)
        die("epoll_ctl");
}

BareServer *bare_server_create(uint16_t port, int wake_fd, const BareHandlers *handlers,
                               void *context)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
    BareServer *server = calloc(1, sizeof *server);
    if (!server)
        die("calloc");
    server->handlers = *handlers;
    server->context = context;
    server->wake_fd = wake_fd;
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(server->listen_fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(server->listen_fd, 4096) < 0)
        die("listen");
    socklen_t size = sizeof address;
    getsockname(server->listen_fd, (struct sockaddr *)&address, &size);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    server->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    watch(server, EPOLL_CTL_ADD, server->listen_fd, EPOLLIN);
    watch(server, EPOLL_CTL_ADD, server->signal_fd, EPOLLIN);
    if (wake_fd >= 0)
        watch(server, EPOLL_CTL_ADD, wake_fd, EPOLLIN);
    printf("{\"port\":%u}\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    return server;
}

static void drop(BareServer *server, BareConn *conn)
{
    if (server->handlers.closed)
        server->handlers.closed(server->context, server, conn);
    server->conns[conn->fd] = NULL;
    close(conn->fd);
    free(conn->partial);
    free(conn->out);
    free(conn);
}

void bare_server_destroy(BareServer *server)
{
    for (int fd = 0; fd < FD_MAX; fd++)
        if (server->conns[fd])
            drop(server, server->conns[fd]);
    close(server->signal_fd);
    close(server->listen_fd);
    close(server->epoll_fd);
    free(server);
}

BareConn *bare_server_conn(BareServer *server, int fd, uint32_t generation)
{
    BareConn *conn = server->conns[fd];
    return conn && conn->generation == generation ? conn : NULL;
}

static void keep_out(BareServer *server, BareConn *conn, const uint8_t *data, size_t length)
{
    if (conn->out_bytes + length > OUT_MAX) {
        conn->closing = true;
        shutdown(conn->fd, SHUT_RDWR);
        return;
    }
    uint8_t *grown = realloc(conn->out, conn->out_bytes + length);
    if (!grown)
        die("realloc");
    memcpy(grown + conn->out_bytes, data, length);
    if (!conn->out)
        watch(server, EPOLL_CTL_MOD, conn->fd, EPOLLIN | EPOLLOUT);
    conn->out = grown;
    conn->out_bytes += (uint32_t)length;
}

void bare_conn_send_raw(BareServer *server, BareConn *conn, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    if (conn->closing)
        return;
    if (!conn->out) {
        ssize_t sent = send(conn->fd, bytes, length, MSG_NOSIGNAL);
        if (sent == (ssize_t)length)
            return;
        if (sent < 0 && errno != EAGAIN) {
            conn->closing = true; /* the loop sees the hang-up and drops it */
            return;
        }
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        }
    }
    keep_out(server, conn, bytes, length);
}

void bare_conn_send(BareServer *server, BareConn *conn, uint8_t opcode, const void *data,
                    size_t length)
{
    uint8_t frame[4096];
    if (length > sizeof frame - WIRE_HEADER_MAX)
        length = sizeof frame - WIRE_HEADER_MAX;
    size_t header = wire_frame_header(frame, opcode, length, NULL);
    memcpy(frame + header, data, length);
    bare_conn_send_raw(server, conn, frame, header + length);
}

static void flush_out(BareServer *server, BareConn *conn)
{
    ssize_t sent = send(conn->fd, conn->out, conn->out_bytes, MSG_NOSIGNAL);
    if (sent < 0) {
        conn->closing = errno != EAGAIN;
        return;
    }
    conn->out_bytes -= (uint32_t)sent;
    if (conn->out_bytes > 0) {
        memmove(conn->out, conn->out + sent, conn->out_bytes);
        return;
    }
    free(conn->out);
    conn->out = NULL;
    watch(server, EPOLL_CTL_MOD, conn->fd, EPOLLIN);
}

/* Returns the bytes of one request head, 0 when it is not complete. */
static size_t take_request(BareServer *server, BareConn *conn, uint8_t *data, size_t length)
{
    static const char small[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                "Content-Length: 15\r\n\r\n{\"status\":\"ok\"}";
    uint8_t *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - data) + 4;
    size_t key_length = 0;
    const char *key = wire_head_value((const char *)data, head, "Sec-WebSocket-Key", &key_length);
    if (!key) {
        bare_conn_send_raw(server, conn, small, sizeof small - 1);
        return head;
    }
    char accept[WIRE_ACCEPT_BYTES];
    char reply[256];
    wire_accept_key(key, key_length, accept);
    int bytes = snprintf(reply, sizeof reply,
                         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                         accept);
    bare_conn_send_raw(server, conn, reply, (size_t)bytes);
    conn->open = true;
    char path[128] = "";
    const uint8_t *space = memchr(data, ' ', head);
    if (space) {
        const uint8_t *stop = memchr(space + 1, ' ', (size_t)(data + head - space - 1));
        size_t path_length = stop ? (size_t)(stop - space - 1) : 0;
        if (path_length < sizeof path)
            memcpy(path, space + 1, path_length);
    }
    if (server->handlers.opened)
        server->handlers.opened(server->context, server, conn, path);
    return head;
}

/* Returns false when the peer must go. */
static bool take_bytes(BareServer *server, BareConn *conn, uint8_t *data, size_t length)
{
    size_t at = 0;
    while (at < length) {
        if (!conn->open) {
            size_t head = take_request(server, conn, data + at, length - at);
            if (head == 0)
                break;
            at += head;
            continue;
        }
        WireFrame frame;
        int64_t took = wire_frame_parse(data + at, length - at, &frame);
        if (took == WIRE_MORE)
            break;
        if (took < 0 || frame.opcode == WIRE_CLOSE)
            return false;
        at += (size_t)took;
        if (frame.opcode == WIRE_PING)
            bare_conn_send(server, conn, WIRE_PONG, frame.payload, frame.length);
        else
            server->handlers.frame(server->context, server, conn, frame);
    }
    if (at < length) {
        conn->partial = malloc(length - at);
        if (!conn->partial)
            die("malloc");
        memcpy(conn->partial, data + at, length - at);
        conn->partial_bytes = (uint32_t)(length - at);
    }
    return true;
}

static void read_conn(BareServer *server, BareConn *conn)
{
    size_t have = conn->partial_bytes;
    if (have > 0) {
        memcpy(server->read, conn->partial, have);
        free(conn->partial);
        conn->partial = NULL;
        conn->partial_bytes = 0;
    }
    ssize_t got = have < READ_BYTES ? recv(conn->fd, server->read + have, READ_BYTES - have, 0) : 0;
    bool again = got < 0 && errno == EAGAIN;
    if (got <= 0 && !again) {
        drop(server, conn);
        return;
    }
    if (!take_bytes(server, conn, server->read, have + (size_t)(again ? 0 : got)))
        drop(server, conn);
}

static void accept_all(BareServer *server)
{
    for (int i = 0; i < 64; i++) {
        int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (fd >= FD_MAX) {
            close(fd);
            return;
        }
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        BareConn *conn = calloc(1, sizeof *conn);
        if (!conn)
            die("calloc");
        conn->fd = fd;
        conn->generation = ++server->generation;
        server->conns[fd] = conn;
        watch(server, EPOLL_CTL_ADD, fd, EPOLLIN);
    }
}

static void handle(BareServer *server, int fd, uint32_t events)
{
    if (fd == server->listen_fd) {
        accept_all(server);
    } else if (fd == server->signal_fd) {
        server->stopping = true;
    } else if (fd == server->wake_fd) {
        server->handlers.woken(server->context, server);
    } else if (server->conns[fd]) {
        BareConn *conn = server->conns[fd];
        if ((events & EPOLLOUT) != 0 && conn->out)
            flush_out(server, conn);
        if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            read_conn(server, conn);
    }
}

void bare_server_run(BareServer *server)
{
    struct epoll_event events[EVENTS];
    while (!server->stopping) {
        int count = epoll_wait(server->epoll_fd, events, EVENTS, -1);
        if (count < 0 && errno != EINTR)
            die("epoll_wait");
        for (int i = 0; i < count; i++)
            handle(server, events[i].data.fd, events[i].events);
    }
}
