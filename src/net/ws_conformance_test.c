/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6455 from outside: a real server with an echo, and a client that breaks each rule in turn. */
#include "net/test_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FIN = 0x80, SIZE = 1 << 18 };

static int start(void **state)
{
    TestServer *t = calloc(1, sizeof *t);
    test_server_start(t, NULL);
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

static int port_of(void **state)
{
    return ((TestServer *)*state)->port;
}

static void expect_text(int fd, const char *p, size_t n)
{
    char *buf = malloc(SIZE);
    RawFrame f;
    assert_true(ws_recv(fd, &f, buf, SIZE, 4000));
    assert_int_equal(f.first, FIN | WS_OP_TEXT);
    assert_int_equal(f.n, n);
    assert_memory_equal(f.p, p, n);
    free(buf);
}

static void expect_fail(int fd, int code)
{
    assert_int_equal(ws_recv_close(fd), code);
    assert_true(raw_ended(fd, 4000));
    close(fd);
}

/* The connection still works, and says goodbye properly. */
static void expect_alive(int fd)
{
    ws_send(fd, FIN | WS_OP_TEXT, "alive", 5);
    expect_text(fd, "alive", 5);
    ws_send(fd, FIN | WS_OP_CLOSE, "\x03\xe8", 2);
    assert_int_equal(ws_recv_close(fd), 1000);
    assert_true(raw_ended(fd, 4000));
    close(fd);
}

static void sizes_at_the_edges(void **state)
{
    static const size_t sizes[] = {0,   1,    7,     8,     9,     125,   126,  127,
                                   128, 4096, 16383, 16384, 16385, 65535, 65536};
    int fd = ws_connect(port_of(state), "/ws");
    char *text = malloc(65536);
    for (size_t i = 0; i < 65536; i++)
        text[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ws_send(fd, FIN | WS_OP_TEXT, text, sizes[i]);
        expect_text(fd, text, sizes[i]);
    }
    free(text);
    expect_alive(fd);
}

static void one_byte_at_a_time(void **state)
{
    int fd = ws_connect(port_of(state), "/ws");
    uint8_t frame[64], mask[4] = {1, 2, 3, 4};
    char text[] = "慢慢来 slowly";
    size_t n = ws_head_put(frame, WS_OP_TEXT, sizeof text - 1, mask);
    memcpy(frame + n, text, sizeof text - 1);
    ws_mask((char *)frame + n, sizeof text - 1, mask, 0);
    for (size_t i = 0; i < n + sizeof text - 1; i++) {
        raw_send(fd, (char *)frame + i, 1);
        raw_nap(1);
    }
    expect_text(fd, text, sizeof text - 1);
    expect_alive(fd);
}

static void fragments_are_joined(void **state)
{
    int fd = ws_connect(port_of(state), "/ws");
    ws_send(fd, WS_OP_TEXT, "ab", 2);
    ws_send(fd, WS_OP_MORE, "", 0);
    ws_send(fd, WS_OP_MORE, "cd", 2);
    ws_send(fd, FIN | WS_OP_MORE, "ef", 2);
    expect_text(fd, "abcdef", 6);
    ws_send(fd, WS_OP_TEXT, "", 0);
    ws_send(fd, FIN | WS_OP_MORE, "", 0);
    expect_text(fd, "", 0);
    ws_send(fd, WS_OP_TEXT, "", 0);
    ws_send(fd, FIN | WS_OP_MORE, "x", 1);
    expect_text(fd, "x", 1);
    ws_send(fd, WS_OP_TEXT, "y", 1);
    ws_send(fd, FIN | WS_OP_MORE, "", 0);
    expect_text(fd, "y", 1);
    expect_alive(fd);
}

static void control_frames_between_fragments(void **state)
{
    int fd = ws_connect(port_of(state), "/ws");
    char buf[256];
    RawFrame f;
    ws_send(fd, WS_OP_TEXT, "ab", 2);
    ws_send(fd, FIN | WS_OP_PING, "now", 3);
    assert_true(ws_recv(fd, &f, buf, sizeof buf, 4000));
    assert_int_equal(f.first, FIN | WS_OP_PONG);
    assert_string_equal(f.p, "now");
    ws_send(fd, FIN | WS_OP_PONG, "unasked", 7);
    ws_send(fd, FIN | WS_OP_MORE, "cd", 2);
    expect_text(fd, "abcd", 4);
    expect_alive(fd);
}

static void ping_gets_its_payload_back(void **state)
{
    int fd = ws_connect(port_of(state), "/ws");
    char buf[256], full[125];
    RawFrame f;
    memset(full, 0xfe, sizeof full); /* need not be text */
    ws_send(fd, FIN | WS_OP_PING, full, sizeof full);
    assert_true(ws_recv(fd, &f, buf, sizeof buf, 4000));
    assert_int_equal(f.first, FIN | WS_OP_PONG);
    assert_int_equal(f.n, 125);
    assert_memory_equal(f.p, full, 125);
    ws_send(fd, FIN | WS_OP_PING, "", 0);
    assert_true(ws_recv(fd, &f, buf, sizeof buf, 4000));
    assert_int_equal(f.n, 0);
    expect_alive(fd);
}

static void ping_flood_is_answered_in_order(void **state)
{
    enum { PINGS = 20000 };
    int fd = ws_connect(port_of(state), "/ws");
    char buf[256];
    RawFrame f;
    /* sent in one go without reading: the server must neither grow without bound nor lose one */
    char *all = malloc(PINGS * 10);
    static const uint8_t mask[4] = {0};
    for (int i = 0; i < PINGS; i++) {
        uint8_t *p = (uint8_t *)all + (size_t)i * 10;
        ws_head_put(p, WS_OP_PING, 4, mask);
        memcpy(p + 6, &i, 4);
    }
    raw_send(fd, all, PINGS * 10);
    free(all);
    for (int i = 0; i < PINGS; i++) {
        assert_true(ws_recv(fd, &f, buf, sizeof buf, 4000));
        assert_int_equal(f.first, FIN | WS_OP_PONG);
        assert_memory_equal(f.p, &i, 4);
    }
    expect_alive(fd);
}

static void many_messages_in_one_packet(void **state)
{
    int fd = ws_connect(port_of(state), "/ws");
    char all[400 * 16], text[8];
    static const uint8_t mask[4] = {9, 8, 7, 6};
    size_t n = 0;
    for (int i = 0; i < 400; i++) {
        n += ws_head_put((uint8_t *)all + n, WS_OP_TEXT, 4, mask);
        text[0] = (char)('0' + i / 100);
        text[1] = (char)('0' + i / 10 % 10);
        text[2] = (char)('0' + i % 10);
        text[3] = '.';
        memcpy(all + n, text, 4);
        ws_mask(all + n, 4, mask, 0);
        n += 4;
    }
    raw_send(fd, all, n);
    for (int i = 0; i < 400; i++) {
        text[0] = (char)('0' + i / 100);
        text[1] = (char)('0' + i / 10 % 10);
        text[2] = (char)('0' + i % 10);
        text[3] = '.';
        expect_text(fd, text, 4);
    }
    expect_alive(fd);
}

typedef struct {
    const char *name, *bytes;
    size_t n;
    int code;
} Broken;

#define BROKEN(name, code, bytes)                                                                  \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, code                                                       \
    }

