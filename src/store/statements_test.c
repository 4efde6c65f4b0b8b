/* SPDX-License-Identifier: Apache-2.0 */
/* Every statement of the program is prepared against the schema its migrations make. */
#include "store/test_store.h"

static Err prepare_one(Ctx *c, void *arg)
{
    StoreConn *conn = c->tx->conn;
    return conn->ops->prepare(conn, &c->err, arg);
}

static void every_statement_is_prepared(void **state)
{
    TestStore *t = *state;
    int faults = 0, seen = 0;
    for (size_t i = 0; STORE_ALL_SQL[i]; i++) {
        TestCtx x = test_ctx(t);
        assert_int_equal(STORE_ALL_SQL[i]->slot, i);
        if (store_read(t->store, x.c, prepare_one, (void *)(uintptr_t)STORE_ALL_SQL[i])) {
            print_error("%s: %s\n", STORE_ALL_SQL[i]->name, x.c->err.text);
            faults++;
        }
        test_ctx_end(&x);
        seen++;
    }
    assert_true(seen > 100);
    assert_int_equal(faults, 0);
}

static void a_wrong_statement_is_found(void **state)
{
    TestStore *t = *state;
    static const StoreSql WRONG = {"test.wrong", "SELECT no_such FROM event",
                                   "SELECT no_such FROM event", 0, 0};
    TestCtx x = test_ctx(t);
    assert_int_not_equal(store_read(t->store, x.c, prepare_one, (void *)(uintptr_t)&WRONG), 0);
    test_ctx_end(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_statement_is_prepared, test_store_setup,
                                        test_store_teardown),
        cmocka_unit_test_setup_teardown(a_wrong_statement_is_found, test_store_setup,
                                        test_store_teardown),
    };
    return cmocka_run_group_tests_name("store/statements", tests, NULL, NULL);
}
