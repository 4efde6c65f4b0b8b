/* SPDX-License-Identifier: Apache-2.0 */
/* What a visitor's or an agent's browser says first: sessions and log-ins of the product, the
 * openings of each protocol. Token lists are owned by the caller. Threads: one. */
#ifndef ZX_BENCH_LOAD_VISITOR_H
#define ZX_BENCH_LOAD_VISITOR_H

#include "conn.h"
#include "options.h"

enum { VISITOR_TOKEN_BYTES = 256, VISITOR_COOKIE_BYTES = 512 };

typedef struct {
    char text[VISITOR_TOKEN_BYTES];
} VisitorToken;

/* count sessions by POST /api/widget/session, the public way; NULL when one was refused. Owned. */
VisitorToken *visitor_tokens_create(Loop *loop, const Options *options, uint32_t count);

/* The header lines (cookie, origin) of a logged-in agent. */
bool visitor_agent_login(Loop *loop, const char *user_password, char *ret_headers, size_t capacity);

const char *visitor_socket_path(const Options *options);
/* Sends what opens the talk; true when the socket is ready at once (no answer is awaited). */
bool visitor_socket_hello(Loop *loop, Conn *conn, const Options *options,
                          const VisitorToken *token);
/* True when this frame says that the socket is ready. Answers engine.io's own openings. */
bool visitor_socket_ready(Loop *loop, Conn *conn, const Options *options, WireFrame frame);

#endif
