/* SPDX-License-Identifier: Apache-2.0 */
/* What names or reaches a person goes, what a model learns from stays. */
#include "nlu/mask.h"

#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void is(Arena *a, const char *text, const char *want)
{
    const Str names[] = {STR("桂花"), STR("桂花树"), STR("王"), STR_NONE};
    Str have = nlu_mask(a, str_of(text), names, 4);
    if (!str_is(have, want))
        fail_msg("%s: have '%.*s', want '%s'", text, STR_ARG(have), want);
}

static void what_is_masked(void **state)
{
    Arena *a = arena_create(1 << 20);
    (void)state;
    is(a, "电话13800000000谢谢", "电话[数字x]谢谢");
    is(a, "138 0000-0000", "[数字x]");
    is(a, "１３８００００００００", "[数字x]");
    is(a, "一三八零零零零零零零零打给我", "[数字x]打给我");
    is(a, "订单号:20261125093012，单号SF1234567890123。", "订单号:[数字x]，单号[数字x]。");
    is(a, "微信wx_abc123加我", "微信[数字x]加我");
    is(a, "发zhang.san@example.com.", "发[邮箱x].");
    is(a, "看https://example.com/a?b=1 这个", "看[站点x] 这个");
    is(a, "我是桂花树，桂花的王", "我是[姓名x]，[姓名x]的王");
    is(a, "桂花13800000000桂花", "[姓名x][数字x][姓名x]");
    arena_destroy(a);
}

static void what_stays(void **state)
{
    Arena *a = arena_create(1 << 20);
    (void)state;
    static const char *const same[] = {"",
                                       "两件一共1299.00元",
                                       "2026/11/25 10:30 到",
                                       "身高165，体重52",
                                       "3-5天",
                                       "iphone15 多少钱",
                                       "一两天能到吗",
                                       "xxl 还有吗？😀",
                                       "@客服",
                                       "第十一二三页",
                                       "300ml*2",
                                       "满3000减50"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        is(a, same[i], same[i]);
    arena_destroy(a);
}

static void anything_ends_and_is_text(void **state)
{
    Arena *a = arena_create(64 << 20);
    (void)state;
    enum { N = 200000 };
    static const char *const pieces[] = {"1", "a", "一", "@", "-", " ", "桂", "1a@.", "http://"};
    for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++) {
        size_t n = strlen(pieces[p]);
        char *s = arena_alloc(a, N);
        size_t used = 0;
        for (; used + n <= N / 10; used += n)
            memcpy(s + used, pieces[p], n);
        assert_true(utf8_valid(nlu_mask(a, (Str){s, used}, NULL, 0)));
    }
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_masked),
        cmocka_unit_test(what_stays),
        cmocka_unit_test(anything_ends_and_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
