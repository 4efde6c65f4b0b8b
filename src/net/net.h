/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_NET_H
#define NET_NET_H
/*
 * net: sockets, timers, HTTP/1.1 and WebSocket parsing, TLS, limits. Bytes <-> requests; knows no
 * business.
 *
 * One loop thread owns every socket (libuv: uv_poll on our own descriptors, so that OpenSSL works
 * on the descriptor too). Callbacks run on the loop thread and must not block. Other threads reach
 * the loop only by net_post. A connection is named by a NetConn handle {index, generation}: a stale
 * one is harmless.
 *
 * What net refuses by itself it answers with the JSON error of docs/protocol.md:
 * request.malformed 400, request.timeout 408, request.too_large 413, request.target_too_long 414,
 * request.expectation 417, request.upgrade 426, net.too_many_connections 429,
 * request.headers_too_large 431, request.method_unknown 501, net.full 503, request.version 505.
 *
 * One connection has at most one request (or frame) in work: net does not read further until
 * net_respond / net_ws_next, so the messages of one socket stay in order and a flood waits in the
 * kernel.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"

typedef struct NetServer NetServer;
typedef struct {
    uint32_t index;
    uint32_t generation;
} NetConn;

typedef enum { NET_GET, NET_HEAD, NET_POST, NET_PUT, NET_PATCH, NET_DELETE, NET_OPTIONS } NetMethod;

typedef struct {
    Str name;  /* lower case */
    Str value; /* trimmed */
} NetHeader;

/* All borrowed, valid until net_respond of this request (or net_ws_accept), also when the client
 * has left meanwhile: so every request must be answered once, and a late answer to a lost
 * connection only gives the memory back. */
typedef struct {
    NetMethod method;
    Str path; /* raw, before '?' */
    Str query;
    Str host;
    const NetHeader *headers;
    size_t headers_n;
    Str body;
    Str address;  /* client address; behind a trusted proxy from X-Forwarded-For / X-Real-IP */
    bool secure;  /* TLS here, or X-Forwarded-Proto: https from a trusted proxy */
    bool upgrade; /* a well-formed WebSocket upgrade (version 13) */
    bool keep_alive;
} NetRequest;

Str net_header(const NetRequest *r, const char *lower_name); /* borrowed; STR_NONE when absent */
Str net_cookie(const NetRequest *r, const char *name);       /* borrowed */

typedef struct {
    int status;
    Str headers;      /* extra header lines, each ended by \r\n; may be empty */
    Str content_type; /* may be empty for 204/304 */
    Str body;         /* copied before net_respond returns */
    bool body_static; /* the body outlives the server (embedded file): not copied */
    bool close;
} NetResponse;

/* A WebSocket frame encoded once for many receivers; reference counted, thread-safe count. */
typedef struct NetFrame NetFrame;
NetFrame *net_frame_text(Str payload); /* owned: one reference */
NetFrame *net_frame_ref(NetFrame *f);
void net_frame_unref(NetFrame *f); /* NULL is fine */

typedef struct {
    /* A whole request has arrived. Answer now or later with net_respond, or net_ws_accept /
     * net_respond for an upgrade. */
    void (*request)(void *user, NetConn c, const NetRequest *r);
    /* Largest body to accept for this head: 0 = none. Also the place to refuse early (answer < 0: a
     * status is sent, e.g. -413). */
    long (*body_limit)(void *user, const NetRequest *head);
    /* One whole text message (UTF-8 checked), borrowed for this call: copy it to keep it. No
     * further one comes from this socket until net_ws_next(c). */
    void (*ws_message)(void *user, NetConn c, void *tag, Str text);
    void (*ws_closed)(void *user, NetConn c, void *tag,
                      int code);                 /* once for each accepted socket */
    void (*tick)(void *user, int64_t steady_ms); /* each second */
    void *user;
} NetHandlers;

typedef struct {
    const char *listen;               /* "127.0.0.1:8080", "[::1]:8080"; port 0 picks one */
    const char *tls_cert, *tls_key;   /* NULL: plain */
    const char *trusted_proxies;      /* comma-separated addresses or CIDR; NULL: none */
    long max_header_bytes;            /* 16384 */
    long max_headers;                 /* 64 */
    long max_frame_bytes;             /* 65536: one message after joining fragments */
    long max_connections;             /* 20000 */
    long max_connections_per_address; /* 256 */
    long header_timeout_ms;           /* 10000: slow loris, also TLS handshake */
    long body_timeout_ms;  /* 60000: each MiB of a body; an answer that does not get on */
    long idle_timeout_ms;  /* 75000: keep-alive without a request */
    long ws_ping_ms;       /* 30000: ping when silent; closed after two unanswered */
    long write_high_bytes; /* 1 MiB waiting for a slow reader: closed with 4408 */
    long max_large_bodies; /* 8 bodies over 64 KiB at a time, else 503 */
    long max_large_bodies_per_address; /* 4, so that one address cannot keep all others waiting */
    const Log *log;
} NetOptions;
void net_options_default(NetOptions *o);

Err net_server_create(const NetOptions *o, const NetHandlers *h, ErrSlot *e,
                      NetServer **ret) WARN_UNUSED;
int net_server_port(const NetServer *s);
/* Reads certificate and key again for new connections; any thread. On failure the old ones stay.
 * Code: net.tls */
Err net_server_reload_tls(NetServer *s, ErrSlot *e) WARN_UNUSED;
void net_server_run(
    NetServer *s); /* the calling thread becomes the loop; returns after net_server_stop */
/* Graceful: stops accepting, lets requests in work finish, closes sockets with 1012, at most
 * grace_ms. Any thread, and signal-safe by way of net_post. */
void net_server_stop(NetServer *s, long grace_ms);
void net_server_destroy(NetServer *s);

/* ---- loop thread only ---- */
void net_respond(NetServer *s, NetConn c, const NetResponse *r);
/* 101; tag comes back in callbacks. False: the client has left, and no callback will ever name the
 * tag. */
bool net_ws_accept(NetServer *s, NetConn c, void *tag, Str extra_headers);
bool net_ws_send(NetServer *s, NetConn c, NetFrame *f); /* takes its own reference; false: gone */
void net_ws_next(NetServer *s, NetConn c);              /* the message in work is done */
void net_ws_close(NetServer *s, NetConn c, int code, Str reason);
void net_ws_pause_limit(NetServer *s, NetConn c,
                        long ms); /* read nothing for so long: throttling instead of dropping */

/* ---- any thread ---- */
/* Runs fn(arg) on the loop thread, in order of posting. Many posts wake the loop once. What is
 * posted after the loop has ended runs in net_server_destroy, so that fn can free its arg; nobody
 * may post during that. */
void net_post(NetServer *s, void (*fn)(void *arg), void *arg);

typedef struct {
    int64_t connections, sockets, requests, frames_in, frames_out, bytes_in, bytes_out,
        refused_address, refused_full, slow_closed, parse_errors, tls_errors;
} NetStats;
void net_stats(NetServer *s, NetStats *ret);
#endif