static const Broken BROKEN_FRAMES[] = {
    BROKEN("no mask", 1002,
           "\x81\x01"
           "a"),
    BROKEN("no mask, empty", 1002, "\x81\x00"),
    BROKEN("no mask on a ping", 1002, "\x89\x00"),
    BROKEN("RSV1", 1002, "\xc1\x81\0\0\0\0a"),
    BROKEN("RSV2", 1002, "\xa1\x81\0\0\0\0a"),
    BROKEN("RSV3", 1002, "\x91\x81\0\0\0\0a"),
    BROKEN("RSV1 on a ping", 1002, "\xc9\x80\0\0\0\0"),
    BROKEN("opcode 3", 1002, "\x83\x80\0\0\0\0"),
    BROKEN("opcode 7", 1002, "\x87\x80\0\0\0\0"),
    BROKEN("opcode 11", 1002, "\x8b\x80\0\0\0\0"),
    BROKEN("opcode 15", 1002, "\x8f\x80\0\0\0\0"),
    BROKEN("ping in pieces", 1002, "\x09\x80\0\0\0\0"),
    BROKEN("close in pieces", 1002, "\x08\x80\0\0\0\0"),
    BROKEN("ping of 126", 1002, "\x89\xfe\x00\x7e\0\0\0\0"),
    BROKEN("ping of 65536", 1002, "\x89\xff\0\0\0\0\0\1\0\0\0\0\0\0"),
    BROKEN("continuation of nothing", 1002, "\x80\x81\0\0\0\0a"),
    BROKEN("continuation of nothing, in pieces", 1002, "\x00\x81\0\0\0\0a"),
    BROKEN("new message inside a message", 1002, "\x01\x81\0\0\0\0a\x81\x81\0\0\0\0b"),
    BROKEN("new fragment inside a message", 1002, "\x01\x81\0\0\0\0a\x01\x81\0\0\0\0b"),
    BROKEN("continuation after the end", 1002,
           "\x01\x81\0\0\0\0a\x80\x81\0\0\0\0b\x80\x81\0\0\0\0c"),
    BROKEN("16-bit length that fits 7", 1002, "\x81\xfe\x00\x7d\0\0\0\0"),
    BROKEN("64-bit length that fits 16", 1002, "\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0"),
    BROKEN("64-bit length that fits 7", 1002, "\x81\xff\0\0\0\0\0\0\0\1\0\0\0\0"),
    BROKEN("64-bit length with the top bit", 1002, "\x81\xff\x80\0\0\0\0\1\0\0\0\0\0\0"),
    BROKEN("one byte too long", 1009, "\x81\xff\0\0\0\0\0\1\0\1\0\0\0\0"),
    BROKEN("a terabyte", 1009, "\x81\xff\0\0\1\0\0\0\0\0\0\0\0\0"),
    BROKEN("binary", 1003, "\x82\x81\0\0\0\0a"),
    BROKEN("binary in pieces", 1003, "\x02\x81\0\0\0\0a"),
    BROKEN("lone continuation byte", 1007, "\x81\x81\0\0\0\0\x80"),
    BROKEN("overlong slash", 1007, "\x81\x82\0\0\0\0\xc0\xaf"),
    BROKEN("surrogate", 1007, "\x81\x83\0\0\0\0\xed\xa0\x80"),
    BROKEN("past U+10FFFF", 1007, "\x81\x84\0\0\0\0\xf4\x90\x80\x80"),
    BROKEN("cut off character", 1007, "\x81\x82\0\0\0\0\xe4\xbd"),
    BROKEN("cut off in the last fragment", 1007, "\x01\x82\0\0\0\0\xe4\xbd\x80\x80\0\0\0\0"),
    BROKEN("wrong second fragment", 1007, "\x01\x81\0\0\0\0\xe4\x00\x81\0\0\0\0\x41"),
    /* must fail at the impossible byte, although the message is not complete */
    BROKEN("early: in the first fragment", 1007, "\x01\x82\0\0\0\0\xff\xff"),
    BROKEN("early: in an unfinished frame", 1007, "\x81\xfe\x10\x00\0\0\0\0\xc3\x28"),
    BROKEN("close of one byte", 1002, "\x88\x81\0\0\0\0\x03"),
    BROKEN("close 999", 1002, "\x88\x82\0\0\0\0\x03\xe7"),
    BROKEN("close 1004", 1002, "\x88\x82\0\0\0\0\x03\xec"),
    BROKEN("close 1005", 1002, "\x88\x82\0\0\0\0\x03\xed"),
    BROKEN("close 1006", 1002, "\x88\x82\0\0\0\0\x03\xee"),
    BROKEN("close 1015", 1002, "\x88\x82\0\0\0\0\x03\xf7"),
    BROKEN("close 1016", 1002, "\x88\x82\0\0\0\0\x03\xf8"),
    BROKEN("close 2999", 1002, "\x88\x82\0\0\0\0\x0b\xb7"),
    BROKEN("close 5000", 1002, "\x88\x82\0\0\0\0\x13\x88"),
    BROKEN("close 0", 1002, "\x88\x82\0\0\0\0\x00\x00"),
    BROKEN("close with a broken reason", 1007, "\x88\x84\0\0\0\0\x03\xe8\xc3\x28"),
};

