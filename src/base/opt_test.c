/* SPDX-License-Identifier: Apache-2.0 */
#include "base/opt.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

typedef struct {
    const char *listen;
    int64_t rate;
    bool demo;
} Opts;

static const OptRow ROWS[] = {
    {"listen", OPT_TEXT, "ADDR:PORT", "127.0.0.1:8080", 0, 0, "where", offsetof(Opts, listen)},
    {"rate", OPT_INT, "N", "5", 1, 100, "how fast", offsetof(Opts, rate)},
    {"demo", OPT_FLAG, NULL, NULL, 0, 0, "demo", offsetof(Opts, demo)},
};

static void flags(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 16);
    ErrSlot e = {0};
    Opts o = {0};
    char **rest;
    int n;
    char *argv[] = {"--rate=7", "--demo", "file", "--listen", "x:1"};
    assert_int_equal(opt_parse(a, &e, ROWS, 3, 5, argv, &o, &rest, &n), ERR_OK);
    assert_int_equal(o.rate, 7);
    assert_true(o.demo);
    assert_string_equal(o.listen, "x:1");
    assert_int_equal(n, 1);
    assert_string_equal(rest[0], "file");
    char *bad1[] = {"--rate", "101"}, *bad2[] = {"--nope"}, *bad3[] = {"--rate"};
    assert_int_equal(opt_parse(a, &e, ROWS, 3, 2, bad1, &o, &rest, &n), ERR_INVALID);
    assert_int_equal(opt_parse(a, &e, ROWS, 3, 1, bad2, &o, &rest, &n), ERR_INVALID);
    assert_int_equal(opt_parse(a, &e, ROWS, 3, 1, bad3, &o, &rest, &n), ERR_INVALID);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(flags)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
