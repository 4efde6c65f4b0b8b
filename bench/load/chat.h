/* SPDX-License-Identifier: Apache-2.0 */
/* The durable-chat measurement: visitors who send and wait for the acknowledgement, and two
 * receivers to whom every message is pushed.
 *
 * "Senders" are messages in flight. Visitors of a pool take turns, so that nobody exceeds the
 * shipped limit of messages per minute although one sender alone sends thousands a second.
 * Each push is matched with its message: an agent who never got it and a socket that got it twice
 * are counted. An agent's further sockets may get it too ("extra"): the shop's server decides.
 * Owns: all of it, from chat_run's begin to its end. Threads: one. */
#ifndef ZX_BENCH_LOAD_CHAT_H
#define ZX_BENCH_LOAD_CHAT_H

#include "measure.h"
#include "opener.h"
#include "text.h"
#include "visitor.h"

enum { CHAT_FAN_OUT = 2, CHAT_TRACK = 1 << 20 };

typedef enum { SIDE_VISITOR, SIDE_RECEIVER } ChatSide;
typedef enum {
    CHAT_OTHER, /* a frame that concerns nobody here */
    CHAT_READY,
    CHAT_ACK,
    CHAT_PUSH,
    CHAT_REFUSED, /* a clear error, for example too many messages */
} ChatNews;

typedef struct {
    ChatSide side; /* first member: both sides are told apart by it */
    uint32_t index;
    Conn *conn;
    bool ready, busy;
    uint64_t message;
    int64_t since_ns; /* when it was sent, or was due to be sent in an open loop */
    int64_t window_ns;
    uint32_t window_used;
    char conversation[24];
} ChatVisitor;

typedef struct {
    ChatSide side;
    uint32_t index;
    Conn *conn;
    bool ready;
} ChatReceiver;

typedef struct {
    int64_t sent_ns;
    uint64_t sockets; /* which receivers have it; not kept when there are more than 64 */
    uint8_t agents;   /* which of the CHAT_FAN_OUT agents have it on some socket */
    bool counted, acked;
} ChatTrack;

typedef struct {
    const Options *options;
    Loop *loop;
    Measure measure;
    Opener opener;
    VisitorToken *tokens;
    ChatVisitor *visitors;
    ChatReceiver *receivers;
    uint32_t receiver_count, receivers_per_agent;
    char (*agent_headers)[VISITOR_COOKIE_BYTES + 128];
    uint32_t *ring; /* free visitors, first in first out */
    uint32_t ring_first, ring_count;
    uint32_t in_flight;
    uint32_t prepare_left; /* visitors whose conversation is not open yet */
    uint64_t next_id;
    ChatTrack *track; /* by id modulo CHAT_TRACK */
    uint64_t acked, pushed, extra, doubled, refused, other_frames, other_bytes, lost, starved, due;
    int64_t refused_print;
    bool preparing, stopping;
} Chat;

/* chat_protocol.c: what the three protocols look like on the wire */
void chat_protocol_send(Chat *chat, ChatVisitor *visitor);
ChatNews chat_protocol_read(Chat *chat, ChatVisitor *visitor, WireFrame frame);
const char *chat_protocol_receiver_path(const Options *options);
bool chat_protocol_receiver_hello(Chat *chat, ChatReceiver *receiver);
ChatNews chat_protocol_receive(Chat *chat, ChatReceiver *receiver, WireFrame frame,
                               uint64_t *ret_id);
void chat_protocol_watch(Chat *chat, const ChatVisitor *visitor);

#endif
