/* SPDX-License-Identifier: Apache-2.0 */
/* The client against our own server, plain and TLS, and against a server that misbehaves. */
#include "net/net_client.h"
#include "net/test_cert.h"
#include "net/test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct {
    TestServer plain, tls;
    char dir[64], cert[96], key[96];
} World;

static int start(void **state)
{
    World *w = calloc(1, sizeof *w);
    NetOptions o;
    memcpy(w->dir, "/tmp/zhixin-net-XXXXXX", 23);
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->cert, sizeof w->cert, "%s/cert.pem", w->dir);
    snprintf(w->key, sizeof w->key, "%s/key.pem", w->dir);
    test_cert_write(w->cert, w->key, 1);
    test_options(&o);
    test_server_start(&w->plain, &o);
    o.tls_cert = w->cert;
    o.tls_key = w->key;
    o.header_timeout_ms = 1000;
    test_server_start(&w->tls, &o);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    World *w = *state;
    test_server_stop(&w->plain, 200);
    test_server_stop(&w->tls, 200);
    unlink(w->cert);
    unlink(w->key);
    rmdir(w->dir);
    free(w);
    return 0;
}

static NetClient *client(const char *scheme, const char *host, int port, const char *ca)
{
    char text[128];
    NetUrl u;
    NetClientOptions o;
    ErrSlot e = {0};
    net_client_options_default(&o);
    o.timeout_ms = 3000;
    o.ca_file = ca;
    snprintf(text, sizeof text, "%s://%s:%d/x", scheme, host, port);
    assert_int_equal(net_url_parse(&e, str_of(text), &u), ERR_OK);
    return net_client_create(&o, &u);
}

static void urls(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *port, *path; /* host NULL: refused */
        bool tls;
    } rows[] = {
        {"http://a", "a", "80", "/", false},
        {"https://a.b/c?d", "a.b", "443", "/c?d", true},
        {"ws://127.0.0.1:8080/ws", "127.0.0.1", "8080", "/ws", false},
        {"wss://[::1]:8443", "::1", "8443", "/", true},
        {"http://[::1]/x", "::1", "80", "/x", false},
        {"ftp://a", NULL, NULL, NULL, false},
        {"a", NULL, NULL, NULL, false},
        {"http://", NULL, NULL, NULL, false},
        {"http:///x", NULL, NULL, NULL, false},
        {"http://a:0", NULL, NULL, NULL, false},
        {"http://a:x", NULL, NULL, NULL, false},
        {"http://a:", NULL, NULL, NULL, false},
        {"http://a:65536", NULL, NULL, NULL, false},
        {"http://u@a/", NULL, NULL, NULL, false},
        {"http://a?b", NULL, NULL, NULL, false},
        {"http://a/b c", NULL, NULL, NULL, false},
        {"http://a/\r\nX: y", NULL, NULL, NULL, false},
        {"http://[::1]x", NULL, NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        NetUrl u;
        ErrSlot e = {0};
        Err err = net_url_parse(&e, str_of(rows[i].text), &u);
        if ((err == ERR_OK) != (rows[i].host != NULL))
            fail_msg("%s", rows[i].text);
        if (err)
            continue;
        assert_string_equal(u.host, rows[i].host);
        assert_string_equal(u.port, rows[i].port);
        assert_true(str_is(u.path, rows[i].path));
        assert_int_equal(u.tls, rows[i].tls);
    }
}

