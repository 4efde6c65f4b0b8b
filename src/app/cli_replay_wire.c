/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_replay_wire.h"

#include "base/assert.h"
#include "base/buf.h"
#include "base/codec.h"
#include "base/rng.h"
#include "net/ws_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLY_MAX_BYTES = 8 << 20, FRAME_MAX_BYTES = 4 << 20, READ_BYTES = 65536 };

struct ReplayWire {
    int fd;
    WsReader reader;
    char in[READ_BYTES];
    size_t in_n, in_at;
    bool gone;
};

static bool wait_for(int fd, short events, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    return poll(&p, 1, timeout_ms) == 1;
}

static bool write_all(int fd, const char *p, size_t n, int timeout_ms)
{
    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent > 0) {
            p += sent;
            n -= (size_t)sent;
        } else if (sent < 0 && errno == EAGAIN) {
            if (!wait_for(fd, POLLOUT, timeout_ms))
                return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* "http://host:port" -> host, port and the Host header's value */
static Err split_url(const WireTarget *to, Arena *a, ErrSlot *e, char **ret_host, char **ret_port,
                     Str *ret_authority)
{
    Str rest = str_of(to->url);
    if (!str_starts(rest, STR("http://")))
        return err_set(e, ERR_INVALID, "replay.url", "the address must start with http://: %s",
                       to->url);
    rest = str_sub(rest, 7, rest.n);
    *ret_authority = rest = str_cut(&rest, '/');
    Str port = STR("80");
    for (size_t i = rest.n; i-- > 0 && rest.p[i] != ']';) {
        if (rest.p[i] == ':') {
            port = str_sub(rest, i + 1, rest.n);
            rest = str_sub(rest, 0, i);
            break;
        }
    }
    if (rest.n > 2 && rest.p[0] == '[')
        rest = str_sub(rest, 1, rest.n - 2);
    *ret_host = str_c(a, rest);
    *ret_port = str_c(a, port);
    return ERR_OK;
}

static int connect_one(const struct addrinfo *at, int timeout_ms)
{
    int fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (fd < 0)
        return -1;
    int one = 1, error = 0;
    socklen_t n = sizeof error;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS && wait_for(fd, POLLOUT, timeout_ms) &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0)
        return fd;
    close(fd);
    errno = error ? error : ETIMEDOUT;
    return -1;
}

static Err dial(const WireTarget *to, Arena *a, ErrSlot *e, Str *ret_authority, int *ret_fd)
{
    char *host, *port;
    Err err = split_url(to, a, e, &host, &port, ret_authority);
    if (err)
        return err;
    struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC}, *list;
    int code = getaddrinfo(host, port, &want, &list);
    if (code != 0)
        return err_set(e, ERR_UPSTREAM, "replay.connect", "%s: %s", host, gai_strerror(code));
    int fd = -1;
    for (struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = connect_one(at, to->timeout_ms);
    freeaddrinfo(list);
    if (fd < 0)
        return err_set(e, ERR_UPSTREAM, "replay.connect", "%s:%s: %s", host, port, strerror(errno));
    *ret_fd = fd;
    return ERR_OK;
}

/* ---- an HTTP answer ---- */

typedef struct {
    Buf all;
    size_t head_n; /* with the empty line; 0: not yet whole */
    int status;
    Str cookies, accept;
    long length, retry_after_ms;
    bool chunked;
} Answer;

static bool header_is(Str line, const char *name, Str *ret_value)
{
    size_t n = strlen(name);
    if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n) != 0)
        return false;
    *ret_value = str_trim(str_sub(line, n + 1, line.n));
    return true;
}

