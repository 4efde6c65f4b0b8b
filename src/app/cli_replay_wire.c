/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_replay_wire.h"

#include "base/assert.h"
#include "net/net_client.h"

#include <stdlib.h>

enum { BODY_MAX_BYTES = 8 << 20, NORMAL_CLOSE = 1000, BROKEN_OFF = 1006 };

struct ReplayWire {
    NetWsClient *ws;
    bool gone;
};

static Err client(const WireTarget *to, ErrSlot *e, NetClient **ret)
{
    NetUrl url;
    Err err = net_url_parse(e, str_of(to->url), &url);
    if (err)
        return err;
    NetClientOptions o;
    net_client_options_default(&o);
    o.timeout_ms = to->timeout_ms;
    o.max_body_bytes = BODY_MAX_BYTES;
    *ret = net_client_create(&o, &url);
    return ERR_OK;
}

static Str all_cookies(const NetReply *r, Arena *a)
{
    Str all = STR_NONE;
    for (size_t i = 0; i < r->headers_n; i++) {
        if (!str_is(r->headers[i].name, "set-cookie"))
            continue;
        Str value = r->headers[i].value;
        Str pair = str_cut(&value, ';');
        all = all.n ? str_fmt(a, "%.*s; %.*s", STR_ARG(all), STR_ARG(pair)) : pair;
    }
    return all;
}

Err wire_http(const WireTarget *to, Arena *a, ErrSlot *e, const char *method, const char *path,
              Str headers, Str body, WireReply *ret)
{
    NetClient *c;
    NetReply reply;
    Err err = client(to, e, &c);
    if (err)
        return err;
    err = net_client_request(c, a, e, method, str_of(path), headers, body, &reply);
    net_client_destroy(c);
    if (err)
        return err;
    int64_t seconds = 0;
    str_i64(net_reply_header(&reply, "retry-after"), &seconds);
    *ret = (WireReply){.status = reply.status,
                       .retry_after_ms = (long)seconds * 1000,
                       .body = reply.body,
                       .cookies = all_cookies(&reply, a)};
    return ERR_OK;
}

/* The client tells a refused upgrade as "… status 401". */
static int refused_status(const ErrSlot *e)
{
    Str text = str_of(e->text);
    ptrdiff_t at = str_find(text, STR("status "));
    int64_t status = 0;
    if (str_is(str_of(e->code), "client.refused") && at >= 0)
        str_i64(str_sub(text, (size_t)at + 7, 3), &status);
    return (int)status;
}

Err wire_open(const WireTarget *to, Arena *a, ErrSlot *e, const char *path, Str headers,
              ReplayWire **ret, int *ret_status)
{
    (void)a;
    *ret_status = 0;
    NetClient *c;
    NetWsClient *ws;
    Err err = client(to, e, &c);
    if (err)
        return err;
    err = net_client_ws(c, e, str_of(path), headers, &ws);
    net_client_destroy(c);
    if (err) {
        *ret_status = refused_status(e);
        return err;
    }
    ReplayWire *w = calloc(1, sizeof *w);
    ASSERT(w);
    w->ws = ws;
    *ret_status = 101;
    *ret = w;
    return ERR_OK;
}

int wire_fd(const ReplayWire *w)
{
    return net_ws_client_fd(w->ws);
}

bool wire_send(ReplayWire *w, Str text)
{
    ErrSlot e = {0};
    if (!w->gone && net_ws_client_send(w->ws, &e, text))
        w->gone = true;
    return !w->gone;
}

WireRead wire_read(ReplayWire *w, Arena *a, Str *ret_text, int *ret_code)
{
    ErrSlot e = {0};
    Str text = STR_NONE;
    Err err = net_ws_client_next(w->ws, &e, 0, &text);
    if (err) {
        w->gone = true;
        int code = net_ws_client_close_code(w->ws);
        *ret_code = code ? code : BROKEN_OFF;
        return WIRE_CLOSED;
    }
    if (!text.p)
        return WIRE_NOTHING;
    *ret_text = str_dup(a, text);
    return WIRE_TEXT;
}

void wire_close(ReplayWire *w)
{
    if (!w)
        return;
    if (!w->gone)
        net_ws_client_close(w->ws, NORMAL_CLOSE);
    net_ws_client_destroy(w->ws);
    free(w);
}