static void requests(NetClient *c)
{
    Arena *a = arena_create(64 << 20);
    ErrSlot e = {0};
    NetReply r;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            net_client_request(c, a, &e, "GET", STR("/a?b"), STR("X-Y: z\r\n"), STR_NONE, &r),
            ERR_OK);
        assert_int_equal(r.status, 200);
        assert_true(str_is(r.body, "GET /a b"));
        assert_true(str_is(net_reply_header(&r, "content-type"), "text/plain"));
    }
    assert_int_equal(net_client_request(c, a, &e, "HEAD", STR("/a"), STR_NONE, STR_NONE, &r),
                     ERR_OK);
    assert_int_equal(r.body.n, 0);
    char *big = malloc(190000);
    for (size_t i = 0; i < 190000; i++)
        big[i] = (char)('a' + i % 26);
    Str body = {big, 190000};
    assert_int_equal(net_client_request(c, a, &e, "POST", STR("/echo"), STR_NONE, body, &r),
                     ERR_OK);
    assert_true(str_eq(r.body, body));
    free(big);
    assert_int_equal(net_client_request(c, a, &e, "DELETE", STR("/none"), STR_NONE, STR_NONE, &r),
                     ERR_OK);
    assert_int_equal(r.status, 204);
    assert_int_equal(net_client_request(c, a, &e, "GET", STR("/static"), STR_NONE, STR_NONE, &r),
                     ERR_OK);
    for (size_t i = 0; i < r.body.n; i++)
        if (r.body.p[i] != (char)('a' + i % 23))
            fail_msg("byte %zu of %zu", i, r.body.n);
    arena_destroy(a);
}

static void sockets(NetClient *c, TestServer *t)
{
    ErrSlot e = {0};
    NetWsClient *w;
    Str got;
    assert_int_equal(net_client_ws(c, &e, STR("/nothing"), STR_NONE, &w), ERR_UPSTREAM);
    assert_string_equal(e.code, "client.refused");
    err_clear(&e);
    int before = atomic_load(&t->closed);
    assert_int_equal(net_client_ws(c, &e, STR("/ws"), STR_NONE, &w), ERR_OK);
    assert_int_equal(net_ws_client_next(w, &e, 0, &got), ERR_OK);
    assert_null(got.p);
    for (int i = 0; i < 100; i++) {
        char text[3000];
        size_t n = (size_t)(i * 30);
        memset(text, 'a' + i % 26, sizeof text);
        assert_int_equal(net_ws_client_send(w, &e, (Str){text, n}), ERR_OK);
        if (i % 10 == 0) {
            struct pollfd p = {.fd = net_ws_client_fd(w), .events = POLLIN};
            assert_int_equal(poll(&p, 1, 3000), 1);
        }
        assert_int_equal(net_ws_client_next(w, &e, 3000, &got), ERR_OK);
        assert_non_null(got.p);
        assert_true(str_eq(got, (Str){text, n}));
    }
    for (int i = 0; i < 50; i++) /* several in flight */
        assert_int_equal(net_ws_client_send(w, &e, STR("burst")), ERR_OK);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(net_ws_client_next(w, &e, 3000, &got), ERR_OK);
        assert_true(str_is(got, "burst"));
    }
    assert_int_equal(net_ws_client_send(w, &e, STR("close me")), ERR_OK);
    assert_int_equal(net_ws_client_next(w, &e, 3000, &got), ERR_UPSTREAM);
    assert_string_equal(e.code, "client.closed");
    assert_int_equal(net_ws_client_close_code(w), 4401);
    assert_int_equal(net_ws_client_send(w, &e, STR("x")), ERR_UPSTREAM);
    net_ws_client_destroy(w);
    assert_int_equal(net_client_ws(c, &e, STR("/ws"), STR_NONE, &w), ERR_OK);
    net_ws_client_close(w, 1000);
    assert_true(wait_until(&t->closed, before + 2, 2000));
    assert_int_equal(atomic_load(&t->last_close), 1000);
    net_ws_client_destroy(w);
    net_ws_client_destroy(NULL);
}

static void plain(void **state)
{
    World *w = *state;
    NetClient *c = client("http", "127.0.0.1", w->plain.port, NULL);
    requests(c);
    sockets(c, &w->plain);
    net_client_destroy(c);
}

static void tls(void **state)
{
    World *w = *state;
    for (int by_name = 0; by_name < 2; by_name++) {
        NetClient *c = client("https", by_name ? "localhost" : "127.0.0.1", w->tls.port, w->cert);
        requests(c);
        sockets(c, &w->tls);
        net_client_destroy(c);
    }
}

