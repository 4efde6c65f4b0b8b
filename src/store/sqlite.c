/* SPDX-License-Identifier: Apache-2.0 */
/* One SQLite connection: settings, prepared statements by slot, binding and reading, and what its
 * errors mean to us. */
#include "store/internal.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_MS = 5000 };

enum {
    TX_BEGIN_WRITE,
    TX_BEGIN_READ,
    TX_COMMIT,
    TX_ROLLBACK,
    TX_SAVEPOINT,
    TX_RELEASE,
    TX_ROLLBACK_TO,
    TX_STATEMENTS
};
static const char *const TX_SQL[TX_STATEMENTS] = {
    "BEGIN IMMEDIATE", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT u", "RELEASE u", "ROLLBACK TO u",
};

typedef struct {
    StoreConn base;
    sqlite3 *db;
    sqlite3_stmt *tx[TX_STATEMENTS];
    sqlite3_stmt *stmts[]; /* by StoreSql.slot; NULL until first used */
} Sqlite;

static Sqlite *self(StoreConn *conn)
{
    return (Sqlite *)conn;
}

struct sqlite3 *store_sqlite_handle(StoreConn *conn)
{
    return self(conn)->db;
}

static bool disk_is_full(sqlite3 *db, int rc)
{
    if ((rc & 0xff) == SQLITE_FULL)
        return true;
    int no = (rc & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(db) : 0;
    return no == ENOSPC || no == EDQUOT;
}

Err store_sqlite_err(sqlite3 *db, int rc, ErrSlot *e)
{
    const char *text = sqlite3_errmsg(db);
    int extended = sqlite3_extended_errcode(db);
    if (disk_is_full(db, rc))
        return err_set(e, ERR_STORAGE, "storage.full", "the disk is full");
    switch (rc & 0xff) {
    case SQLITE_CONSTRAINT:
        if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
            extended == SQLITE_CONSTRAINT_ROWID)
            return err_set(e, ERR_CONFLICT, "store.conflict", "%s", text);
        if (extended == SQLITE_CONSTRAINT_FOREIGNKEY)
            return err_set(e, ERR_CONFLICT, "store.reference", "%s", text);
        return err_set(e, ERR_INTERNAL, "store.constraint", "%s", text);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_retry(e, ERR_BUSY, "storage.busy", 500,
                         "the database is locked by somebody else");
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
        return err_set(e, ERR_STORAGE, "storage.failed", "%s (%d)", text, extended);
    default:
        return err_set(e, ERR_INTERNAL, "store.sql", "%s (%d)", text, extended);
    }
}

