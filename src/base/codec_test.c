/* SPDX-License-Identifier: Apache-2.0 */
#include "base/codec.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static void round_trips(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 20);
    char raw[256];
    for (size_t n = 0; n < 256; n++) {
        raw[n] = (char)(n * 37);
        Str in = {raw, n}, out;
        assert_true(codec_base64url_decode(a, codec_base64url(a, in), &out));
        assert_true(str_eq(in, out));
        assert_true(codec_hex_decode(a, codec_hex(a, in), &out));
        assert_true(str_eq(in, out));
    }
    Str out;
    assert_false(codec_base64url_decode(a, STR("A"), &out));
    assert_false(codec_base64url_decode(a, STR("AB"), &out)); /* non-zero tail bits */
    assert_false(codec_base64url_decode(a, STR("A+=="), &out));
    assert_false(codec_percent_decode(a, STR("%zz"), false, &out));
    assert_false(codec_percent_decode(a, STR("%00"), false, &out));
    assert_false(codec_percent_decode(a, STR("%ff"), false, &out));
    assert_true(str_is(codec_query(a, STR("x=1&q=%E7%9F%A5+a"), "q"), "知 a"));
    assert_true(str_is(codec_percent(a, STR("知/")), "%E7%9F%A5%2F"));
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trips)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
