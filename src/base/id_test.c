/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static void ids_grow_even_when_the_clock_jumps_back(void **state)
{
    (void)state;
    IdSource s;
    id_source_init(&s, 5);
    int64_t last = 0, now = 1790000000000;
    for (int i = 0; i < 20000; i++) {
        if (i == 10000)
            now -= 3600000;
        int64_t id = id_next(&s, now);
        assert_true(id > last);
        assert_int_equal(id >> 12 & 1023, 5);
        last = id;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ids_grow_even_when_the_clock_jumps_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
