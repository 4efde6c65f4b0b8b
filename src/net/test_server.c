/* SPDX-License-Identifier: Apache-2.0 */
#include "net/test_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STATIC_BYTES = 12 << 20, BODY_LIMIT = 200000 };

static char *static_body(void)
{
    /* the same bytes each time, so that the client can check them */
    char *p = malloc(STATIC_BYTES);
    assert(p);
    for (size_t i = 0; i < STATIC_BYTES; i++)
        p[i] = (char)('a' + i % 23);
    return p;
}

static void on_request(void *user, NetConn c, const NetRequest *r)
{
    TestServer *t = user;
    char text[2048];
    if (atomic_load(&t->hold)) {
        t->held = c;
        t->held_request = r;
        atomic_fetch_add(&t->held_n, 1);
        return;
    }
    if (r->upgrade && str_starts(r->path, STR("/ws"))) {
        net_ws_accept(t->server, c, t, STR("X-Extra: 1\r\n"));
        return;
    }
    NetResponse a = {.status = 200, .content_type = STR("text/plain")};
    char *big = NULL;
    if (str_is(r->path, "/static")) {
        big = static_body();
        a.body = (Str){big, STATIC_BYTES};
    } else if (str_is(r->path, "/echo")) {
        a.body = r->body;
    } else if (str_is(r->path, "/none")) {
        a.status = 204;
    } else {
        static const char *const names[] = {"GET",   "HEAD",   "POST",   "PUT",
                                            "PATCH", "DELETE", "OPTIONS"};
        int n;
        if (str_is(r->path, "/address"))
            n = snprintf(text, sizeof text, "%.*s %d", STR_ARG(r->address), r->secure);
        else
            n = snprintf(text, sizeof text, "%s %.*s %.*s", names[r->method], STR_ARG(r->path),
                         STR_ARG(r->query));
        a.body = (Str){text, (size_t)n};
    }
    net_respond(t->server, c, &a);
    free(big);
}

static long on_body_limit(void *user, const NetRequest *head)
{
    (void)user;
    if (str_is(head->path, "/refuse"))
        return -403;
    return str_is(head->path, "/echo") ? BODY_LIMIT : 0;
}

static void on_message(void *user, NetConn c, void *tag, Str text)
{
    TestServer *t = user;
    assert(tag == t);
    atomic_fetch_add(&t->messages, 1);
    if (t->flood)
        for (int i = 0; i < 64; i++)
            net_ws_send(t->server, c, t->flood);
    if (str_is(text, "close me")) {
        net_ws_close(t->server, c, 4401, STR("bye"));
        return;
    }
    if (str_is(text, "pause"))
        net_ws_pause_limit(t->server, c, 300);
    NetFrame *f = net_frame_text(text);
    net_ws_send(t->server, c, f);
    net_frame_unref(f);
    if (!atomic_load(&t->hold))
        net_ws_next(t->server, c);
}

static void on_closed(void *user, NetConn c, void *tag, int code)
{
    TestServer *t = user;
    (void)c;
    assert(tag == t);
    atomic_store(&t->last_close, code);
    atomic_fetch_add(&t->closed, 1);
}

static void *run(void *arg)
{
    TestServer *t = arg;
    net_server_run(t->server);
    return NULL;
}

void test_options(NetOptions *o)
{
    net_options_default(o);
    o->max_connections_per_address = 4096;
}

void test_server_start(TestServer *t, const NetOptions *o)
{
    NetOptions mine;
    test_options(&mine);
    if (o)
        mine = *o;
    mine.listen = "127.0.0.1:0";
    NetHandlers h = {.request = on_request,
                     .body_limit = on_body_limit,
                     .ws_message = on_message,
                     .ws_closed = on_closed,
                     .user = t};
    ErrSlot e = {0};
    if (net_server_create(&mine, &h, &e, &t->server) != ERR_OK) {
        fprintf(stderr, "%s: %s\n", e.code, e.text);
        abort();
    }
    t->port = net_server_port(t->server);
    int bad = pthread_create(&t->thread, NULL, run, t);
    assert(bad == 0);
}

void test_server_stop(TestServer *t, long grace_ms)
{
    net_server_stop(t->server, grace_ms);
    pthread_join(t->thread, NULL);
    net_server_destroy(t->server);
    net_frame_unref(t->flood);
}

void raw_connect_with(int fd, int port)
{
    int on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        perror("connect");
        abort();
    }
}

int raw_connect(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert(fd >= 0);
    raw_connect_with(fd, port);
    return fd;
}

