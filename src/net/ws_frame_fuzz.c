/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: frames from a client (or, by the top bit of the first byte, from a server), whole and
 * in steps: the same events must come out, text must be valid, and no message may pass the maximum.
 */
#include "base/assert.h"
#include "base/utf8.h"
#include "net/ws_frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 300, EVENTS_MAX = 4096 };

typedef struct {
    uint64_t hash;
    size_t events;
    bool failed;
} Trace;

static void note(Trace *t, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        t->hash = (t->hash ^ b[i]) * 0x100000001b3u;
}

static Trace run(const uint8_t *data, size_t n, size_t step, bool from_client)
{
    Trace t = {.hash = 7};
    WsReader r;
    char *p = malloc(n);
    ASSERT(p);
    memcpy(p, data, n);
    ws_reader_init(&r, MESSAGE_MAX, from_client);
    for (size_t from = 0; from < n && !t.failed; from += step) {
        size_t to = step < n - from ? from + step : n, at = from;
        while (at < to && !t.failed) {
            size_t used;
            Str got;
            int code;
            WsEvent event = ws_reader_next(&r, p + at, to - at, &used, &got, &code);
            ASSERT(used > 0 && used <= to - at);
            at += used;
            if (event == WS_MORE)
                continue;
            t.events++;
            t.failed = event == WS_FAIL;
            note(&t, &event, sizeof event);
            note(&t, &code, sizeof code);
            if (event == WS_TEXT) {
                ASSERT(got.n <= MESSAGE_MAX && utf8_valid(got));
            } else if (event != WS_FAIL) {
                ASSERT(got.n <= WS_CONTROL_MAX);
            }
            if (event == WS_CLOSE)
                ASSERT(code == WS_NO_STATUS || ws_close_code_valid(code));
            if (event != WS_FAIL)
                note(&t, got.p, got.n);
        }
    }
    ws_reader_finish(&r);
    free(p);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    bool from_client = !(data[0] & 0x80);
    Trace whole = run(data + 1, size - 1, size, from_client);
    Trace pieces = run(data + 1, size - 1, data[0] % 32u + 1, from_client);
    ASSERT(whole.events == pieces.events && whole.hash == pieces.hash &&
           whole.failed == pieces.failed);
    return 0;
}
