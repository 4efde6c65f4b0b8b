/* SPDX-License-Identifier: Apache-2.0 */
/* The client's WebSocket side. */
#include "base/assert.h"
#include "base/rng.h"
#include "net/client_stream.h"
#include "net/ws_frame.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { READ_STEP = 16384, MASKS = 64 };

struct NetWsClient {
    NetStreamBuf in;
    size_t at; /* bytes of in that the reader took */
    WsReader reader;
    long timeout_ms;
    int close_code;
    uint8_t masks[MASKS * 4]; /* drawn from the kernel many at a time */
    unsigned masks_left;
};

Err net_client_ws(NetClient *c, ErrSlot *e, Str target, Str headers, NetWsClient **ret)
{
    unsigned char raw[16], key[25];
    rng_bytes(raw, sizeof raw);
    EVP_EncodeBlock(key, raw, sizeof raw);
    NetStreamBuf in;
    Err err = net_client_upgrade(c, e, target, headers, (const char *)key, &in);
    if (err)
        return err;
    NetWsClient *w = calloc(1, sizeof *w);
    ASSERT(w);
    w->in = in;
    w->timeout_ms = net_client_options(c)->timeout_ms;
    ws_reader_init(&w->reader, (size_t)net_client_options(c)->max_frame_bytes, false);
    *ret = w;
    return ERR_OK;
}

void net_ws_client_destroy(NetWsClient *w)
{
    if (!w)
        return;
    net_stream_close(&w->in.stream);
    free(w->in.bytes);
    ws_reader_finish(&w->reader);
    free(w);
}

int net_ws_client_fd(const NetWsClient *w)
{
    return w->in.stream.fd;
}

int net_ws_client_close_code(const NetWsClient *w)
{
    return w->close_code;
}

static Err send_frame(NetWsClient *w, ErrSlot *e, WsOpcode opcode, Str payload)
{
    if (w->masks_left == 0) {
        rng_bytes(w->masks, sizeof w->masks);
        w->masks_left = MASKS;
    }
    const uint8_t *mask = w->masks + (size_t)--w->masks_left * 4;
    char small[1024];
    char *p = payload.n + WS_HEAD_MAX <= sizeof small ? small : malloc(payload.n + WS_HEAD_MAX);
    ASSERT(p);
    size_t n = ws_head_put((uint8_t *)p, opcode, payload.n, mask);
    if (payload.n)
        memcpy(p + n, payload.p, payload.n);
    ws_mask(p + n, payload.n, mask, 0);
    Err err =
        net_stream_write(&w->in.stream, e, p, n + payload.n, net_stream_deadline(w->timeout_ms));
    if (p != small)
        free(p);
    return err;
}

Err net_ws_client_send(NetWsClient *w, ErrSlot *e, Str text)
{
    if (w->close_code)
        return err_set(e, ERR_UPSTREAM, "client.closed", "the socket is closed (%d)",
                       w->close_code);
    return send_frame(w, e, WS_OP_TEXT, text);
}

void net_ws_client_close(NetWsClient *w, int code)
{
    char payload[2] = {(char)(code >> 8), (char)(code & 0xff)};
    ErrSlot ignored = {0};
    if (!w->close_code && send_frame(w, &ignored, WS_OP_CLOSE, (Str){payload, 2}))
        w->close_code = WS_ABNORMAL;
}

static Err closed(NetWsClient *w, ErrSlot *e, int code)
{
    w->close_code = code;
    return err_set(e, ERR_UPSTREAM, "client.closed", "the server closed the socket (%d)", code);
}

/* Events out of the bytes at hand: a message, a pong, the end. *ret_more: bytes are needed. */
static Err take_event(NetWsClient *w, ErrSlot *e, Str *ret, bool *ret_more)
{
    *ret_more = false;
    while (w->at < w->in.n) {
        size_t used;
        Str data;
        int code;
        char echo[2];
        WsEvent event =
            ws_reader_next(&w->reader, w->in.bytes + w->at, w->in.n - w->at, &used, &data, &code);
        w->at += used;
        switch (event) {
        case WS_TEXT:
            *ret = data.p ? data : STR("");
            return ERR_OK;
        case WS_PING:
            if (send_frame(w, e, WS_OP_PONG, data))
                return closed(w, e, WS_ABNORMAL);
            break;
        case WS_CLOSE:
            echo[0] = (char)(code >> 8);
            echo[1] = (char)(code & 0xff);
            (void)!send_frame(w, e, WS_OP_CLOSE, (Str){echo, code == WS_NO_STATUS ? 0u : 2u});
            return closed(w, e, code);
        case WS_FAIL:
            net_ws_client_close(w, code);
            w->close_code = code;
            return err_set(e, ERR_UPSTREAM, "client.answer", "the server broke the protocol (%d)",
                           code);
        case WS_MORE:
        case WS_PONG:
            break;
        }
    }
    *ret_more = true;
    return ERR_OK;
}

Err net_ws_client_next(NetWsClient *w, ErrSlot *e, long timeout_ms, Str *ret)
{
    int64_t deadline_ms = net_stream_deadline(timeout_ms);
    *ret = STR_NONE;
    if (w->close_code)
        return closed(w, e, w->close_code);
    for (;;) {
        bool want;
        Err err = take_event(w, e, ret, &want);
        if (err || !want)
            return err;
        w->at = w->in.n = 0;
        if (w->in.size < READ_STEP) {
            w->in.bytes = realloc(w->in.bytes, READ_STEP);
            ASSERT(w->in.bytes);
            w->in.size = READ_STEP;
        }
        long got = net_stream_read(&w->in.stream, w->in.bytes, w->in.size, deadline_ms);
        if (got < 0)
            return closed(w, e, WS_ABNORMAL);
        if (got == 0)
            return ERR_OK;
        w->in.n = (size_t)got;
    }
}
