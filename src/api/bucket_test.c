/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_burst_then_the_rate(void **state)
{
    (void)state;
    Bucket b = {0};
    int64_t wait, now = 1000;
    for (int i = 0; i < 30; i++)
        assert_true(bucket_take(&b, now, 2000, 30, &wait));
    assert_false(bucket_take(&b, now, 2000, 30, &wait));
    assert_int_equal(wait, 500); /* two a second */
    assert_false(bucket_take(&b, now + 499, 2000, 30, &wait));
    assert_int_equal(wait, 1);
    assert_true(bucket_take(&b, now + 500, 2000, 30, &wait));
    assert_int_equal(wait, 0);
    assert_false(bucket_take(&b, now + 500, 2000, 30, &wait));
}

static void it_never_holds_more_than_the_burst(void **state)
{
    (void)state;
    Bucket b = {0};
    int64_t wait, now = 5;
    assert_true(bucket_take(&b, now, 1000, 3, &wait));
    now += INT64_C(1) << 40; /* decades: no overflow */
    for (int i = 0; i < 3; i++)
        assert_true(bucket_take(&b, now, 1000000, 3, &wait));
    assert_false(bucket_take(&b, now, 1000000, 3, &wait));
}

/* Asking often must not keep a slow bucket from filling. */
static void asking_often_does_not_starve(void **state)
{
    (void)state;
    Bucket b = {0};
    int64_t wait, now = 1, taken = 0;
    assert_true(bucket_take(&b, now, 100, 1, &wait)); /* one in ten seconds */
    for (int i = 0; i < 20000; i++)
        taken += bucket_take(&b, ++now, 100, 1, &wait);
    assert_int_equal(taken, 2);
}

static void a_clock_that_stands_or_begins_at_zero(void **state)
{
    (void)state;
    Bucket b = {0};
    int64_t wait;
    assert_true(bucket_take(&b, 0, 1000, 2, &wait));
    assert_true(bucket_take(&b, 0, 1000, 2, &wait));
    assert_false(bucket_take(&b, 0, 1000, 2, &wait)); /* not full again */
    assert_false(bucket_take(&b, 0, 0, 2, &wait));
    assert_int_equal(wait, 60000); /* no rate at all: some wait is named */
}

static void a_table_keeps_keys_apart(void **state)
{
    (void)state;
    Bucket *table = calloc(BUCKETS_N, sizeof *table);
    assert_non_null(table);
    enum { APART = BUCKETS_N / 4 };
    Bucket *first = bucket_of(table, 7);
    assert_ptr_equal(bucket_of(table, 7), first);
    first->at_ms = 10;
    for (uint64_t i = 1; i < 4; i++) { /* the same row: four have room */
        Bucket *b = bucket_of(table, 7 + i * APART);
        assert_ptr_not_equal(b, first);
        b->at_ms = 10 + (int64_t)i;
    }
    assert_ptr_equal(bucket_of(table, 7), first);
    first->at_ms = 100; /* used again: now the second is the one that waited longest */
    Bucket *second = bucket_of(table, 7 + APART);
    assert_ptr_equal(bucket_of(table, 7 + 4 * APART), second);
    assert_int_equal(second->key, 7 + 4 * APART);
    assert_int_equal(second->at_ms, 0);
    assert_ptr_equal(bucket_of(table, 7), first);
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_then_the_rate),
        cmocka_unit_test(it_never_holds_more_than_the_burst),
        cmocka_unit_test(asking_often_does_not_starve),
        cmocka_unit_test(a_clock_that_stands_or_begins_at_zero),
        cmocka_unit_test(a_table_keeps_keys_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
