/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket on one connection: messages to the handler, frames out, pings, the closing handshake.
 */
#include "net/internal.h"

#include "base/assert.h"

#include <stdlib.h>

void net_ws_kept_free(Conn *c)
{
    if (c->kept)
        ws_reader_finish(&c->kept->reader);
    free(c->kept);
    c->kept = NULL;
}

/* Leaves CONN_WS: sends the close frame and waits for the peer's, or for its end of the stream. */
static void say_bye(NetServer *s, Conn *c, int code, Str reason, ConnState next)
{
    char payload[WS_CONTROL_MAX];
    size_t n = 0;
    if (code != WS_NO_STATUS) {
        payload[0] = (char)(code >> 8);
        payload[1] = (char)(code & 0xff);
        for (n = 2; n < sizeof payload && n - 2 < reason.n; n++)
            payload[n] = reason.p[n - 2];
    }
    c->close_code = (uint16_t)code;
    net_conn_queue(s, c, net_frame_ws(WS_OP_CLOSE, (Str){payload, n}));
    if (next == CONN_DRAIN) {
        net_conn_end(s, c, true);
        return;
    }
    c->state = (uint8_t)next;
    c->ws_work = c->ws_paused = false;
    net_conn_deadline(s, c, NET_BYE_S * 1000);
    net_conn_resume(s, c);
}

/* One event of the reader. */
static void on_event(NetServer *s, Conn *c, WsEvent event, Str data, int code)
{
    bool open = c->state == CONN_WS;
    switch (event) {
    case WS_MORE:
    case WS_PONG:
        break;
    case WS_TEXT:
        if (!open)
            break;
        COUNT(s, frames_in, 1);
        c->ws_work = true;
        s->h.ws_message(s->h.user, net_server_handle(s, c), c->tag, data);
        break;
    case WS_PING:
        if (open)
            net_conn_queue(s, c, net_frame_ws(WS_OP_PONG, data));
        break;
    case WS_CLOSE:
        if (open)
            say_bye(s, c, code, STR_NONE, CONN_DRAIN);
        else
            net_conn_end(s, c, false); /* both close frames have passed */
        break;
    case WS_FAIL:
        COUNT(s, parse_errors, 1);
        if (open)
            say_bye(s, c, code, STR_NONE, CONN_DRAIN);
        else
            net_conn_end(s, c, true);
        break;
    }
}

size_t net_ws_data(NetServer *s, Conn *c, char *p, size_t n)
{
    WsReader fresh;
    WsReader *r = &fresh;
    if (c->kept)
        r = &c->kept->reader;
    else
        ws_reader_init(&fresh, (size_t)s->o.max_frame_bytes, true);
    size_t at = 0;
    while (at < n) {
        size_t used;
        Str data;
        int code;
        WsEvent event = ws_reader_next(r, p + at, n - at, &used, &data, &code);
        at += used;
        on_event(s, c, event, data, code);
        if (c->state != CONN_WS && c->state != CONN_WS_BYE)
            at = n; /* the last word was spoken */
        else if (c->ws_work || c->ws_paused || net_conn_waiting(c) >= NET_PAUSE_BYTES)
            break;
    }
    if (ws_reader_idle(r)) {
        if (r == &fresh)
            ws_reader_finish(r);
        else
            net_ws_kept_free(c);
    } else if (r == &fresh) {
        c->kept = malloc(sizeof *c->kept);
        ASSERT(c->kept);
        c->kept->reader = fresh;
        c->kept->since_s = s->now_s;
    }
    return at;
}

