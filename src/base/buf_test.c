/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LONG = 20000 };

/* Two builders in one arena: neither may write into what the other has. */
static void grows_beside_others(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 20);
    Buf x, y;
    buf_init(&x, a, LONG);
    buf_init(&y, a, LONG);
    for (int i = 0; i < LONG; i++) {
        buf_byte(&x, (char)('a' + i % 26));
        if (i % 3 == 0)
            buf_put(&y, STR("zz"));
    }
    assert_int_equal(x.n, LONG);
    for (int i = 0; i < LONG; i++)
        assert_int_equal(x.p[i], 'a' + i % 26);
    for (size_t i = 0; i < y.n; i++)
        assert_int_equal(y.p[i], 'z');
    arena_destroy(a);
}

static void stops_at_its_maximum(void **state)
{
    (void)state;
    Arena *arenas[] = {arena_create(1u << 20), NULL};
    for (int k = 0; k < 2; k++) {
        Buf b;
        buf_init(&b, arenas[k], 300);
        for (int i = 0; i < 299; i++)
            buf_byte(&b, 'x');
        assert_false(b.over);
        buf_byte(&b, 'y');
        assert_false(b.over);
        buf_byte(&b, 'z');
        assert_true(b.over);
        assert_int_equal(b.n, 300);
        buf_finish(&b);
    }
    arena_destroy(arenas[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(grows_beside_others),
                                       cmocka_unit_test(stops_at_its_maximum)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
