/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: what json_parse takes is UTF-8, no deeper than promised, and comes back the same after
 * printing. */
#include "base/assert.h"
#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const Json *v, unsigned depth)
{
    ASSERT(depth <= JSON_MAX_DEPTH);
    if (json_is_string(v)) {
        Str s = json_value_str(v);
        ASSERT(utf8_valid(s));
        for (size_t i = 0; i < s.n; i++)
            ASSERT(s.p[i] != '\0');
    }
    for (const Json *c = json_first(v); c; c = json_next(c)) {
        ASSERT(utf8_valid(json_key(c)));
        walk(c, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 65536)
        return 0;
    Arena *a = arena_create(64 << 20);
    ErrSlot e = {0};
    Str text = {(const char *)data, size};
    const Json *v;
    if (json_parse(a, &e, text, &v) == ERR_OK) {
        ASSERT(utf8_valid(text));
        walk(v, 0);
        Str s;
        int64_t id;
        json_i64(v, "id", 0);
        json_f64(v, "p", 0);
        (void)!json_need_str(v, &e, "text", 1, 10, &s);
        if (json_need_id(v, &e, "id", &id) == ERR_OK)
            ASSERT(id > 0);
        err_clear(&e);
        Str printed = json_print(a, v);
        const Json *again;
        ASSERT(json_parse(a, &e, printed, &again) == ERR_OK);
        ASSERT(str_eq(json_print(a, again), printed));
    } else {
        ASSERT(e.code && e.err != ERR_OK);
    }
    arena_destroy(a);
    return 0;
}
