/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event log. Followers must never miss an event that commits late. SQLite has one writer, so
 * positions are given out in the order of commits. On PostgreSQL they are not: the order there is
 * (number of the transaction, position), and followers read only below the oldest transaction that
 * still runs. Transaction numbers begin again in a new cluster, so a base is added to them.
 */
#include "store/internal.h"

#include "base/clock.h"
#include "sql/event.h"
#include "sql/follower.h"
#include "sql/migration.h"

Err store_event_append(Ctx *c, const StoreEvent *ev)
{
    StoreTx *tx = c->tx;
    ASSERT(tx && tx->write);
    Store *s = tx->conn->store;
    int64_t first =
        s->pg ? s->xid_base : atomic_fetch_add_explicit(&s->position, 1, memory_order_relaxed) + 1;
    Err err = store_exec(c, &EVENT_APPEND,
                         BINDS(i64(first), i64(ev->shop_id), i64(ev->conversation_id),
                               i64(ev->subject_id), i64(ev->seq), text(ev->kind), i64(ev->at_ms)),
                         NULL);
    if (!err)
        tx->events = true;
    return err;
}

static const StoreField EVENT_FIELDS[] = {
    STORE_FIELD(StoreEvent, position),   STORE_FIELD(StoreEvent, xid),
    STORE_FIELD(StoreEvent, shop_id),    STORE_FIELD(StoreEvent, conversation_id),
    STORE_FIELD(StoreEvent, subject_id), STORE_FIELD(StoreEvent, seq),
    STORE_FIELD(StoreEvent, kind),       STORE_FIELD(StoreEvent, at_ms),
};
static const StoreMap EVENT_MAP = STORE_MAP(StoreEvent, EVENT_FIELDS);

Err store_event_after(Ctx *c, StoreCursor from, size_t limit, StoreEvent **ret, size_t *ret_n)
{
    return store_all(c, &EVENT_AFTER,
                     BINDS(i64(from.xid), i64(from.position), i64(c->tx->conn->store->xid_base),
                           i64((int64_t)limit)),
                     &EVENT_MAP, ret, ret_n);
}

static const StoreField CURSOR_FIELDS[] = {STORE_FIELD(StoreCursor, xid),
                                           STORE_FIELD(StoreCursor, position)};
static const StoreMap CURSOR_MAP = STORE_MAP(StoreCursor, CURSOR_FIELDS);

Err store_cursor_get(Ctx *c, const char *name, StoreCursor *ret)
{
    bool found;
    *ret = (StoreCursor){0};
    return store_one(c, &FOLLOWER_GET, BINDS(text(str_of(name))), &CURSOR_MAP, ret, &found);
}

Err store_follower_lag(Ctx *c, const char *name, int64_t *ret_events)
{
    StoreCursor at;
    Err err = store_cursor_get(c, name, &at);
    if (err)
        return err;
    return store_i64(c, &EVENT_LAG, BINDS(i64(at.xid), i64(at.position)), 0, ret_events);
}

/* Positions of events that were rolled back are used again: nobody has seen them. */
static Err start_sqlite(Ctx *c, void *arg)
{
    int64_t last;
    Err err = store_i64(c, &EVENT_LAST, NO_BINDS, 0, &last);
    if (!err)
        atomic_store(&((Store *)arg)->position, last);
    return err;
}

static Err start_pg(Ctx *c, void *arg)
{
    Store *s = arg;
    int64_t last = 0, xid = 0, base = 0;
    Err err = store_exec(c, &MIGRATION_LOCK, NO_BINDS, NULL);
    /* `last` before `xid`: whatever it sees was numbered earlier than this transaction */
    if (!err)
        err = store_i64(c, &EVENT_LAST, NO_BINDS, 0, &last);
    if (!err)
        err = store_i64(c, &EVENT_XID, NO_BINDS, 0, &xid);
    if (!err)
        err = store_i64(c, &EVENT_BASE, NO_BINDS, 0, &base);
    if (!err && last >= xid + base) {
        base = last - xid + 1;
        err = store_exec(c, &EVENT_SET_BASE, BINDS(i64(base)), NULL);
    }
    if (!err)
        s->xid_base = base;
    return err;
}

Err store_event_start(Store *s, StoreConn *conn, ErrSlot *e)
{
    Arena *a = arena_create(1u << 16);
    Ctx c;
    ctx_init(&c, a, s->ids, clock_wall_ms());
    Err err = store_conn_do(conn, &c, s->pg, s->pg ? start_pg : start_sqlite, s);
    if (err)
        *e = c.err;
    arena_destroy(a);
    return err;
}