void raw_send(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t put = send(fd, p, n, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        p += put;
        n -= (size_t)put;
    }
}

void raw_text(int fd, const char *text)
{
    raw_send(fd, text, strlen(text));
}

/* > 0 bytes, 0 nothing in time, -1 the end */
static long step(int fd, char *p, size_t n, int ms)
{
    struct pollfd w = {.fd = fd, .events = POLLIN};
    if (poll(&w, 1, ms) <= 0)
        return 0;
    ssize_t got = recv(fd, p, n, 0);
    return got > 0 ? got : -1;
}

size_t raw_read(int fd, char *p, size_t n, int ms, bool *ret_end)
{
    size_t at = 0;
    *ret_end = false;
    while (at + 1 < n) {
        long got = step(fd, p + at, n - 1 - at, ms);
        if (got <= 0) {
            *ret_end = got < 0;
            break;
        }
        at += (size_t)got;
    }
    p[at] = '\0';
    return at;
}

size_t raw_answer(int fd, char *p, size_t n)
{
    size_t at = 0;
    for (;;) {
        p[at] = '\0';
        char *end = strstr(p, "\r\n\r\n");
        if (end) {
            char *length = strstr(p, "Content-Length: ");
            size_t head = (size_t)(end - p) + 4;
            if (!length || length > end || at >= head + strtoul(length + 16, NULL, 10))
                return at;
        }
        /* byte by byte, so that a second answer stays in the kernel */
        if (at + 1 >= n || step(fd, p + at, 1, 3000) <= 0)
            return at;
        at++;
    }
}

bool raw_ended(int fd, int ms)
{
    char sink[65536];
    struct timespec now, start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        if (step(fd, sink, sizeof sink, ms) < 0)
            return true;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 > ms)
            return false;
    }
}

int ws_connect(int port, const char *path)
{
    char text[1024];
    int fd = raw_connect(port);
    snprintf(
        text, sizeof text,
        "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        path);
    raw_text(fd, text);
    size_t n = raw_answer(fd, text, sizeof text);
    if (n < 12 || memcmp(text, "HTTP/1.1 101", 12) != 0 ||
        !strstr(text, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")) {
        fprintf(stderr, "no upgrade: %s\n", text);
        abort();
    }
    return fd;
}

void ws_send(int fd, uint8_t first, const char *p, size_t n)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    char *frame = malloc(n + WS_HEAD_MAX);
    assert(frame);
    size_t head = ws_head_put((uint8_t *)frame, WS_OP_TEXT, n, mask);
    frame[0] = (char)first;
    if (n)
        memcpy(frame + head, p, n);
    ws_mask(frame + head, n, mask, 0);
    raw_send(fd, frame, head + n);
    free(frame);
}

static bool exactly(int fd, char *p, size_t n, int ms)
{
    size_t at = 0;
    while (at < n) {
        long got = step(fd, p + at, n - at, ms);
        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

bool ws_recv(int fd, RawFrame *ret, char *buf, size_t size, int ms)
{
    uint8_t h[10];
    if (!exactly(fd, (char *)h, 2, ms))
        return false;
    size_t n = h[1] & 0x7f;
    assert(!(h[1] & 0x80)); /* a server never masks */
    if (n >= 126) {
        size_t more = n == 126 ? 2 : 8;
        if (!exactly(fd, (char *)h + 2, more, ms))
            return false;
        n = 0;
        for (size_t i = 0; i < more; i++)
            n = n << 8 | h[2 + i];
    }
    assert(n < size);
    if (!exactly(fd, buf, n, ms))
        return false;
    buf[n] = '\0';
    *ret = (RawFrame){h[0], n, buf};
    return true;
}

int ws_recv_close(int fd)
{
    char *buf = malloc(1 << 20);
    RawFrame f;
    int code = -1;
    assert(buf);
    while (ws_recv(fd, &f, buf, 1 << 20, 4000)) {
        if ((f.first & 0x0f) == WS_OP_CLOSE) {
            code = f.n >= 2 ? (uint8_t)f.p[0] << 8 | (uint8_t)f.p[1] : WS_NO_STATUS;
            break;
        }
    }
    free(buf);
    return code;
}

bool wait_until(_Atomic int *v, int at_least, int ms)
{
    struct timespec nap = {0, 5000000};
    for (int i = 0; i < ms / 5; i++) {
        if (atomic_load(v) >= at_least)
            return true;
        nanosleep(&nap, NULL);
    }
    return atomic_load(v) >= at_least;
}

void raw_nap(int ms)
{
    struct timespec nap = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&nap, NULL);
}
