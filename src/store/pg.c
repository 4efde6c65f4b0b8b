/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One PostgreSQL connection: settings, statements prepared when first used, transactions, and
 * answers that are waited for no longer than the connection's limit.
 *
 * Writes are READ COMMITTED with row locks (FOR UPDATE in the rooms' "-- pg:" lines), not
 * SERIALIZABLE. A conversation's row and a shop's agents are written by nearly every message: under
 * SERIALIZABLE whoever waited for such a row is thrown out and starts again, under READ COMMITTED
 * it goes on with the newest version (docs/decisions/postgresql-isolation.md has the measurement).
 * The price: what must not change between a look and a write has to be locked or written with its
 * condition, and the rooms do. Reads are REPEATABLE READ: one snapshot for the whole function.
 */
#include "store/pg.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLDEST = 130000, STATEMENT_MS = 30000, GRACE_MS = 5000 };

static const char BEGIN_WRITE[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
static const char BEGIN_READ[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/* ---- waiting ---- */
static int64_t deadline(const Pg *p)
{
    return p->limit_ms ? clock_steady_ns() + p->limit_ms * 1000000 : INT64_MAX;
}

/* The next part of the answer; NULL at its end, or when the connection is given up (p->dead). */
static PGresult *next(Pg *p, int64_t until_ns)
{
    while (!p->dead && PQisBusy(p->db)) {
        int64_t left = until_ns == INT64_MAX ? 60000 : (until_ns - clock_steady_ns()) / 1000000;
        if (left <= 0) {
            p->dead = true; /* a server that does not answer; its answer would come too late */
            break;
        }
        if (PQsocket(p->db) < 0)
            break; /* PQgetResult says why */
        struct pollfd fd = {.fd = PQsocket(p->db), .events = POLLIN};
        int ready = poll(&fd, 1, left > 60000 ? 60000 : (int)left);
        if (ready < 0 && errno != EINTR)
            p->dead = true;
        if (ready > 0 && !PQconsumeInput(p->db))
            break;
    }
    return p->dead ? NULL : PQgetResult(p->db);
}

/* Reads to the end of an answer to a command. */
static Err finish(Pg *p, ErrSlot *e, const char *what, bool sent)
{
    if (!sent)
        return pg_error(p, NULL, e, what);
    int64_t until = deadline(p);
    Err err = ERR_OK;
    PGresult *r;
    while ((r = next(p, until)) != NULL) {
        ExecStatusType status = PQresultStatus(r);
        if (!err && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
            status != PGRES_EMPTY_QUERY)
            err = pg_error(p, r, e, what);
        PQclear(r);
    }
    return !err && p->dead ? pg_unavailable(e, 1000) : err;
}

static Err command(Pg *p, ErrSlot *e, const char *sql)
{
    if (p->dead)
        return pg_unavailable(e, 1000);
    return finish(p, e, sql, PQsendQuery(p->db, sql) == 1);
}

/* ---- statements ---- */
typedef struct {
    char text[16];
} PgName;

static PgName name_of(const StoreSql *sql)
{
    PgName name;
    snprintf(name.text, sizeof name.text, "s%d", sql->slot);
    return name;
}

static Err prepare(Pg *p, ErrSlot *e, const StoreSql *sql)
{
    ASSERT(sql->slot >= 0 && (size_t)sql->slot < p->base.store->sql_n);
    if (p->dead)
        return pg_unavailable(e, 1000);
    if (p->prepared[sql->slot])
        return ERR_OK;
    if (!sql->pg)
        return err_set(e, ERR_INTERNAL, "store.sql", "%s is not for PostgreSQL", sql->name);
    PgName name = name_of(sql);
    Err err = finish(p, e, sql->name, PQsendPrepare(p->db, name.text, sql->pg, 0, NULL) == 1);
    if (!err)
        p->prepared[sql->slot] = true;
    return err;
}

static Err pg_prepare(StoreConn *conn, ErrSlot *e, const StoreSql *sql)
{
    return sql->pg ? prepare(pg_self(conn), e, sql) : ERR_OK;
}

static int64_t changed(PGresult *r)
{
    const char *n = PQcmdTuples(r);
    return *n ? strtoll(n, NULL, 10) : 0;
}

static Err columns_fit(Ctx *c, const PGresult *r, const StoreSql *sql, const StoreRows *rows)
{
    if (!rows || !rows->map || (size_t)PQnfields(r) == rows->map->n)
        return ERR_OK;
    return ctx_err(c, ERR_INTERNAL, "store.columns", "%s has %d columns, the map %zu", sql->name,
                   PQnfields(r), rows->map->n);
}

/* Rows are taken one by one as they come in: more than anybody wants never fill the memory. The
 * answer is read to its end in any case. */
static Err pg_run(StoreConn *conn, Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n,
                  StoreRows *rows, int64_t *ret_changes)
{
    Pg *p = pg_self(conn);
    Err err = prepare(p, &c->err, sql);
    if (err)
        return err;
    if (n > PG_MAX_PARAMS)
        return ctx_err(c, ERR_INTERNAL, "store.params", "%s has %zu parameters, more than %d",
                       sql->name, n, PG_MAX_PARAMS);
    PgParams params;
    pg_params(&params, v, n);
    PgName name = name_of(sql);
    if (!PQsendQueryPrepared(p->db, name.text, (int)n, params.values, params.lengths,
                             params.formats, 0))
        return pg_error(p, NULL, &c->err, sql->name);
    if (rows)
        PQsetSingleRowMode(p->db);
    int64_t until = deadline(p);
    bool wanted = rows != NULL;
    PGresult *r;
    while ((r = next(p, until)) != NULL) {
        ExecStatusType status = PQresultStatus(r);
        if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK) {
            if (!err && (err = columns_fit(c, r, sql, rows)) != ERR_OK)
                wanted = false;
            for (int i = 0; wanted && i < PQntuples(r); i++)
                wanted = pg_take_row(c, r, i, rows);
        } else if (status != PGRES_COMMAND_OK && !err) {
            err = pg_error(p, r, &c->err, sql->name);
        }
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
            *ret_changes = changed(r);
        PQclear(r);
    }
    return !err && p->dead ? pg_unavailable(&c->err, 1000) : err;
}

static Err pg_script(StoreConn *conn, ErrSlot *e, const char *sql)
{
    Pg *p = pg_self(conn);
    if (p->dead)
        return pg_unavailable(e, 1000);
    return finish(p, e, "a script", PQsendQuery(p->db, sql) == 1);
}

/* ---- transactions ---- */
static Err pg_begin(StoreConn *conn, ErrSlot *e, bool write)
{
    Pg *p = pg_self(conn);
    p->write = write;
    p->retryable = false;
    p->commit_known = true;
    return command(p, e, write ? BEGIN_WRITE : BEGIN_READ);
}

static Err commit_unknown(Pg *p, ErrSlot *e)
{
    p->dead = true;
    p->commit_known = !p->write;
    return err_retry(e, ERR_BUSY, "store.commit_unknown", 1000,
                     "the database went away during a COMMIT: it may be done or not; repeat with "
                     "the same client_id");
}

static Err pg_commit(StoreConn *conn, ErrSlot *e)
{
    Pg *p = pg_self(conn);
    if (p->dead || PQstatus(p->db) != CONNECTION_OK) {
        p->dead = true;
        return pg_unavailable(e, 1000); /* nothing was sent: surely not committed */
    }
    if (!PQsendQuery(p->db, "COMMIT"))
        return commit_unknown(p, e);
    if (p->write)
        store_fault_kill(&p->base.store->fault, FAULT_IN_COMMIT);
    int64_t until = deadline(p);
    Err err = ERR_OK;
    bool answered = false;
    PGresult *r;
    while ((r = next(p, until)) != NULL) {
        answered = true;
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            err = pg_error(p, r, e, "COMMIT");
        else if (strcmp(PQcmdStatus(r), "COMMIT") != 0)
            err = err_set(e, ERR_INTERNAL, "store.broken",
                          "COMMIT of a transaction in which a statement had failed");
        PQclear(r);
    }
    /* A refusal counts only if the server is still there, out of the transaction. A FATAL one may
     * follow a commit that is on the disk (shutdown while a standby was waited for). */
    if (!answered || (err && (p->dead || PQtransactionStatus(p->db) != PQTRANS_IDLE)))
        return commit_unknown(p, e);
    return err;
}

static void pg_rollback(StoreConn *conn)
{
    Pg *p = pg_self(conn);
    if (p->dead || PQstatus(p->db) != CONNECTION_OK) {
        p->dead = true;
        return;
    }
    if (PQtransactionStatus(p->db) == PQTRANS_IDLE)
        return;
    ErrSlot ignored = {0};
    if (command(p, &ignored, "ROLLBACK") != ERR_OK)
        p->dead = true;
}

bool store_pg_alive(StoreConn *conn)
{
    Pg *p = pg_self(conn);
    return !p->dead && PQstatus(p->db) == CONNECTION_OK &&
           PQtransactionStatus(p->db) == PQTRANS_IDLE;
}

bool store_pg_commit_known(StoreConn *conn)
{
    return pg_self(conn)->commit_known;
}

bool store_pg_retryable(StoreConn *conn)
{
    return pg_self(conn)->retryable;
}

/* ---- connecting ---- */
static void pg_close(StoreConn *conn)
{
    if (!conn)
        return;
    PQfinish(pg_self(conn)->db);
    free(conn);
}

static const StoreConnOps OPS = {
    .run = pg_run,
    .script = pg_script,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .prepare = pg_prepare,
    .close = pg_close,
};

/* An acknowledged commit is on the server's disk, whatever the cluster's default. No JIT: our
 * statements are short. */
static const char SETTINGS[] =
    "SET standard_conforming_strings = on; SET bytea_output = 'hex'; SET TIME ZONE 'UTC';"
    "SET jit = off;"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'";

Err pg_set_limits(StoreConn *conn, ErrSlot *e)
{
    Pg *p = pg_self(conn);
    /* the server gives up first; our own limit is for a server that says nothing at all */
    p->limit_ms = STATEMENT_MS + GRACE_MS;
    char sql[160];
    snprintf(sql, sizeof sql,
             "SET statement_timeout = %d; SET lock_timeout = 5000;"
             "SET idle_in_transaction_session_timeout = 60000",
             STATEMENT_MS);
    return pg_script(conn, e, sql);
}

static void no_notice(void *user, const char *text)
{
    (void)user;
    (void)text; /* libpq would print it to stderr */
}

/* The reason, without the line breaks of libpq. */
static Err open_err(PGconn *db, ErrSlot *e)
{
    char text[200];
    snprintf(text, sizeof text, "%s", PQerrorMessage(db));
    for (char *at = text; *at; at++)
        if (*at == '\n' || *at == '\t')
            *at = at[1] ? ' ' : '\0';
    return err_set(e, ERR_STORAGE, "store.open", "PostgreSQL: %s", text);
}

static Err set_up(Pg *p, ErrSlot *e)
{
    if (PQstatus(p->db) != CONNECTION_OK)
        return open_err(p->db, e);
    PQsetNoticeProcessor(p->db, no_notice, NULL);
    int version = PQserverVersion(p->db);
    if (version < OLDEST)
        return err_set(e, ERR_STORAGE, "store.open",
                       "PostgreSQL %d or newer is needed, this is %d.%d", OLDEST / 10000,
                       version / 10000, version % 10000);
    const char *encoding = PQparameterStatus(p->db, "server_encoding");
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return err_set(e, ERR_STORAGE, "store.open",
                       "the database's encoding is %s; create it with ENCODING 'UTF8'",
                       encoding ? encoding : "unknown");
    return pg_script(&p->base, e, SETTINGS);
}

Err store_pg_connect(Store *store, ErrSlot *e, StoreConn **ret)
{
    Pg *p = store_alloc(sizeof *p + store->sql_n * sizeof p->prepared[0]);
    p->base = (StoreConn){.ops = &OPS, .store = store};
    p->commit_known = true;
    /* What stands before dbname is our default; the URL may say otherwise. */
    const char *keys[] = {"connect_timeout",
                          "keepalives_idle",
                          "keepalives_interval",
                          "keepalives_count",
                          "tcp_user_timeout",
                          "gssencmode",
                          "dbname",
                          "fallback_application_name",
                          "client_encoding",
                          NULL};
    const char *values[] = {
        "5",      "30",   "10", "3", "30000", "disable", store->config.database_url,
        "zhixin", "UTF8", NULL};
    p->db = PQconnectdbParams(keys, values, 1);
    if (!p->db)
        store_no_memory();
    Err err = set_up(p, e);
    if (err) {
        pg_close(&p->base);
        return err;
    }
    *ret = &p->base;
    return ERR_OK;
}
