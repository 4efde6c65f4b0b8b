/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, closing, and the two ways in: units that write, transactions that read. */
#include "store/internal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { LANE_QUEUE = 8192, PG_CONNECTIONS = 8, SMALL_ARENA = 1 << 16 };

/* ---- small things of the room ---- */
void store_no_memory(void)
{
    assert_fail(__FILE__, __LINE__, "out of memory");
}

void *store_alloc(size_t bytes)
{
    void *p = calloc(1, bytes);
    if (!p)
        store_no_memory();
    return p;
}

char *store_strdup(const char *s)
{
    if (!s)
        return NULL;
    size_t n = strlen(s) + 1;
    return memcpy(store_alloc(n), s, n);
}

void store_log(const Store *s, LogLevel level, const char *msg, const ErrSlot *e)
{
    if (s->config.log)
        log_line(s->config.log, level, msg, "code", str_of(e->code), "error", str_of(e->text),
                 NULL);
}

void store_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

void store_cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t ms)
{
    int64_t at = clock_steady_ns() + ms * 1000000;
    struct timespec ts = {.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000};
    pthread_cond_timedwait(cond, mutex, &ts);
}

void store_tx_announce(Store *s, const StoreTx *tx)
{
    if (tx->events)
        store_followers_wake(s);
    if (tx->timer_due_ms != INT64_MAX)
        store_timers_wake(s, tx->timer_due_ms);
}

/* ---- opening ---- */
Err store_lock_folder(const char *data_dir, ErrSlot *e, int *ret_fd)
{
    Err err = file_mkdirs(e, data_dir, 0700);
    if (err)
        return err;
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/zhixin.lock", data_dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ERR_INVALID, "store.open", "the data folder's path is too long");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, ERR_STORAGE, "store.open", "%s: %s", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK
                  ? err_set(e, ERR_CONFLICT, "store.locked",
                            "%s is in use by another zhixin process; stop it first", data_dir)
                  : err_set(e, ERR_STORAGE, "store.open", "lock %s: %s", path, strerror(errno));
        close(fd);
        return err;
    }
    *ret_fd = fd;
    return ERR_OK;
}

Err store_sqlite_name(Store *s, bool must_exist, ErrSlot *e)
{
    size_t room = strlen(s->config.data_dir) + sizeof "/zhixin.db";
    s->path = store_alloc(room);
    snprintf(s->path, room, "%s/zhixin.db", s->config.data_dir);
    if (must_exist && !file_exists(s->path))
        return err_set(e, ERR_NOT_FOUND, "store.open", "there is no database in %s",
                       s->config.data_dir);
    return ERR_OK;
}

/* The file is made here, for its mode: SQLite gives its companions the same one. */
static Err make_file(Store *s, ErrSlot *e)
{
    Err err = store_sqlite_name(s, false, e);
    if (err)
        return err;
    int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, ERR_STORAGE, "store.open", "%s: %s", s->path, strerror(errno));
    close(fd);
    return ERR_OK;
}

/* What both engines do once on their first connection. */
static Err prepare(Store *s, StoreConn *conn, ErrSlot *e)
{
    Err err = store_migrate(s, conn, e);
    if (!err)
        err = store_event_start(s, conn, e);
    if (err)
        return err;
    Arena *a = arena_create(SMALL_ARENA);
    Ctx c;
    ctx_init(&c, a, s->ids, clock_wall_ms());
    err = store_conn_do(conn, &c, true, store_lease_drop_node, s);
    if (err)
        *e = c.err;
    arena_destroy(a);
    return err;
}

static Err open_sqlite(Store *s, ErrSlot *e)
{
    StoreConn *writer = NULL;
    store_sqlite_begin();
    Err err = store_lock_folder(s->config.data_dir, e, &s->lock_fd);
    if (!err)
        err = make_file(s, e);
    if (!err)
        err = store_sqlite_connect(s, true, e, &writer);
    if (!err)
        err = prepare(s, writer, e);
    if (!err)
        err = store_sqlite_pool_start(s, e);
    if (!err)
        err = store_lane_start(s, writer, e);
    if (err) {
        if (writer)
            writer->ops->close(writer);
        return err;
    }
    return store_checkpointer_start(s, e);
}

static Err open_pg(Store *s, ErrSlot *e)
{
    StoreConn *conn;
    Err err = store_pg_connect(s, e, &conn);
    if (err)
        return err;
    err = prepare(s, conn, e);
    conn->ops->close(conn);
    return err ? err : store_pg_pool_start(s, e);
}

static Err open_read_only(Store *s, ErrSlot *e)
{
    Err err = s->pg ? ERR_OK : store_sqlite_name(s, true, e);
    if (!err)
        err = s->pg ? store_pg_pool_start(s, e) : store_sqlite_pool_start(s, e);
    return err ? err : store_schema_check(s, e);
}

Err store_refuse_read_only(ErrSlot *e)
{
    return err_set(e, ERR_CONFLICT, "store.read_only", "the database was opened for reading only");
}

