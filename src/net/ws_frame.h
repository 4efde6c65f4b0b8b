/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_WS_FRAME_H
#define NET_WS_FRAME_H
/*
 * RFC 6455 framing. The reader takes bytes as they come and gives whole events: joined text
 * messages, pings, pongs, the close. It refuses: a wrong mask bit for the direction, reserved bits
 * and opcodes, lengths not in their shortest form, control frames that are long or in pieces,
 * broken UTF-8 (at the first impossible byte, even inside a fragment), binary messages, messages
 * past the maximum.
 *
 * A whole unfragmented frame is unmasked where it lies and costs no allocation. Only a frame or
 * message in pieces keeps memory, which grows with what has arrived and never with what a header
 * announces.
 */
#include "base/str.h"

typedef enum {
    WS_MORE, /* all bytes taken, nothing whole yet */
    WS_TEXT, /* a whole message */
    WS_PING,
    WS_PONG,
    WS_CLOSE, /* code (1005: none given) and reason */
    WS_FAIL   /* the connection must be failed with the code */
} WsEvent;

typedef enum {
    WS_OP_MORE = 0,
    WS_OP_TEXT = 1,
    WS_OP_BINARY = 2,
    WS_OP_CLOSE = 8,
    WS_OP_PING = 9,
    WS_OP_PONG = 10
} WsOpcode;

enum {
    WS_HEAD_MAX = 14,
    WS_CONTROL_MAX = 125,
    WS_NORMAL = 1000,
    WS_GOING_AWAY = 1001,
    WS_PROTOCOL_ERROR = 1002,
    WS_UNSUPPORTED = 1003,
    WS_NO_STATUS = 1005,
    WS_ABNORMAL = 1006,
    WS_BAD_TEXT = 1007,
    WS_TOO_BIG = 1009,
    WS_RESTART = 1012,
    WS_TOO_SLOW = 4408
};

typedef struct {
    char *msg; /* owned: what has arrived of a message in pieces */
    size_t msg_n, msg_size, max_bytes;
    uint64_t left; /* payload bytes of the present frame still to come */
    uint32_t utf8;
    uint8_t mask[4];
    bool from_client;
    bool in_frame;   /* the head was read, payload is coming */
    bool in_message; /* a first fragment was read, the last was not */
    bool given;      /* msg was handed out by the last event */
    bool fin;
    uint8_t opcode;
    uint8_t mask_at; /* position in the mask of the next payload byte */
    uint8_t head_n, control_n;
    uint8_t head[WS_HEAD_MAX];
    char control[WS_CONTROL_MAX];
} WsReader;

void ws_reader_init(WsReader *r, size_t max_bytes, bool from_client);
void ws_reader_finish(WsReader *r);
bool ws_reader_idle(const WsReader *r); /* holds nothing: may be thrown away between frames */
/* Reads until the first event in p[0..n). Changes the bytes (unmasks in place). *ret_used bytes
 * were taken; *ret_data lives until the next call or until the bytes are reused. Call again while
 * bytes are left. */
WsEvent ws_reader_next(WsReader *r, char *p, size_t n, size_t *ret_used, Str *ret_data,
                       int *ret_code);

/* Writes a frame head (FIN set) and returns its bytes, at most WS_HEAD_MAX. mask NULL: unmasked
 * (server). */
size_t ws_head_put(uint8_t *out, WsOpcode opcode, size_t payload, const uint8_t *mask);
void ws_mask(char *p, size_t n, const uint8_t mask[4], size_t mask_at);
bool ws_close_code_valid(int code); /* may be sent in a close frame */

enum { WS_ACCEPT_BYTES = 28 };
void ws_accept_key(Str key,
                   char ret[WS_ACCEPT_BYTES + 1]); /* base64(SHA-1(key + GUID)) with a NUL */
#endif
