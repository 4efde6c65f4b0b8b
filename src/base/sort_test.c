/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { MANY = 5000 };

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Numbers of all lengths, by a fixed rule (splitmix64). */
static uint64_t next(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return z >> (*seed >> 32) % 64;
}

static void same_as_qsort(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 47, 48, 49, 50, 257, MANY};
    uint64_t keys[MANY], scratch[MANY], want[MANY], seed = 7;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s];
        for (size_t i = 0; i < n; i++)
            want[i] = keys[i] = next(&seed);
        if (n > 3)
            want[2] = keys[2] = UINT64_MAX, want[3] = keys[3] = keys[0]; /* the top bit; a pair */
        qsort(want, n, sizeof *want, compare);
        sort_u64(keys, scratch, n);
        assert_memory_equal(keys, want, n * sizeof *keys);
    }
}

static void one_digit_differs(void **state)
{
    (void)state;
    uint64_t keys[200], scratch[200];
    for (unsigned shift = 0; shift <= 42; shift += 7) {
        for (uint64_t i = 0; i < 200; i++)
            keys[i] = UINT64_C(0x100000000000000) | (199 - i) << shift;
        sort_u64(keys, scratch, 200);
        for (uint64_t i = 0; i < 200; i++)
            assert_int_equal(keys[i], UINT64_C(0x100000000000000) | i << shift);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_qsort),
                                       cmocka_unit_test(one_digit_differs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