static void tls_trust_and_reload(void **state)
{
    World *w = *state;
    Arena *a = arena_create(1 << 20);
    ErrSlot e = {0};
    NetReply r;
    NetClient *c = client("https", "127.0.0.1", w->tls.port, NULL); /* nobody vouches for it */
    assert_int_equal(net_client_request(c, a, &e, "GET", STR("/"), STR_NONE, STR_NONE, &r),
                     ERR_UPSTREAM);
    assert_string_equal(e.code, "client.tls");
    net_client_destroy(c);
    c = client("https", "127.0.0.1", w->tls.port, w->cert);
    assert_int_equal(net_client_request(c, a, &e, "GET", STR("/"), STR_NONE, STR_NONE, &r), ERR_OK);
    /* a new certificate on disk: old connections stay, new ones see it after the reload */
    char old[96];
    snprintf(old, sizeof old, "%s/old.pem", w->dir);
    rename(w->cert, old);
    test_cert_write(w->cert, w->key, 2);
    assert_int_equal(net_server_reload_tls(w->tls.server, &e), ERR_OK);
    assert_int_equal(net_client_request(c, a, &e, "GET", STR("/"), STR_NONE, STR_NONE, &r), ERR_OK);
    NetClient *fresh = client("https", "127.0.0.1", w->tls.port, w->cert);
    assert_int_equal(net_client_request(fresh, a, &e, "GET", STR("/"), STR_NONE, STR_NONE, &r),
                     ERR_OK);
    net_client_destroy(fresh);
    fresh = client("https", "127.0.0.1", w->tls.port, old);
    assert_int_equal(net_client_request(fresh, a, &e, "GET", STR("/"), STR_NONE, STR_NONE, &r),
                     ERR_UPSTREAM);
    net_client_destroy(fresh);
    FILE *f = fopen(w->key, "w"); /* a broken file changes nothing */
    fputs("nonsense", f);
    fclose(f);
    assert_int_equal(net_server_reload_tls(w->tls.server, &e), ERR_INVALID);
    assert_string_equal(e.code, "net.tls");
    fresh = client("https", "127.0.0.1", w->tls.port, w->cert);
    assert_int_equal(net_client_request(fresh, a, &e, "GET", STR("/"), STR_NONE, STR_NONE, &r),
                     ERR_OK);
    net_client_destroy(fresh);
    net_client_destroy(c);
    unlink(old);
    assert_int_equal(net_server_reload_tls(w->plain.server, &e), ERR_CONFLICT);
    arena_destroy(a);
}

