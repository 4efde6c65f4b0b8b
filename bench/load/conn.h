/* SPDX-License-Identifier: Apache-2.0 */
/* Client connections of the load generator: TCP or TLS, plain bytes or WebSocket, on one epoll.
 *
 * Owns: descriptors, SSL objects, partial reads and short writes. Refuses: more than
 * CONN_OUT_MAX waiting to be written (the connection is closed). Threads: one.
 * Source addresses are spread over 127.0.0.0/8, because servers limit connections per address. */
#ifndef ZX_BENCH_LOAD_CONN_H
#define ZX_BENCH_LOAD_CONN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../wire.h"

typedef struct Loop Loop;
typedef struct Conn Conn;

typedef struct {
    void (*opened)(Loop *loop, Conn *conn);
    void (*frame)(Loop *loop, Conn *conn, WireFrame frame);
    /* Plain connections only: returns the bytes it took, the rest comes again. */
    size_t (*bytes)(Loop *loop, Conn *conn, uint8_t *data, size_t length);
    void (*closed)(Loop *loop, Conn *conn); /* after it the connection is gone */
} ConnHandlers;

struct Conn {
    int fd;
    uint8_t phase;
    bool doomed;
    uint16_t close_code;
    SSL *ssl;
    void *user; /* borrowed */
    const ConnHandlers *handlers;
    char *request; /* owned: the upgrade request until it is answered */
    uint8_t *in, *out;
    uint32_t in_bytes, out_bytes;
    Conn *next_doomed;
};

struct Loop {
    int epoll_fd;
    int timer_fd; /* -1 until loop_timer_every */
    uint16_t port;
    uint32_t address_next;
    uint32_t per_address; /* connections before the next source address is taken */
    uint32_t address_used;
    uint64_t random;
    SSL_CTX *tls; /* owned, NULL for plain */
    Conn *doomed;
    uint64_t open_count;
    void *user;                             /* borrowed */
    void (*ticked)(Loop *, uint64_t times); /* timer_fd fired */
    uint8_t read[256 * 1024];
};

enum { CONN_OUT_MAX = 4 << 20 };

Loop *loop_create(uint16_t port, bool tls, uint32_t per_address);
void loop_destroy(Loop *loop);
void loop_timer_every(Loop *loop, int64_t every_ns);
void loop_turn(Loop *loop, int wait_ms);

int64_t clock_ns(void);

/* path NULL opens a plain connection. headers: extra lines, each ending in CRLF, or "". */
Conn *conn_open(Loop *loop, const char *path, const char *headers, const ConnHandlers *handlers,
                void *user);
/* A connected blocking socket with the next source address; used by the HTTP client too. */
int conn_socket(Loop *loop, bool blocking);
void conn_send(Loop *loop, Conn *conn, uint8_t opcode, const void *data, size_t length);
void conn_write(Loop *loop, Conn *conn, const void *data, size_t length);
void conn_close(Loop *loop, Conn *conn);

#endif
