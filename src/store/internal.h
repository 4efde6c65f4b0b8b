/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H
/*
 * Shared inside the room only. A StoreConn is one connection to either engine behind a table of
 * functions; it has one thread at a time. The queue feeds the lane thread (SQLite) or the pool
 * threads (PostgreSQL). Locks are leaves: nobody takes a second one while holding one.
 */
#include "base/assert.h"
#include "store/store.h"
#include "store/store_fault.h"
#include "store/store_migrate.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- rows on their way out of a statement ---- */
typedef struct {
    const StoreMap *map; /* NULL: only the first row's first column is wanted, as a number */
    size_t max;          /* rows taken */
    char *rows;          /* arena (or the caller's single row); map->row_size each */
    size_t n, cap;
    bool fixed; /* rows is the caller's: it holds `cap` rows */
    bool over;  /* there were more than max */
    bool has_number;
    int64_t number;
} StoreRows;

/* Room for one more row (zeroed); NULL when there is no more to take. */
void *store_rows_next(Ctx *c, StoreRows *rows);

/* ---- connections ---- */
typedef struct StoreConn StoreConn;
typedef struct {
    Err (*run)(StoreConn *conn, Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n,
               StoreRows *rows, int64_t *ret_changes);
    Err (*script)(StoreConn *conn, ErrSlot *e,
                  const char *sql); /* several statements, no parameters */
    Err (*begin)(StoreConn *conn, ErrSlot *e, bool write);
    Err (*commit)(StoreConn *conn, ErrSlot *e);
    void (*rollback)(StoreConn *conn);
    Err (*prepare)(StoreConn *conn, ErrSlot *e, const StoreSql *sql); /* for store_check */
    void (*close)(StoreConn *conn);
} StoreConnOps;

struct StoreConn {
    const StoreConnOps *ops;
    Store *store;
};

struct StoreTx {
    StoreConn *conn;
    bool write;
    bool broken; /* a statement failed: on PostgreSQL nothing more runs, so on SQLite neither */
    bool events; /* events were appended: followers have work */
    int64_t timer_due_ms; /* the earliest timer set, INT64_MAX: none */
};

#define STORE_TX(connection, is_write)                                                             \
    (StoreTx)                                                                                      \
    {                                                                                              \
        .conn = (connection), .write = (is_write), .timer_due_ms = INT64_MAX                       \
    }

/* Runs one unit's function in tx and judges it: a swallowed statement error is an error. Leaves
 * c->tx NULL. */
Err store_tx_run(StoreTx *tx, Ctx *c, StoreRun run, void *arg) WARN_UNUSED;
/* After the commit: wakes followers and timers. */
void store_tx_announce(Store *s, const StoreTx *tx);
/* A whole transaction on a connection nobody else uses: migrations, checks. */
Err store_conn_do(StoreConn *conn, Ctx *c, bool write, StoreRun run, void *arg) WARN_UNUSED;

/* ---- queue ---- */
typedef struct {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    StoreUnit *head[STORE_PRIORITIES];
    StoreUnit **tail[STORE_PRIORITIES];
    int64_t depth, limit;
    int waiting;
    bool closing;
} StoreQueue;

void store_queue_init(StoreQueue *q, int64_t limit);
void store_queue_finish(StoreQueue *q);
Err store_queue_push(StoreQueue *q, StoreUnit *u, ErrSlot *e) WARN_UNUSED;
/* Waits for units and takes up to max of them in order of priority: all chat that fits, then
 * followers (at least one, so that a busy chat does not starve them), then one import. 0: closing
 * and empty. */
size_t store_queue_take(StoreQueue *q, StoreUnit **ret_units, size_t max);
/* Units taken but not begun go back to the front. */
void store_queue_put_back(StoreQueue *q, StoreUnit **units, size_t n);
void store_queue_close(StoreQueue *q); /* wakes all; what is queued is still taken */
int64_t store_queue_depth(StoreQueue *q);

/* ---- counters, written by lane or pool threads, read by anybody ---- */
typedef struct {
    _Atomic int64_t commits, units, unit_errors, reruns, wal_bytes, checkpoint_ms, last_commit_us,
        max_batch;
    _Atomic bool failing;
} StoreCounters;

typedef struct StoreLane StoreLane;                 /* sqlite_lane.c */
typedef struct StoreSqlitePool StoreSqlitePool;     /* sqlite_pool.c */
typedef struct StoreCheckpointer StoreCheckpointer; /* sqlite_checkpoint.c */
typedef struct StorePgPool StorePgPool;             /* pg_pool.c */
typedef struct StoreFollowers StoreFollowers;       /* follower.c */
typedef struct StoreTimers StoreTimers;             /* timer.c */

struct Store {
    StoreConfig config; /* strings owned */
    const StoreMigration *migrations;
    size_t sql_n; /* entries of STORE_ALL_SQL */
    bool pg;
    int64_t schema;
    IdSource own_ids;
    IdSource *ids;
    char holder[40]; /* names this process in leases */
    StoreFault fault;
    StoreQueue queue;
    StoreCounters count;
    _Atomic int64_t position; /* SQLite: the last event position given out */
    int64_t xid_base;         /* PostgreSQL: added to transaction numbers, see event.c */
    int lock_fd;
    char *path; /* SQLite file; owned */
    StoreLane *lane;
    StoreSqlitePool *pool;
    StoreCheckpointer *checkpointer;
    StorePgPool *pg_pool;
    _Atomic(StoreFollowers *) followers;
    _Atomic(StoreTimers *) timers;
};

/* ---- opening: store.c ---- */
/* store_open with another list of migrations, for tests of upgrades. */
Err store_open_with(const StoreConfig *config, const StoreMigration *migrations, ErrSlot *e,
                    Store **ret) WARN_UNUSED;
