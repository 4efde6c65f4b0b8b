/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: lines of a conversation, customer and agent in turn; the last line is the agent's
 * message. Its promises and times are found and resolved. */
#include "nlu/grammar_files.h"
#include "nlu/promise.h"
#include "base/assert.h"
#include "base/file.h"
#include "base/utf8.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static NluGrammar *load(void)
{
    static const char *const files[] = NLU_GRAMMAR_FILES;
    Arena *arena = arena_create(256u << 20);
    Str texts[NLU_GRAMMAR_FILE_COUNT];
    ErrSlot e = {0};
    for (size_t i = 0; i < NLU_GRAMMAR_FILE_COUNT; i++) {
        Err err = file_read(arena, &e, str_c(arena, str_fmt(arena, "%s/%s", CONTENT_DIR, files[i])),
                            4 << 20, &texts[i]);
        ASSERT(err == ERR_OK);
    }
    NluGrammar *g = nlu_grammar_create(texts, NLU_GRAMMAR_FILE_COUNT, &e);
    ASSERT(g != NULL);
    arena_destroy(arena);
    return g;
}

static void check_time(const NluGrammar *g, const NluTime *t)
{
    static const int64_t nows[] = {0, 1764000000000, 1709222399999, 4102444800000};
    for (size_t i = 0; i < sizeof nows / sizeof nows[0]; i++) {
        NluNow now = {.now_ms = nows[i]};
        NluRange r;
        if (nlu_time_resolve(g, t, &now, &r))
            ASSERT(r.from_ms <= r.to_ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Thread_local NluGrammar *grammar; /* once per fuzzing process */
    if (!grammar)
        grammar = load();
    Str all = {(const char *)data, size};
    if (!utf8_valid(all))
        return -1;
    NluTurn turns[8];
    size_t n = 0;
    Str text = STR_NONE;
    while (all.p && n < 8) {
        text = str_cut(&all, '\n');
        turns[n] = (NluTurn){n % 2 ? NLU_AGENT : NLU_CUSTOMER, text};
        n++;
    }
    Arena *a = arena_create(64u << 20);
    NluPromise p[NLU_PROMISE_MAX];
    size_t points = utf8_count(text);
    size_t found = nlu_promises(grammar, a, turns, n > 0 ? n - 1 : 0, text, p, NLU_PROMISE_MAX);
    ASSERT(found <= NLU_PROMISE_MAX);
    for (size_t i = 0; i < found; i++) {
        ASSERT(p[i].start < p[i].end && p[i].end <= points && p[i].rule != NULL);
        ASSERT(p[i].timed == (p[i].due.n > 0));
        if (p[i].timed)
            check_time(grammar, &p[i].time);
    }
    NluTime t[NLU_TIMES_MAX];
    found = nlu_times(grammar, a, text, t, NLU_TIMES_MAX);
    for (size_t i = 0; i < found; i++) {
        ASSERT(t[i].start < t[i].end && t[i].end <= points);
        check_time(grammar, &t[i]);
    }
    arena_destroy(a);
    return 0;
}
