/* SPDX-License-Identifier: Apache-2.0 */
/* What PostgreSQL's errors mean to us: the same kinds and codes as SQLite's. A server's DETAIL line
 * is never passed on: it quotes values, and values may be customers' words. */
#include "store/pg.h"

#include <string.h>

typedef enum {
    MEANS_CONFLICT,
    MEANS_REFERENCE,
    MEANS_CONSTRAINT,
    MEANS_RACE,   /* rolled back by the server; the same again may succeed */
    MEANS_BUSY,   /* waited too long */
    MEANS_TEXT,   /* bytes that PostgreSQL does not store as text */
    MEANS_VALUE,  /* our bug; the message would quote the value */
    MEANS_FULL,   /* disk */
    MEANS_GONE,   /* the server, or our connection to it */
    MEANS_STALE,  /* this connection's prepared statements are no good any more */
    MEANS_FAILED, /* the server's disk or memory */
    MEANS_BUG
} Meaning;

/* By SQLSTATE, the first prefix that fits. */
static const struct {
    char prefix[6];
    Meaning means;
} MEANINGS[] = {
    {"23505", MEANS_CONFLICT}, {"23503", MEANS_REFERENCE}, {"23", MEANS_CONSTRAINT},
    {"40001", MEANS_RACE},     {"40P01", MEANS_RACE},      {"55P03", MEANS_BUSY},
    {"57014", MEANS_BUSY},     {"22021", MEANS_TEXT},      {"22P05", MEANS_TEXT},
    {"22", MEANS_VALUE},       {"53100", MEANS_FULL},      {"53300", MEANS_GONE},
    {"53", MEANS_FAILED},      {"57P", MEANS_GONE},        {"08", MEANS_GONE},
    {"25P03", MEANS_GONE},     {"25006", MEANS_FAILED},    {"26000", MEANS_STALE},
    {"58", MEANS_FAILED},      {"XX001", MEANS_FAILED},    {"XX002", MEANS_FAILED},
};

static Meaning meaning(const char *state, const char *text)
{
    if (strcmp(state, "0A000") == 0 && strstr(text, "cached plan"))
        return MEANS_STALE; /* another node has migrated under us */
    for (size_t i = 0; i < sizeof MEANINGS / sizeof MEANINGS[0]; i++)
        if (strncmp(state, MEANINGS[i].prefix, strlen(MEANINGS[i].prefix)) == 0)
            return MEANINGS[i].means;
    return MEANS_BUG;
}

Err pg_unavailable(ErrSlot *e, long retry_after_ms)
{
    return err_retry(e, ERR_BUSY, "store.unavailable", retry_after_ms,
                     "the database cannot be reached just now");
}

Err pg_error(Pg *p, const PGresult *r, ErrSlot *e, const char *what)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (PQstatus(p->db) != CONNECTION_OK || !state) {
        /* no SQLSTATE: libpq itself speaks, and it speaks of the connection */
        p->dead = true;
        return pg_unavailable(e, 1000);
    }
    text = text ? text : "";
    switch (meaning(state, text)) {
    case MEANS_CONFLICT:
        return err_set(e, ERR_CONFLICT, "store.conflict", "%s: %s", what, text);
    case MEANS_REFERENCE:
        return err_set(e, ERR_CONFLICT, "store.reference", "%s: %s", what, text);
    case MEANS_CONSTRAINT:
        return err_set(e, ERR_INTERNAL, "store.constraint", "%s: %s", what, text);
    case MEANS_RACE:
        p->retryable = true;
        return err_retry(e, ERR_BUSY, "storage.busy", 500, "others changed the same rows");
    case MEANS_BUSY:
        return err_retry(e, ERR_BUSY, "storage.busy", 500, "the database took too long");
    case MEANS_TEXT:
        return err_set(e, ERR_INVALID, "store.text", "%s: text holds a NUL or is not UTF-8", what);
    case MEANS_VALUE:
        return err_set(e, ERR_INTERNAL, "store.sql", "%s: a value does not fit (%s)", what, state);
    case MEANS_FULL:
        return err_set(e, ERR_STORAGE, "storage.full", "the database's disk is full");
    case MEANS_GONE:
        p->dead = true;
        return pg_unavailable(e, 1000);
    case MEANS_STALE:
        p->dead = true;
        p->retryable = true;
        return err_retry(e, ERR_BUSY, "storage.busy", 500, "the schema has changed");
    case MEANS_FAILED:
        /* read only (25006): a standby took over this address; the next connection may find the
         * primary */
        p->dead = p->dead || (p->write && strcmp(state, "25006") == 0);
        return err_set(e, ERR_STORAGE, "storage.failed", "%s: %s (%s)", what, text, state);
    case MEANS_BUG:
        break;
    }
    return err_set(e, ERR_INTERNAL, "store.sql", "%s: %s (%s)", what, text, state);
}
