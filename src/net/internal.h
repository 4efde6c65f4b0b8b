/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_INTERNAL_H
#define NET_INTERNAL_H
/*
 * The structs behind net.h. Everything here belongs to the loop thread but for what is _Atomic.
 *
 * One turn of the loop: a readable socket is read once into the shared buffer and its bytes are
 * worked off (conn.c -> http_conn.c or ws_conn.c -> the handler). What the handler does to sockets
 * only marks them; net_server_turn then does what was marked: goes on with paused sockets, sends
 * (several frames in one call), tells of closed ones. So no handler is ever called from inside a
 * call of the handler.
 */
#include "net/addr.h"
#include "net/http_parser.h"
#include "net/net.h"
#include "net/out.h"
#include "net/post.h"
#include "net/tls.h"
#include "net/wheel.h"
#include "net/ws_frame.h"

#include <uv.h>

typedef enum {
    CONN_HANDSHAKE, /* TLS */
    CONN_HEAD,      /* waits for a request head */
    CONN_BODY,
    CONN_WORK, /* the handler has the request */
    CONN_SEND, /* the answer waits for the kernel */
    CONN_WS,
    CONN_WS_BYE, /* our close frame is out, the peer's is not in */
    CONN_DRAIN,  /* sends what is left, then lingers or closes */
    CONN_LINGER, /* throws away what still comes, so that the peer can read our last word */
    CONN_DEAD    /* closed in this turn, or kept only because its request is in work */
} ConnState;

enum {
    NET_HEADERS_MAX = 128,
    NET_READ_BYTES = 16384,
    NET_LARGE_BODY = 65536,
    NET_PAUSE_BYTES = 65536, /* a socket with more to send is not read */
    NET_REFUSE_SLOTS = 64,   /* connections over the limit that still get an answer */
    NET_BYE_S = 5,
    NET_LINGER_S = 2
};

/* A request while it is read and in work: one block with its head bytes and headers. */
typedef struct {
    NetRequest r;
    Str ws_key;
    char *body; /* owned */
    size_t body_n, body_size;
    size_t limit;
    int64_t left; /* of a body with a length */
    HttpChunked chunked;
    bool is_chunked, large;
    NetAddr client;
    char address[NET_ADDR_TEXT];
    NetHeader headers[]; /* then the bytes of the head */
} Call;

typedef struct {
    uint32_t n, at;
    char bytes[];
} Rest;

typedef struct {
    WsReader reader;
    uint32_t since_s;
} WsKept;

typedef struct Conn {
    uv_poll_t poll; /* first: the callback gets it */
    NetDue due;
    struct Conn *next; /* turn list, or list of dead ones */
    Rest *rest;        /* owned: bytes read and not yet worked off */
    NetOut *out;       /* NULL: nothing waits */
    SSL *ssl;          /* owned, NULL: plain */
    Call *call;        /* owned: request being read or in work */
    WsKept *kept;      /* owned: a frame in pieces */
    void *tag;
    NetAddr addr; /* counted under this */
    uint32_t index;
    uint32_t last_in_s;
    uint32_t scanned; /* of an unfinished head */
    int fd;
    uint16_t close_code;
    uint16_t refuse; /* status to answer to the first request: over a limit */
    uint8_t state, polling, pings;
    bool in_turn : 1, resume : 1, flush : 1, gone : 1; /* work for net_server_turn */
    bool counted : 1, partial : 1, linger : 1, in_work : 1;
    bool ws_work : 1, ws_paused : 1, ws_open : 1, ws_told : 1;
    bool handle_closed : 1;
} Conn;

typedef struct {
    Conn *c; /* NULL: free */
    uint32_t generation;
    uint32_t next_free;
} Slot;

typedef struct {
    NetConn conn;
    int64_t until_ms;
} Pause;

typedef struct {
    _Atomic int64_t connections, sockets, requests, frames_in, frames_out, bytes_in, bytes_out,
        refused_address, refused_full, slow_closed, parse_errors, tls_errors;
} Counters;