static void each_broken_frame_fails_with_its_code(void **state)
{
    for (size_t i = 0; i < sizeof BROKEN_FRAMES / sizeof *BROKEN_FRAMES; i++) {
        const Broken *b = &BROKEN_FRAMES[i];
        int fd = ws_connect(port_of(state), "/ws");
        raw_send(fd, b->bytes, b->n);
        int code = ws_recv_close(fd);
        if (code != b->code)
            fail_msg("%s: %d instead of %d", b->name, code, b->code);
        if (!raw_ended(fd, 4000))
            fail_msg("%s: not closed", b->name);
        close(fd);
        fd = ws_connect(port_of(state), "/ws"); /* the same again, byte by byte */
        for (size_t k = 0; k < b->n; k++)
            raw_send(fd, b->bytes + k, 1);
        code = ws_recv_close(fd);
        if (code != b->code)
            fail_msg("%s, byte by byte: %d instead of %d", b->name, code, b->code);
        close(fd);
    }
}

static void fragments_count_together(void **state)
{
    int fd = ws_connect(port_of(state), "/ws");
    char *half = calloc(1, 40000);
    memset(half, 'x', 40000);
    ws_send(fd, WS_OP_TEXT, half, 40000);
    ws_send(fd, FIN | WS_OP_MORE, half, 40000);
    free(half);
    expect_fail(fd, 1009);
}

