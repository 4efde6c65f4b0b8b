/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "base/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static void numbers_are_strict(void **state)
{
    (void)state;
    int64_t v = 7;
    assert_true(str_i64(STR("9223372036854775807"), &v));
    assert_int_equal(v, INT64_MAX);
    assert_true(str_i64(STR("-9223372036854775808"), &v));
    assert_true(v == INT64_MIN);
    v = 7;
    assert_false(str_i64(STR("9223372036854775808"), &v));
    assert_false(str_i64(STR(""), &v));
    assert_false(str_i64(STR("-"), &v));
    assert_false(str_i64(STR("1 "), &v));
    assert_int_equal(v, 7);
}

static void slices(void **state)
{
    (void)state;
    Str s = STR("a=1&b=2");
    assert_true(str_is(str_cut(&s, '&'), "a=1"));
    assert_true(str_is(str_cut(&s, '&'), "b=2"));
    assert_null(s.p);
    assert_int_equal(str_find(STR("知心客服"), STR("客服")), 6);
    assert_int_equal(str_find(STR("aab"), STR("ab")), 1);
    assert_int_equal(str_find(STR("a"), STR("ab")), -1);
    assert_true(str_is(str_trim(STR(" \tx\n")), "x"));
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
}

static void buffers_stop_at_their_maximum(void **state)
{
    (void)state;
    Buf b;
    buf_init(&b, NULL, 4);
    buf_lit(&b, "abcd");
    assert_false(b.over);
    buf_byte(&b, 'e');
    assert_true(b.over);
    assert_int_equal(b.n, 4);
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_strict),
                                       cmocka_unit_test(slices),
                                       cmocka_unit_test(buffers_stop_at_their_maximum)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
