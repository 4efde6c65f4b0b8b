/* SPDX-License-Identifier: Apache-2.0 */
/* The four ways to run a statement inside a unit, the same on both engines. */
#include "store/internal.h"

#include <string.h>

enum { MAX_ROWS = 10000 };

void *store_rows_next(Ctx *c, StoreRows *rows)
{
    if (rows->n >= rows->max) {
        rows->over = true;
        return NULL;
    }
    size_t size = rows->map->row_size;
    if (rows->n == rows->cap) {
        ASSERT(!rows->fixed);
        size_t cap = rows->cap ? rows->cap * 2 : 8;
        char *grown = arena_array(c->arena, size, cap);
        if (rows->n)
            memcpy(grown, rows->rows, rows->n * size);
        rows->rows = grown;
        rows->cap = cap;
    }
    void *row = rows->rows + rows->n++ * size;
    if (rows->fixed)
        memset(row, 0, size);
    return row;
}

static Err run(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n, StoreRows *rows,
               int64_t *ret_changes)
{
    StoreTx *tx = c->tx;
    ASSERT(tx);
    if (n != (size_t)sql->params)
        return ctx_err(c, ERR_INTERNAL, "store.params", "%s takes %d parameters, not %zu",
                       sql->name, sql->params, n);
    if (tx->broken)
        return ctx_err(c, ERR_INTERNAL, "store.broken", "%s after a failed statement", sql->name);
    Err err;
    if (tx->write && store_fault_hit(&tx->conn->store->fault, FAULT_STATEMENT))
        err = ctx_err(c, ERR_STORAGE, "storage.failed", "a fault on order in %s", sql->name);
    else
        err = tx->conn->ops->run(tx->conn, c, sql, v, n, rows, ret_changes);
    if (err) {
        tx->broken = true;
        return err;
    }
    if (arena_full(c->arena))
        return ctx_err(c, ERR_LIMIT, "store.memory",
                       "%s: the answer is larger than this request may use", sql->name);
    return ERR_OK;
}

Err store_exec(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n, int64_t *ret_rows)
{
    int64_t changes = 0;
    Err err = run(c, sql, v, n, NULL, &changes);
    if (!err && ret_rows)
        *ret_rows = changes;
    return err;
}

Err store_one(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n, const StoreMap *map,
              void *ret_row, bool *ret_found)
{
    StoreRows rows = {.map = map, .max = 1, .rows = ret_row, .cap = 1, .fixed = true};
    int64_t changes;
    Err err = run(c, sql, v, n, &rows, &changes);
    if (!err)
        *ret_found = rows.n > 0;
    return err;
}

Err store_all(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n, const StoreMap *map,
              void *ret_rows, size_t *ret_n)
{
    StoreRows rows = {.map = map, .max = MAX_ROWS};
    int64_t changes;
    Err err = run(c, sql, v, n, &rows, &changes);
    if (err)
        return err;
    if (rows.over)
        return ctx_err(c, ERR_LIMIT, "store.too_many_rows", "%s gave more than %d rows", sql->name,
                       MAX_ROWS);
    memcpy(ret_rows, &rows.rows, sizeof rows.rows); /* a Type **, whatever Type is */
    *ret_n = rows.n;
    return ERR_OK;
}

Err store_i64(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n, int64_t dflt,
              int64_t *ret)
{
    StoreRows rows = {.max = 1};
    int64_t changes;
    Err err = run(c, sql, v, n, &rows, &changes);
    if (!err)
        *ret = rows.has_number ? rows.number : dflt;
    return err;
}

Err store_tx_run(StoreTx *tx, Ctx *c, StoreRun fn, void *arg)
{
    ASSERT(!c->tx);
    c->tx = tx;
    tx->broken = false;
    Err err = fn(c, arg);
    c->tx = NULL;
    if (!err && tx->broken)
        err = ctx_err(c, ERR_INTERNAL, "store.swallowed_error",
                      "a statement failed and its error was not passed on: %s", c->err.text);
    return err;
}

Err store_conn_do(StoreConn *conn, Ctx *c, bool write, StoreRun fn, void *arg)
{
    Err err = conn->ops->begin(conn, &c->err, write);
    if (err)
        return err;
    StoreTx tx = STORE_TX(conn, write);
    err = store_tx_run(&tx, c, fn, arg);
    if (!err)
        err = conn->ops->commit(conn, &c->err);
    if (err)
        conn->ops->rollback(conn);
    return err;
}