/* Only the loop thread writes, so a load and a store do; others read without a race. */
#define COUNT(s, what, k)                                                                          \
    atomic_store_explicit(&(s)->count.what,                                                        \
                          atomic_load_explicit(&(s)->count.what, memory_order_relaxed) + (k),      \
                          memory_order_relaxed)

struct NetServer {
    uv_loop_t loop;
    uv_timer_t tick, pause, grace;
    uv_async_t async;
    uv_poll_t listener;
    NetHandlers h;
    NetOptions o;
    Counters count;
    NetPostQueue posts;
    _Atomic long stop_grace_ms; /* -1: not asked */
    _Atomic bool ended;
    NetWheel wheel;
    Slot *slots; /* owned */
    uint32_t slots_n, slots_size, free_slot;
    Conn *turn_first, **turn_last;
    Conn *current; /* its bytes lie in `read` just now */
    char *read;    /* owned, shared by all sockets */
    size_t read_size;
    NetOutSpare spare;
    NetAddrTable addrs, large_addrs;
    NetAddrList proxies;
    NetTls *tls;
    NetFrame *ping;
    Pause *pauses; /* owned */
    size_t pauses_n, pauses_size;
    int64_t start_ns;
    long connections, large_bodies;
    uint32_t now_s, full_logged_s;
    int listen_fd, spare_fd, port;
    bool listening, accept_paused, stopping, closed, ran;
    char date[40]; /* of the Date header, remade each second */
    NetHeader headers[NET_HEADERS_MAX];
};

/* server.c */
Conn *net_server_conn(NetServer *s, NetConn h); /* NULL: stale */
NetConn net_server_handle(const NetServer *s, const Conn *c);
void net_server_turn(NetServer *s);
void net_server_mark(NetServer *s, Conn *c);
void net_server_maybe_end(NetServer *s);

/* listen.c */
Err net_listen_open(NetServer *s, ErrSlot *e) WARN_UNUSED;
void net_listen_start(NetServer *s);
void net_listen_close(NetServer *s);

/* conn.c */
/* counted: the table holds the address already. refuse: 0, or the status to answer to the first
 * request */
void net_conn_open(NetServer *s, int fd, const NetAddr *addr, bool counted, int refuse);
void net_conn_kill(NetServer *s, Conn *c,
                   int code); /* no more bytes; done for good at the end of the turn */
void net_conn_end(NetServer *s, Conn *c, bool linger); /* close when what waits was sent */
void net_conn_turn(NetServer *s, Conn *c);
void net_conn_ready(NetServer *s, Conn *c, int events);
void net_conn_due(NetServer *s, NetDue *d);
void net_conn_deadline(NetServer *s, Conn *c, long ms); /* < 0: none */
void net_conn_free_slot(NetServer *s, Conn *c);
void net_conn_resume(NetServer *s, Conn *c); /* may read on */

/* conn_io.c */
void net_conn_poll(Conn *c, int events);
long net_conn_recv(NetServer *s, Conn *c, char *p,
                   size_t n); /* > 0 bytes, 0 nothing now, -1 closed */
void net_conn_write(NetServer *s, Conn *c, Str head, Str body, bool body_static);
void net_conn_queue(NetServer *s, Conn *c,
                    NetFrame *f); /* takes over the reference; sent at the end of the turn */
bool net_conn_flush(NetServer *s, Conn *c); /* true: nothing waits */
size_t net_conn_waiting(const Conn *c);

/* http_conn.c: each takes bytes and returns how many, 0 when it needs more or must wait */
size_t net_http_head(NetServer *s, Conn *c, char *p, size_t n);
size_t net_http_body(NetServer *s, Conn *c, const char *p, size_t n);
void net_http_body_read(NetServer *s, Conn *c); /* straight into a long body */
void net_http_refuse(NetServer *s, Conn *c, int status);
void net_http_sent(NetServer *s, Conn *c); /* the answer has left */
void net_call_free(NetServer *s, Conn *c);

/* ws_conn.c */
size_t net_ws_data(NetServer *s, Conn *c, char *p, size_t n);
void net_ws_due(NetServer *s, Conn *c);
void net_ws_kept_free(Conn *c);
#endif
