/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL's threads and connections. Each writer thread takes one unit at a time from the queue
 * and gives it a transaction of its own; the server groups the commits. Reads borrow a connection
 * on the caller's thread.
 *
 * A unit runs again when it lost a race (40001, 40P01; with a pause that grows and is never the
 * same twice) and, once, when its connection broke before COMMIT was sent: an idle connection that
 * a restart of the server cut off costs nobody anything. When COMMIT was sent and no answer came,
 * nobody knows: the unit is refused with store.commit_unknown and is not run again; the sender
 * repeats with the same client_id, which is stored once.
 *
 * While the server is gone, units and reads are refused at once with store.unavailable; one thread
 * at a time tries to connect, at growing distances.
 */
#include "store/pg.h"

#include "base/clock.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/prctl.h>

enum {
    RACES = 12,
    FAIR_TURNS = 16,
    TAKE_WAIT_MS = 5000,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 5000
};

typedef struct {
    StorePgPool *pool;
    pthread_t thread;
    StoreConn *conn; /* NULL: not connected yet, or lost */
} Writer;

struct StorePgPool {
    Store *store;
    Writer *writers;
    int64_t writers_n, size;
    atomic_uint turns;
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    StoreConn **idle; /* readers, a stack */
    int64_t idle_n, open_n;
    int64_t backoff_ms, next_try_ns; /* backoff 0: the server is there, as far as we know */
};

/* Between half of ms and ms: threads that met once shall not meet again. */
static int64_t jitter(int64_t ms)
{
    uint32_t r;
    rng_bytes(&r, sizeof r);
    return ms - (int64_t)(r % (uint32_t)(ms / 2 + 1));
}

static void pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* ---- connecting ---- */
/* Asks to try; false: refused until *ret_wait_ms have passed. While the server is gone, who may
 * try keeps the others out for as long as the next pause. */
static bool may_dial(StorePgPool *p, int64_t *ret_wait_ms)
{
    int64_t now = clock_steady_ns();
    pthread_mutex_lock(&p->mutex);
    bool may = p->backoff_ms == 0 || now >= p->next_try_ns;
    *ret_wait_ms = may ? 0 : (p->next_try_ns - now) / 1000000;
    if (may && p->backoff_ms)
        p->next_try_ns = now + p->backoff_ms * 1000000;
    pthread_mutex_unlock(&p->mutex);
    return may;
}

static void dialled(StorePgPool *p, Err err, const ErrSlot *why)
{
    pthread_mutex_lock(&p->mutex);
    bool was_gone = p->backoff_ms > 0;
    if (err) {
        int64_t next = was_gone ? p->backoff_ms * 2 : BACKOFF_FIRST_MS;
        p->backoff_ms = next < BACKOFF_MAX_MS ? next : BACKOFF_MAX_MS;
        p->next_try_ns = clock_steady_ns() + jitter(p->backoff_ms) * 1000000;
    } else {
        p->backoff_ms = 0;
    }
    pthread_mutex_unlock(&p->mutex);
    if (err)
        atomic_store_explicit(&p->store->count.failing, true, memory_order_relaxed);
    if (err && !was_gone)
        store_log(p->store, LOG_ERROR, "database lost", why);
    if (!err && was_gone && p->store->config.log)
        log_line(p->store->config.log, LOG_INFO, "database is back", NULL);
}

static Err dial(StorePgPool *p, ErrSlot *e, StoreConn **ret)
{
    int64_t wait_ms;
    if (!may_dial(p, &wait_ms))
        return pg_unavailable(e, (long)(wait_ms + 500));
    ErrSlot why = {0};
    StoreConn *conn;
    Err err = store_pg_connect(p->store, &why, &conn);
    if (!err && (err = pg_set_limits(conn, &why)) != ERR_OK)
        conn->ops->close(conn);
    dialled(p, err, &why);
    if (err)
        return pg_unavailable(e, 1000);
    *ret = conn;
    return ERR_OK;
}

/* ---- writing ---- */
typedef enum { END, AGAIN_AFTER_RACE, AGAIN_AFTER_LOSS } Verdict;

