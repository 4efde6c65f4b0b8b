/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP from outside: keep-alive, pipelining, bodies, proxies, answers from another thread,
 * stopping. */
#include "net/test_server.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BIG = 13 << 20 };

static int start(void **state)
{
    TestServer *t = calloc(1, sizeof *t);
    NetOptions o;
    test_options(&o);
    o.max_large_bodies = 2;
    test_server_start(t, &o);
    *state = t;
    return 0;
}

static int stop(void **state)
{
    TestServer *t = *state;
    test_server_stop(t, 500);
    free(t);
    return 0;
}

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in: %s", part, text);
}

static void several_requests_on_one_connection(void **state)
{
    TestServer *t = *state;
    int fd = raw_connect(t->port);
    char text[4096];
    bool end;
    for (int i = 0; i < 3; i++) {
        raw_text(fd, "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n");
        raw_answer(fd, text, sizeof text);
        expect(text, "HTTP/1.1 200 OK\r\nDate: ");
        expect(text, " GMT\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nGET /a b=c");
        assert_null(strstr(text, "Connection:"));
    }
    /* all at once, the last one closing; answers in order */
    raw_text(fd, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: x\r\n\r\n"
                 "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
                 "GET /none HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\nConnection: "
                 "close\r\n\r\n");
    raw_read(fd, text, sizeof text, 3000, &end);
    assert_true(end);
    const char *one = strstr(text, "GET /1"), *two = strstr(text, "Content-Length: 8\r\n\r\nHTTP"),
               *echo = strstr(text, "\r\n\r\nbodyHTTP/1.1 204"), *three = strstr(text, "GET /3");
    assert_true(one && two && echo && three && one < two && two < echo && echo < three);
    expect(text, "Connection: close\r\n");
    assert_null(strstr(text, "HEAD /2")); /* no body for HEAD */
    close(fd);
}

static void old_version_closes(void **state)
{
    TestServer *t = *state;
    int fd = raw_connect(t->port);
    char text[4096];
    bool end;
    raw_text(fd, "GET / HTTP/1.0\r\n\r\n");
    raw_read(fd, text, sizeof text, 3000, &end);
    expect(text, "HTTP/1.1 200 OK");
    assert_true(end);
    close(fd);
}

static void bodies_in_all_ways(void **state)
{
    TestServer *t = *state;
    enum { N = 150000 };
    char *body = malloc(N + 1), *text = malloc(BIG), *message = malloc(2 * N);
    for (size_t i = 0; i < N; i++)
        body[i] = (char)('a' + i % 26);
    body[N] = '\0';
    int fd = raw_connect(t->port);
    size_t n = (size_t)snprintf(message, 2 * N,
                                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", N);
    raw_send(fd, message, n);
    for (size_t at = 0; at < N; at += 30000)
        raw_send(fd, body + at, 30000);
    raw_answer(fd, text, BIG);
    expect(text, body);
    /* chunked, in odd pieces */
    raw_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < N;) {
        size_t take = at % 7001 + 1 < N - at ? at % 7001 + 1 : N - at;
        n = (size_t)snprintf(message, 64, "%zx;note\r\n", take);
        memcpy(message + n, body + at, take);
        memcpy(message + n + take, "\r\n", 2);
        raw_send(fd, message, n + take + 2);
        at += take;
    }
    raw_text(fd, "0\r\nX-Check: 1\r\n\r\n");
    raw_answer(fd, text, BIG);
    expect(text, body);
    raw_text(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    raw_answer(fd, text, BIG);
    expect(text, "HTTP/1.1 200 OK");
    /* Expect: 100-continue */
    raw_text(fd,
             "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    n = raw_answer(fd, text, BIG);
    assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
    raw_text(fd, "abc");
    raw_answer(fd, text, BIG);
    expect(text, "\r\n\r\nabc");
    close(fd);
    free(body);
    free(text);
    free(message);
}

static void refused_bodies_are_answered(void **state)
{
    static const struct {
        const char *request, *answer;
    } rows[] = {
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 200001\r\n\r\n",
         "HTTP/1.1 413 Content Too Large"},
        {"POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 413 "},
        {"POST /none HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx",
         "HTTP/1.1 413 "},
        {"POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 403 Forbidden"},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: x\r\n\r\n",
         "HTTP/1.1 417 "},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n",
         "HTTP/1.1 400 "},
        {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n40000\r\n",
         "HTTP/1.1 413 "},
        {"\x16\x03\x01\x02\x00\x01\x00", "HTTP/1.1 400 "},
        {"GET / HTTP/1.1\nHost: x\n\n", "HTTP/1.1 400 "},
        {"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 501 "},
        {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 "},
    };
    TestServer *t = *state;
    char *more = calloc(1, 300000), text[4096];
    memset(more, 'x', 300000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool end;
        int fd = raw_connect(t->port);
        raw_text(fd, rows[i].request);
        raw_send(fd, more, 300000); /* the refusal must arrive although nobody wants these bytes */
        raw_read(fd, text, sizeof text, 4000, &end);
        if (strncmp(text, rows[i].answer, strlen(rows[i].answer)) != 0 ||
            !strstr(text, "{\"error\":{\"code\":\""))
            fail_msg("row %zu: %s", i, text);
        expect(text, "Connection: close\r\n");
        assert_true(end);
        close(fd);
    }
    free(more);
}