static bool read_head(Answer *h, Arena *a)
{
    Str all = buf_str(&h->all);
    ptrdiff_t end = str_find(all, STR("\r\n\r\n"));
    if (end < 0)
        return false;
    h->head_n = (size_t)end + 4;
    h->length = -1;
    Str head = str_dup(a, str_sub(all, 0, (size_t)end)), value;
    int64_t number = 0;
    Str first = str_cut(&head, '\n');
    if (str_i64(str_sub(first, 9, 3), &number))
        h->status = (int)number;
    while (head.n) {
        Str line = str_trim(str_cut(&head, '\n'));
        if (header_is(line, "content-length", &value) && str_i64(value, &number))
            h->length = (long)number;
        else if (header_is(line, "transfer-encoding", &value))
            h->chunked = true;
        else if (header_is(line, "retry-after", &value) && str_i64(value, &number))
            h->retry_after_ms = (long)number * 1000;
        else if (header_is(line, "sec-websocket-accept", &value))
            h->accept = value;
        else if (header_is(line, "set-cookie", &value)) {
            Str pair = str_cut(&value, ';');
            h->cookies =
                h->cookies.n ? str_fmt(a, "%.*s; %.*s", STR_ARG(h->cookies), STR_ARG(pair)) : pair;
        }
    }
    return true;
}

static Err read_answer(int fd, int timeout_ms, bool head_only, Arena *a, ErrSlot *e, Answer *h)
{
    *h = (Answer){0};
    buf_init(&h->all, a, REPLY_MAX_BYTES);
    char chunk[8192];
    for (;;) {
        if (!h->head_n)
            read_head(h, a);
        if (h->head_n &&
            (head_only || (h->length >= 0 && h->all.n - h->head_n >= (size_t)h->length)))
            return ERR_OK;
        if (!wait_for(fd, POLLIN, timeout_ms))
            return err_set(e, ERR_UPSTREAM, "replay.connect", "no answer within %d ms", timeout_ms);
        /* A socket's first frames may follow its 101 at once: they stay in the kernel. */
        ssize_t n = recv(fd, chunk, head_only ? 1 : sizeof chunk, 0);
        if (n == 0 && h->head_n && h->length < 0 && !h->chunked)
            return ERR_OK;
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            return err_set(e, ERR_UPSTREAM, "replay.connect", "the connection was cut");
        if (n > 0)
            buf_put(&h->all, (Str){chunk, (size_t)n});
        if (h->all.over || h->chunked)
            return err_set(e, ERR_UPSTREAM, "replay.connect",
                           "an answer of a kind the desk does not give");
    }
}

Err wire_http(const WireTarget *to, Arena *a, ErrSlot *e, const char *method, const char *path,
              Str headers, Str body, WireReply *ret)
{
    int fd;
    Str authority;
    Err err = dial(to, a, e, &authority, &fd);
    if (err)
        return err;
    Str head = str_fmt(
        a, "%s %s HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\nContent-Length: %zu\r\n%.*s\r\n",
        method, path, STR_ARG(authority), body.n, STR_ARG(headers));
    Answer h;
    if (!write_all(fd, head.p, head.n, to->timeout_ms) ||
        !write_all(fd, body.p, body.n, to->timeout_ms))
        err = err_set(e, ERR_UPSTREAM, "replay.connect", "the connection was cut");
    else
        err = read_answer(fd, to->timeout_ms, false, a, e, &h);
    close(fd);
    if (err)
        return err;
    *ret = (WireReply){
        .status = h.status,
        .retry_after_ms = h.retry_after_ms,
        .cookies = h.cookies,
        .body = str_sub(buf_str(&h.all), h.head_n, h.length >= 0 ? (size_t)h.length : h.all.n)};
    return ERR_OK;
}

static Str socket_key(Arena *a)
{
    unsigned char raw[18];
    rng_bytes(raw, sizeof raw);
    raw[15] &= 0xf0; /* 16 bytes make 22 characters and == */
    Str key = str_sub(codec_base64url(a, (Str){(const char *)raw, 16}), 0, 22);
    char *text = str_c(a, str_fmt(a, "%.*s==", STR_ARG(key)));
    for (char *p = text; *p; p++)
        *p = *p == '-' ? '+' : *p == '_' ? '/' : *p;
    return str_of(text);
}

