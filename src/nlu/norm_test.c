/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/norm.h"
#include "nlu/trad_table.h"
#include "base/buf.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <cmocka.h>

static Str folded(Arena *a, const char *text, NluNormMode mode, NluText *t)
{
    nlu_normalise(a, str_of(text), mode, 1000, t);
    Buf b;
    buf_init(&b, a, 65536);
    for (size_t i = 0; i < t->n; i++) {
        char out[4];
        buf_put(&b, (Str){out, utf8_put(t->cp[i], out)});
    }
    return buf_str(&b);
}

static void check(const char *text, NluNormMode mode, const char *expect)
{
    Arena *a = arena_create(1 << 20);
    NluText t;
    Str got = folded(a, text, mode, &t);
    if (!str_is(got, expect))
        print_message("'%s' gave '%.*s', not '%s'\n", text, STR_ARG(got), expect);
    assert_true(str_is(got, expect));
    arena_destroy(a);
}

static void folds_width_case_and_traditional(void **state)
{
    (void)state;
    check("ＡＢＣ１２３！", NLU_NORM_CHAT, "abc123!");
    check("請問這個還有貨嗎？", NLU_NORM_CHAT, "请问这个还有货吗?");
    check("退貨，退錢。", NLU_NORM_CHAT, "退货,退钱.");
    check("好\xC2\xA0的\xE3\x80\x80谢谢", NLU_NORM_CHAT, "好 的 谢谢");
    check("𝐒𝐁", NLU_NORM_CHAT, "sb");
}

static void cuts_long_runs_but_not_numbers(void **state)
{
    (void)state;
    check("急急急急急急", NLU_NORM_CHAT, "急急急");
    check("在吗？？？？？", NLU_NORM_CHAT, "在吗???");
    check("1000000", NLU_NORM_CHAT, "1000000");
    check("a   b", NLU_NORM_CHAT, "a b");
}

static void drops_what_cannot_be_seen(void **state)
{
    (void)state;
    check("滚\xE2\x80\x8B开", NLU_NORM_CHAT, "滚开"); /* zero width space */
    check("\xEF\xBB\xBF滚\xE2\x80\x8D开", NLU_NORM_TIGHT, "滚开");
    check("滚\xCC\xB6开", NLU_NORM_TIGHT, "滚开"); /* a combining stroke */
}

static void tight_closes_gaps_inside_words_only(void **state)
{
    (void)state;
    check("滚 * 开", NLU_NORM_TIGHT, "滚开");
    check("脑·残", NLU_NORM_TIGHT, "脑残");
    check("2.5 折", NLU_NORM_TIGHT, "2.5折");
    check("好的。 ", NLU_NORM_TIGHT, "好的.");
    check("好的。", NLU_NORM_CHAT, "好的.");
}

static void places_lead_back_to_the_original(void **state)
{
    (void)state;
    Arena *a = arena_create(1 << 20);
    NluText t;
    Str text = STR("哦哦哦哦哦 滚\xE2\x80\x8B 开！");
    nlu_normalise(a, text, NLU_NORM_TIGHT, 100, &t);
    assert_int_equal(t.n, 6); /* 哦哦哦 滚 开 ! */
    assert_int_equal(t.at[3], 6);
    assert_int_equal(nlu_text_end(&t, 5), 10);
    assert_true(str_is(nlu_text_slice(&t, text, 3, 5), "滚\xE2\x80\x8B 开"));
    assert_int_equal(nlu_text_slice(&t, text, 5, 5).n, 0);
    assert_int_equal(nlu_text_slice(&t, text, 0, 99).n, 0);
    arena_destroy(a);
}

static void reads_no_further_than_told(void **state)
{
    (void)state;
    Arena *a = arena_create(64 << 20);
    char *big = arena_alloc(a, 3 << 20);
    for (size_t i = 0; i < (3 << 20); i += 3) {
        big[i] = (char)0xE5;
        big[i + 1] = (char)0x95;
        big[i + 2] = (char)0x8A;
    }
    NluText t;
    nlu_normalise(a, (Str){big, 3 << 20}, NLU_NORM_CHAT, 4000, &t);
    assert_int_equal(t.n, 3);
    assert_int_equal(t.points, 4000);
    arena_destroy(a);
}

static void table_is_sorted(void **state)
{
    (void)state;
    for (size_t i = 1; i < sizeof(trad_table) / sizeof(trad_table[0]); i++)
        assert_true(trad_table[i - 1].from < trad_table[i].from);
    for (size_t i = 0; i < sizeof(trad_table) / sizeof(trad_table[0]); i++)
        assert_int_equal(nlu_fold(trad_table[i].to),
                         trad_table[i].to); /* folding twice changes nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_width_case_and_traditional),
        cmocka_unit_test(cuts_long_runs_but_not_numbers),
        cmocka_unit_test(drops_what_cannot_be_seen),
        cmocka_unit_test(tight_closes_gaps_inside_words_only),
        cmocka_unit_test(places_lead_back_to_the_original),
        cmocka_unit_test(reads_no_further_than_told),
        cmocka_unit_test(table_is_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
