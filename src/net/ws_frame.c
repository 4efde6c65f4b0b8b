/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ws_frame.h"

#include "base/assert.h"
#include "base/utf8.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

void ws_reader_init(WsReader *r, size_t max_bytes, bool from_client)
{
    r->msg = NULL;
    r->msg_n = r->msg_size = 0;
    r->max_bytes = max_bytes;
    r->left = 0;
    r->utf8 = 0;
    r->from_client = from_client;
    r->in_frame = r->in_message = r->given = false;
    r->head_n = r->control_n = 0;
}

void ws_reader_finish(WsReader *r)
{
    free(r->msg);
    ws_reader_init(r, r->max_bytes, r->from_client);
}

bool ws_reader_idle(const WsReader *r)
{
    return r->head_n == 0 && !r->in_frame && !r->in_message;
}

void ws_mask(char *p, size_t n, const uint8_t mask[4], size_t mask_at)
{
    uint8_t turned[8];
    for (size_t i = 0; i < 8; i++)
        turned[i] = mask[(mask_at + i) & 3];
    uint64_t wide;
    memcpy(&wide, turned, 8);
    size_t at = 0;
    for (; at + 8 <= n; at += 8) {
        uint64_t word;
        memcpy(&word, p + at, 8);
        word ^= wide;
        memcpy(p + at, &word, 8);
    }
    for (; at < n; at++)
        p[at] = (char)((uint8_t)p[at] ^ turned[at & 7]);
}

