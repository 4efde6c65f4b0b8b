/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GET  "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"

typedef struct {
    int want; /* 1, or the negative status */
    const char *text;
    size_t n;
} Row;
#define ROW(want, text)                                                                            \
    {                                                                                              \
        want, text, sizeof(text) - 1                                                               \
    }

static const Row HEADS[] = {
    ROW(1, GET "\r\n"),
    ROW(1, "HEAD /a/b?c=d&e HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*\r\n\r\n"),
    ROW(1, "OPTIONS / HTTP/1.1\r\nhOST:a\r\n\r\n"),
    ROW(1, "GET / HTTP/1.0\r\n\r\n"),
    ROW(1, GET "X:\r\nY:   \r\nZ: a\tb  \r\n\r\n"),
    ROW(1, GET "X: \xe4\xbd\xa0\r\n\r\n"),
    ROW(1, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
    ROW(1, POST "Content-Length: 0\r\n\r\n"),
    ROW(1, POST "Content-Length: 007\r\n\r\n"),
    ROW(1, POST "Transfer-Encoding: chunked\r\n\r\n"),
    ROW(1, POST "Transfer-Encoding: Chunked\r\n\r\n"),
    ROW(1, POST "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
    /* the request line */
    ROW(-400, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    ROW(-400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET /\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET\r\n\r\n"),
    ROW(-400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-501, "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-501, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    ROW(-505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET / HTTP/1,1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET / HTTP/1.11\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET / HTTP/11.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET / XTTP/1.1\r\nHost: a\r\n\r\n"),
    /* targets */
    ROW(-400, "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ROW(-400, "GET /\xe4\xbd\xa0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    /* lines */
    ROW(-400, "GET / HTTP/1.1\nHost: a\n\n"),
    ROW(-400, "GET / HTTP/1.1\r\nHost: a\n\r\n"),
    ROW(-400, GET "X: a\rb\r\n\r\n"),
    ROW(-400, GET "X: a\r\r\n\r\n"),
    ROW(-400, GET "X: a\r\n b\r\n\r\n"),
    ROW(-400, GET "X: a\r\n\tb\r\n\r\n"),
    ROW(-400, GET " X: a\r\n\r\n"),
    ROW(-400, GET "X : a\r\n\r\n"),
    ROW(-400, GET "X\t: a\r\n\r\n"),
    ROW(-400, GET "X\r\n\r\n"),
    ROW(-400, GET ": a\r\n\r\n"),
    ROW(-400, GET "X(: a\r\n\r\n"),
    ROW(-400, GET "\xc3\xa4: a\r\n\r\n"),
    ROW(-400, GET "X\0: a\r\n\r\n"),
    ROW(-400, GET "X: a\0b\r\n\r\n"),
    ROW(-400, GET "X: a\x01\r\n\r\n"),
    ROW(-400, GET "X: a\x7f\r\n\r\n"),
    /* Host */
    ROW(-400, "GET / HTTP/1.1\r\n\r\n"),
    ROW(-400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    ROW(-400, GET "Host: a\r\n\r\n"),
    ROW(-400, GET "host: b\r\n\r\n"),
    ROW(-400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    ROW(-400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    ROW(-400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    ROW(-400, "GET / HTTP/1.1\r\nHost: a\"b\r\n\r\n"),
    /* what frames the body */
    ROW(-400, POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
    ROW(-400, POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    ROW(-400, POST "Content-Length: 5, 5\r\n\r\n"),
    ROW(-400, POST "Content-Length: +5\r\n\r\n"),
    ROW(-400, POST "Content-Length: -5\r\n\r\n"),
    ROW(-400, POST "Content-Length: 0x5\r\n\r\n"),
    ROW(-400, POST "Content-Length: 5 5\r\n\r\n"),
    ROW(-400, POST "Content-Length:\r\n\r\n"),
    ROW(-400, POST "Content-Length: 18446744073709551617\r\n\r\n"),
    ROW(-400, POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ROW(-400, POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
    ROW(-400, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ROW(-501, POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
    ROW(-501, POST "Transfer-Encoding: identity\r\n\r\n"),
    ROW(-501, POST "Transfer-Encoding: xchunked\r\n\r\n"),
    ROW(-501, POST "Transfer-Encoding: \"chunked\"\r\n\r\n"),
    ROW(-501, POST "Transfer-Encoding:\r\n\r\n"),
    ROW(-400, POST "Transfer-Encoding : chunked\r\n\r\n"),
    ROW(-400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ROW(-417, POST "Expect: 200-ok\r\n\r\n"),
    ROW(-400, GET "Connection: a b\r\n\r\n"),
};

/* As the server does it: whole, or cut into pieces of `step` bytes. */
static int judge(const Row *row, size_t step, HttpHead *ret, NetHeader *headers, char *copy)
{
    size_t scanned = 0;
    memcpy(copy, row->text, row->n);
    for (size_t n = step < row->n ? step : row->n;; n = n + step < row->n ? n + step : row->n) {
        long end = http_head_end(copy, n, 4096, &scanned);
        if (end < 0)
            return (int)end;
        if (end > 0) {
            assert_int_equal(end, row->n);
            return http_head_parse(copy, (size_t)end, headers, 16, ret);
        }
        if (n == row->n)
            return 0;
    }
}

static void heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++) {
        for (size_t step = 1; step <= HEADS[i].n; step += step < 4 ? 1 : 7) {
            HttpHead h;
            NetHeader headers[16];
            char *copy = malloc(HEADS[i].n); /* exact, so that a sanitizer sees reading past it */
            int got = judge(&HEADS[i], step, &h, headers, copy);
            free(copy);
            if (got != HEADS[i].want)
                fail_msg("row %zu, step %zu: %d instead of %d: %s", i, step, got, HEADS[i].want,
                         HEADS[i].text);
        }
    }
}

static void what_a_head_says(void **state)
{
    (void)state;
    char text[] = "PATCH /a/b?c=d?e HTTP/1.1\r\nHost: shop.example:81\r\nX-One:  1 \r\n"
                  "Connection: close, x\r\nContent-Length: 12\r\nExpect: 100-Continue\r\n\r\n";
    NetHeader headers[16];
    HttpHead h;
    assert_int_equal(http_head_parse(text, sizeof text - 1, headers, 16, &h), 1);
    assert_int_equal(h.method, NET_PATCH);
    assert_true(str_is(h.path, "/a/b"));
    assert_true(str_is(h.query, "c=d?e"));
    assert_true(str_is(h.host, "shop.example:81"));
    assert_int_equal(h.content_length, 12);
    assert_false(h.keep_alive);
    assert_true(h.expect_continue);
    assert_false(h.upgrade);
    assert_int_equal(h.headers_n, 5);
    assert_true(str_is(headers[1].name, "x-one"));
    assert_true(str_is(headers[1].value, "1"));
    NetRequest r = {.headers = headers, .headers_n = h.headers_n};
    assert_true(str_is(net_header(&r, "host"), "shop.example:81"));
    assert_null(net_header(&r, "cookie").p);
}

static void limits(void **state)
{
    (void)state;
    char *text = malloc(9000);
    size_t scanned = 0;
    memset(text, 'a', 9000);
    assert_int_equal(http_head_end(text, 4095, 4096, &scanned), 0);
    assert_int_equal(http_head_end(text, 4096, 4096, &scanned), -414);
    memcpy(text, "GET / HTTP/1.1\r\n", 16);
    scanned = 0;
    assert_int_equal(http_head_end(text, 4096, 4096, &scanned), -431);
    /* the end lies just inside, and just outside */
    memcpy(text + 4092, "\r\n\r\n", 4);
    scanned = 0;
    assert_int_equal(http_head_end(text, 9000, 4096, &scanned), 4096);
    scanned = 0;
    assert_int_equal(http_head_end(text, 9000, 4095, &scanned), -431);
    char many[512] = GET;
    for (int i = 0; i < 16; i++)
        memcpy(many + strlen(GET) + (size_t)i * 5, "A:b\r\n", 6);
    memcpy(many + strlen(GET) + 80, "\r\n", 3);
    NetHeader headers[17];
    HttpHead h;
    assert_int_equal(http_head_parse(many, strlen(many), headers, 16, &h), -431);
    assert_int_equal(http_head_parse(many, strlen(many), headers, 17, &h), 1);
    free(text);
}

static void cookies(void **state)
{
    (void)state;
    NetHeader headers[] = {{STR("cookie"), STR("a=1; zx_session=abc=; b")},
                           {STR("cookie"), STR("c=\"3\"")}};
    NetRequest r = {.headers = headers, .headers_n = 2};
    assert_true(str_is(net_cookie(&r, "a"), "1"));
    assert_true(str_is(net_cookie(&r, "zx_session"), "abc="));
    assert_true(str_is(net_cookie(&r, "c"), "\"3\""));
    assert_null(net_cookie(&r, "b").p);
    assert_null(net_cookie(&r, "session").p);
}

static const struct {
    int want; /* 1 end, 0 more, or the negative status */
    const char *text, *data;
} CHUNKS[] = {
    {1, "5\r\nhello\r\n0\r\n\r\n", "hello"},
    {1, "0\r\n\r\n", ""},
    {1, "a\r\n0123456789\r\nA;x=y;z\r\n0123456789\r\n000\r\n\r\n", "01234567890123456789"},
    {1, "1\r\na\r\n0\r\nX-T: v\r\nY:\r\n\r\n", "a"},
    {0, "5\r\nhel", "hel"},
    {0, "5\r\nhello\r\n0\r\n", "hello"},
    {0, "5\r\nhello\r\n0\r\n\r", "hello"},
    {-400, "5\nhello\r\n0\r\n\r\n", ""},
    {-400, "5\r\nhello\n0\r\n\r\n", "hello"},
    {-400, "5\r\nhello0\r\n\r\n", "hello"},
    {-400, "5\r\nhelloXX", "hello"},
    {-400, "\r\n", ""},
    {-400, "g\r\n", ""},
    {-400, "-1\r\n", ""},
    {-400, "0x5\r\n", ""},
    {-400, " 5\r\n", ""},
    {-400, "5 \r\nhello\r\n", ""},
    {-400, ";x\r\n", ""},
    {-400, "5;\x01\r\n", ""},
    {-400, "5;a\nhello", ""},
    {-413, "123456789\r\n", ""},
    {-413, "000000005\r\n", ""},
    {-400, "0\r\nX\r\n\r\n", ""},
    {-400, "0\r\n X: a\r\n\r\n", ""},
    {-400, "0\r\nX: a\n\r\n", ""},
    {-400, "0\r\nX: \x01\r\n\r\n", ""},
    {-400, "0\r\n\n", ""},
};

static void chunked_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof CHUNKS / sizeof *CHUNKS; i++) {
        size_t n = strlen(CHUNKS[i].text);
        for (size_t step = 1; step <= n; step++) {
            HttpChunked c = {0};
            char data[64];
            size_t data_n = 0, at = 0;
            int got = 0;
            while (at < n && got != 1 && got >= 0) {
                size_t used = 0, take = step < n - at ? step : n - at;
                Str piece = STR_NONE;
                got = http_chunked_next(&c, CHUNKS[i].text + at, take, &used, &piece);
                assert_true(used <= take && used > 0);
                at += used;
                memcpy(data + data_n, piece.n ? piece.p : "", piece.n);
                data_n += piece.n;
            }
            int result = got == 2 ? 0 : got;
            if (result != CHUNKS[i].want || data_n != strlen(CHUNKS[i].data) ||
                memcmp(data, CHUNKS[i].data, data_n) != 0)
                fail_msg("row %zu, step %zu: %d instead of %d", i, step, result, CHUNKS[i].want);
            if (result == 1)
                assert_int_equal(at, n);
        }
    }
    HttpChunked c = {0};
    size_t used;
    Str piece;
    assert_int_equal(http_chunked_next(&c, "5;", 2, &used, &piece), 0);
    int got = 0;
    for (int i = 0; i < 5000 && got == 0; i++)
        got = http_chunked_next(&c, "x", 1, &used, &piece);
    assert_int_equal(got, -431); /* endless extensions */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),   cmocka_unit_test(what_a_head_says), cmocka_unit_test(limits),
        cmocka_unit_test(cookies), cmocka_unit_test(chunked_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
