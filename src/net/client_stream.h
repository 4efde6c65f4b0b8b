/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_CLIENT_STREAM_H
#define NET_CLIENT_STREAM_H
/* One connection of the client: non-blocking underneath, every call ends at its deadline. */
#include "net/net_client.h"

#include <openssl/ssl.h>

typedef struct {
    int fd;
    SSL *ssl; /* owned; NULL: plain */
} NetStream;

int64_t net_stream_deadline(long ms); /* on the steady clock, milliseconds */
Err net_stream_open(const NetUrl *u, SSL_CTX *ctx, int64_t deadline_ms, ErrSlot *e,
                    NetStream *ret) WARN_UNUSED;
void net_stream_close(NetStream *s);
Err net_stream_write(NetStream *s, ErrSlot *e, const char *p, size_t n,
                     int64_t deadline_ms) WARN_UNUSED;
/* > 0 bytes, 0 nothing before the deadline, -1 the end of the stream or an error */
long net_stream_read(NetStream *s, char *p, size_t n, int64_t deadline_ms);

/* client_http.c: what the WebSocket side needs of the client */
typedef struct {
    NetStream stream;
    char *bytes; /* owned: read and not yet used */
    size_t n, size;
} NetStreamBuf;

Err net_client_upgrade(NetClient *c, ErrSlot *e, Str target, Str headers, const char *key,
                       NetStreamBuf *ret) WARN_UNUSED;
const NetClientOptions *net_client_options(const NetClient *c);
#endif
