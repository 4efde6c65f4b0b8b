/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket: address, accepting, limits, running out of descriptors. */
#include "net/internal.h"
#include "net/sock_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 1024, ACCEPT_TURN = 64, LOG_AGAIN_S = 10 };

/* "HOST:PORT" or "[HOST]:PORT" into two strings. */
static bool split(const char *listen_at, char host[128], char port[8])
{
    const char *colon = strrchr(listen_at, ':');
    if (!colon)
        return false;
    Str h = {listen_at, (size_t)(colon - listen_at)};
    if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
        h = str_sub(h, 1, h.n - 2);
    size_t port_n = strlen(colon + 1);
    int64_t number;
    if (h.n == 0 || h.n >= 128 || port_n >= 8 || !str_i64(str_of(colon + 1), &number) ||
        number < 0 || number > 65535)
        return false;
    memcpy(host, h.p, h.n);
    host[h.n] = '\0';
    memcpy(port, colon + 1, port_n + 1);
    return true;
}

static int open_socket(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (ai->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

Err net_listen_open(NetServer *s, ErrSlot *e)
{
    char host[128], port[8];
    if (!s->o.listen || !split(s->o.listen, host, port))
        return err_set(e, ERR_INVALID, "net.listen", "not ADDR:PORT: %s",
                       s->o.listen ? s->o.listen : "");
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
    int bad = getaddrinfo(host, port, &hints, &list);
    if (bad)
        return err_set(e, ERR_INVALID, "net.listen", "%s: %s", s->o.listen, gai_strerror(bad));
    int why = 0;
    for (const struct addrinfo *ai = list; ai && s->listen_fd < 0; ai = ai->ai_next) {
        s->listen_fd = open_socket(ai);
        if (s->listen_fd < 0)
            why = errno;
    }
    freeaddrinfo(list);
    if (s->listen_fd < 0)
        return err_set(e, ERR_BUSY, "net.listen", "%s: %s", s->o.listen, strerror(why));
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    if (getsockname(s->listen_fd, (struct sockaddr *)&at, &n) == 0) {
        /* the port lies at the same place for both families */
        struct sockaddr_in in;
        memcpy(&in, &at, sizeof in);
        s->port = ntohs(in.sin_port);
    }
    s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return ERR_OK;
}

static void say_full(NetServer *s, const char *why)
{
    if (!s->o.log || (s->full_logged_s && s->now_s - s->full_logged_s < LOG_AGAIN_S))
        return;
    s->full_logged_s = s->now_s ? s->now_s : 1;
    char count[24];
    int n = snprintf(count, sizeof count, "%ld", s->connections);
    log_line(s->o.log, LOG_WARN, "connections refused", "why", str_of(why), "open",
             (Str){count, (size_t)n}, NULL);
}

/* Out of descriptors. A waiting connection would wake the loop for ever: the spare descriptor takes
 * it, to close it. */
static void shed(NetServer *s)
{
    struct sockaddr_storage peer;
    close(s->spare_fd);
    int fd = net_sock_accept(s->listen_fd, &peer);
    if (fd >= 0)
        close(fd);
    s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    uv_poll_stop(&s->listener);
    s->accept_paused = true; /* until the next tick */
    COUNT(s, refused_full, 1);
    say_full(s, "out of file descriptors");
}

static void admit(NetServer *s, int fd, const struct sockaddr_storage *peer)
{
    NetAddr addr = {{0}};
    bool known = net_addr_of((const struct sockaddr *)peer, &addr);
    int on = 1, refuse = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bool counted = known && !net_addr_list_has(&s->proxies, &addr);
    if (counted && net_addr_table_add(&s->addrs, &addr) > s->o.max_connections_per_address) {
        COUNT(s, refused_address, 1);
        refuse = 429;
    } else if (s->connections >= s->o.max_connections) {
        COUNT(s, refused_full, 1);
        say_full(s, "the limit of connections is reached");
        refuse = 503;
    }
    /* A refusal is answered while there are places for it; a TLS handshake is too dear for that. */
    if (refuse && (s->tls || s->connections >= s->o.max_connections + NET_REFUSE_SLOTS)) {
        if (counted)
            net_addr_table_remove(&s->addrs, &addr);
        close(fd);
        return;
    }
    net_conn_open(s, fd, &addr, counted, refuse);
}

static void on_acceptable(uv_poll_t *p, int status, int events)
{
    NetServer *s = p->loop->data;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPT_TURN; i++) {
        struct sockaddr_storage peer;
        int fd = net_sock_accept(s->listen_fd, &peer);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                shed(s);
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            break;
        }
        admit(s, fd, &peer);
    }
    net_server_turn(s);
}

void net_listen_start(NetServer *s)
{
    if (s->listening)
        uv_poll_start(&s->listener, UV_READABLE, on_acceptable);
    s->accept_paused = false;
}

void net_listen_close(NetServer *s)
{
    if (s->listening)
        uv_close((uv_handle_t *)&s->listener, NULL);
    s->listening = false;
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    s->listen_fd = -1;
    if (s->spare_fd >= 0)
        close(s->spare_fd);
    s->spare_fd = -1;
}
