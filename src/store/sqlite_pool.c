/* SPDX-License-Identifier: Apache-2.0 */
/* Read connections: lent to the caller's thread for one snapshot. They are opened when first
 * needed: an idle desk holds one. */
#include "store/internal.h"

#include <stdlib.h>

enum { READERS = 8, WAIT_MS = 5000 };

struct StoreSqlitePool {
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    StoreConn *idle[READERS]; /* a stack: the warmest cache first */
    int idle_n, open_n;
};

Err store_sqlite_pool_start(Store *s, ErrSlot *e)
{
    StoreSqlitePool *p = store_alloc(sizeof *p);
    pthread_mutex_init(&p->mutex, NULL);
    store_cond_init(&p->returned);
    s->pool = p;
    Err err = store_sqlite_connect(s, false, e, &p->idle[0]);
    if (!err)
        p->idle_n = p->open_n = 1;
    return err;
}

void store_sqlite_pool_stop(Store *s)
{
    StoreSqlitePool *p = s->pool;
    if (!p)
        return;
    ASSERT(p->idle_n == p->open_n); /* nobody may still be reading */
    for (int i = 0; i < p->idle_n; i++)
        p->idle[i]->ops->close(p->idle[i]);
    pthread_cond_destroy(&p->returned);
    pthread_mutex_destroy(&p->mutex);
    free(p);
    s->pool = NULL;
}

static Err take(Store *s, ErrSlot *e, StoreConn **ret)
{
    StoreSqlitePool *p = s->pool;
    pthread_mutex_lock(&p->mutex);
    for (int waited = 0; p->idle_n == 0 && p->open_n == READERS && waited < WAIT_MS; waited += 100)
        store_cond_wait_ms(&p->returned, &p->mutex, 100);
    StoreConn *conn = p->idle_n ? p->idle[--p->idle_n] : NULL;
    bool may_open = !conn && p->open_n < READERS;
    p->open_n += may_open;
    pthread_mutex_unlock(&p->mutex);
    if (conn) {
        *ret = conn;
        return ERR_OK;
    }
    if (!may_open)
        return err_retry(e, ERR_BUSY, "storage.busy", 500, "every read connection is in use");
    Err err = store_sqlite_connect(s, false, e, ret);
    if (err) {
        pthread_mutex_lock(&p->mutex);
        p->open_n--;
        pthread_mutex_unlock(&p->mutex);
    }
    return err;
}

static void give(Store *s, StoreConn *conn)
{
    StoreSqlitePool *p = s->pool;
    pthread_mutex_lock(&p->mutex);
    p->idle[p->idle_n++] = conn;
    pthread_mutex_unlock(&p->mutex);
    pthread_cond_signal(&p->returned);
}

Err store_sqlite_read(Store *s, Ctx *c, StoreRun run, void *arg)
{
    StoreConn *conn;
    Err err = take(s, &c->err, &conn);
    if (err)
        return err;
    err = store_conn_do(conn, c, false, run, arg);
    give(s, conn);
    return err;
}
