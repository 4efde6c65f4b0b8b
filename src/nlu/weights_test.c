/* SPDX-License-Identifier: Apache-2.0 */
/* Model files: what is packed is read, and whatever is damaged is refused. */
#include "nlu/weights.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>

enum { ROWS = 500, HEADS = 3 };

static float value(uint32_t row, uint32_t head)
{
    return (float)((int)(row * 7 + head * 31) % 255 - 127) / 127.0f * (float)(head + 1);
}

static Str make(void)
{
    static NluHead const heads[HEADS] = {
        {.name = "one", .a = 1, .threshold = 0.5f}, {.name = "two", .b = 2}, {.name = "three"}};
    uint32_t keys[ROWS];
    uint8_t idf[ROWS];
    float weights[ROWS * HEADS];
    for (uint32_t i = 0; i < ROWS; i++) {
        keys[i] = i * 2654435761u + 1;
        idf[i] = (uint8_t)(16 + i % 200);
        for (uint32_t h = 0; h < HEADS; h++)
            weights[i * HEADS + h] = value(i, h);
    }
    NluWeightPart part = {.heads = heads,
                          .head_n = HEADS,
                          .rows = ROWS,
                          .keys = keys,
                          .idf = idf,
                          .weights = weights};
    NluWeightPart both[NLU_WEIGHTS_SIDES] = {part, part};
    return nlu_weights_pack(both, 9, false);
}

static void packed_is_read(void **state)
{
    (void)state;
    Str file = make(), again = make();
    NluWeights w;
    ErrSlot e = {0};
    assert_int_equal(file.n, again.n);
    assert_memory_equal(file.p, again.p, file.n);
    assert_int_equal(nlu_weights_open(&w, &e, file), ERR_OK);
    assert_int_equal(w.seed, 9);
    for (int side = 0; side < NLU_WEIGHTS_SIDES; side++) {
        const NluWeightSide *s = &w.side[side];
        assert_int_equal(nlu_weights_head(s, "two"), 1);
        assert_int_equal(nlu_weights_head(s, "four"), -1);
        for (uint32_t i = 0; i < ROWS; i++) {
            int32_t row = nlu_weights_row(s, i * 2654435761u + 1);
            assert_int_equal(row, i);
            const int8_t *cells = s->row + (size_t)row * s->stride;
            assert_int_equal((uint8_t)cells[s->stride - 1], 16 + i % 200);
            for (uint32_t h = 0; h < HEADS; h++)
                assert_true(fabsf((float)cells[h] * s->heads[h].scale - value(i, h)) <
                            0.013f * (float)(h + 1));
        }
        assert_int_equal(nlu_weights_row(s, 12345), -1);
    }
    free((void *)(uintptr_t)file.p);
    free((void *)(uintptr_t)again.p);
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    Str file = make();
    char *copy = aligned_alloc(64, file.n);
    NluWeights w;
    for (size_t i = 0; i < file.n; i += i < 300 ? 1 : 97) {
        memcpy(copy, file.p, file.n);
        copy[i] = (char)(copy[i] ^ 0x40);
        ErrSlot e = {0};
        assert_int_equal(nlu_weights_open(&w, &e, (Str){copy, file.n}), ERR_INVALID);
        assert_true(strcmp(e.code, "nlu.model_damaged") == 0 ||
                    strcmp(e.code, "nlu.model_version") == 0);
    }
    free(copy);
    free((void *)(uintptr_t)file.p);
}

static void short_and_foreign_files_are_refused(void **state)
{
    (void)state;
    Str file = make();
    NluWeights w;
    for (size_t n = 0; n < file.n; n += n < 400 ? 1 : 211) {
        ErrSlot e = {0};
        assert_int_equal(nlu_weights_open(&w, &e, (Str){file.p, n}), ERR_INVALID);
        assert_string_equal(e.code, "nlu.model_damaged");
    }
    static const _Alignas(16) char foreign[4096] = "PK\3\4 something else";
    ErrSlot e = {0};
    assert_int_equal(nlu_weights_open(&w, &e, (Str){foreign, sizeof foreign}), ERR_INVALID);
    char *next = aligned_alloc(64, file.n);
    memcpy(next, file.p, file.n);
    next[8] = NLU_WEIGHTS_VERSION + 1;
    err_clear(&e);
    assert_int_equal(nlu_weights_open(&w, &e, (Str){next, file.n}), ERR_INVALID);
    assert_string_equal(e.code, "nlu.model_version");
    free(next);
    free((void *)(uintptr_t)file.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_is_read),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(short_and_foreign_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
