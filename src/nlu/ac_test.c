/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/ac.h"
#include "nlu/norm.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

enum { HITS = 4096 };

static uint32_t add(NluAcBuilder *b, Arena *a, const char *word)
{
    NluText t;
    nlu_normalise(a, str_of(word), NLU_NORM_CHAT, 100, &t);
    return nlu_ac_add(b, t.cp, t.n);
}

static void finds_every_occurrence(void **state)
{
    (void)state;
    Arena *a = arena_create(1 << 20);
    NluAcBuilder *b = nlu_ac_builder_create();
    uint32_t goods = add(b, a, "退货"), fee = add(b, a, "退货运费"), freight = add(b, a, "运费"),
             again = add(b, a, "退货");
    assert_int_equal(goods, again);
    NluAc *ac = nlu_ac_build(b);
    assert_int_equal(nlu_ac_words(ac), 3);
    NluText t;
    nlu_normalise(a, STR("退货运费 退退货"), NLU_NORM_CHAT, 100, &t);
    NluHit h[HITS];
    size_t n = nlu_ac_scan(ac, t.cp, t.n, h, HITS);
    assert_int_equal(n, 4);
    assert_int_equal(h[0].word, goods);
    assert_int_equal(h[0].start, 0);
    assert_int_equal(h[1].word, fee);
    assert_int_equal(h[2].word, freight);
    assert_int_equal(h[2].start, 2);
    assert_int_equal(h[2].end, 4);
    assert_int_equal(h[3].word, goods);
    assert_int_equal(h[3].start, 6);
    assert_int_equal(nlu_ac_scan(ac, t.cp, t.n, h, 2), 2);
    nlu_ac_destroy(ac);
    arena_destroy(a);
}

/* A yardstick that cannot be wrong: compare with looking at every place for every word. */
static void agrees_with_naive_search(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < 60; round++) {
        Arena *a = arena_create(4 << 20);
        NluAcBuilder *b = nlu_ac_builder_create();
        uint32_t words[80][6], length[80], number[80];
        size_t word_n = 1 + (size_t)(round % 80);
        for (size_t w = 0; w < word_n; w++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            length[w] = 1 + (uint32_t)(seed % 5);
            for (size_t i = 0; i < length[w]; i++) {
                seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
                words[w][i] = (uint32_t)(seed % 4) * 0x4FFF + 'a';
            }
            number[w] = nlu_ac_add(b, words[w], length[w]);
        }
        NluAc *ac = nlu_ac_build(b);
        uint32_t text[300];
        for (size_t i = 0; i < 300; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            text[i] = (uint32_t)(seed % 5) * 0x4FFF + 'a';
        }
        NluHit h[HITS];
        size_t n = nlu_ac_scan(ac, text, 300, h, HITS), expect = 0;
        for (size_t w = 0; w < word_n; w++) {
            bool twin = false;
            for (size_t v = 0; v < w; v++)
                twin = twin || number[v] == number[w];
            for (size_t i = 0; !twin && i + length[w] <= 300; i++)
                expect += memcmp(text + i, words[w], length[w] * sizeof(uint32_t)) == 0;
        }
        assert_int_equal(n, expect);
        for (size_t i = 1; i < n; i++)
            assert_true(h[i - 1].end < h[i].end ||
                        (h[i - 1].end == h[i].end && h[i - 1].start < h[i].start));
        nlu_ac_destroy(ac);
        arena_destroy(a);
    }
}

static void an_empty_one_finds_nothing(void **state)
{
    (void)state;
    NluAc *ac = nlu_ac_build(nlu_ac_builder_create());
    const uint32_t text[] = {'a', 0x4F60, 0x10FFFF};
    NluHit h[4];
    assert_int_equal(nlu_ac_scan(ac, text, 3, h, 4), 0);
    nlu_ac_destroy(ac);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_occurrence),
        cmocka_unit_test(agrees_with_naive_search),
        cmocka_unit_test(an_empty_one_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