static void characters_split_over_fragments(void **state)
{
    int fd = ws_connect(port_of(state), "/ws");
    static const char text[] = "κόσμε 您好 😀";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        size_t n = sizeof text - 1, first = cut < n ? cut : n;
        ws_send(fd, WS_OP_TEXT, text, first);
        ws_send(fd, FIN | WS_OP_MORE, text + first, n - first);
        expect_text(fd, text, n);
    }
    for (size_t i = 0; i < sizeof text - 1; i++) /* one byte each */
        ws_send(fd, i ? WS_OP_MORE : WS_OP_TEXT, text + i, 1);
    ws_send(fd, FIN | WS_OP_MORE, "", 0);
    expect_text(fd, text, sizeof text - 1);
    ws_send(fd, FIN | WS_OP_TEXT, "\xf4\x8f\xbf\xbf\xef\xbf\xbf\xee\x80\x80", 10);
    expect_text(fd, "\xf4\x8f\xbf\xbf\xef\xbf\xbf\xee\x80\x80", 10);
    ws_send(fd, FIN | WS_OP_TEXT, "a\0b", 3);
    expect_text(fd, "a\0b", 3);
    expect_alive(fd);
}

static void good_close_codes_come_back(void **state)
{
    static const int codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009,
                                1010, 1011, 1012, 3000, 3999, 4000, 4999};
    TestServer *t = *state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        int fd = ws_connect(t->port, "/ws"), before = atomic_load(&t->closed);
        char payload[] = {(char)(codes[i] >> 8), (char)(codes[i] & 0xff), 'b', 'y', 'e'};
        ws_send(fd, FIN | WS_OP_CLOSE, payload, i % 2 ? 5 : 2);
        assert_int_equal(ws_recv_close(fd), codes[i]);
        assert_true(raw_ended(fd, 4000)); /* the server closes first */
        assert_true(wait_until(&t->closed, before + 1, 2000));
        assert_int_equal(atomic_load(&t->last_close), codes[i]);
        close(fd);
    }
    int fd = ws_connect(t->port, "/ws");
    ws_send(fd, FIN | WS_OP_CLOSE, "", 0);
    assert_int_equal(ws_recv_close(fd), WS_NO_STATUS);
    assert_true(raw_ended(fd, 4000));
    close(fd);
}

static void nothing_counts_after_the_close(void **state)
{
    TestServer *t = *state;
    int fd = ws_connect(t->port, "/ws"), before = atomic_load(&t->messages);
    raw_send(fd, "\x88\x82\0\0\0\0\x03\xe8\x81\x81\0\0\0\0a",
             15); /* close and text in one packet */
    assert_int_equal(ws_recv_close(fd), 1000);
    assert_true(raw_ended(fd, 4000));
    assert_int_equal(atomic_load(&t->messages), before);
    close(fd);
}

