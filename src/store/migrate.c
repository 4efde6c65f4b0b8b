/* SPDX-License-Identifier: Apache-2.0 */
/* Brings the schema up to date: what was applied must be the beginning of what this program knows,
 * and the rest is applied in one transaction, after a backup. */
#include "store/internal.h"

#include "base/clock.h"
#include "base/file.h"
#include "sql/migration.h"

typedef struct {
    int64_t number;
    Str name, checksum;
} Applied;

static const StoreField FIELDS[] = {STORE_FIELD(Applied, number), STORE_FIELD(Applied, name),
                                    STORE_FIELD(Applied, checksum)};
static const StoreMap MAP = STORE_MAP(Applied, FIELDS);

typedef struct {
    Store *store;
    const StoreMigration *next; /* the first that is not applied; number 0: none */
    size_t applied;
} Upgrade;

/* Compares what was applied with what is known. */
static Err look(Ctx *c, void *arg)
{
    Upgrade *u = arg;
    Applied *rows;
    size_t n;
    Err err = store_exec(c, &MIGRATION_LOCK, NO_BINDS, NULL);
    if (!err)
        err = store_exec(c, &MIGRATION_TABLE, NO_BINDS, NULL);
    if (!err)
        err = store_all(c, &MIGRATION_LIST, NO_BINDS, &MAP, &rows, &n);
    if (err)
        return err;
    const StoreMigration *m = u->store->migrations;
    for (size_t i = 0; i < n; i++, m++) {
        if (m->number == 0)
            return ctx_err(c, ERR_CONFLICT, "store.newer_schema",
                           "the database has %.*s, which this version does not know: use the "
                           "version that made it, or a newer one",
                           STR_ARG(rows[i].name));
        if (rows[i].number != m->number || !str_is(rows[i].checksum, m->checksum))
            return ctx_err(c, ERR_CONFLICT, "store.changed_migration",
                           "the database was made with another %.*s than this version's %s",
                           STR_ARG(rows[i].name), m->name);
    }
    u->next = m;
    u->applied = n;
    return ERR_OK;
}

static Err apply(Ctx *c, void *arg)
{
    Upgrade *u = arg;
    Err err = look(c, u); /* again: another node may have been faster */
    StoreConn *conn = c->tx ? c->tx->conn : NULL;
    for (const StoreMigration *m = u->next; !err && m->number; m++) {
        ErrSlot e = {0};
        err = conn->ops->script(conn, &e, u->store->pg ? m->pg : m->sqlite);
        if (err)
            return ctx_err(c, err, e.code, "%s: %s", m->name, e.text);
        err = store_exec(
            c, &MIGRATION_INSERT,
            BINDS(i64(m->number), text(str_of(m->name)), text(str_of(m->checksum)), i64(c->now_ms)),
            NULL);
    }
    return err;
}

static Err save_first(Ctx *c, const Upgrade *u)
{
    Store *s = u->store;
    Str dir = str_fmt(c->arena, "%s/backups", s->config.data_dir);
    Err err = file_mkdirs(&c->err, dir.p, 0700);
    if (err)
        return err;
    Str path = str_fmt(c->arena, "%s/before-%s-%lld.%s", dir.p, u->next->name, (long long)c->now_ms,
                       s->pg ? "dump" : "db");
    err = s->pg ? store_pg_dump(s, path.p, &c->err) : store_sqlite_copy(s, path.p, &c->err);
    if (!err && s->config.log)
        log_line(s->config.log, LOG_INFO, "backed up before the upgrade", "path", path, NULL);
    return err;
}

static void told(const Store *s, const Upgrade *u)
{
    if (!s->config.log)
        return;
    for (const StoreMigration *m = u->next; m->number; m++)
        log_line(s->config.log, LOG_INFO, "schema changed", "migration", str_of(m->name), NULL);
}

Err store_migrate(Store *s, StoreConn *conn, ErrSlot *e)
{
    Arena *a = arena_create(1u << 20);
    Ctx c;
    ctx_init(&c, a, s->ids, clock_wall_ms());
    Upgrade u = {.store = s};
    Err err = store_conn_do(conn, &c, true, look, &u);
    if (!err && u.next->number) {
        Upgrade before = u;
        if (u.applied > 0)
            err = save_first(&c, &u);
        if (!err)
            err = store_conn_do(conn, &c, true, apply, &u);
        if (!err)
            told(s, &before);
    }
    for (const StoreMigration *m = s->migrations; !err && m->number; m++)
        s->schema = m->number;
    if (err)
        *e = c.err;
    arena_destroy(a);
    return err;
}
