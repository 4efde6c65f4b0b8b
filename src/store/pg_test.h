/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_PG_TEST_H
#define STORE_PG_TEST_H
/* What the tests of the PostgreSQL driver share: statements of their own. A test's statement takes
 * the place of one of the program's that the test does not use. */
#include "store/test_store.h"

/* Slots of the accounts' statements: no store test runs those. */
#define PG_TEST_SQL(symbol, nth, text, n)                                                          \
    static const StoreSql symbol = {"test." #symbol, NULL, text, n, PG_TEST_SLOT + (nth)}
enum { PG_TEST_SLOT = 40 };

static inline int pg_test_needs_server(void)
{
    if (getenv("ZHIXIN_TEST_PG"))
        return 0;
    fprintf(stderr, "run it with tests/with_pg.py\n");
    return 1;
}

/* One statement in a transaction of its own. */
typedef struct {
    const StoreSql *sql;
    int runs;
} PgTestDo;

static inline Err pg_test_exec(Ctx *c, void *arg)
{
    PgTestDo *d = arg;
    d->runs++;
    return store_exec(c, d->sql, NO_BINDS, NULL);
}

static inline Err pg_test_do(TestStore *t, const StoreSql *sql, ErrSlot *e)
{
    TestCtx x = test_ctx(t);
    PgTestDo d = {.sql = sql};
    Err err = store_write(t->store, x.c, STORE_CHAT, pg_test_exec, &d);
    *e = x.c->err;
    test_ctx_end(&x);
    return err;
}

static inline void pg_test_must(TestStore *t, const StoreSql *sql)
{
    ErrSlot e;
    if (pg_test_do(t, sql, &e) != ERR_OK)
        fail_msg("%s: %s: %s", sql->name, e.code, e.text);
}

/* One number in a read transaction; -1 stands for none. */
typedef struct {
    const StoreSql *sql;
    int64_t number;
} PgTestNumber;

static inline Err pg_test_read_number(Ctx *c, void *arg)
{
    PgTestNumber *n = arg;
    return store_i64(c, n->sql, NO_BINDS, -1, &n->number);
}

static inline int64_t pg_test_number(TestStore *t, const StoreSql *sql)
{
    TestCtx x = test_ctx(t);
    PgTestNumber n = {.sql = sql};
    Err err = store_read(t->store, x.c, pg_test_read_number, &n);
    if (err)
        fail_msg("%s: %s: %s", sql->name, x.c->err.code, x.c->err.text);
    test_ctx_end(&x);
    return n.number;
}
#endif