/* The store with nothing open yet; give to store_close. */
Store *store_make(const StoreConfig *config, const StoreMigration *migrations);
/* Names the SQLite file; for readers, which make none: NOT_FOUND store.open when it is absent. */
Err store_sqlite_name(Store *s, bool must_exist, ErrSlot *e) WARN_UNUSED;
/* Read-only: the schema is this program's, or refused. */
Err store_schema_check(Store *s, ErrSlot *e) WARN_UNUSED;
Err store_refuse_read_only(ErrSlot *e) WARN_UNUSED;
/* Brings the schema up to date; backs up first when something is there to lose. */
Err store_migrate(Store *s, StoreConn *conn, ErrSlot *e) WARN_UNUSED;
/* Learns the last position (SQLite) or the transaction base (PostgreSQL). */
Err store_event_start(Store *s, StoreConn *conn, ErrSlot *e) WARN_UNUSED;
void store_log(const Store *s, LogLevel level, const char *msg, const ErrSlot *e);

/* ---- events and cursors: event.c; leases: lease.c. All inside a transaction. ---- */
typedef struct {
    int64_t xid, position;
} StoreCursor;
Err store_cursor_get(Ctx *c, const char *name, StoreCursor *ret) WARN_UNUSED; /* none: the start */
Err store_event_after(Ctx *c, StoreCursor from, size_t limit, StoreEvent **ret,
                      size_t *ret_n) WARN_UNUSED;
Err store_lease_take(Ctx *c, const char *name, int64_t for_ms, bool *ret_held) WARN_UNUSED;
Err store_lease_drop_all(Ctx *c, void *store) WARN_UNUSED;  /* those of this process */
Err store_lease_drop_node(Ctx *c, void *store) WARN_UNUSED; /* left by a killed one */

/* ---- small things ---- */
_Noreturn void store_no_memory(void);
void *store_alloc(size_t bytes); /* zeroed, owned; never NULL */
char *store_strdup(const char *s);

/* ---- SQLite ---- */
void store_sqlite_begin(void); /* before the first connection of the process */
Err store_sqlite_connect(Store *s, bool writer, ErrSlot *e, StoreConn **ret) WARN_UNUSED;
struct sqlite3 *store_sqlite_handle(StoreConn *conn);
Err store_sqlite_err(struct sqlite3 *db, int rc, ErrSlot *e);
bool store_sqlite_in_tx(StoreConn *conn);
int64_t store_sqlite_changes(StoreConn *conn); /* rows changed since the connection was opened */
Err store_sqlite_savepoint(StoreConn *conn, ErrSlot *e) WARN_UNUSED;
Err store_sqlite_release(StoreConn *conn, ErrSlot *e) WARN_UNUSED;
Err store_sqlite_rollback_to(StoreConn *conn, ErrSlot *e) WARN_UNUSED;
Err store_sqlite_copy(Store *s, const char *to_path,
                      ErrSlot *e) WARN_UNUSED; /* online backup into a new file */
enum { STORE_CHECK_TEXT = 200 };
Err store_sqlite_integrity(struct sqlite3 *db, bool quick, ErrSlot *e) WARN_UNUSED;
Err store_sqlite_check_file(const char *path, ErrSlot *e) WARN_UNUSED; /* a backup */

Err store_lane_start(Store *s, StoreConn *writer,
                     ErrSlot *e) WARN_UNUSED; /* takes the connection */
void store_lane_stop(Store *s);               /* drains, checkpoints, closes */
void store_lane_trim(
    StoreLane *lane); /* asks the lane to finish a checkpoint between two batches */

Err store_sqlite_pool_start(Store *s, ErrSlot *e) WARN_UNUSED;
void store_sqlite_pool_stop(Store *s);
Err store_sqlite_read(Store *s, Ctx *c, StoreRun run, void *arg) WARN_UNUSED;

Err store_checkpointer_start(Store *s, ErrSlot *e) WARN_UNUSED;
void store_checkpointer_stop(Store *s);
void store_checkpointer_note(Store *s,
                             int64_t wal_pages); /* called by the lane after each commit */

/* ---- PostgreSQL ---- */
Err store_pg_connect(Store *s, ErrSlot *e, StoreConn **ret) WARN_UNUSED;
bool store_pg_alive(StoreConn *conn);
/* What became of the COMMIT that failed: false means that nobody knows. */
bool store_pg_commit_known(StoreConn *conn);
bool store_pg_retryable(StoreConn *conn); /* the last error was a lost race: 40001, 40P01 */
Err store_pg_pool_start(Store *s, ErrSlot *e) WARN_UNUSED;
void store_pg_pool_stop(Store *s);
Err store_pg_read(Store *s, Ctx *c, StoreRun run, void *arg) WARN_UNUSED;
Err store_pg_dump(Store *s, const char *to_path,
                  ErrSlot *e) WARN_UNUSED; /* pg_dump found on PATH */
Err store_pg_load(const Store *s, const char *from_path,
                  ErrSlot *e) WARN_UNUSED; /* pg_restore found on PATH */

/* ---- threads above the drivers ---- */
void store_followers_stop(Store *s); /* the thread ends; waking it is still allowed */
void store_followers_free(Store *s);
void store_timers_stop(Store *s);
void store_timers_free(Store *s);
void store_timers_wake(Store *s, int64_t due_at_ms);
/* Waits on a condition made by store_cond_init until woken or the time has passed. */
void store_cond_init(pthread_cond_t *cond); /* on the steady clock */
void store_cond_wait_ms(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t ms);
#endif
