/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: lines of a conversation, customer and agent in turn; the last line is the message. */
#include "nlu/lexicon_files.h"
#include "nlu/nlu.h"
#include "base/assert.h"
#include "base/file.h"
#include "base/utf8.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static NluModel *load(void)
{
    static const char *const files[] = NLU_LEXICON_FILES;
    Arena *arena = arena_create(256u << 20);
    Str texts[NLU_LEXICON_FILE_COUNT];
    ErrSlot e = {0};
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT; i++) {
        Err err = file_read(arena, &e, str_c(arena, str_fmt(arena, "%s/%s", CONTENT_DIR, files[i])),
                            4 << 20, &texts[i]);
        ASSERT(err == ERR_OK);
    }
    NluModel *m = nlu_model_create(texts, NLU_LEXICON_FILE_COUNT, &e);
    ASSERT(m != NULL);
    arena_destroy(arena);
    return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Thread_local NluModel *model; /* once per fuzzing process */
    if (!model)
        model = load();
    Str all = {(const char *)data, size};
    if (!utf8_valid(all))
        return -1;
    NluTurn turns[16];
    size_t n = 0;
    Str text = STR_NONE;
    while (all.p && n < 16) {
        text = str_cut(&all, '\n');
        turns[n] = (NluTurn){n % 2 ? NLU_AGENT : NLU_CUSTOMER, text};
        n++;
    }
    Arena *a = arena_create(64u << 20);
    NluUnderstanding u;
    nlu_understand(model, a, turns, n > 0 ? n - 1 : 0, text, &u);
    ASSERT(u.intent_n >= 1 && u.intent_n <= NLU_INTENT_MAX && u.evidence_n <= NLU_EVIDENCE_MAX &&
           u.slot_n <= NLU_SLOT_MAX);
    ASSERT((u.emotion == NLU_CALM) == (u.intensity == 0) && u.intensity <= 3);
    for (size_t i = 0; i < u.intent_n; i++)
        ASSERT(u.intents[i].p >= 0 && u.intents[i].p <= 1);
    size_t points = utf8_count(text);
    for (size_t i = 0; i < u.evidence_n; i++)
        ASSERT(u.evidence[i].start < u.evidence[i].end && u.evidence[i].end <= points);
    for (size_t i = 0; i < u.slot_n; i++)
        ASSERT(u.slots[i].start < u.slots[i].end && u.slots[i].end <= points &&
               u.slots[i].value.n > 0);
    arena_destroy(a);
    return 0;
}
