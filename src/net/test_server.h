/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_TEST_SERVER_H
#define NET_TEST_SERVER_H
/* For the tests of this room: a real server on 127.0.0.1 in a thread, and a raw client that can say
 * anything. */
#include "net/net.h"
#include "net/ws_frame.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct {
    NetServer *server;
    pthread_t thread;
    int port;
    _Atomic int messages, closed, last_close;
    _Atomic bool hold; /* answer requests only on test_server_release; never call net_ws_next */
    NetConn held;      /* loop thread */
    NetFrame *flood;   /* sent back 64 times for each message, when set */
    const NetRequest *held_request;
    _Atomic int held_n;
} TestServer;

/* GET /static: a large static body. POST /echo: the body back (limit 200000). POST /refuse:
 * body_limit says 403. GET /address: "ADDRESS SECURE". Others: "METHOD PATH QUERY". An upgrade of
 * /ws* is accepted: an echo. */
void test_server_start(TestServer *t,
                       const NetOptions *o); /* o NULL: defaults; listen is set here */
void test_server_stop(TestServer *t, long grace_ms);
void test_options(NetOptions *o);

int raw_connect(int port);
void raw_connect_with(int fd, int port);
void raw_send(int fd, const char *p, size_t n);
void raw_text(int fd, const char *text);
/* Reads until the peer closes or ms have passed without a byte. Returns bytes; *ret_end: it closed.
 */
size_t raw_read(int fd, char *p, size_t n, int ms, bool *ret_end);
/* One whole answer of a request, head and body by Content-Length. */
size_t raw_answer(int fd, char *p, size_t n);
bool raw_ended(int fd, int ms); /* the peer closes within ms, with whatever bytes before */

int ws_connect(int port, const char *path);                   /* upgraded */
void ws_send(int fd, uint8_t first, const char *p, size_t n); /* masked; first = FIN, RSV, opcode */
typedef struct {
    uint8_t first;
    size_t n;
    char *p;
} RawFrame;
bool ws_recv(int fd, RawFrame *ret, char *buf, size_t size, int ms); /* false: closed or nothing */
int ws_recv_close(int fd); /* skips others; close code, 1005 none, -1 end without a close frame */
void raw_nap(int ms);
bool wait_until(_Atomic int *v, int at_least, int ms);
#endif
