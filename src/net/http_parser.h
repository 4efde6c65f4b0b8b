/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_HTTP_PARSER_H
#define NET_HTTP_PARSER_H
/*
 * HTTP/1.1 request heads and chunked bodies, strictly: what two servers could read differently is
 * refused. Refused: bare LF, folded lines, bytes outside the grammar, white space before a colon,
 * two Content-Length or Host lines, Content-Length beside Transfer-Encoding, codings other than
 * chunked, targets that do not start with '/', a missing Host in HTTP/1.1. Nothing is allocated;
 * slices point into the caller's bytes.
 *
 * Numbers returned: > 0 success, 0 more bytes are needed, < 0 the negative HTTP status to answer
 * before closing.
 */
#include "net/net.h"

typedef struct {
    NetMethod method;
    bool version_1_0;
    bool keep_alive;
    bool chunked;
    bool expect_continue;
    bool upgrade;           /* a well-formed WebSocket upgrade, version 13 */
    int64_t content_length; /* -1: none given */
    Str path, query, host;  /* borrowed from the head */
    Str ws_key;             /* borrowed */
    size_t headers_n;
} HttpHead;

/* Finds the end of the head. *scanned starts at 0 and lets the next call go on where this one
 * stopped. Returns the bytes of the head with its empty line. */
long http_head_end(const char *p, size_t n, size_t max_bytes, size_t *scanned);
/* One field line without its CRLF; the name is lowered in place. Returns 1. */
int http_field_parse(char *p, size_t n, NetHeader *ret);
/* Reads a whole head of n bytes as found by http_head_end; header names are lowered in place.
 * Returns 1. */
int http_head_parse(char *p, size_t n, NetHeader *headers, size_t headers_max, HttpHead *ret);

typedef struct {
    uint8_t state;
    uint8_t digits;
    uint32_t left;  /* bytes of the present chunk */
    uint32_t extra; /* bytes of extensions and trailers so far */
} HttpChunked;      /* starts zeroed */

/* Takes the next piece out of a chunked body. Returns 2 with a piece of data, 1 at the end of the
 * body; *ret_used bytes were taken in any case. */
int http_chunked_next(HttpChunked *c, const char *p, size_t n, size_t *ret_used, Str *ret_data);

const char *http_reason(int status); /* static */
#endif
