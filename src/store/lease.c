/* SPDX-License-Identifier: Apache-2.0 */
/* Leases: work that one process of several does. With SQLite the lock on the data folder already
 * says who that is. A lease saves double work, it does not prove anything: what must not happen
 * twice also compares and moves a row in its own transaction. */
#include "store/internal.h"

#include "sql/lease.h"

Err store_lease_take(Ctx *c, const char *name, int64_t for_ms, bool *ret_held)
{
    Store *s = c->tx->conn->store;
    int64_t rows = 0;
    Err err = store_exec(c, &LEASE_TAKE,
                         BINDS(text(str_of(name)), text(str_of(s->holder)), i64(s->config.node),
                               i64(c->now_ms + for_ms), i64(c->now_ms)),
                         &rows);
    if (!err)
        *ret_held = rows > 0;
    return err;
}

Err store_lease_drop_all(Ctx *c, void *store)
{
    return store_exec(c, &LEASE_DROP, BINDS(text(str_of(((Store *)store)->holder))), NULL);
}

Err store_lease_drop_node(Ctx *c, void *store)
{
    return store_exec(c, &LEASE_DROP_NODE, BINDS(i64(((Store *)store)->config.node)), NULL);
}