void net_ws_due(NetServer *s, Conn *c)
{
    uint32_t ping_s = (uint32_t)((s->o.ws_ping_ms + 999) / 1000);
    uint32_t silent_s = s->now_s - c->last_in_s;
    if (c->kept && !c->ws_work && !c->ws_paused &&
        s->now_s - c->kept->since_s > (uint32_t)(s->o.body_timeout_ms / 1000) + 1) {
        COUNT(s, slow_closed, 1);
        say_bye(s, c, WS_TOO_SLOW, STR("message too slow"), CONN_DRAIN);
        return;
    }
    if (silent_s < ping_s || c->ws_work || c->ws_paused) {
        /* while we do not read, silence is ours and not the peer's */
        net_conn_deadline(
            s, c, silent_s < ping_s ? (long)(ping_s - silent_s) * 1000 - 1 : s->o.ws_ping_ms);
        return;
    }
    if (c->pings >= 2) {
        net_conn_kill(s, c, WS_ABNORMAL);
        return;
    }
    c->pings++;
    net_conn_queue(s, c, net_frame_ref(s->ping));
    net_conn_deadline(s, c, s->o.ws_ping_ms);
}

bool net_ws_send(NetServer *s, NetConn handle, NetFrame *f)
{
    Conn *c = net_server_conn(s, handle);
    if (!c || c->state != CONN_WS)
        return false;
    if (net_conn_waiting(c) + f->n > (size_t)s->o.write_high_bytes) {
        /* It reads too slowly: what waits is given up, it fetches it again after reconnecting. */
        COUNT(s, slow_closed, 1);
        if (c->out)
            net_out_cut(c->out);
        say_bye(s, c, WS_TOO_SLOW, STR("too slow"), CONN_DRAIN);
        return false;
    }
    COUNT(s, frames_out, 1);
    net_conn_queue(s, c, net_frame_ref(f));
    return true;
}

void net_ws_next(NetServer *s, NetConn handle)
{
    Conn *c = net_server_conn(s, handle);
    if (!c || c->state != CONN_WS || !c->ws_work)
        return;
    c->ws_work = false;
    net_conn_resume(s, c);
}

void net_ws_close(NetServer *s, NetConn handle, int code, Str reason)
{
    Conn *c = net_server_conn(s, handle);
    if (!c || c->state != CONN_WS)
        return;
    say_bye(s, c, code, reason, CONN_WS_BYE);
}

static void on_pause(uv_timer_t *t)
{
    NetServer *s = t->loop->data;
    int64_t now_ms = (int64_t)uv_now(&s->loop), soonest_ms = INT64_MAX;
    size_t left = 0;
    for (size_t i = 0; i < s->pauses_n; i++) {
        Pause *p = &s->pauses[i];
        Conn *c = net_server_conn(s, p->conn);
        if (!c || !c->ws_paused)
            continue;
        if (p->until_ms > now_ms) {
            soonest_ms = p->until_ms < soonest_ms ? p->until_ms : soonest_ms;
            s->pauses[left++] = *p;
            continue;
        }
        c->ws_paused = false;
        net_conn_resume(s, c);
    }
    s->pauses_n = left;
    if (left) /* not oftener than 50 times a second, however many wait */
        uv_timer_start(t, on_pause, soonest_ms - now_ms > 20 ? (uint64_t)(soonest_ms - now_ms) : 20,
                       0);
    net_server_turn(s);
}

void net_ws_pause_limit(NetServer *s, NetConn handle, long ms)
{
    Conn *c = net_server_conn(s, handle);
    if (!c || c->state != CONN_WS || ms <= 0 || c->ws_paused)
        return;
    if (s->pauses_n == s->pauses_size) {
        s->pauses_size = s->pauses_size ? s->pauses_size * 2 : 16;
        s->pauses = realloc(s->pauses, s->pauses_size * sizeof *s->pauses);
        ASSERT(s->pauses);
    }
    c->ws_paused = true;
    uv_update_time(&s->loop);
    s->pauses[s->pauses_n++] = (Pause){handle, (int64_t)uv_now(&s->loop) + ms};
    uint64_t due =
        uv_is_active((uv_handle_t *)&s->pause) ? uv_timer_get_due_in(&s->pause) : UINT64_MAX;
    if ((uint64_t)ms < due)
        uv_timer_start(&s->pause, on_pause, (uint64_t)ms, 0);
}
