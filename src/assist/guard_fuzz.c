/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: a text against the rules that ship, alone and after what was said before; input that
 * begins with '{' is tried as rules as well. */
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

static void check(const AssistGuard *g, const AssistGuardContext *before, Str text)
{
    Arena *a = arena_create(64u << 20);
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    size_t n = assist_guard_check(g, a, before, text, hits), points = utf8_count(text);
    ASSERT(n <= ASSIST_GUARD_HITS);
    for (size_t i = 0; i < n; i++) {
        ASSERT(hits[i].start < hits[i].end && hits[i].end <= points && hits[i].words.n > 0 &&
               hits[i].level != ASSIST_OFF);
        ASSERT(hits[i].words.p >= text.p && hits[i].words.p + hits[i].words.n <= text.p + text.n);
        ASSERT(i == 0 || hits[i - 1].level >= hits[i].level);
    }
    arena_destroy(a);
}

/* Lines before the last are what was said before: customer and shop by turns. */
static Str split(Str text, AssistGuardContext *before, NluUnderstanding *u)
{
    static const double sure[ASSIST_FAULT_COUNT] = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0};
    *u = (NluUnderstanding){.emotion = NLU_ANGRY,
                            .intensity = 3,
                            .intent_n = 1,
                            .intents = {{.code = "ship_when", .p = 1}},
                            .slot_n = 1,
                            .slots = {{.name = "order_no"}}};
    static const AssistFact facts[] = {{.name = {"shop.return_days", 16}, .value = {"7 天", 5}},
                                       {.name = {"shop.ship_time", 14}, .value = {"48 小时", 9}}};
    *before =
        (AssistGuardContext){.facts = facts, .fact_n = 2, .fault_p = text.n % 2 ? sure : NULL};
    for (bool customer = true; str_find(text, STR("\n")) >= 0; customer = !customer) {
        Str line = str_cut(&text, '\n');
        if (customer && before->turn_n < ASSIST_GUARD_TURNS)
            before->turns[before->turn_n++] =
                (AssistGuardTurn){.text = line, .understanding = line.n % 2 ? u : NULL};
        else if (!customer && before->said_n < ASSIST_GUARD_SAID)
            before->said[before->said_n++] = line;
        before->open_n = customer ? before->turn_n : 0;
    }
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Thread_local AssistGuard *shipped; /* once per fuzzing process */
    if (!shipped)
        shipped = load();
    Str text = {(const char *)data, size};
    if (!utf8_valid(text))
        return -1;
    AssistGuardContext before;
    NluUnderstanding u;
    check(shipped, NULL, text);
    Str last = split(text, &before, &u);
    check(shipped, &before, last);
    if (size > 0 && data[0] == '{') {
        ErrSlot e = {0};
        AssistGuard *g = assist_guard_create(text, &e);
        if (g)
            check(g, &before, text);
        assist_guard_destroy(g);
    }
    return 0;
}