bool ws_close_code_valid(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

/* Bytes of the head that starts with these two. */
static size_t head_size(const uint8_t *h)
{
    size_t length = h[1] & 0x7f;
    return 2 + (length == 126 ? 2u : length == 127 ? 8u : 0u) + (h[1] & 0x80 ? 4u : 0u);
}

/* Checks what the first two bytes can tell, so that a wrong frame fails before its payload is sent.
 */
static int check_start(const WsReader *r, const uint8_t *h)
{
    uint8_t opcode = h[0] & 0x0f;
    if (h[0] & 0x70)
        return WS_PROTOCOL_ERROR;
    if (((h[1] & 0x80) != 0) != r->from_client)
        return WS_PROTOCOL_ERROR;
    if (opcode >= 8) {
        if (opcode > WS_OP_PONG || !(h[0] & 0x80) || (h[1] & 0x7f) > WS_CONTROL_MAX)
            return WS_PROTOCOL_ERROR;
        return 0;
    }
    if (opcode > WS_OP_BINARY || (opcode == WS_OP_MORE) != r->in_message)
        return WS_PROTOCOL_ERROR;
    return opcode == WS_OP_BINARY ? WS_UNSUPPORTED : 0;
}

static int read_head(WsReader *r, const uint8_t *h)
{
    uint64_t length = h[1] & 0x7f;
    size_t at = 2;
    if (length == 126) {
        length = (uint64_t)h[2] << 8 | h[3];
        at = 4;
        if (length < 126)
            return WS_PROTOCOL_ERROR;
    } else if (length == 127) {
        length = 0;
        for (size_t i = 2; i < 10; i++)
            length = length << 8 | h[i];
        at = 10;
        if (length < 65536 || length >> 63)
            return WS_PROTOCOL_ERROR;
    }
    r->opcode = h[0] & 0x0f;
    r->fin = (h[0] & 0x80) != 0;
    if (r->opcode < 8 && length > r->max_bytes - r->msg_n)
        return WS_TOO_BIG;
    if (r->from_client)
        memcpy(r->mask, h + at, 4);
    r->mask_at = 0;
    r->left = length;
    r->in_frame = true;
    r->head_n = r->control_n = 0;
    return 0;
}

/* Collects the head; returns a close code, 0 when it is read, -1 when bytes are missing. */
static int take_head(WsReader *r, const char *p, size_t n, size_t *ret_used)
{
    size_t used = 0;
    int code = 0;
    if (r->head_n == 0 && n >= WS_HEAD_MAX) { /* lies whole in the input */
        const uint8_t *h = (const uint8_t *)p;
        code = check_start(r, h);
        if (code == 0)
            code = read_head(r, h);
        *ret_used = head_size(h);
        return code;
    }
    while (used < n) {
        r->head[r->head_n++] = (uint8_t)p[used++];
        if (r->head_n == 2 && (code = check_start(r, r->head)) != 0)
            break;
        if (r->head_n >= 2 && r->head_n == head_size(r->head)) {
            code = read_head(r, r->head);
            break;
        }
        code = -1;
    }
    *ret_used = used;
    return used == 0 ? -1 : code;
}

static void keep(WsReader *r, const char *p, size_t n)
{
    if (n > r->msg_size - r->msg_n) {
        size_t size = r->msg_size ? r->msg_size : 256;
        while (size - r->msg_n < n)
            size *= 2;
        char *grown = realloc(r->msg, size);
        ASSERT(grown);
        r->msg = grown;
        r->msg_size = size;
    }
    if (n)
        memcpy(r->msg + r->msg_n, p, n);
    r->msg_n += n;
}

static WsEvent control_event(WsReader *r, Str data, Str *ret_data, int *ret_code)
{
    *ret_data = data;
    if (r->opcode == WS_OP_PING)
        return WS_PING;
    if (r->opcode == WS_OP_PONG)
        return WS_PONG;
    *ret_code = WS_NO_STATUS;
    if (data.n == 0)
        return WS_CLOSE;
    *ret_code = WS_PROTOCOL_ERROR;
    if (data.n == 1)
        return WS_FAIL;
    int code = (uint8_t)data.p[0] << 8 | (uint8_t)data.p[1];
    if (!ws_close_code_valid(code))
        return WS_FAIL;
    *ret_data = (Str){data.p + 2, data.n - 2};
    if (!utf8_valid(*ret_data)) {
        *ret_code = WS_BAD_TEXT;
        return WS_FAIL;
    }
    *ret_code = code;
    return WS_CLOSE;
}

/* n payload bytes of a data frame, unmasked. WS_MORE: go on. */
static WsEvent data_event(WsReader *r, Str piece, Str *ret_data, int *ret_code)
{
    bool last = r->left == 0 && r->fin;
    if (!utf8_step(&r->utf8, piece) || (last && r->utf8 != 0)) {
        *ret_code = WS_BAD_TEXT;
        return WS_FAIL;
    }
    if (last && r->msg_n == 0) { /* whole in the input */
        *ret_data = piece;
        r->in_message = false;
        return WS_TEXT;
    }
    keep(r, piece.p, piece.n);
    if (!last) {
        r->in_message |= r->left == 0;
        return WS_MORE;
    }
    *ret_data = (Str){r->msg, r->msg_n};
    r->in_message = false;
    r->given = true;
    return WS_TEXT;
}

static WsEvent take_payload(WsReader *r, char *p, size_t n, Str *ret_data, int *ret_code)
{
    if (r->from_client && n) {
        ws_mask(p, n, r->mask, r->mask_at);
        r->mask_at = (uint8_t)((r->mask_at + n) & 3);
    }
    r->left -= n;
    if (r->left == 0)
        r->in_frame = false;
    if (r->opcode < 8)
        return data_event(r, (Str){p, n}, ret_data, ret_code);
    if (r->left == 0 && r->control_n == 0)
        return control_event(r, (Str){p, n}, ret_data, ret_code);
    if (n)
        memcpy(r->control + r->control_n, p, n);
    r->control_n = (uint8_t)(r->control_n + n);
    if (r->left != 0)
        return WS_MORE;
    return control_event(r, (Str){r->control, r->control_n}, ret_data, ret_code);
}

WsEvent ws_reader_next(WsReader *r, char *p, size_t n, size_t *ret_used, Str *ret_data,
                       int *ret_code)
{
    size_t at = 0;
    WsEvent event = WS_MORE;
    *ret_data = STR_NONE;
    *ret_code = 0;
    if (r->given) {
        free(r->msg);
        r->msg = NULL;
        r->msg_n = r->msg_size = 0;
        r->given = false;
    }
    while (at < n && event == WS_MORE) {
        if (!r->in_frame) {
            size_t used = 0;
            int code = take_head(r, p + at, n - at, &used);
            at += used;
            if (code > 0) {
                *ret_code = code;
                event = WS_FAIL;
                break;
            }
            if (code < 0)
                break;
            if (r->left != 0 && at == n)
                break;
        }
        size_t take = n - at < r->left ? n - at : (size_t)r->left;
        event = take_payload(r, p + at, take, ret_data, ret_code);
        at += take;
    }
    *ret_used = at;
    return event;
}

size_t ws_head_put(uint8_t *out, WsOpcode opcode, size_t payload, const uint8_t *mask)
{
    uint8_t masked = mask ? 0x80 : 0;
    size_t at = 2;
    out[0] = (uint8_t)(0x80 | opcode);
    if (payload < 126) {
        out[1] = (uint8_t)(masked | payload);
    } else if (payload < 65536) {
        out[1] = (uint8_t)(masked | 126);
        out[2] = (uint8_t)(payload >> 8);
        out[3] = (uint8_t)(payload & 0xff);
        at = 4;
    } else {
        out[1] = (uint8_t)(masked | 127);
        for (size_t i = 0; i < 8; i++)
            out[2 + i] = (uint8_t)((uint64_t)payload >> (56 - 8 * i) & 0xff);
        at = 10;
    }
    if (mask) {
        memcpy(out + at, mask, 4);
        at += 4;
    }
    return at;
}

void ws_accept_key(Str key, char ret[WS_ACCEPT_BYTES + 1])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t text[24 + sizeof guid], digest[EVP_MAX_MD_SIZE];
    unsigned digest_n = 0;
    ASSERT(key.n == 24);
    memcpy(text, key.p, 24);
    memcpy(text + 24, guid, sizeof guid - 1);
    int ok = EVP_Digest(text, 24 + sizeof guid - 1, digest, &digest_n, EVP_sha1(), NULL);
    ASSERT(ok == 1 && digest_n == 20);
    EVP_EncodeBlock((unsigned char *)ret, digest, 20);
}