Store *store_make(const StoreConfig *config, const StoreMigration *migrations)
{
    Store *s = store_alloc(sizeof *s);
    s->config = *config;
    s->config.data_dir = store_strdup(config->data_dir);
    s->config.database_url = store_strdup(config->database_url);
    if (s->config.lane_queue <= 0)
        s->config.lane_queue = LANE_QUEUE;
    if (s->config.pg_connections <= 0)
        s->config.pg_connections = PG_CONNECTIONS;
    s->migrations = migrations;
    while (STORE_ALL_SQL[s->sql_n])
        s->sql_n++;
    s->pg = config->database_url != NULL;
    s->lock_fd = -1;
    id_source_init(&s->own_ids, config->node);
    s->ids = &s->own_ids;
    uint64_t chance;
    rng_bytes(&chance, sizeof chance);
    snprintf(s->holder, sizeof s->holder, "%d.%016llx", (int)config->node,
             (unsigned long long)chance);
    store_fault_init(&s->fault, getenv("ZHIXIN_FAULT"));
    store_queue_init(&s->queue, s->config.lane_queue);
    return s;
}

Err store_open_with(const StoreConfig *config, const StoreMigration *migrations, ErrSlot *e,
                    Store **ret)
{
    Store *s = store_make(config, migrations);
    Err err = config->read_only ? open_read_only(s, e) : s->pg ? open_pg(s, e) : open_sqlite(s, e);
    if (err) {
        store_close(s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

Err store_open(const StoreConfig *config, ErrSlot *e, Store **ret)
{
    return store_open_with(config, STORE_ALL_MIGRATIONS, e, ret);
}

void store_close(Store *s)
{
    if (!s)
        return;
    /* first those who hand in units; the lane may still wake them, so they are freed last */
    store_timers_stop(s);
    store_followers_stop(s);
    store_queue_close(&s->queue);
    store_lane_stop(s);
    store_checkpointer_stop(s);
    store_sqlite_pool_stop(s);
    store_pg_pool_stop(s);
    store_timers_free(s);
    store_followers_free(s);
    store_queue_finish(&s->queue);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s->path);
    free((char *)(uintptr_t)s->config.data_dir);
    free((char *)(uintptr_t)s->config.database_url);
    free(s);
}

bool store_is_pg(const Store *s)
{
    return s->pg;
}

int64_t store_schema_version(const Store *s)
{
    return s->schema;
}

IdSource *store_ids(Store *s)
{
    return s->ids;
}

/* ---- the two ways in ---- */
Err store_submit(Store *s, StoreUnit *u, ErrSlot *e)
{
    ASSERT(u->c && u->run && u->done && !u->c->tx);
    ASSERT((unsigned)u->priority < STORE_PRIORITIES);
    if (s->config.read_only)
        return store_refuse_read_only(e);
    return store_queue_push(&s->queue, u, e);
}

typedef struct {
    StoreUnit unit; /* first: done gets its address */
    pthread_mutex_t mutex;
    pthread_cond_t told;
    bool finished;
    Err err;
} Waiting;

static void waiting_done(StoreUnit *u, Err err)
{
    Waiting *w = (Waiting *)(void *)u;
    pthread_mutex_lock(&w->mutex);
    w->err = err;
    w->finished = true;
    pthread_cond_signal(&w->told);
    pthread_mutex_unlock(&w->mutex);
}

Err store_write(Store *s, Ctx *c, StorePriority priority, StoreRun run, void *arg)
{
    Waiting w = {
        .unit = {.c = c, .run = run, .arg = arg, .done = waiting_done, .priority = priority}};
    pthread_mutex_init(&w.mutex, NULL);
    pthread_cond_init(&w.told, NULL);
    Err err = store_submit(s, &w.unit, &c->err);
    if (!err) {
        pthread_mutex_lock(&w.mutex);
        while (!w.finished)
            pthread_cond_wait(&w.told, &w.mutex);
        pthread_mutex_unlock(&w.mutex);
        err = w.err;
    }
    pthread_cond_destroy(&w.told);
    pthread_mutex_destroy(&w.mutex);
    return err;
}

Err store_read(Store *s, Ctx *c, StoreRun run, void *arg)
{
    ASSERT(!c->tx);
    return s->pg ? store_pg_read(s, c, run, arg) : store_sqlite_read(s, c, run, arg);
}

void store_stats(Store *s, StoreStats *ret)
{
    StoreCounters *k = &s->count;
    *ret = (StoreStats){
        .commits = atomic_load_explicit(&k->commits, memory_order_relaxed),
        .units = atomic_load_explicit(&k->units, memory_order_relaxed),
        .unit_errors = atomic_load_explicit(&k->unit_errors, memory_order_relaxed),
        .reruns = atomic_load_explicit(&k->reruns, memory_order_relaxed),
        .queue_depth = store_queue_depth(&s->queue),
        .wal_bytes = atomic_load_explicit(&k->wal_bytes, memory_order_relaxed),
        .checkpoint_ms = atomic_load_explicit(&k->checkpoint_ms, memory_order_relaxed),
        .last_commit_us = atomic_load_explicit(&k->last_commit_us, memory_order_relaxed),
        .max_batch = atomic_load_explicit(&k->max_batch, memory_order_relaxed),
        .failing = atomic_load_explicit(&k->failing, memory_order_relaxed),
    };
}