Err wire_open(const WireTarget *to, Arena *a, ErrSlot *e, const char *path, Str headers,
              ReplayWire **ret, int *ret_status)
{
    int fd;
    Str authority;
    *ret_status = 0;
    Err err = dial(to, a, e, &authority, &fd);
    if (err)
        return err;
    Str key = socket_key(a);
    Str head =
        str_fmt(a,
                "GET %s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %.*s\r\n%.*s\r\n",
                path, STR_ARG(authority), STR_ARG(key), STR_ARG(headers));
    Answer h = {0};
    char want[WS_ACCEPT_BYTES + 1];
    ws_accept_key(key, want);
    if (!write_all(fd, head.p, head.n, to->timeout_ms))
        err = err_set(e, ERR_UPSTREAM, "replay.connect", "the connection was cut");
    else
        err = read_answer(fd, to->timeout_ms, true, a, e, &h);
    if (!err) {
        *ret_status = h.status;
        if (h.status != 101 || !str_is(h.accept, want))
            err = err_set(e, ERR_UPSTREAM, "replay.socket", "%s answered %d", path, h.status);
    }
    if (err) {
        close(fd);
        return err;
    }
    ReplayWire *w = calloc(1, sizeof *w);
    ASSERT(w);
    w->fd = fd;
    ws_reader_init(&w->reader, FRAME_MAX_BYTES, false);
    *ret = w;
    return ERR_OK;
}

int wire_fd(const ReplayWire *w)
{
    return w->fd;
}

static bool put_frame(ReplayWire *w, WsOpcode opcode, Str payload)
{
    uint8_t mask[4];
    rng_bytes(mask, sizeof mask);
    char *frame = malloc(WS_HEAD_MAX + payload.n);
    ASSERT(frame);
    size_t head = ws_head_put((uint8_t *)frame, opcode, payload.n, mask);
    if (payload.n)
        memcpy(frame + head, payload.p, payload.n);
    ws_mask(frame + head, payload.n, mask, 0);
    bool ok = write_all(w->fd, frame, head + payload.n, 5000);
    free(frame);
    return ok;
}

bool wire_send(ReplayWire *w, Str text)
{
    if (!w->gone && !put_frame(w, WS_OP_TEXT, text))
        w->gone = true;
    return !w->gone;
}

static bool fill(ReplayWire *w)
{
    w->in_at = 0;
    w->in_n = 0;
    ssize_t n = recv(w->fd, w->in, sizeof w->in, 0);
    if (n > 0)
        w->in_n = (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        w->gone = true;
    return n > 0;
}

WireRead wire_read(ReplayWire *w, Arena *a, Str *ret_text, int *ret_code)
{
    *ret_code = WS_ABNORMAL;
    for (;;) {
        if (w->gone)
            return WIRE_CLOSED;
        if (w->in_at == w->in_n && !fill(w))
            return w->gone ? WIRE_CLOSED : WIRE_NOTHING;
        size_t used = 0;
        Str data = STR_NONE;
        int code = 0;
        WsEvent event =
            ws_reader_next(&w->reader, w->in + w->in_at, w->in_n - w->in_at, &used, &data, &code);
        w->in_at += used;
        switch (event) {
        case WS_MORE:
        case WS_PONG:
            break;
        case WS_TEXT:
            *ret_text = str_dup(a, data);
            return WIRE_TEXT;
        case WS_PING:
            if (!put_frame(w, WS_OP_PONG, data))
                w->gone = true;
            break;
        case WS_CLOSE:
        case WS_FAIL:
            w->gone = true;
            *ret_code = code;
            return WIRE_CLOSED;
        }
    }
}

void wire_close(ReplayWire *w)
{
    if (!w)
        return;
    if (!w->gone)
        put_frame(w, WS_OP_CLOSE, (Str){"\x03\xe8", 2});
    close(w->fd);
    ws_reader_finish(&w->reader);
    free(w);
}
