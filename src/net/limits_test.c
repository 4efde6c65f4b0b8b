/* SPDX-License-Identifier: Apache-2.0 */
/* What a stranger may not do: dribble, hoard connections, never read, vanish a thousand times. */
#include "net/test_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in: %s", part, text);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void settle(TestServer *t, int64_t connections)
{
    NetStats stats;
    for (int i = 0; i < 200; i++) {
        net_stats(t->server, &stats);
        if (stats.connections == connections)
            return;
        raw_nap(10);
    }
    fail_msg("%lld connections are still there", (long long)stats.connections);
}

static void slow_loris_and_slow_bodies(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    NetOptions o;
    char text[4096];
    bool end;
    test_options(&o);
    o.header_timeout_ms = o.body_timeout_ms = o.idle_timeout_ms = 1000;
    test_server_start(&t, &o);
    int silent = raw_connect(t.port), head = raw_connect(t.port), body = raw_connect(t.port);
    int second = raw_connect(t.port), idle = raw_connect(t.port);
    raw_text(head, "GET / HTTP/1.1\r\nHo");
    raw_text(body, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab");
    raw_text(idle, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_answer(idle, text, sizeof text);
    double start = now_s();
    raw_text(second, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT");
    raw_answer(second, text, sizeof text);
    for (int i = 0; i < 8; i++) { /* a byte now and then buys no time */
        raw_text(head, "x");
        raw_text(second, "x");
        raw_nap(100);
    }
    raw_read(head, text, sizeof text, 4000, &end);
    expect(text, "HTTP/1.1 408 Request Timeout");
    assert_true(end);
    raw_read(body, text, sizeof text, 4000, &end);
    expect(text, "HTTP/1.1 408 Request Timeout");
    raw_read(second, text, sizeof text, 4000, &end);
    expect(text, "HTTP/1.1 408 Request Timeout");
    assert_int_equal(raw_read(silent, text, sizeof text, 4000, &end), 0);
    assert_true(end);
    assert_int_equal(raw_read(idle, text, sizeof text, 4000, &end), 0);
    assert_true(end);
    assert_true(now_s() - start >= 1.0 && now_s() - start < 4.0);
    close(silent);
    close(head);
    close(body);
    close(second);
    close(idle);
    settle(&t, 0);
    test_server_stop(&t, 100);
}

static void too_many_from_one_address(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    NetOptions o;
    NetStats stats;
    char text[4096];
    test_options(&o);
    o.max_connections_per_address = 3;
    test_server_start(&t, &o);
    int fd[3], more;
    for (int i = 0; i < 3; i++)
        fd[i] = ws_connect(t.port, "/ws");
    more = raw_connect(t.port);
    raw_text(more, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_answer(more, text, sizeof text);
    expect(text, "HTTP/1.1 429 Too Many Requests");
    expect(text, "net.too_many_connections");
    expect(text, "Retry-After: 10\r\n");
    close(more);
    net_stats(t.server, &stats);
    assert_int_equal(stats.refused_address, 1);
    close(fd[0]);
    settle(&t, 2);
    fd[0] = ws_connect(t.port, "/ws"); /* the place is free again */
    for (int i = 0; i < 3; i++)
        close(fd[i]);
    settle(&t, 0);
    test_server_stop(&t, 100);
}

static void a_proxy_is_many_clients(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    NetOptions o;
    char text[4096];
    test_options(&o);
    o.max_connections_per_address = 2;
    o.trusted_proxies = "127.0.0.0/8";
    test_server_start(&t, &o);
    int fd[8];
    for (int i = 0; i < 8; i++) { /* two clients with four tries each */
        fd[i] = raw_connect(t.port);
        snprintf(text, sizeof text,
                 "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "
                 "Upgrade\r\nX-Forwarded-For: 9.9.9.%d\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                 i % 2);
        raw_text(fd[i], text);
        raw_answer(fd[i], text, sizeof text);
        expect(text, i < 4 ? "HTTP/1.1 101 " : "HTTP/1.1 429 ");
    }
    for (int i = 0; i < 8; i++)
        close(fd[i]);
    settle(&t, 0);
    test_server_stop(&t, 100);
}

static void the_server_is_full(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    NetOptions o;
    NetStats stats;
    char text[4096];
    test_options(&o);
    o.max_connections = 4;
    test_server_start(&t, &o);
    int fd[100], got = 0;
    for (int i = 0; i < 4; i++)
        fd[i] = ws_connect(t.port, "/ws");
    for (int i = 4; i < 100; i++)
        fd[i] = raw_connect(t.port);
    for (int i = 4; i < 100; i++) { /* most are answered, all are closed */
        bool end;
        raw_text(fd[i], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        raw_read(fd[i], text, sizeof text, 3000, &end);
        assert_true(end);
        got += strstr(text, "HTTP/1.1 503 ") && strstr(text, "net.full") &&
               strstr(text, "Retry-After: ");
        close(fd[i]);
    }
    assert_true(got >= 64);
    ws_send(fd[0], 0x81, "still here", 10);
    RawFrame f;
    assert_true(ws_recv(fd[0], &f, text, sizeof text, 2000));
    net_stats(t.server, &stats);
    assert_int_equal(stats.refused_full, 96);
    for (int i = 0; i < 4; i++)
        close(fd[i]);
    settle(&t, 0);
    test_server_stop(&t, 100);
}

static void too_long_heads(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    NetOptions o;
    char text[4096], *filler = malloc(40000);
    bool end;
    memset(filler, 'a', 40000);
    test_options(&o);
    o.max_header_bytes = 2000;
    o.max_headers = 8;
    test_server_start(&t, &o);
    static const struct {
        const char *start, *answer;
        size_t filler;
    } rows[] = {
        {"GET /", "HTTP/1.1 414 ", 2100},
        {"GET / HTTP/1.1\r\nHost: x\r\nX: ", "HTTP/1.1 431 ", 2100},
        {"GET / HTTP/1.1\r\nHost: x\r\nX: ", "HTTP/1.1 431 ", 40000},
        {"GET / HTTP/1.1\r\nHost: "
         "x\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\n\r\n",
         "HTTP/1.1 431 ", 0},
        {"GET / HTTP/1.1\r\nHost: x\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\na:b\r\nConnection: "
         "close\r\n\r\n",
         "HTTP/1.1 200 ", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int fd = raw_connect(t.port);
        raw_text(fd, rows[i].start);
        raw_send(fd, filler, rows[i].filler);
        raw_read(fd, text, sizeof text, 3000, &end);
        expect(text, rows[i].answer);
        assert_true(end);
        close(fd);
    }
    free(filler);
    test_server_stop(&t, 100);
}

static void a_reader_too_slow_is_closed(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    NetOptions o;
    NetStats stats;
    test_options(&o);
    o.write_high_bytes = 200000;
    char *big = calloc(1, 60000);
    memset(big, 'x', 60000);
    t.flood = net_frame_text((Str){big, 60000});
    test_server_start(&t, &o);
    int fd = ws_connect(t.port, "/ws"), good = ws_connect(t.port, "/ws/2");
    ws_send(fd, 0x81, "go", 2); /* 64 x 60,000 bytes come back; nobody reads them */
    assert_true(wait_until(&t.closed, 1, 3000));
    assert_int_equal(atomic_load(&t.last_close), 4408);
    net_stats(t.server, &stats);
    assert_int_equal(stats.slow_closed, 1);
    assert_int_equal(ws_recv_close(fd), 4408); /* and it is told, after what was half sent */
    assert_true(raw_ended(fd, 4000));
    close(fd);
    close(good);
    free(big);
    settle(&t, 0);
    test_server_stop(&t, 100);
}

/* Nobody reads the pongs: the server must stop reading pings, not pile up answers. */
static void a_ping_flood_waits_in_the_kernel(void **state)
{
    (void)state;
    enum { ONE = 131, PINGS = 1000, MOST = 48 << 20 };
    static const uint8_t mask[4] = {0};
    TestServer t = {.port = 0};
    test_server_start(&t, NULL);
    int fd = ws_connect(t.port, "/ws");
    char *pings = calloc(PINGS, ONE);
    for (size_t i = 0; i < PINGS; i++)
        ws_head_put((uint8_t *)pings + i * ONE, WS_OP_PING, 125, mask);
    size_t sent = 0, at = 0;
    for (int tries = 0; tries < 50 && sent < MOST;) {
        ssize_t put = send(fd, pings + at, PINGS * ONE - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (put <= 0) {
            tries++;
            raw_nap(10);
            continue;
        }
        tries = 0;
        sent += (size_t)put;
        at = (at + (size_t)put) % (PINGS * ONE);
    }
    assert_true(sent < MOST);
    free(pings);
    close(fd);
    settle(&t, 0);
    test_server_stop(&t, 100);
}

static void silent_sockets_are_pinged_and_closed(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    NetOptions o;
    char buf[256];
    RawFrame f;
    test_options(&o);
    o.ws_ping_ms = 1000;
    test_server_start(&t, &o);
    int deaf = ws_connect(t.port, "/ws"), good = ws_connect(t.port, "/ws");
    double start = now_s();
    int pings = 0;
    while (atomic_load(&t.closed) == 0 && now_s() - start < 8) {
        if (ws_recv(good, &f, buf, sizeof buf, 200) && f.first == 0x89) {
            pings++;
            ws_send(good, 0x8a, f.p, f.n);
        }
    }
    assert_true(pings >= 2);
    assert_int_equal(atomic_load(&t.closed), 1); /* the deaf one only */
    assert_int_equal(atomic_load(&t.last_close), WS_ABNORMAL);
    assert_true(raw_ended(deaf, 2000));
    ws_send(good, 0x81, "here", 4);
    while (ws_recv(good, &f, buf, sizeof buf, 2000) && f.first == 0x89) {
    }
    assert_string_equal(f.p, "here");
    close(deaf);
    close(good);
    test_server_stop(&t, 100);
}

static void a_message_that_never_ends(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    NetOptions o;
    test_options(&o);
    o.ws_ping_ms = o.body_timeout_ms = 1000;
    test_server_start(&t, &o);
    int fd = ws_connect(t.port, "/ws");
    ws_send(fd, 0x01, "a", 1);
    double start = now_s();
    while (atomic_load(&t.closed) == 0 && now_s() - start < 8) {
        ws_send(fd, 0x00, "a", 1);
        raw_nap(200);
    }
    assert_int_equal(ws_recv_close(fd), 4408);
    close(fd);
    test_server_stop(&t, 100);
}

static int open_files(void)
{
    int n = 0;
    for (int fd = 0; fd < 4096; fd++)
        n += dup2(fd, fd) == fd;
    return n;
}

static long resident_kb(void)
{
    char text[256];
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return strtol(strchr(text, ' '), NULL, 10) * 4;
}

static void a_thousand_reconnects_leak_nothing(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    test_server_start(&t, NULL);
    int files = 0;
    long before_kb = 0;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            int fd = ws_connect(t.port, "/ws");
            ws_send(fd, 0x81, "hello", 5);
            if (i % 3 == 0)
                ws_send(fd, 0x01, "half a message", 14);
            if (i % 5 == 0)
                ws_send(fd, 0x88, "", 0);
            struct linger hard = {1, 0};
            if (i % 7 == 0)
                setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
            close(fd);
        }
        settle(&t, 0);
        if (round == 0) {
            files = open_files();
            before_kb = resident_kb();
        }
    }
    assert_int_equal(open_files(), files);
    /* under a sanitizer freed memory stays in quarantine; there its own leak check is the judge */
    assert_true(resident_kb() - before_kb < (SANITIZED ? 1 << 20 : 512));
    assert_true(wait_until(&t.closed, 2000, 2000));
    assert_int_equal(atomic_load(&t.closed), 2000); /* each told once */
    test_server_stop(&t, 100);
}

static void out_of_descriptors(void **state)
{
    (void)state;
    TestServer t = {.port = 0};
    struct rlimit limit, tight;
    NetStats stats;
    char text[1024];
    test_server_start(&t, NULL);
    int early = ws_connect(t.port, "/ws");
    getrlimit(RLIMIT_NOFILE, &limit);
    tight = limit;
    int clients[8], holes[64], n = 0;
    for (int i = 0; i < 8; i++)
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
    tight.rlim_cur = (rlim_t)clients[7] + 3;
    setrlimit(RLIMIT_NOFILE, &tight);
    while (n < 64 && (holes[n] = dup(0)) >= 0)
        n++;
    for (int i = 0; i < 8; i++)
        raw_connect_with(clients[i], t.port);
    raw_nap(300);
    net_stats(t.server, &stats);
    assert_in_range(stats.refused_full, 1, 2); /* the others wait in the kernel for the next tick */
    struct timespec cpu0, cpu1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu0);
    raw_nap(500);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu1); /* waiting connections do not make it spin */
    assert_true((cpu1.tv_sec - cpu0.tv_sec) * 1000 + (cpu1.tv_nsec - cpu0.tv_nsec) / 1000000 < 200);
    ws_send(early, 0x81, "works", 5);
    RawFrame f;
    assert_true(ws_recv(early, &f, text, sizeof text, 2000));
    while (n > 0)
        close(holes[--n]);
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < 8; i++)
        close(clients[i]);
    raw_nap(1200); /* accepting goes on with the next tick */
    int fd = ws_connect(t.port, "/ws");
    close(fd);
    close(early);
    test_server_stop(&t, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_loris_and_slow_bodies),
        cmocka_unit_test(too_many_from_one_address),
        cmocka_unit_test(a_proxy_is_many_clients),
        cmocka_unit_test(the_server_is_full),
        cmocka_unit_test(too_long_heads),
        cmocka_unit_test(a_reader_too_slow_is_closed),
        cmocka_unit_test(a_ping_flood_waits_in_the_kernel),
        cmocka_unit_test(silent_sockets_are_pinged_and_closed),
        cmocka_unit_test(a_message_that_never_ends),
        cmocka_unit_test(a_thousand_reconnects_leak_nothing),
        cmocka_unit_test(out_of_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
