/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_PG_H
#define STORE_PG_H
/*
 * Shared by the files of the PostgreSQL driver only: pg.c (a connection), pg_value.c (parameters
 * and rows), pg_error.c (what its errors mean to us), pg_pool.c (threads). A connection has one
 * thread at a time.
 */
#include "store/internal.h"

#include <libpq-fe.h>

typedef struct {
    StoreConn base;
    PGconn *db;
    int64_t limit_ms;  /* how long one answer may take; 0: for ever (migrations) */
    bool write;        /* the transaction that is open, or was */
    bool retryable;    /* a statement of this transaction lost a race */
    bool commit_known; /* false: COMMIT was sent and nothing came back */
    bool dead;         /* never to be used again */
    bool prepared[];   /* by StoreSql.slot */
} Pg;

static inline Pg *pg_self(StoreConn *conn)
{
    return (Pg *)conn;
}

/* ---- pg.c ---- */
/* A pool's connection: no statement, no lock and no silence may last for ever. */
Err pg_set_limits(StoreConn *conn, ErrSlot *e) WARN_UNUSED;

/* ---- pg_error.c ---- */
/* The error in a result (NULL: the connection's own); marks the connection. `what` names the
 * statement. */
Err pg_error(Pg *p, const PGresult *r, ErrSlot *e, const char *what);
Err pg_unavailable(ErrSlot *e, long retry_after_ms);

/* ---- pg_value.c ---- */
enum { PG_MAX_PARAMS = 100 };
typedef struct {
    const char *values[PG_MAX_PARAMS];
    int lengths[PG_MAX_PARAMS];
    int formats[PG_MAX_PARAMS]; /* 0 text, 1 binary */
    char numbers[PG_MAX_PARAMS][32];
} PgParams;
/* Points into v: valid as long as v is. n is at most PG_MAX_PARAMS. */
void pg_params(PgParams *params, const StoreValue *v, size_t n);
/* Takes row `row` of a result. false: no more rows are wanted. */
bool pg_take_row(Ctx *c, const PGresult *r, int row, StoreRows *rows);
#endif
