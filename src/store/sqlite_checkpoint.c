/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checkpointer: copies what was committed from the WAL back into the database file, beside the
 * lane, so that no commit pays for it. While the lane keeps writing, a passive checkpoint never
 * reaches the end and the WAL cannot start over; past TRIM_PAGES the lane is asked to copy the
 * small rest itself between two batches.
 */
#include "base/clock.h"
#include "store/internal.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { CHECKPOINT_PAGES = 1000, TRIM_PAGES = 4000 };

struct StoreCheckpointer {
    Store *store;
    StoreConn *conn;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    int64_t pages; /* in the WAL after the last commit */
    int64_t done;  /* of them copied back by the last checkpoint */
    bool sleeping, stopping;
};

static void checkpoint(StoreCheckpointer *k)
{
    Store *s = k->store;
    int64_t start = clock_steady_ns();
    int in_wal = 0, copied = 0;
    int rc = sqlite3_wal_checkpoint_v2(store_sqlite_handle(k->conn), NULL,
                                       SQLITE_CHECKPOINT_PASSIVE, &in_wal, &copied);
    atomic_store_explicit(&s->count.checkpoint_ms, (clock_steady_ns() - start) / 1000000,
                          memory_order_relaxed);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY) {
        ErrSlot e = {0};
        store_sqlite_err(store_sqlite_handle(k->conn), rc, &e);
        store_log(s, LOG_ERROR, "checkpoint failed", &e);
        return;
    }
    if (in_wal > TRIM_PAGES)
        store_lane_trim(s->lane);
    pthread_mutex_lock(&k->mutex);
    k->done = copied;
    pthread_mutex_unlock(&k->mutex);
}

static bool due(const StoreCheckpointer *k)
{
    /* fewer pages than were copied: the WAL has started over */
    int64_t done = k->pages < k->done ? 0 : k->done;
    return k->pages - done >= CHECKPOINT_PAGES;
}

static void *work(void *arg)
{
    StoreCheckpointer *k = arg;
    prctl(PR_SET_NAME, "zx-checkpt");
    pthread_mutex_lock(&k->mutex);
    for (;;) {
        k->sleeping = true;
        while (!k->stopping && !due(k))
            pthread_cond_wait(&k->woken, &k->mutex);
        k->sleeping = false;
        if (k->stopping)
            break;
        int64_t before = k->pages;
        pthread_mutex_unlock(&k->mutex);
        checkpoint(k);
        pthread_mutex_lock(&k->mutex);
        /* it failed, or a long reader holds the rest: wait for more pages before trying again */
        if (k->done < before && k->pages >= before)
            k->done = before;
    }
    pthread_mutex_unlock(&k->mutex);
    return NULL;
}

Err store_checkpointer_start(Store *s, ErrSlot *e)
{
    StoreConn *conn;
    Err err = store_sqlite_connect(s, false, e, &conn);
    if (err)
        return err;
    /* a checkpoint writes, although no statement does */
    err = conn->ops->script(
        conn, e, "PRAGMA query_only = OFF; PRAGMA synchronous = FULL; PRAGMA cache_size = -100;");
    if (err) {
        conn->ops->close(conn);
        return err;
    }
    StoreCheckpointer *k = store_alloc(sizeof *k);
    k->store = s;
    k->conn = conn;
    pthread_mutex_init(&k->mutex, NULL);
    pthread_cond_init(&k->woken, NULL);
    s->checkpointer = k;
    int rc = pthread_create(&k->thread, NULL, work, k);
    ASSERT(rc == 0);
    return ERR_OK;
}

void store_checkpointer_stop(Store *s)
{
    StoreCheckpointer *k = s->checkpointer;
    if (!k)
        return;
    pthread_mutex_lock(&k->mutex);
    k->stopping = true;
    pthread_cond_signal(&k->woken);
    pthread_mutex_unlock(&k->mutex);
    pthread_join(k->thread, NULL);
    k->conn->ops->close(k->conn);
    pthread_cond_destroy(&k->woken);
    pthread_mutex_destroy(&k->mutex);
    free(k);
    s->checkpointer = NULL;
}

void store_checkpointer_note(Store *s, int64_t wal_pages)
{
    StoreCheckpointer *k = s->checkpointer;
    if (!k)
        return;
    pthread_mutex_lock(&k->mutex);
    k->pages = wal_pages;
    if (k->sleeping && due(k))
        pthread_cond_signal(&k->woken);
    pthread_mutex_unlock(&k->mutex);
}
