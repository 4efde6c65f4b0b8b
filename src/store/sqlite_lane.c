/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The write lane: one thread, one connection, every write of the program. A batch is whatever
 * queued up while the last commit ran; its units share one COMMIT and nobody is told before it is
 * on the disk.
 *
 * Units run without savepoints first (a savepoint makes SQLite keep a copy of every page it
 * touches). Nearly all refusals come before the first write and cost nothing. When a unit fails
 * after writing, the batch is rolled back and run again with savepoints, and so are the next
 * CAREFUL batches.
 *
 * FULL, IOERR and NOMEM may have rolled back the whole batch behind our back. Then each unit runs
 * again alone; the first that fails in the same way is refused, and so are all after it: they would
 * only fail slower.
 */
#include "base/clock.h"
#include "store/internal.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { BATCH_UNITS = 512, BATCH_NS = 20000000, CAREFUL = 64 };

struct StoreLane {
    Store *store;
    StoreConn *conn;
    pthread_t thread;
    atomic_bool trim;
    int careful;       /* batches that still run with savepoints */
    int64_t wal_pages; /* after the last commit */
    StoreTx tx;        /* of the unit that runs */
    StoreTx batch;     /* what all committed units announced */
    StoreUnit *units[BATCH_UNITS];
    Err results[BATCH_UNITS];
};

typedef enum { BATCH_OK, BATCH_DIRTY, BATCH_LOST } BatchEnd;

static int on_wal(void *user, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((StoreLane *)user)->wal_pages = pages;
    return SQLITE_OK;
}

static void count_max(_Atomic int64_t *at, int64_t value)
{
    if (value > atomic_load_explicit(at, memory_order_relaxed))
        atomic_store_explicit(at, value, memory_order_relaxed); /* one writer: the lane */
}

/* Takes back everything a failed or repeated run may have left in its context. */
static void clean(StoreUnit *u)
{
    ctx_wakes_drop(u->c);
    err_clear(&u->c->err);
}

static Err refuse(StoreUnit *u, const ErrSlot *why)
{
    clean(u);
    u->c->err = *why;
    return why->err;
}

/* Runs one unit in the open transaction. *ret_dirty: it failed and has left writes behind. */
static Err run_unit(StoreLane *l, StoreUnit *u, bool savepoint, bool *ret_dirty)
{
    *ret_dirty = false;
    l->tx = STORE_TX(l->conn, true);
    if (savepoint) {
        Err err = store_sqlite_savepoint(l->conn, &u->c->err);
        if (err)
            return err;
    }
    int64_t before = store_sqlite_changes(l->conn);
    Err err = store_tx_run(&l->tx, u->c, u->run, u->arg);
    store_fault_kill(&l->store->fault, FAULT_AFTER_WRITE);
    if (err) {
        ctx_wakes_drop(u->c);
        if (!store_sqlite_in_tx(l->conn))
            return err;
        ErrSlot e = {0};
        if (savepoint && store_sqlite_rollback_to(l->conn, &e) != ERR_OK) {
            l->conn->ops->rollback(l->conn); /* the batch is lost, and seen to be lost */
            return err;
        }
        *ret_dirty = !savepoint && store_sqlite_changes(l->conn) != before;
        return err;
    }
    if (savepoint && (err = store_sqlite_release(l->conn, &u->c->err)) != ERR_OK) {
        l->conn->ops->rollback(l->conn);
        return err;
    }
    l->batch.events |= l->tx.events;
    if (l->tx.timer_due_ms < l->batch.timer_due_ms)
        l->batch.timer_due_ms = l->tx.timer_due_ms;
    return ERR_OK;
}

static Err commit(StoreLane *l, ErrSlot *e)
{
    store_fault_kill(&l->store->fault, FAULT_BEFORE_COMMIT);
    int64_t start = clock_steady_ns();
    Err err = l->conn->ops->commit(l->conn, e);
    StoreCounters *k = &l->store->count;
    atomic_store_explicit(&k->last_commit_us, (clock_steady_ns() - start) / 1000,
                          memory_order_relaxed);
    atomic_store_explicit(&k->failing, err != ERR_OK, memory_order_relaxed);
    if (err) {
        l->conn->ops->rollback(l->conn);
        return err;
    }
    store_fault_kill(&l->store->fault, FAULT_AFTER_COMMIT);
    atomic_fetch_add_explicit(&k->commits, 1, memory_order_relaxed);
    return ERR_OK;
}

/* Tells *n units how it went: after the commit that they saw. */
static void report(StoreLane *l, size_t from, size_t to)
{
    Store *s = l->store;
    int64_t errors = 0;
    store_tx_announce(s, &l->batch);
    l->batch = STORE_TX(l->conn, true);
    for (size_t i = from; i < to; i++)
        errors += l->results[i] != ERR_OK;
    /* counted before it is told: who is told may look */
    atomic_fetch_add(&s->count.units, (int64_t)(to - from));
    atomic_fetch_add(&s->count.unit_errors, errors);
    for (size_t i = from; i < to; i++)
        l->units[i]->done(l->units[i], l->results[i]); /* the unit may be gone now */
    if (s->config.batch_done)
        s->config.batch_done(s->config.user);
}