static void only_some_large_bodies_at_a_time(void **state)
{
    TestServer *t = *state;
    char text[4096];
    int fd[3];
    for (int i = 0; i < 3; i++) {
        fd[i] = raw_connect(t->port);
        raw_text(fd[i], "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nstart");
        raw_nap(50);
    }
    raw_answer(fd[2], text, sizeof text);
    expect(text, "HTTP/1.1 503 ");
    expect(text, "Retry-After: ");
    close(fd[0]); /* gives its place back */
    raw_nap(50);
    int again = raw_connect(t->port);
    char *rest = calloc(1, 100000);
    raw_text(again, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    raw_send(again, rest, 100000);
    raw_read(again, text, 64, 3000, &(bool){false});
    expect(text, "HTTP/1.1 200 OK");
    free(rest);
    close(again);
    close(fd[1]);
    close(fd[2]);
}

static void a_large_answer_to_a_slow_reader(void **state)
{
    TestServer *t = *state;
    char *text = malloc(BIG);
    int fd = raw_connect(t->port), small = 131072;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    raw_text(fd, "GET /static HTTP/1.1\r\nHost: x\r\n\r\nGET /after HTTP/1.1\r\nHost: "
                 "x\r\nConnection: close\r\n\r\n");
    raw_nap(100);
    bool end;
    size_t n = raw_read(fd, text, BIG, 3000, &end);
    assert_true(end);
    const char *body = strstr(text, "\r\n\r\n") + 4;
    size_t length = strtoul(strstr(text, "Content-Length: ") + 16, NULL, 10);
    assert_true(n > length);
    for (size_t i = 0; i < length; i++)
        if (body[i] != (char)('a' + i % 23))
            fail_msg("byte %zu", i);
    assert_memory_equal(body + length, "HTTP/1.1 200 OK", 15);
    expect(body + length, "GET /after");
    close(fd);
    free(text);
}

typedef struct {
    TestServer *t;
} Release;

static void release(void *arg)
{
    Release *r = arg;
    /* the request must still be whole, even when its connection is gone */
    NetResponse a = {
        .status = 200, .content_type = STR("text/plain"), .body = r->t->held_request->path};
    atomic_store(&r->t->hold, false);
    net_respond(r->t->server, r->t->held, &a);
    net_respond(r->t->server, r->t->held, &a); /* a second answer is harmless */
}

static void an_answer_from_another_thread(void **state)
{
    TestServer *t = *state;
    Release r = {.t = t};
    char text[4096];
    int fd = raw_connect(t->port);
    atomic_store(&t->hold, true);
    int before = atomic_load(&t->held_n);
    raw_text(fd, "GET /held HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(wait_until(&t->held_n, before + 1, 2000));
    raw_nap(50);
    assert_int_equal(atomic_load(&t->held_n), before + 1); /* the next waits */
    net_post(t->server, release, &r);
    raw_answer(fd, text, sizeof text);
    expect(text, "\r\n\r\n/held");
    raw_answer(fd, text, sizeof text);
    expect(text, "\r\n\r\nGET /next");
    close(fd);
}

static void a_client_that_leaves_while_in_work(void **state)
{
    TestServer *t = *state;
    Release r = {.t = t};
    NetStats stats;
    for (int abort_it = 0; abort_it < 2; abort_it++) {
        int fd = raw_connect(t->port);
        atomic_store(&t->hold, true);
        int before = atomic_load(&t->held_n);
        raw_text(fd, "GET /held HTTP/1.1\r\nHost: x\r\n\r\nmore bytes");
        assert_true(wait_until(&t->held_n, before + 1, 2000));
        struct linger hard = {1, 0};
        if (abort_it)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close(fd);
        raw_nap(50);
        net_post(t->server, release, &r);
        for (int i = 0; i < 100; i++) {
            net_stats(t->server, &stats);
            if (stats.connections == 0)
                break;
            raw_nap(30);
        }
        assert_int_equal(stats.connections, 0);
    }
}

typedef struct {
    TestServer *t;
    _Atomic int taken; /* 0 not yet, 1 no, 2 yes */
} Accept;

static void accept_late(void *arg)
{
    Accept *a = arg;
    atomic_store(&a->t->hold, false);
    atomic_store(&a->taken, net_ws_accept(a->t->server, a->t->held, a->t, STR_NONE) ? 2 : 1);
}

/* Who keeps something for the socket must hear that there will be none. */
static void an_upgrade_whose_client_has_left(void **state)
{
    TestServer *t = *state;
    for (int leaves = 0; leaves < 2; leaves++) {
        Accept a = {.t = t};
        int fd = raw_connect(t->port), before = atomic_load(&t->held_n);
        int closed = atomic_load(&t->closed);
        atomic_store(&t->hold, true);
        raw_text(
            fd, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        assert_true(wait_until(&t->held_n, before + 1, 2000));
        struct linger hard = {1, 0};
        if (leaves) {
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
            close(fd);
            raw_nap(50);
        }
        net_post(t->server, accept_late, &a);
        assert_true(wait_until(&a.taken, 1, 2000));
        bool taken = atomic_load(&a.taken) == 2;
        assert_true(taken || leaves); /* whether the leaving was seen yet is the kernel's matter */
        if (!leaves)
            close(fd);
        if (taken) {
            assert_true(wait_until(&t->closed, closed + 1, 2000));
        } else {
            raw_nap(50);
            assert_int_equal(atomic_load(&t->closed), closed);
        }
        atomic_store(&a.taken, 0);
        net_post(t->server, accept_late, &a); /* of what is gone: no callback either */
        assert_true(wait_until(&a.taken, 1, 2000));
        assert_int_equal(atomic_load(&a.taken), 1);
        raw_nap(20);
        assert_int_equal(atomic_load(&t->closed), closed + taken);
    }
}

/* One address must not hold all places for large bodies. */
static void large_bodies_of_one_address(void **state)
{
    (void)state;
    TestServer t = {0};
    NetOptions o;
    char text[4096];
    test_options(&o);
    o.trusted_proxies = "127.0.0.1";
    o.max_large_bodies_per_address = 1;
    test_server_start(&t, &o);
    static const char *const from[] = {"192.0.2.1", "192.0.2.1", "192.0.2.2"};
    int fd[3];
    for (int i = 0; i < 3; i++) {
        snprintf(text, sizeof text,
                 "POST /echo HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nContent-Length: "
                 "100000\r\n\r\nstart",
                 from[i]);
        fd[i] = raw_connect(t.port);
        raw_text(fd[i], text);
        raw_nap(50);
    }
    raw_answer(fd[1], text, sizeof text);
    expect(text, "HTTP/1.1 503 ");
    bool end;
    assert_int_equal(raw_read(fd[2], text, sizeof text, 100, &end), 0); /* it may go on */
    assert_false(end);
    close(fd[0]);
    raw_nap(50);
    int again = raw_connect(t.port);
    raw_text(again, "POST /echo HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.1\r\n"
                    "Content-Length: 100000\r\n\r\nstart");
    assert_int_equal(raw_read(again, text, sizeof text, 100, &end), 0);
    assert_false(end);
    for (int i = 1; i < 3; i++)
        close(fd[i]);
    close(again);
    test_server_stop(&t, 100);
}

/* The server once took recv() == 0 for "try again", since errno still held the EAGAIN of accept. */
static void a_closed_peer_is_noticed_with_a_stale_errno(void **state)
{
    TestServer *t = *state;
    NetStats stats;
    for (int i = 0; i < 20; i++)
        close(raw_connect(t->port));
    int fd = ws_connect(t->port, "/ws");
    shutdown(fd, SHUT_WR);
    assert_true(raw_ended(fd, 1000));
    close(fd);
    for (int i = 0; i < 50; i++) {
        net_stats(t->server, &stats);
        if (stats.connections == 0)
            break;
        raw_nap(10);
    }
    assert_int_equal(stats.connections, 0);
    assert_int_equal(stats.sockets, 0);
}

static void reading_pauses_when_asked(void **state)
{
    TestServer *t = *state;
    int fd = ws_connect(t->port, "/ws"), before = atomic_load(&t->messages);
    ws_send(fd, 0x81, "pause", 5);
    ws_send(fd, 0x81, "next", 4);
    assert_true(wait_until(&t->messages, before + 1, 2000));
    raw_nap(150);
    assert_int_equal(atomic_load(&t->messages), before + 1);
    assert_true(wait_until(&t->messages, before + 2, 2000));
    close(fd);
}

static void forwarded_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *proxies, *lines, *answer;
    } rows[] = {
        {NULL, "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n", "127.0.0.1 0"},
        {"127.0.0.1", "", "127.0.0.1 0"},
        {"127.0.0.1", "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n", "9.9.9.9 1"},
        {"127.0.0.1", "X-Forwarded-For: 1.1.1.1, 9.9.9.9\r\n", "9.9.9.9 0"},
        {"127.0.0.1,10.0.0.0/8", "X-Forwarded-For: 1.1.1.1, 9.9.9.9, 10.0.0.7\r\n", "9.9.9.9 0"},
        {"127.0.0.1,10.0.0.0/8", "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 10.0.0.7\r\n",
         "9.9.9.9 0"},
        {"127.0.0.1,10.0.0.0/8", "X-Forwarded-For: 10.0.0.8, 10.0.0.7\r\n", "10.0.0.8 0"},
        {"127.0.0.1", "X-Forwarded-For: 1.1.1.1, junk\r\n", "127.0.0.1 0"},
        {"127.0.0.1", "X-Real-IP: 9.9.9.9\r\n", "9.9.9.9 0"},
        {"127.0.0.1", "X-Forwarded-For: [2001:db8::1]:99\r\nX-Real-IP: 9.9.9.9\r\n",
         "2001:db8::1 0"},
        {"127.0.0.1", "X-Forwarded-Proto: https, http\r\n", "127.0.0.1 0"},
        {"10.0.0.0/8", "X-Forwarded-For: 9.9.9.9\r\n", "127.0.0.1 0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        TestServer t = {.port = 0};
        NetOptions o;
        char text[4096];
        test_options(&o);
        o.trusted_proxies = rows[i].proxies;
        test_server_start(&t, &o);
        int fd = raw_connect(t.port);
        raw_text(fd, "GET /address HTTP/1.1\r\nHost: x\r\n");
        raw_text(fd, rows[i].lines);
        raw_text(fd, "\r\n");
        raw_answer(fd, text, sizeof text);
        if (strcmp(strstr(text, "\r\n\r\n") + 4, rows[i].answer) != 0)
            fail_msg("row %zu: %s", i, text);
        close(fd);
        test_server_stop(&t, 500);
    }
}

static void a_graceful_stop(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    Release r = {.t = &t};
    char text[4096];
    bool end;
    test_server_start(&t, NULL);
    int idle = raw_connect(t.port), ws = ws_connect(t.port, "/ws"),
        deaf = ws_connect(t.port, "/ws");
    int busy = raw_connect(t.port);
    raw_text(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_answer(idle, text, sizeof text);
    atomic_store(&t.hold, true);
    raw_text(busy, "GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(wait_until(&t.held_n, 1, 2000));
    net_server_stop(t.server, 3000);
    assert_int_equal(ws_recv_close(ws), 1012);
    ws_send(ws, 0x88, "\x03\xf4", 2);
    assert_true(raw_ended(ws, 2000));
    assert_true(raw_ended(idle, 2000));
    net_post(t.server, release, &r); /* the request in work is still answered */
    raw_read(busy, text, sizeof text, 2000, &end);
    expect(text, "Connection: close\r\n");
    expect(text, "\r\n\r\n/held");
    assert_true(end);
    close(busy);
    close(idle);
    close(ws);
    pthread_join(t.thread, NULL); /* `deaf` never answers the close: the grace ends it */
    assert_int_equal(atomic_load(&t.closed), 2);
    close(deaf);
    net_server_destroy(t.server);
}

static void a_stop_with_a_request_never_answered(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) { /* not at all, or when its connection is long gone */
        TestServer t = {.port = 0};
        Release r = {.t = &t};
        test_server_start(&t, NULL);
        atomic_store(&t.hold, true);
        int fd = raw_connect(t.port);
        raw_text(fd, "GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_true(wait_until(&t.held_n, 1, 2000));
        net_server_stop(t.server, 50);
        pthread_join(t.thread, NULL);
        assert_true(raw_ended(fd, 2000));
        if (late)
            net_post(t.server, release, &r);
        net_server_destroy(t.server);
        close(fd);
    }
}

static void ignore(void *user, NetConn c, const NetRequest *r)
{
    (void)user;
    (void)c;
    (void)r;
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    NetHandlers h = {.request = ignore};
    static const struct {
        const char *listen, *proxies, *cert, *code;
    } rows[] = {
        {"nonsense", NULL, NULL, "net.listen"},
        {"127.0.0.1:", NULL, NULL, "net.listen"},
        {"127.0.0.1:99999", NULL, NULL, "net.listen"},
        {"203.0.113.1:0", NULL, NULL, "net.listen"},
        {"127.0.0.1:0", "10.0.0.0/99", NULL, "net.proxies"},
        {"127.0.0.1:0", NULL, "/nonexistent", "net.tls"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        NetOptions o;
        ErrSlot e = {0};
        net_options_default(&o);
        o.listen = rows[i].listen;
        o.trusted_proxies = rows[i].proxies;
        o.tls_cert = o.tls_key = rows[i].cert;
        assert_int_not_equal(net_server_create(&o, &h, &e, &t.server), ERR_OK);
        assert_string_equal(e.code, rows[i].code);
    }
    NetOptions o;
    ErrSlot e = {0};
    net_options_default(&o);
    o.listen = "127.0.0.1:0";
    assert_int_equal(net_server_create(&o, &h, &e, &t.server), ERR_OK);
    assert_true(net_server_port(t.server) > 0);
    char taken[32];
    NetServer *second;
    snprintf(taken, sizeof taken, "127.0.0.1:%d", net_server_port(t.server));
    o.listen = taken;
    assert_int_equal(net_server_create(&o, &h, &e, &second), ERR_BUSY);
    net_server_destroy(t.server); /* without ever having run */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_requests_on_one_connection),
        cmocka_unit_test(old_version_closes),
        cmocka_unit_test(bodies_in_all_ways),
        cmocka_unit_test(refused_bodies_are_answered),
        cmocka_unit_test(only_some_large_bodies_at_a_time),
        cmocka_unit_test(large_bodies_of_one_address),
        cmocka_unit_test(an_upgrade_whose_client_has_left),
        cmocka_unit_test(a_large_answer_to_a_slow_reader),
        cmocka_unit_test(an_answer_from_another_thread),
        cmocka_unit_test(a_client_that_leaves_while_in_work),
        cmocka_unit_test(a_closed_peer_is_noticed_with_a_stale_errno),
        cmocka_unit_test(reading_pauses_when_asked),
        cmocka_unit_test(forwarded_addresses),
        cmocka_unit_test(a_graceful_stop),
        cmocka_unit_test(a_stop_with_a_request_never_answered),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