static void tls_abuse(void **state)
{
    World *w = *state;
    NetStats before, after;
    net_stats(w->tls.server, &before);
    int plain_fd = raw_connect(w->tls.port), silent = raw_connect(w->tls.port);
    raw_text(plain_fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(raw_ended(plain_fd, 3000));
    assert_true(raw_ended(silent, 4000)); /* never begins the handshake */
    net_stats(w->tls.server, &after);
    assert_int_equal(after.tls_errors - before.tls_errors, 2);
    close(plain_fd);
    close(silent);
}

static void a_slow_reader_over_tls(void **state)
{
    (void)state;
    World *w = *state;
    TestServer t = {.port = 0};
    NetOptions o;
    test_cert_write(w->cert, w->key, 3);
    test_options(&o);
    o.tls_cert = w->cert;
    o.tls_key = w->key;
    o.write_high_bytes = 200000;
    char *big = calloc(1, 60000);
    memset(big, 'x', 60000);
    t.flood = net_frame_text((Str){big, 60000});
    test_server_start(&t, &o);
    NetClient *c = client("https", "127.0.0.1", t.port, w->cert);
    NetWsClient *ws;
    ErrSlot e = {0};
    Str got = STR_NONE;
    assert_int_equal(net_client_ws(c, &e, STR("/ws"), STR_NONE, &ws), ERR_OK);
    assert_int_equal(net_ws_client_send(ws, &e, STR("go")), ERR_OK);
    assert_true(wait_until(&t.closed, 1, 3000));
    int whole = 0;
    while (net_ws_client_next(ws, &e, 3000, &got) == ERR_OK &&
           got.p) { /* what comes, comes unbroken */
        assert_int_equal(got.n, 60000);
        whole++;
    }
    assert_int_equal(net_ws_client_close_code(ws), 4408);
    assert_true(whole < 64);
    net_ws_client_destroy(ws);
    net_client_destroy(c);
    free(big);
    test_server_stop(&t, 200);
}

typedef struct {
    int listener, port;
    const char *answer;
    pthread_t thread;
} Liar;

static void *lie(void *arg)
{
    Liar *l = arg;
    char sink[4096];
    int fd = accept(l->listener, NULL, NULL);
    if (recv(fd, sink, sizeof sink, 0) > 0)
        raw_text(fd, l->answer);
    raw_nap(l->answer[0] ? 30 : 600);
    close(fd);
    return NULL;
}

static void liars(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *code; /* NULL: fine */
    } rows[] = {
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", NULL},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b; "
         "Path=/\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
         NULL},
        {"HTTP/1.1 103 Early\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL},
        {"", "client.timeout"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "client.closed"},
        {"HTTP/1.1 200 OK\r\nContent-Le", "client.closed"},
        {"SSH-2.0-nothing to see here\r\n\r\n", "client.answer"},
        {"HTTP/1.1 999 OK at all\r\n\r\n", "client.answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "client.answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "client.answer"},
        {"HTTP/1.1 200 OK\r\nX y\r\n\r\n", "client.answer"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "client.answer"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "client.answer"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", "client.too_large"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n", "client.closed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Liar l = {.listener = socket(AF_INET, SOCK_STREAM, 0), .answer = rows[i].answer};
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t n = sizeof at;
        bind(l.listener, (struct sockaddr *)&at, sizeof at);
        listen(l.listener, 1);
        getsockname(l.listener, (struct sockaddr *)&at, &n);
        pthread_create(&l.thread, NULL, lie, &l);
        NetUrl u;
        NetClientOptions o;
        ErrSlot e = {0};
        char text[64];
        net_client_options_default(&o);
        o.timeout_ms = 300;
        o.max_body_bytes = 1000;
        snprintf(text, sizeof text, "http://127.0.0.1:%d", ntohs(at.sin_port));
        assert_int_equal(net_url_parse(&e, str_of(text), &u), ERR_OK);
        NetClient *c = net_client_create(&o, &u);
        Arena *a = arena_create(1 << 20);
        NetReply r;
        Err err = net_client_request(c, a, &e, "GET", STR("/"), STR_NONE, STR_NONE, &r);
        if ((err == ERR_OK) != (rows[i].code == NULL) || (err && strcmp(e.code, rows[i].code) != 0))
            fail_msg("row %zu: %s %s", i, e.code ? e.code : "ok", e.text);
        if (i == 1) {
            assert_true(str_is(r.body, "abc"));
            assert_true(str_is(net_client_cookie(c, "a"), "b"));
        }
        arena_destroy(a);
        net_client_destroy(c);
        pthread_join(l.thread, NULL);
        close(l.listener);
    }
    ErrSlot e = {0};
    NetClient *c = client("http", "127.0.0.1", 1, NULL); /* nobody there */
    NetReply r;
    Arena *a = arena_create(1 << 20);
    assert_int_equal(net_client_request(c, a, &e, "GET", STR("/"), STR_NONE, STR_NONE, &r),
                     ERR_UPSTREAM);
    assert_string_equal(e.code, "client.connect");
    arena_destroy(a);
    net_client_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),
        cmocka_unit_test(plain),
        cmocka_unit_test(tls),
        cmocka_unit_test(tls_abuse),
        cmocka_unit_test(tls_trust_and_reload),
        cmocka_unit_test(a_slow_reader_over_tls),
        cmocka_unit_test(liars),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