/* Runs units until the batch is through or its time is up (*n is then less). */
static BatchEnd run_batch(StoreLane *l, size_t *n, bool savepoints, ErrSlot *e)
{
    int64_t start = clock_steady_ns();
    l->batch = STORE_TX(l->conn, true);
    if (l->conn->ops->begin(l->conn, e, true) != ERR_OK)
        return BATCH_LOST;
    for (size_t i = 0; i < *n; i++) {
        if (i > 0 && clock_steady_ns() - start > BATCH_NS) {
            *n = i;
            break;
        }
        bool dirty;
        l->results[i] = run_unit(l, l->units[i], savepoints, &dirty);
        if (!store_sqlite_in_tx(l->conn)) {
            *e = l->units[i]->c->err;
            return BATCH_LOST;
        }
        if (dirty) {
            l->conn->ops->rollback(l->conn);
            return BATCH_DIRTY;
        }
    }
    return commit(l, e) == ERR_OK ? BATCH_OK : BATCH_LOST;
}

static void clean_all(StoreLane *l, size_t n)
{
    for (size_t i = 0; i < n; i++)
        clean(l->units[i]);
    atomic_fetch_add_explicit(&l->store->count.reruns, (int64_t)n, memory_order_relaxed);
}

/* Each unit with a transaction of its own, after the batch was lost. */
static void run_alone(StoreLane *l, size_t n, const ErrSlot *lost)
{
    ErrSlot why = *lost;
    /* locked by somebody else for the whole busy timeout: each try would wait as long again */
    bool refusing = why.err == ERR_BUSY;
    if (refusing)
        atomic_store(&l->store->count.failing, true);
    else
        clean_all(l, n);
    for (size_t i = 0; i < n; i++) {
        StoreUnit *u = l->units[i];
        if (refusing) {
            l->results[i] = refuse(u, &why);
            report(l, i, i + 1);
            continue;
        }
        l->batch = STORE_TX(l->conn, true);
        ErrSlot e = {0};
        Err err = l->conn->ops->begin(l->conn, &e, true);
        if (!err) {
            bool dirty;
            l->results[i] = run_unit(l, u, false, &dirty);
            bool lost_again = !store_sqlite_in_tx(l->conn);
            if (lost_again)
                e = u->c->err;
            if (dirty)
                l->conn->ops->rollback(l->conn);
            else
                err = lost_again ? u->c->err.err : commit(l, &e);
        }
        if (err) {
            refusing = true;
            atomic_store(&l->store->count.failing, true);
            why = e;
            l->batch = STORE_TX(l->conn, true);
            l->results[i] = refuse(u, &why);
        }
        report(l, i, i + 1);
    }
    if (refusing)
        store_log(l->store, LOG_ERROR, "writes refused", &why);
}

/* A checkpoint of the little that the checkpointer left: the next commit starts the WAL over. */
static void trim(StoreLane *l)
{
    sqlite3_wal_checkpoint_v2(store_sqlite_handle(l->conn), NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                              NULL);
}

void store_lane_trim(StoreLane *l)
{
    atomic_store(&l->trim, true);
}

static void *work(void *arg)
{
    StoreLane *l = arg;
    prctl(PR_SET_NAME, "zx-lane");
    Store *s = l->store;
    size_t taken;
    while ((taken = store_queue_take(&s->queue, l->units, BATCH_UNITS)) > 0) {
        size_t n = taken;
        ErrSlot e = {0};
        bool savepoints = l->careful > 0;
        if (savepoints)
            l->careful--;
        BatchEnd end = run_batch(l, &n, savepoints, &e);
        if (end == BATCH_DIRTY) {
            l->careful = CAREFUL;
            n = taken;
            clean_all(l, n);
            end = run_batch(l, &n, true, &e);
        }
        store_queue_put_back(&s->queue, l->units + n, taken - n);
        count_max(&s->count.max_batch, (int64_t)n);
        if (end == BATCH_OK)
            report(l, 0, n);
        else
            run_alone(l, n, &e);
        atomic_store_explicit(&s->count.wal_bytes, l->wal_pages * 4096, memory_order_relaxed);
        store_checkpointer_note(s, l->wal_pages);
        if (atomic_exchange(&l->trim, false))
            trim(l);
    }
    return NULL;
}

Err store_lane_start(Store *s, StoreConn *writer, ErrSlot *e)
{
    StoreLane *l = store_alloc(sizeof *l);
    l->store = s;
    l->conn = writer;
    s->lane = l;
    sqlite3_wal_hook(store_sqlite_handle(writer), on_wal, l);
    if (pthread_create(&l->thread, NULL, work, l) == 0)
        return ERR_OK;
    s->lane = NULL;
    free(l);
    return err_set(e, ERR_INTERNAL, "store.open", "no thread for the write lane");
}

void store_lane_stop(Store *s)
{
    StoreLane *l = s->lane;
    if (!l)
        return;
    store_queue_close(&s->queue);
    pthread_join(l->thread, NULL);
    store_checkpointer_stop(s);
    store_sqlite_pool_stop(s);
    int rc = sqlite3_wal_checkpoint_v2(store_sqlite_handle(l->conn), NULL,
                                       SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (rc != SQLITE_OK) {
        ErrSlot e = {0};
        store_sqlite_err(store_sqlite_handle(l->conn), rc, &e);
        store_log(s, LOG_WARN, "last checkpoint failed",
                  &e); /* the WAL is kept and read at the next start */
    }
    l->conn->ops->close(l->conn);
    free(l);
    s->lane = NULL;
}
