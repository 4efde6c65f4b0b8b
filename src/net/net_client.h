/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H
/*
 * A small blocking client for the command line and for tests: HTTP/1.1 and WebSocket to one server,
 * plain or TLS. It keeps the cookies that the server sets and sends them again. It trusts the
 * server no further than its limits: heads, bodies and messages have a maximum, every wait has an
 * end. Not for pages of strangers: no redirects, no compression, no proxies. A client belongs to
 * one thread at a time.
 *
 * Codes: client.url, client.connect, client.tls, client.timeout, client.closed, client.answer (not
 * well-formed), client.too_large, client.refused (the WebSocket upgrade got another status).
 */
#include "net/net.h"

typedef struct {
    bool tls;
    char host[254]; /* without brackets */
    char port[8];
    Str path; /* with query; "/" when the address had none; borrowed from the text */
} NetUrl;

/* http://, https://, ws:// or wss:// */
Err net_url_parse(ErrSlot *e, Str text, NetUrl *ret) WARN_UNUSED;

typedef struct {
    long timeout_ms;      /* 10000: connecting, and each answer */
    long max_body_bytes;  /* 64 MiB */
    long max_frame_bytes; /* 1 MiB */
    const char *ca_file;  /* NULL: the system's */
    bool tls_unchecked;   /* any certificate: tests only */
} NetClientOptions;
void net_client_options_default(NetClientOptions *o);

typedef struct NetClient NetClient;

typedef struct {
    int status;
    const NetHeader *headers;
    size_t headers_n;
    Str body;
} NetReply; /* arena */

NetClient *net_client_create(const NetClientOptions *o,
                             const NetUrl *base); /* owned; connects when needed */
void net_client_destroy(NetClient *c);
/* One request, on the connection of the last one where it still stands. target: path and query.
 * headers: lines each ended by \r\n. A request that may not be repeated is not: only a connection
 * found closed before sending is renewed. */
Err net_client_request(NetClient *c, Arena *a, ErrSlot *e, const char *method, Str target,
                       Str headers, Str body, NetReply *ret) WARN_UNUSED;
Str net_reply_header(const NetReply *r, const char *lower_name); /* borrowed */
Str net_client_cookie(const NetClient *c, const char *name); /* borrowed until the next request */

typedef struct NetWsClient NetWsClient;

/* Opens a socket with the client's options and cookies; it then lives apart from it. */
Err net_client_ws(NetClient *c, ErrSlot *e, Str target, Str headers, NetWsClient **ret) WARN_UNUSED;
void net_ws_client_destroy(NetWsClient *w); /* NULL is fine; closes without a word */
int net_ws_client_fd(const NetWsClient *w); /* for poll(2), readable only; first take what
                                               net_ws_client_next still has */
Err net_ws_client_send(NetWsClient *w, ErrSlot *e, Str text) WARN_UNUSED;
/* The next text message within timeout_ms (0: do not wait). ret->p is NULL when there is none yet;
 * borrowed until the next call. Pings are answered on the way. client.closed: see
 * net_ws_client_close_code. */
Err net_ws_client_next(NetWsClient *w, ErrSlot *e, long timeout_ms, Str *ret) WARN_UNUSED;
int net_ws_client_close_code(const NetWsClient *w); /* 0: still open; 1006: broke off */
void net_ws_client_close(NetWsClient *w, int code); /* says goodbye, does not wait */
#endif
