/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_STORE_H
#define STORE_STORE_H
/*
 * store: SQL engines behind one face. Owns connections, transactions, the write lane with group
 * commit, retries, migrations, the event log, followers, timers and leases. Refuses to know what a
 * table means.
 *
 * Statements live in .sql files beside their module: in src/desk/conversation.sql "-- name: get"
 * starts one, "-- sqlite:" / "-- pg:" lines hold for one engine only. They are packed at build time
 * into `const StoreSql CONVERSATION_GET` (prefix = file name), declared in "sql/conversation.h".
 * New files are listed in src/store/meson.build; tools/sqlpack.py has the details. Parameters are
 * written ?1 ?2 … and rewritten to $1 for PostgreSQL.
 *
 * SQLite: all writes run on ONE lane thread, each unit in a savepoint, sharing one COMMIT (whatever
 * queued up while the last commit ran, no timer window). Reads run on the caller's thread on pooled
 * read connections. PostgreSQL: a unit is its own transaction on a pool thread's connection;
 * retried on 40001/40P01.
 */
#include "base/ctx.h"
#include "base/log.h"

typedef struct Store Store;
typedef struct StoreTx StoreTx;

typedef struct {
    const char *name;   /* "conversation.get" */
    const char *sqlite; /* NULL: not used on that engine */
    const char *pg;
    int params;
    int slot; /* index in the registry of all statements (filled by the packer, unique per program)
               */
} StoreSql;
extern const StoreSql
    *const STORE_ALL_SQL[]; /* generated; NULL-terminated: doctor and tests prepare each of them */

typedef struct {
    enum { STORE_NULL, STORE_I64, STORE_F64, STORE_TEXT, STORE_BLOB } type;
    union {
        int64_t i64;
        double f64;
        Str str;
    };
} StoreValue;

static inline StoreValue i64(int64_t v)
{
    return (StoreValue){.type = STORE_I64, .i64 = v};
}
static inline StoreValue f64(double v)
{
    return (StoreValue){.type = STORE_F64, .f64 = v};
}
static inline StoreValue text(Str v)
{
    return (StoreValue){.type = STORE_TEXT, .str = v};
}
static inline StoreValue blob(Str v)
{
    return (StoreValue){.type = STORE_BLOB, .str = v};
}
static inline StoreValue null_if_0(int64_t v)
{
    return v ? i64(v) : (StoreValue){.type = STORE_NULL};
}
static inline StoreValue text_or_null(Str v)
{
    return v.p ? text(v) : (StoreValue){.type = STORE_NULL};
}

#define BINDS(...)                                                                                 \
    (const StoreValue[]){__VA_ARGS__}, sizeof((StoreValue[]){__VA_ARGS__}) / sizeof(StoreValue)
#define NO_BINDS NULL, 0

/* Row maps: the SELECT's columns in order, into struct fields, checked at compile time. NULL
 * columns give 0 / STR_NONE. */
typedef struct {
    enum { STORE_AS_I64, STORE_AS_BOOL, STORE_AS_F64, STORE_AS_STR, STORE_AS_INT } as;
    size_t offset;
} StoreField;
typedef struct {
    const StoreField *fields;
    size_t n;
    size_t row_size;
} StoreMap;
#define STORE_FIELD(Type, member)                                                                  \
    {                                                                                              \
        _Generic(((Type *)0)->member, int64_t                                                      \
                 : STORE_AS_I64, bool                                                              \
                 : STORE_AS_BOOL, double                                                           \
                 : STORE_AS_F64, Str                                                               \
                 : STORE_AS_STR, int                                                               \
                 : STORE_AS_INT),                                                                  \
            offsetof(Type, member)                                                                 \
    }
#define STORE_MAP(Type, fields_array)                                                              \
    {                                                                                              \
        (fields_array), sizeof(fields_array) / sizeof(StoreField), sizeof(Type)                    \
    }

/* All inside a transaction (c->tx). Rows and their text are in c->arena. */
Err store_exec(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n,
               int64_t *ret_rows /* may be NULL */) WARN_UNUSED;
Err store_one(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n, const StoreMap *map,
              void *ret_row,
              bool *ret_found) WARN_UNUSED; /* the first row; ret_row untouched when none */
Err store_all(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n, const StoreMap *map,
              void *ret_rows /* Type ** */, size_t *ret_n)
    WARN_UNUSED; /* at most 10,000 rows, else ERR_LIMIT store.too_many_rows */
/* One number of the first row, dflt when there is none or it is NULL. */
Err store_i64(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n, int64_t dflt,
              int64_t *ret) WARN_UNUSED;

/* ---- units of work ---- */
typedef Err (*StoreRun)(Ctx *c, void *arg); /* may run again after a lost race: must change nothing
                                               but the arena and *arg's results */
typedef enum { STORE_CHAT, STORE_FOLLOWER, STORE_IMPORT, STORE_PRIORITIES } StorePriority;
typedef struct StoreUnit {
    struct StoreUnit *next; /* the store's */
    Ctx *c;
    StoreRun run;
    void *arg;
    void (*done)(struct StoreUnit *u,
                 Err err); /* after the commit (or the refusal), on the lane or pool thread */
    StorePriority priority;
} StoreUnit;
/* Several units that finished in one commit are reported one after another, then `batch_done` (see
 * StoreConfig) once: the place for a single wake-up of the net thread. */
/* Full queue: ERR_BUSY store.queue_full at once, done is not called. */
Err store_submit(Store *s, StoreUnit *u, ErrSlot *e) WARN_UNUSED;
Err store_write(Store *s, Ctx *c, StorePriority priority, StoreRun run,
                void *arg) WARN_UNUSED; /* waits for the commit */
Err store_read(Store *s, Ctx *c, StoreRun run,
               void *arg) WARN_UNUSED; /* a read transaction on the caller's thread: one snapshot */

