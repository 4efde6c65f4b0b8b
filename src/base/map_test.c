/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

static void agrees_with_a_plain_array(void **state)
{
    (void)state;
    enum { N = 500 };
    void *plain[N] = {0};
    Map m;
    map_init(&m);
    uint64_t x = 88172645463325252u;
    int mark;
    for (int i = 0; i < 20000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        size_t k = x % N;
        int64_t key = (int64_t)(k + 1) << 22; /* like ids: low bits equal */
        if (x >> 40 & 1) {
            plain[k] = &mark;
            map_put(&m, key, &mark);
        } else {
            assert_ptr_equal(map_remove(&m, key), plain[k]);
            plain[k] = NULL;
        }
        assert_ptr_equal(map_get(&m, key), plain[k]);
    }
    size_t n = 0, want = 0;
    int64_t key;
    void *value;
    for (size_t i = 0; map_each(&m, &i, &key, &value);)
        n++;
    for (size_t i = 0; i < N; i++)
        want += plain[i] != NULL;
    assert_int_equal(n, want);
    map_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_a_plain_array)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
