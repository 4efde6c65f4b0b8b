/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: a text against the rules that ship; input that begins with '{' is tried as rules as
 * well. */
#include "assist/guard.h"
#include "base/assert.h"
#include "base/file.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static AssistGuard *load(void)
{
    Arena *arena = arena_create(16u << 20);
    ErrSlot e = {0};
    Str rules;
    Err err = file_read(arena, &e, CONTENT_DIR "/guard/rules.json", 4 << 20, &rules);
    ASSERT(err == ERR_OK);
    AssistGuard *g = assist_guard_create(rules, &e);
    ASSERT(g != NULL);
    arena_destroy(arena);
    return g;
}

static void check(const AssistGuard *g, Str text)
{
    Arena *a = arena_create(64u << 20);
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    size_t n = assist_guard_check(g, a, text, hits), points = utf8_count(text);
    ASSERT(n <= ASSIST_GUARD_HITS);
    for (size_t i = 0; i < n; i++)
        ASSERT(hits[i].start < hits[i].end && hits[i].end <= points && hits[i].words.n > 0 &&
               hits[i].level != ASSIST_OFF);
    arena_destroy(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Thread_local AssistGuard *shipped; /* once per fuzzing process */
    if (!shipped)
        shipped = load();
    Str text = {(const char *)data, size};
    if (!utf8_valid(text))
        return -1;
    check(shipped, text);
    if (size > 0 && data[0] == '{') {
        ErrSlot e = {0};
        AssistGuard *g = assist_guard_create(text, &e);
        if (g)
            check(g, text);
        assist_guard_destroy(g);
    }
    return 0;
}
