/* SPDX-License-Identifier: Apache-2.0 */
/* A blocking HTTP/1.1 client for setting a scene: sessions of visitors, log-in of agents.
 *
 * Owns one kept-alive connection, taken anew (with the next source address) after
 * HTTP_PER_CONNECTION requests. Refuses: answers above HTTP_ANSWER_MAX, chunked answers.
 * Threads: one. */
#ifndef ZX_BENCH_LOAD_HTTP_H
#define ZX_BENCH_LOAD_HTTP_H

#include "conn.h"

enum { HTTP_ANSWER_MAX = 256 * 1024 };

typedef struct {
    Loop *loop; /* borrowed: port, TLS and addresses */
    int fd;
    SSL *ssl;
    uint32_t used;
    uint32_t per_connection; /* requests before the next source address */
    char answer[HTTP_ANSWER_MAX];
    size_t answer_length;
    size_t body_at;
} HttpClient;

void http_client_init(HttpClient *client, Loop *loop, uint32_t per_connection);
void http_client_finish(HttpClient *client);

/* Returns the status, -1 when the connection failed. headers: CRLF-ended lines. body may be NULL.
 * The answer stays in client->answer until the next call. */
int http_client_request(HttpClient *client, const char *method, const char *path,
                        const char *headers, const char *body);

/* Copies a string field of the last answer's body; false when absent or too long. */
bool http_client_field(const HttpClient *client, const char *name, char *out, size_t capacity);
/* Copies the value of a cookie set by the last answer. */
bool http_client_cookie(const HttpClient *client, const char *name, char *out, size_t capacity);

#endif