static Err commit(Store *s, StoreConn *conn, ErrSlot *e)
{
    store_fault_kill(&s->fault, FAULT_BEFORE_COMMIT);
    int64_t start = clock_steady_ns();
    Err err = conn->ops->commit(conn, e);
    atomic_store_explicit(&s->count.last_commit_us, (clock_steady_ns() - start) / 1000,
                          memory_order_relaxed);
    if (err)
        return err;
    store_fault_kill(&s->fault, FAULT_AFTER_COMMIT);
    atomic_fetch_add_explicit(&s->count.commits, 1, memory_order_relaxed);
    atomic_store_explicit(&s->count.failing, false, memory_order_relaxed);
    return ERR_OK;
}

/* One run of one unit. */
static Err attempt(Writer *w, StoreUnit *u, StoreTx *tx, Verdict *ret_verdict)
{
    Store *s = w->pool->store;
    ErrSlot *e = &u->c->err;
    *ret_verdict = END;
    if (!w->conn) {
        Err err = dial(w->pool, e, &w->conn);
        if (err)
            return err;
    }
    *tx = STORE_TX(w->conn, true);
    Err err = w->conn->ops->begin(w->conn, e, true);
    if (!err) {
        err = store_tx_run(tx, u->c, u->run, u->arg);
        store_fault_kill(&s->fault, FAULT_AFTER_WRITE);
        if (!err)
            err = commit(s, w->conn, e);
    }
    if (!err)
        return ERR_OK;
    w->conn->ops->rollback(w->conn);
    bool known = store_pg_commit_known(w->conn), race = store_pg_retryable(w->conn);
    bool lost = !store_pg_alive(w->conn);
    if (lost) {
        w->conn->ops->close(w->conn);
        w->conn = NULL;
    }
    if (known && race)
        *ret_verdict = AGAIN_AFTER_RACE;
    else if (known && lost)
        *ret_verdict = AGAIN_AFTER_LOSS;
    if (!known || err == ERR_STORAGE) {
        atomic_store_explicit(&s->count.failing, true, memory_order_relaxed);
        store_log(s, LOG_ERROR, "a write failed", e);
    }
    return err;
}

static void work_unit(Writer *w, StoreUnit *u)
{
    Store *s = w->pool->store;
    StoreTx tx;
    Verdict verdict;
    Err err = attempt(w, u, &tx, &verdict);
    int races = 0, losses = 0;
    while (err && ((verdict == AGAIN_AFTER_RACE && ++races <= RACES) ||
                   (verdict == AGAIN_AFTER_LOSS && ++losses <= 1))) {
        if (verdict == AGAIN_AFTER_RACE)
            pause_ms(jitter(races < 6 ? 1 << races : 64));
        ctx_wakes_drop(u->c);
        err_clear(&u->c->err);
        atomic_fetch_add_explicit(&s->count.reruns, 1, memory_order_relaxed);
        err = attempt(w, u, &tx, &verdict);
    }
    if (err)
        ctx_wakes_drop(u->c);
    else
        store_tx_announce(s, &tx);
    u->done(u, err); /* the unit may be gone now */
    atomic_fetch_add_explicit(&s->count.units, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->count.unit_errors, err != ERR_OK, memory_order_relaxed);
    if (s->config.batch_done)
        s->config.batch_done(s->config.user);
}

/* Of one unit at a time, a busy chat would be all that is ever taken; three hold one of each kind.
 * So one turn of several is for all of them. */
static size_t units_of_turn(StorePgPool *p)
{
    return atomic_fetch_add_explicit(&p->turns, 1, memory_order_relaxed) % FAIR_TURNS ==
                   FAIR_TURNS - 1
               ? 3
               : 1;
}

static void *work(void *arg)
{
    Writer *w = arg;
    prctl(PR_SET_NAME, "zx-pg");
    StorePgPool *p = w->pool;
    StoreUnit *units[3];
    size_t n;
    while ((n = store_queue_take(&p->store->queue, units, units_of_turn(p))) > 0)
        for (size_t i = 0; i < n; i++)
            work_unit(w, units[i]);
    if (w->conn)
        w->conn->ops->close(w->conn);
    w->conn = NULL;
    return NULL;
}

