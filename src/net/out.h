/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_OUT_H
#define NET_OUT_H
/*
 * NetFrame: bytes to send, counted references, so that one encoded frame serves many sockets.
 * NetOut: what one socket still has to send, as references. A socket has one only while something
 * waits; spare ones are kept by the loop. The frame count is thread-safe, a NetOut belongs to the
 * loop thread.
 */
#include "net/net.h"
#include "net/ws_frame.h"

#include <stdatomic.h>
#include <sys/uio.h>

struct NetFrame {
    _Atomic uint32_t refs;
    uint32_t n;
    const char *p; /* usually bytes[]; static memory for embedded files */
    char bytes[];
};

NetFrame *net_frame_bytes(Str a, Str b); /* owned: both, one after the other */
NetFrame *net_frame_static(Str s);       /* owned: s outlives the frame */
NetFrame *net_frame_ws(WsOpcode opcode, Str payload);

enum { NET_OUT_FEW = 6, NET_OUT_SPARE = 256 };

typedef struct NetOut {
    struct NetOut *next; /* spare list */
    NetFrame **items;    /* few, or owned */
    uint32_t first, n, size;
    uint32_t sent;     /* bytes of items[first] that left */
    uint32_t tls_held; /* bytes that OpenSSL took on but could not send: must come again */
    size_t bytes;      /* waiting */
    NetFrame *few[NET_OUT_FEW];
} NetOut;

typedef struct {
    NetOut *list;
    unsigned n;
} NetOutSpare;

NetOut *net_out_take(NetOutSpare *spare);
void net_out_give(NetOutSpare *spare, NetOut *o);
void net_out_spare_finish(NetOutSpare *spare);
void net_out_add(NetOut *o, NetFrame *f); /* takes over the reference */
int net_out_vec(const NetOut *o, struct iovec *iov, int max);
size_t net_out_copy(const NetOut *o, char *p, size_t max); /* the first bytes waiting */
void net_out_sent(NetOut *o, size_t n);
void net_out_cut(NetOut *o); /* drops every frame of which no byte has left */
#endif
