/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static void only_table_3_7_passes(void **state)
{
    (void)state;
    assert_true(utf8_valid(STR("知心 😀 é")));
    assert_true(utf8_valid(STR("\xf4\x8f\xbf\xbf")));
    const Str bad[] = {STR("\x80"),
                       STR("\xc0\x80"),
                       STR("\xc1\xbf"),
                       STR("\xe0\x80\x80"),
                       STR("\xed\xa0\x80"),
                       STR("\xf0\x80\x80\x80"),
                       STR("\xf4\x90\x80\x80"),
                       STR("\xf5\x80\x80\x80"),
                       STR("\xe4\xbd"),
                       STR("\xff")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(utf8_valid(bad[i]));
}

static void fragments_join(void **state)
{
    (void)state;
    uint32_t st = 0;
    assert_true(utf8_step(&st, STR("\xe7\x9f")));
    assert_int_not_equal(st, 0);
    assert_true(utf8_step(&st, STR("\xa5")));
    assert_int_equal(st, 0);
    assert_true(utf8_step(&st, STR("\xed")));
    assert_false(utf8_step(&st, STR("\xa0")));
}

static void every_code_point_round_trips(void **state)
{
    (void)state;
    for (uint32_t cp = 1; cp < 0x110000; cp++) {
        if (cp >= 0xd800 && cp < 0xe000)
            continue;
        char b[4];
        Str s = {b, utf8_put(cp, b)};
        size_t at = 0;
        assert_true(utf8_valid(s));
        assert_int_equal(utf8_next(s, &at), cp);
        assert_int_equal(at, s.n);
    }
}

static void counting(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(STR("知心a")), 3);
    assert_true(str_is(utf8_head(STR("知心a"), 2), "知心"));
    assert_int_equal(utf8_offset(STR("知心a"), 9), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_table_3_7_passes), cmocka_unit_test(fragments_join),
        cmocka_unit_test(every_code_point_round_trips), cmocka_unit_test(counting)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
