/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static Err parse(Arena *a, Str s, const Json **ret, ErrSlot *e)
{
    err_clear(e);
    return json_parse(a, e, s, ret);
}

static void strangers_text_is_refused(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 20);
    ErrSlot e;
    const Json *j;
    const Str bad[] = {STR(""),
                       STR("{"),
                       STR("{\"a\":1}x"),
                       STR("{\"a\":\"\\u0000\"}"),
                       STR("{\"a\":\"\xff\"}"),
                       STR("\"\\ud800\""),
                       STR("{\"a\":\"\n\"}"),
                       STR("nul"),
                       STR("[1,]")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(a, bad[i], &j, &e), ERR_INVALID);
    char deep[80];
    memset(deep, '[', 40);
    memset(deep + 40, ']', 40);
    assert_int_equal(parse(a, (Str){deep, 80}, &j, &e), ERR_INVALID);
    assert_string_equal(e.code, "json.depth");
    arena_destroy(a);
}

static void reading_and_writing_agree(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 20);
    ErrSlot e;
    const Json *j;
    Str src =
        STR("{\"id\":\"42\",\"t\":\"知\\\"心\\n\\u0001\",\"n\":-5,\"b\":true,\"l\":[1,2.5,null]}");
    assert_int_equal(parse(a, src, &j, &e), ERR_OK);
    int64_t id = 0;
    assert_true(json_id(j, "id", &id));
    assert_int_equal(id, 42);
    assert_int_equal(json_i64(j, "n", 0), -5);
    assert_int_equal(json_i64(j, "t", 9), 9);
    assert_true(str_eq(json_print(a, j), src));
    Str s;
    assert_int_equal(json_need_str(j, &e, "t", 1, 3, &s), ERR_INVALID);
    assert_string_equal(e.field, "t");
    assert_int_equal(json_need_str(j, &e, "t", 1, 10, &s), ERR_OK);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(strangers_text_is_refused),
                                       cmocka_unit_test(reading_and_writing_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