/* ---- opening ---- */
typedef struct {
    const char *data_dir;     /* SQLite file = data_dir/zhixin.db; backups go to data_dir/backups */
    const char *database_url; /* NULL: SQLite; postgres://… */
    int64_t lane_queue;       /* units that may wait: 8192 */
    int64_t pg_connections;   /* pool threads for writes: 8 (reads use as many) */
    int64_t node;             /* 0..1023 */
    bool read_only;           /* beside a running server: see below */
    const Log *log;
    void (*batch_done)(void *user); /* after each commit's done calls; may be NULL */
    void *user;
} StoreConfig;
/* Opens, takes the lock on the data folder (SQLite: one process), migrates (backup first when it is
 * an upgrade), starts the threads. Codes: store.newer_schema, store.changed_migration,
 * store.locked, store.open. */
Err store_open(const StoreConfig *config, ErrSlot *e, Store **ret) WARN_UNUSED;
/* With read_only: no lock, no migration, no threads. Only store_read, store_backup and store_check;
 * writes, followers and timers are refused (store.read_only). Another schema than this program's is
 * refused: store.newer_schema, store.older_schema, store.changed_migration. */
void store_close(Store *s); /* drains the queue, stops the threads, checkpoints */
bool store_is_pg(const Store *s);
int64_t store_schema_version(const Store *s);

/* Schema changes that were applied or that this program knows, by number (inspect.c). Opens the
 * database by itself, takes no lock, changes nothing. Arena. */
typedef struct {
    int64_t number;
    Str name;
    int64_t applied_at; /* 0: not yet */
    bool known;         /* false: of a newer program, or not the text that this one has */
} StoreMigrationState;
Err store_migration_list(const StoreConfig *config, ErrSlot *e, Arena *a, StoreMigrationState **ret,
                         size_t *ret_n) WARN_UNUSED;
IdSource *store_ids(Store *s); /* the process's one source of ids, for every ctx_init */

typedef struct {
    int64_t commits, units, unit_errors, reruns, queue_depth, wal_bytes, checkpoint_ms,
        last_commit_us, max_batch;
    bool failing; /* the last commit failed (disk full, database gone) */
} StoreStats;
void store_stats(Store *s, StoreStats *ret);

/* ---- event log (src/store/event.c) ---- */
typedef struct {
    int64_t position; /* set on reading; order of following is (xid, position) */
    int64_t xid;
    int64_t shop_id, conversation_id, subject_id, seq, at_ms;
    Str kind; /* "message.added.1": noun.verb.version */
} StoreEvent;
Err store_event_append(Ctx *c, const StoreEvent *ev) WARN_UNUSED;

/* A follower: its cursor moves in the same transaction as its effects. step gets up to `batch`
 * events in safe order. An event whose step fails 5 times alone is parked (table parked_event) and
 * shown by doctor and metrics. */
typedef struct {
    const char *name;
    size_t batch;
    StoreRun step; /* arg = StoreFollowerBatch * */
    void *user;
    void (*stepped)(Ctx *c, void *user); /* after the commit: publish c->wakes; may be NULL */
} StoreFollower;
typedef struct {
    const StoreEvent *events;
    size_t n;
    void *user;
} StoreFollowerBatch;
/* Starts one thread that runs them round-robin under a lease (node-wide), woken by
 * store_followers_wake or every second. */
Err store_followers_start(Store *s, const StoreFollower *list, size_t n, ErrSlot *e) WARN_UNUSED;
void store_followers_wake(Store *s); /* any thread, cheap */
Err store_follower_lag(Ctx *c, const char *name, int64_t *ret_events) WARN_UNUSED;

/* ---- timers: rows, with a thread of their own ---- */
Err store_timer_set(Ctx *c, const char *kind, int64_t subject_id, int64_t due_at_ms,
                    int64_t data) WARN_UNUSED; /* upsert by (kind, subject) */
Err store_timer_clear(Ctx *c, const char *kind, int64_t subject_id) WARN_UNUSED;
typedef struct {
    const char *kind;
    int64_t subject_id, due_at_ms, data;
} StoreTimer;
typedef struct {
    const char *kind;
    StoreRun fire; /* arg = StoreTimerFire *; the row is deleted in the same transaction before fire
                      runs (fire may set it anew) */
    void *user;
    void (*fired)(Ctx *c, void *user); /* after the commit: publish c->wakes; may be NULL */
} StoreTimerHandler;
typedef struct {
    StoreTimer timer;
    void *user;
} StoreTimerFire;
Err store_timers_start(Store *s, const StoreTimerHandler *list, size_t n, ErrSlot *e) WARN_UNUSED;

/* ---- upkeep ---- */
Err store_backup(Store *s, const char *to_dir, ErrSlot *e)
    WARN_UNUSED; /* consistent while running: SQLite online backup / pg_dump */
/* A file that store_backup made for SQLite: is it a whole database? */
Err store_backup_check(const char *path, ErrSlot *e) WARN_UNUSED;
/* Reads a file that store_backup made for PostgreSQL into an empty database (pg_restore found on
 * PATH), all of it or nothing. CONFLICT store.not_empty. */
Err store_restore_pg(const char *database_url, const char *path, ErrSlot *e) WARN_UNUSED;
/* The lock that a server with SQLite has on its data folder, for whoever changes files there. The
 * folder is made when absent. ret_fd: close it to give the lock back. CONFLICT store.locked. */
Err store_lock_folder(const char *data_dir, ErrSlot *e, int *ret_fd) WARN_UNUSED;
Err store_check(Store *s, ErrSlot *e, Arena *a, Str *ret_report)
    WARN_UNUSED; /* integrity_check, cursors, parked events, every statement prepared */
#endif
