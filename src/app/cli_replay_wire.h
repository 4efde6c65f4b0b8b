/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_REPLAY_WIRE_H
#define APP_CLI_REPLAY_WIRE_H
/*
 * ReplayWire: the client's end of HTTP and WebSocket. Opening and HTTP calls wait (helper threads
 * do them); once open, a socket belongs to the loop thread, which reads without waiting.
 */
#include "base/err.h"
#include "base/str.h"

typedef struct ReplayWire ReplayWire;

typedef struct {
    const char *url; /* borrowed: http://host:port or https://… */
    int timeout_ms;
} WireTarget;

typedef struct {
    int status;
    long retry_after_ms;
    Str body;    /* arena */
    Str cookies; /* arena: "a=1; b=2" from all Set-Cookie lines */
} WireReply;

/* Headers: whole lines, each ended by \r\n. Any status is ERR_OK; only a broken connection is an
 * error (replay.connect). */
Err wire_http(const WireTarget *to, Arena *a, ErrSlot *e, const char *method, const char *path,
              Str headers, Str body, WireReply *ret) WARN_UNUSED;
/* 101 gives a socket; another status is put into ret_status with ERR_UPSTREAM. */
Err wire_open(const WireTarget *to, Arena *a, ErrSlot *e, const char *path, Str headers,
              ReplayWire **ret, int *ret_status) WARN_UNUSED;
int wire_fd(const ReplayWire *w);
bool wire_send(ReplayWire *w, Str text); /* false: the connection is gone */
typedef enum { WIRE_TEXT, WIRE_NOTHING, WIRE_CLOSED } WireRead;
/* One whole text message into the arena; pings are answered inside. ret_code: the close code, 1006
 * without one. */
WireRead wire_read(ReplayWire *w, Arena *a, Str *ret_text, int *ret_code);
void wire_close(ReplayWire *w); /* says goodbye and frees; NULL is fine */
#endif
