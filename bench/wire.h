/* SPDX-License-Identifier: Apache-2.0 */
/* The few bytes of RFC 6455 that yardsticks and load clients share.
 *
 * Owns nothing. Frames are parsed in place (masked payloads are unmasked where they lie).
 * Refuses: fragmented frames and frames above WIRE_PAYLOAD_MAX (WIRE_BROKEN). This is a measuring
 * tool: the product has its own, strict parser. Threads: pure functions. */
#ifndef ZX_BENCH_WIRE_H
#define ZX_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WIRE_TEXT = 1,
    WIRE_BINARY = 2,
    WIRE_CLOSE = 8,
    WIRE_PING = 9,
    WIRE_PONG = 10,
    WIRE_HEADER_MAX = 14,
    WIRE_ACCEPT_BYTES = 29, /* 28 base64 characters and the NUL */
    WIRE_PAYLOAD_MAX = 1 << 20
};

typedef struct {
    uint8_t opcode;
    uint8_t *payload; /* borrowed from the buffer that was parsed */
    size_t length;
} WireFrame;

enum { WIRE_BROKEN = -1, WIRE_MORE = 0 };

/* Returns the bytes the frame took, WIRE_MORE when it is not complete, WIRE_BROKEN otherwise. */
int64_t wire_frame_parse(uint8_t *data, size_t length, WireFrame *ret_frame);

/* Writes a header; with mask the caller masks the payload with wire_mask. Returns its bytes. */
size_t wire_frame_header(uint8_t *out, uint8_t opcode, size_t length, const uint8_t *mask);

void wire_mask(uint8_t *data, size_t length, const uint8_t mask[4]);

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key. */
void wire_accept_key(const char *key, size_t key_length, char ret_accept[WIRE_ACCEPT_BYTES]);

/* Value of a header inside a request or response head; NULL when absent. Case-insensitive. */
const char *wire_head_value(const char *head, size_t head_length, const char *name,
                            size_t *ret_length);

#endif
