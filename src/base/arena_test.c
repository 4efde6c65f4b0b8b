/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void bump(void *p)
{
    (*(int *)p)++;
}

static void scopes(void **state)
{
    (void)state;
    Arena *a = arena_create(100000);
    int closed = 0;
    for (int round = 0; round < 3; round++) {
        arena_defer(a, bump, &closed);
        unsigned char *p = arena_alloc(a, 3000);
        for (int i = 0; i < 3000; i++)
            assert_int_equal(p[i], 0);
        p[2999] = 1;
        ArenaMark m = arena_mark(a);
        arena_alloc(a, 20000);
        arena_release(a, m);
        assert_int_equal((uintptr_t)arena_alloc(a, 1) % 16, 0);
        arena_reset(a);
        assert_int_equal(closed, round + 1);
    }
    assert_false(arena_full(a));
    arena_alloc(a, 100001);
    assert_true(arena_full(a));
    arena_destroy(a);
}

static void release_runs_what_was_deferred_since(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 20);
    int outer = 0, inner = 0;
    arena_defer(a, bump, &outer);
    ArenaMark m = arena_mark(a);
    arena_alloc(a, 30000);
    arena_defer(a, bump, &inner);
    arena_release(a, m);
    assert_int_equal(inner, 1);
    assert_int_equal(outer, 0);
    arena_destroy(a);
    assert_int_equal(inner, 1);
    assert_int_equal(outer, 1);
}

static void the_last_one_grows_where_it_stands(void **state)
{
    (void)state;
    Arena *a = arena_create(20000);
    unsigned char *p = arena_alloc(a, 100);
    p[99] = 7;
    assert_true(arena_extend(a, p, 100, 1000));
    assert_int_equal(p[99], 7);
    for (int i = 100; i < 1000; i++)
        assert_int_equal(p[i], 0);
    p[999] = 9;
    unsigned char *q = arena_alloc(a, 10);
    assert_true(q >= p + 1000);
    assert_false(arena_extend(a, p, 1000, 1100)); /* no longer the last */
    assert_true(arena_extend(a, q, 10, 20));
    assert_false(arena_extend(a, q, 20, 100000)); /* no room in its block */
    assert_false(arena_extend(a, NULL, 0, 10));
    assert_int_equal(p[999], 9);
    arena_destroy(a);
    a = arena_create(3000);
    p = arena_alloc(a, 1000);
    assert_false(arena_extend(a, p, 1000, 3500)); /* past the cap: the usual way says so */
    assert_false(arena_full(a));
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(scopes),
                                       cmocka_unit_test(the_last_one_grows_where_it_stands),
                                       cmocka_unit_test(release_runs_what_was_deferred_since)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
