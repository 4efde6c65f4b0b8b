/* SPDX-License-Identifier: Apache-2.0 */
/* The barest useful epoll server: HTTP/1.1 keep-alive small replies and WebSocket frames.
 *
 * It is the limit against which the product is measured, so it does nothing that a server must do
 * for its users: no TLS, no time-outs, no limits but those that keep it from crashing.
 * Owns: sockets and what is left of partial reads and short writes. Threads: one, the loop's. */
#ifndef ZX_BENCH_BARE_H
#define ZX_BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

typedef struct BareServer BareServer;

typedef struct {
    int fd;
    uint32_t generation; /* tells a reused descriptor from the connection a job came from */
    uint32_t tag;        /* the handler's: which list the socket is on */
    uint32_t partial_bytes;
    uint32_t out_bytes;
    bool open; /* WebSocket handshake done */
    bool closing;
    uint8_t *partial; /* owned, NULL when no partial frame waits */
    uint8_t *out;     /* owned, NULL when nothing waits to be written */
} BareConn;

typedef struct {
    void (*opened)(void *context, BareServer *server, BareConn *conn, const char *path);
    void (*frame)(void *context, BareServer *server, BareConn *conn, WireFrame frame);
    void (*closed)(void *context, BareServer *server, BareConn *conn);
    void (*woken)(void *context, BareServer *server); /* wake_fd became readable */
} BareHandlers;

/* Listens on 127.0.0.1; port 0 takes a free one. wake_fd -1: none. Exits the process on failure.
 * Prints {"port":N} on stdout, so that a script can wait for it. */
BareServer *bare_server_create(uint16_t port, int wake_fd, const BareHandlers *handlers,
                               void *context);
void bare_server_run(BareServer *server); /* until SIGTERM or SIGINT */
void bare_server_destroy(BareServer *server);

void bare_conn_send(BareServer *server, BareConn *conn, uint8_t opcode, const void *data,
                    size_t length);
/* A frame that is encoded already, for fan-out. */
void bare_conn_send_raw(BareServer *server, BareConn *conn, const void *data, size_t length);
BareConn *bare_server_conn(BareServer *server, int fd, uint32_t generation); /* NULL when gone */

#endif