static void server_closes_with_code_and_reason(void **state)
{
    TestServer *t = *state;
    int fd = ws_connect(t->port, "/ws"), before = atomic_load(&t->closed);
    char buf[256];
    RawFrame f;
    ws_send(fd, FIN | WS_OP_TEXT, "close me", 8);
    assert_true(ws_recv(fd, &f, buf, sizeof buf, 4000));
    assert_int_equal(f.first, FIN | WS_OP_CLOSE);
    assert_int_equal((uint8_t)f.p[0] << 8 | (uint8_t)f.p[1], 4401);
    assert_string_equal(f.p + 2, "bye");
    assert_true(wait_until(&t->closed, before + 1, 2000));
    assert_int_equal(atomic_load(&t->last_close), 4401);
    ws_send(fd, FIN | WS_OP_TEXT, "too late", 8); /* is passed over */
    ws_send(fd, FIN | WS_OP_CLOSE, "\x11\x31", 2);
    assert_true(raw_ended(fd, 2000)); /* at once, not after the bye timeout */
    assert_int_equal(atomic_load(&t->closed), before + 1);
    close(fd);
}

static void a_broken_off_socket_is_1006(void **state)
{
    TestServer *t = *state;
    int before = atomic_load(&t->closed);
    int fd = ws_connect(t->port, "/ws");
    ws_send(fd, WS_OP_TEXT, "half", 4);
    close(fd);
    assert_true(wait_until(&t->closed, before + 1, 2000));
    assert_int_equal(atomic_load(&t->last_close), WS_ABNORMAL);
}

static void wrong_upgrades_are_refused(void **state)
{
    static const struct {
        const char *lines, *answer;
    } rows[] = {
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
         "dGhlIHNhbXBsZSBub25jZQ==\r\n",
         "HTTP/1.1 400"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
         "HTTP/1.1 400"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
         "8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
         "HTTP/1.1 426"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
         "13\r\nSec-WebSocket-Key: short==\r\n",
         "HTTP/1.1 400"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
         "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
         "HTTP/1.1 400"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
         "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Content-Length: 3\r\n",
         "HTTP/1.1 400"},
        /* no upgrade at all: an ordinary request */
        {"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
         "dGhlIHNhbXBsZSBub25jZQ==\r\n",
         "HTTP/1.1 200"},
        {"Upgrade: h2c\r\nConnection: Upgrade\r\n", "HTTP/1.1 200"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2048];
        int fd = raw_connect(port_of(state));
        raw_text(fd, "GET /ws HTTP/1.1\r\nHost: x\r\n");
        raw_text(fd, rows[i].lines);
        raw_text(fd, "\r\n");
        raw_answer(fd, text, sizeof text);
        if (strncmp(text, rows[i].answer, strlen(rows[i].answer)) != 0)
            fail_msg("%s -> %s", rows[i].lines, text);
        if (strstr(rows[i].answer, "426"))
            assert_non_null(strstr(text, "Sec-WebSocket-Version: 13\r\n"));
        close(fd);
    }
}

static void bytes_right_behind_the_upgrade(void **state)
{
    int fd = raw_connect(port_of(state));
    char text[1024];
    raw_text(fd, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                 "\x81\x82\1\1\1\1ii");
    raw_answer(fd, text, sizeof text);
    assert_non_null(strstr(text, "HTTP/1.1 101 Switching Protocols\r\n"));
    assert_non_null(strstr(text, "X-Extra: 1\r\n"));
    expect_text(fd, "hh", 2);
    expect_alive(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_at_the_edges),
        cmocka_unit_test(one_byte_at_a_time),
        cmocka_unit_test(fragments_are_joined),
        cmocka_unit_test(control_frames_between_fragments),
        cmocka_unit_test(ping_gets_its_payload_back),
        cmocka_unit_test(ping_flood_is_answered_in_order),
        cmocka_unit_test(many_messages_in_one_packet),
        cmocka_unit_test(each_broken_frame_fails_with_its_code),
        cmocka_unit_test(fragments_count_together),
        cmocka_unit_test(characters_split_over_fragments),
        cmocka_unit_test(good_close_codes_come_back),
        cmocka_unit_test(nothing_counts_after_the_close),
        cmocka_unit_test(server_closes_with_code_and_reason),
        cmocka_unit_test(a_broken_off_socket_is_1006),
        cmocka_unit_test(wrong_upgrades_are_refused),
        cmocka_unit_test(bytes_right_behind_the_upgrade),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
