/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: a head, then its rest as a chunked body. The first byte says in which steps the bytes
 * arrive; in whatever steps they do, the result must be that of all at once, and every slice must
 * lie inside the input. */
#include "base/assert.h"
#include "net/http_parser.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_MAX = 2048, FIELDS = 16 };

static void check_slice(Str s, const char *p, size_t n)
{
    ASSERT(!s.p || (s.p >= p && s.p + s.n <= p + n));
}

static long head_in_steps(const char *p, size_t n, size_t step)
{
    size_t scanned = 0;
    for (size_t have = step < n ? step : n;; have = n - have > step ? have + step : n) {
        long end = http_head_end(p, have, HEAD_MAX, &scanned);
        if (end != 0 || have == n)
            return end;
    }
}

static int body_in_steps(const char *p, size_t n, size_t step, char *out, size_t *ret_n,
                         size_t *ret_used)
{
    HttpChunked c = {0};
    size_t at = 0, out_n = 0;
    int got = 0;
    while (at < n && got != 1 && got >= 0) {
        size_t used = 0, take = step < n - at ? step : n - at;
        Str piece = STR_NONE;
        got = http_chunked_next(&c, p + at, take, &used, &piece);
        ASSERT(used > 0 && used <= take);
        check_slice(piece, p + at, take);
        if (piece.n)
            memcpy(out + out_n, piece.p, piece.n);
        out_n += piece.n;
        at += used;
    }
    *ret_n = out_n;
    *ret_used = at;
    return got == 2 ? 0 : got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t step = data[0] % 64u + 1, n = size - 1;
    char *p = malloc(n), *out = malloc(2 * n), *again = out + n;
    ASSERT(p && out);
    memcpy(p, data + 1, n);
    long end = head_in_steps(p, n, n), stepped = head_in_steps(p, n, step);
    if (end >= 0 || stepped >= 0) { /* a bad head may be seen as bad sooner or for another reason */
        ASSERT(end == stepped || end < 0 || stepped < 0);
    }
    size_t body_at = 0;
    if (end > 0 && (size_t)end <= n) {
        NetHeader headers[FIELDS];
        HttpHead h;
        body_at = (size_t)end;
        if (http_head_parse(p, (size_t)end, headers, FIELDS, &h) > 0) {
            ASSERT(h.headers_n <= FIELDS && h.path.n > 0 && h.path.p[0] == '/');
            ASSERT(!h.chunked || h.content_length < 0);
            ASSERT(h.version_1_0 || h.host.n > 0);
            check_slice(h.path, p, (size_t)end);
            check_slice(h.query, p, (size_t)end);
            check_slice(h.host, p, (size_t)end);
            for (size_t i = 0; i < h.headers_n; i++) {
                check_slice(headers[i].name, p, (size_t)end);
                check_slice(headers[i].value, p, (size_t)end);
                ASSERT(headers[i].name.n > 0 &&
                       !memchr(headers[i].value.p, '\n', headers[i].value.n));
                ASSERT(!memchr(headers[i].value.p, '\r', headers[i].value.n));
                ASSERT(!memchr(headers[i].value.p, '\0', headers[i].value.n));
            }
            NetRequest r = {.headers = headers, .headers_n = h.headers_n};
            check_slice(net_header(&r, "cookie"), p, (size_t)end);
            check_slice(net_cookie(&r, "a"), p, (size_t)end);
            if (h.upgrade)
                ASSERT(h.ws_key.n == 24);
        }
    }
    size_t whole_n, stepped_n, whole_used, stepped_used;
    int whole = body_in_steps(p + body_at, n - body_at, n, out, &whole_n, &whole_used);
    int pieces = body_in_steps(p + body_at, n - body_at, step, again, &stepped_n, &stepped_used);
    ASSERT(whole == pieces && whole_n == stepped_n && whole_used == stepped_used);
    ASSERT(memcmp(out, again, whole_n) == 0);
    free(p);
    free(out);
    return 0;
}