/* ---- statements ---- */
static int bind_one(sqlite3_stmt *st, int at, const StoreValue *v)
{
    switch (v->type) {
    case STORE_NULL:
        return sqlite3_bind_null(st, at);
    case STORE_I64:
        return sqlite3_bind_int64(st, at, v->i64);
    case STORE_F64:
        return sqlite3_bind_double(st, at, v->f64);
    case STORE_TEXT: /* STATIC: the caller's text outlives the statement's run */
        return sqlite3_bind_text64(st, at, v->str.n ? v->str.p : "", v->str.n, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case STORE_BLOB:
        return sqlite3_bind_blob64(st, at, v->str.n ? v->str.p : "", v->str.n, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static Str column_str(Ctx *c, sqlite3_stmt *st, int col)
{
    int type = sqlite3_column_type(st, col);
    if (type == SQLITE_NULL)
        return STR_NONE;
    const void *p = type == SQLITE_BLOB ? sqlite3_column_blob(st, col)
                                        : (const void *)sqlite3_column_text(st, col);
    int n = sqlite3_column_bytes(st, col);
    return (Str){arena_dup(c->arena, p ? p : "", (size_t)n), (size_t)n};
}

static void read_row(Ctx *c, sqlite3_stmt *st, const StoreMap *map, void *row)
{
    for (size_t i = 0; i < map->n; i++) {
        char *at = (char *)row + map->fields[i].offset;
        int col = (int)i;
        switch (map->fields[i].as) {
        case STORE_AS_I64:
            *(int64_t *)(void *)at = sqlite3_column_int64(st, col);
            break;
        case STORE_AS_INT:
            *(int *)(void *)at = sqlite3_column_int(st, col);
            break;
        case STORE_AS_BOOL:
            *(bool *)(void *)at = sqlite3_column_int64(st, col) != 0;
            break;
        case STORE_AS_F64:
            *(double *)(void *)at = sqlite3_column_double(st, col);
            break;
        case STORE_AS_STR:
            *(Str *)(void *)at = column_str(c, st, col);
            break;
        }
    }
}

/* false: no more rows are wanted */
static bool take_row(Ctx *c, sqlite3_stmt *st, StoreRows *rows)
{
    if (!rows)
        return true; /* RETURNING in a store_exec: only the count counts */
    if (!rows->map) {
        if (sqlite3_column_type(st, 0) != SQLITE_NULL && !rows->has_number) {
            rows->number = sqlite3_column_int64(st, 0);
            rows->has_number = true;
        }
        return false;
    }
    if (arena_full(c->arena))
        return false;
    void *row = store_rows_next(c, rows);
    if (!row)
        return false;
    read_row(c, st, rows->map, row);
    return rows->n < rows->max || !rows->fixed;
}

static Err get_stmt(Sqlite *s, ErrSlot *e, const StoreSql *sql, sqlite3_stmt **ret)
{
    ASSERT(sql->slot >= 0 && (size_t)sql->slot < s->base.store->sql_n);
    sqlite3_stmt *st = s->stmts[sql->slot];
    if (!st) {
        if (!sql->sqlite)
            return err_set(e, ERR_INTERNAL, "store.sql", "%s is not for SQLite", sql->name);
        int rc = sqlite3_prepare_v3(s->db, sql->sqlite, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL);
        if (rc != SQLITE_OK) {
            Err err = store_sqlite_err(s->db, rc, e);
            return err == ERR_INTERNAL
                       ? err_set(e, err, "store.sql", "%s: %s", sql->name, sqlite3_errmsg(s->db))
                       : err;
        }
        s->stmts[sql->slot] = st;
    }
    *ret = st;
    return ERR_OK;
}

static Err sqlite_run(StoreConn *conn, Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n,
                      StoreRows *rows, int64_t *ret_changes)
{
    Sqlite *s = self(conn);
    sqlite3_stmt *st = NULL;
    Err err = get_stmt(s, &c->err, sql, &st);
    if (err)
        return err;
    if (rows && rows->map && (size_t)sqlite3_column_count(st) != rows->map->n)
        return ctx_err(c, ERR_INTERNAL, "store.columns", "%s has %d columns, the map %zu",
                       sql->name, sqlite3_column_count(st), rows->map->n);
    for (size_t i = 0; i < n; i++) {
        int rc = bind_one(st, (int)i + 1, &v[i]);
        if (rc != SQLITE_OK)
            return store_sqlite_err(s->db, rc, &c->err);
    }
    bool readonly = sqlite3_stmt_readonly(st) != 0;
    int64_t seen = 0;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        seen++;
        if (!take_row(c, st, rows) && readonly)
            break; /* a writing statement is run to its end */
    }
    if (rc == SQLITE_DONE || rc == SQLITE_ROW) {
        *ret_changes = readonly ? seen : sqlite3_changes64(s->db);
        sqlite3_reset(st);
        return ERR_OK;
    }
    err = store_sqlite_err(s->db, rc, &c->err);
    sqlite3_reset(st);
    return err;
}

static Err sqlite_prepare(StoreConn *conn, ErrSlot *e, const StoreSql *sql)
{
    sqlite3_stmt *st = NULL;
    return sql->sqlite ? get_stmt(self(conn), e, sql, &st) : ERR_OK;
}

static Err sqlite_script(StoreConn *conn, ErrSlot *e, const char *sql)
{
    sqlite3 *db = self(conn)->db;
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : store_sqlite_err(db, rc, e);
}

/* ---- transactions ---- */
static Err tx_step(Sqlite *s, int which, ErrSlot *e)
{
    sqlite3_stmt *st = s->tx[which];
    int rc = sqlite3_step(st);
    Err err = rc == SQLITE_DONE ? ERR_OK : store_sqlite_err(s->db, rc, e);
    sqlite3_reset(st);
    return err;
}

static Err sqlite_begin(StoreConn *conn, ErrSlot *e, bool write)
{
    return tx_step(self(conn), write ? TX_BEGIN_WRITE : TX_BEGIN_READ, e);
}

static Err sqlite_commit(StoreConn *conn, ErrSlot *e)
{
    return tx_step(self(conn), TX_COMMIT, e);
}

static void sqlite_rollback(StoreConn *conn)
{
    ErrSlot ignored = {0};
    if (store_sqlite_in_tx(conn) && tx_step(self(conn), TX_ROLLBACK, &ignored) != ERR_OK)
        store_log(conn->store, LOG_ERROR, "rollback failed", &ignored);
}

bool store_sqlite_in_tx(StoreConn *conn)
{
    return sqlite3_get_autocommit(self(conn)->db) == 0;
}

int64_t store_sqlite_changes(StoreConn *conn)
{
    return sqlite3_total_changes64(self(conn)->db);
}

Err store_sqlite_savepoint(StoreConn *conn, ErrSlot *e)
{
    return tx_step(self(conn), TX_SAVEPOINT, e);
}

Err store_sqlite_release(StoreConn *conn, ErrSlot *e)
{
    return tx_step(self(conn), TX_RELEASE, e);
}

Err store_sqlite_rollback_to(StoreConn *conn, ErrSlot *e)
{
    Err err = tx_step(self(conn), TX_ROLLBACK_TO, e);
    return err ? err : tx_step(self(conn), TX_RELEASE, e);
}

/* ---- connecting ---- */
static void sqlite_close(StoreConn *conn)
{
    if (!conn)
        return;
    Sqlite *s = self(conn);
    for (int i = 0; i < TX_STATEMENTS; i++)
        sqlite3_finalize(s->tx[i]);
    for (size_t i = 0; i < s->base.store->sql_n; i++)
        sqlite3_finalize(s->stmts[i]);
    sqlite3_close(s->db);
    free(s);
}

static const StoreConnOps OPS = {
    .run = sqlite_run,
    .script = sqlite_script,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .prepare = sqlite_prepare,
    .close = sqlite_close,
};

/* FULL: a commit is on the disk before anybody is told. Checkpoints are the checkpointer's alone.
 * What is deleted is overwritten, because erasure is promised. */
static const char WRITER[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
    "PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY;"
    "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8000; PRAGMA trusted_schema = OFF;";
static const char READER[] =
    "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -2000; PRAGMA trusted_schema = OFF;";

static Err set_up(Sqlite *s, bool writer, ErrSlot *e)
{
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    Err err = sqlite_script(&s->base, e, writer ? WRITER : READER);
    for (int i = 0; i < TX_STATEMENTS && !err; i++) {
        int rc =
            sqlite3_prepare_v3(s->db, TX_SQL[i], -1, SQLITE_PREPARE_PERSISTENT, &s->tx[i], NULL);
        if (rc != SQLITE_OK)
            err = store_sqlite_err(s->db, rc, e);
    }
    return err;
}

/* Without the WAL (some network file systems) readers would stop the lane. */
static Err need_wal(Sqlite *s, ErrSlot *e)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode", -1, &st, NULL);
    bool wal = rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW &&
               sqlite3_stricmp((const char *)sqlite3_column_text(st, 0), "wal") == 0;
    sqlite3_finalize(st);
    return wal ? ERR_OK
               : err_set(e, ERR_STORAGE, "store.open",
                         "%s: this file system cannot hold a write-ahead log; use a local disk",
                         s->base.store->path);
}

void store_sqlite_begin(void)
{
    /* Its count of bytes in use costs a lock at each allocation, and nobody asks for it. Refused
     * once SQLite runs: then it stays as it is. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

Err store_sqlite_connect(Store *store, bool writer, ErrSlot *e, StoreConn **ret)
{
    Sqlite *s = store_alloc(sizeof *s + store->sql_n * sizeof *s->stmts);
    s->base = (StoreConn){.ops = &OPS, .store = store};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (writer ? SQLITE_OPEN_CREATE : 0);
    int rc = sqlite3_open_v2(store->path, &s->db, flags, NULL);
    if (rc == SQLITE_NOMEM && !s->db)
        store_no_memory();
    Err err = rc == SQLITE_OK ? set_up(s, writer, e) : store_sqlite_err(s->db, rc, e);
    if (!err && writer)
        err = need_wal(s, e);
    if (err) {
        sqlite_close(&s->base);
        return err;
    }
    store_fault_watch(&store->fault, s->db);
    *ret = &s->base;
    return ERR_OK;
}