/* ---- reading ---- */
static Err take(StorePgPool *p, ErrSlot *e, StoreConn **ret)
{
    pthread_mutex_lock(&p->mutex);
    for (int waited = 0; p->idle_n == 0 && p->open_n == p->size && waited < TAKE_WAIT_MS;
         waited += 100)
        store_cond_wait_ms(&p->returned, &p->mutex, 100);
    StoreConn *conn = p->idle_n ? p->idle[--p->idle_n] : NULL;
    bool may_open = !conn && p->open_n < p->size;
    p->open_n += may_open;
    pthread_mutex_unlock(&p->mutex);
    if (conn) {
        *ret = conn;
        return ERR_OK;
    }
    if (!may_open)
        return err_retry(e, ERR_BUSY, "storage.busy", 500, "every read connection is in use");
    Err err = dial(p, e, ret);
    if (err) {
        pthread_mutex_lock(&p->mutex);
        p->open_n--;
        pthread_mutex_unlock(&p->mutex);
    }
    return err;
}

/* Gives a connection back, or its place if it is of no use any more. */
static void give(StorePgPool *p, StoreConn *conn)
{
    bool alive = store_pg_alive(conn);
    if (!alive)
        conn->ops->close(conn);
    pthread_mutex_lock(&p->mutex);
    if (alive)
        p->idle[p->idle_n++] = conn;
    else
        p->open_n--;
    pthread_mutex_unlock(&p->mutex);
    pthread_cond_signal(&p->returned);
}

/* The connections in the pool were opened before the server went: after a restart every one of
 * them is cut off, and each would refuse one caller. */
static void drop_idle(StorePgPool *p)
{
    StoreConn *conn;
    do {
        pthread_mutex_lock(&p->mutex);
        conn = p->idle_n ? p->idle[--p->idle_n] : NULL;
        p->open_n -= conn != NULL;
        pthread_mutex_unlock(&p->mutex);
        if (conn)
            conn->ops->close(conn);
    } while (conn);
}

Err store_pg_read(Store *s, Ctx *c, StoreRun run, void *arg)
{
    StorePgPool *p = s->pg_pool;
    for (int tries = 0;; tries++) {
        StoreConn *conn = NULL;
        Err err = take(p, &c->err, &conn);
        if (err)
            return err;
        err = store_conn_do(conn, c, false, run, arg);
        bool race = store_pg_retryable(conn), lost = !store_pg_alive(conn);
        give(p, conn);
        if (!err || !(race || lost) || tries >= 2)
            return err;
        if (lost)
            drop_idle(p);
        ctx_wakes_drop(c);
        err_clear(&c->err);
    }
}

/* ---- starting and stopping ---- */
Err store_pg_pool_start(Store *s, ErrSlot *e)
{
    StorePgPool *p = store_alloc(sizeof *p);
    p->store = s;
    p->size = s->config.pg_connections > 0 ? s->config.pg_connections : 8;
    p->writers = store_alloc((size_t)p->size * sizeof *p->writers);
    p->idle = store_alloc((size_t)p->size * sizeof(StoreConn *));
    pthread_mutex_init(&p->mutex, NULL);
    store_cond_init(&p->returned);
    s->pg_pool = p;
    atomic_store_explicit(&s->count.max_batch, 1, memory_order_relaxed);
    for (int64_t i = 0; i < p->size && !s->config.read_only; i++) {
        Writer *w = &p->writers[i];
        *w = (Writer){.pool = p};
        if (pthread_create(&w->thread, NULL, work, w) != 0) {
            store_pg_pool_stop(s);
            return err_set(e, ERR_INTERNAL, "store.open", "no thread for the writers");
        }
        p->writers_n = i + 1;
    }
    return ERR_OK;
}

void store_pg_pool_stop(Store *s)
{
    StorePgPool *p = s->pg_pool;
    if (!p)
        return;
    store_queue_close(&s->queue);
    for (int64_t i = 0; i < p->writers_n; i++)
        pthread_join(p->writers[i].thread, NULL);
    ASSERT(p->idle_n == p->open_n); /* nobody may still be reading */
    drop_idle(p);
    pthread_cond_destroy(&p->returned);
    pthread_mutex_destroy(&p->mutex);
    free(p->idle);
    free(p->writers);
    free(p);
    s->pg_pool = NULL;
}
