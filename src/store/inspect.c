/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at a database without taking part in it: which schema it has, and whether a reader may
 * understand it. Nothing is locked, made or changed. */
#include "store/internal.h"

#include "base/clock.h"
#include "sql/migration.h"

enum { LOOK_ARENA = 1 << 20 };

typedef struct {
    int64_t number;
    Str name, checksum;
    int64_t applied_at;
} Told;

static const StoreField FIELDS[] = {STORE_FIELD(Told, number), STORE_FIELD(Told, name),
                                    STORE_FIELD(Told, checksum), STORE_FIELD(Told, applied_at)};
static const StoreMap MAP = STORE_MAP(Told, FIELDS);

typedef struct {
    Told *rows;
    size_t n;
} Look;

static Err look(Ctx *c, void *arg)
{
    Look *l = arg;
    int64_t there = 0;
    l->n = 0;
    Err err = store_i64(c, &MIGRATION_EXISTS, NO_BINDS, 0, &there);
    if (!err && there)
        err = store_all(c, &MIGRATION_TOLD, NO_BINDS, &MAP, &l->rows, &l->n);
    return err;
}

static bool same(const Told *t, const StoreMigration *m)
{
    return t->number == m->number && str_is(t->checksum, m->checksum);
}

static Err judge(Store *s, const Look *l, ErrSlot *e)
{
    const StoreMigration *m = s->migrations;
    for (size_t i = 0; i < l->n; i++, m++) {
        if (m->number == 0)
            return err_set(e, ERR_CONFLICT, "store.newer_schema",
                           "the database has %.*s, which this version does not know: use the "
                           "version that made it, or a newer one",
                           STR_ARG(l->rows[i].name));
        if (!same(&l->rows[i], m))
            return err_set(e, ERR_CONFLICT, "store.changed_migration",
                           "the database was made with another %.*s than this version's %s",
                           STR_ARG(l->rows[i].name), m->name);
        s->schema = m->number;
    }
    return m->number ? err_set(e, ERR_CONFLICT, "store.older_schema",
                               "the database does not have %s yet: \"zhixin migrate\" brings it up "
                               "to date, or use the version that made it",
                               m->name)
                     : ERR_OK;
}

Err store_schema_check(Store *s, ErrSlot *e)
{
    Arena *a = arena_create(LOOK_ARENA);
    Ctx c;
    ctx_init(&c, a, s->ids, clock_wall_ms());
    Look l = {0};
    Err err = store_read(s, &c, look, &l);
    if (err)
        *e = c.err;
    else
        err = judge(s, &l, e);
    arena_destroy(a);
    return err;
}

static Err look_at(Store *s, ErrSlot *e, Arena *a, Look *l)
{
    StoreConn *conn = NULL;
    Err err = s->pg ? store_pg_connect(s, e, &conn) : store_sqlite_name(s, true, e);
    if (!err && !s->pg)
        err = store_sqlite_connect(s, false, e, &conn);
    if (err)
        return err;
    Ctx c;
    ctx_init(&c, a, s->ids, clock_wall_ms());
    err = store_conn_do(conn, &c, false, look, l);
    if (err)
        *e = c.err;
    conn->ops->close(conn);
    return err;
}

Err store_migration_list(const StoreConfig *config, ErrSlot *e, Arena *a, StoreMigrationState **ret,
                         size_t *ret_n)
{
    Store *s = store_make(config, STORE_ALL_MIGRATIONS);
    Look l = {0};
    Err err = look_at(s, e, a, &l);
    store_close(s);
    if (err)
        return err;
    size_t known = 0, n = 0;
    while (STORE_ALL_MIGRATIONS[known].number)
        known++;
    StoreMigrationState *all = ARENA_ARRAY(a, StoreMigrationState, known + l.n);
    for (; n < l.n; n++)
        all[n] =
            (StoreMigrationState){.number = l.rows[n].number,
                                  .name = l.rows[n].name,
                                  .applied_at = l.rows[n].applied_at,
                                  .known = n < known && same(&l.rows[n], &STORE_ALL_MIGRATIONS[n])};
    for (; n < known; n++)
        all[n] = (StoreMigrationState){.number = STORE_ALL_MIGRATIONS[n].number,
                                       .name = str_of(STORE_ALL_MIGRATIONS[n].name),
                                       .known = true};
    *ret = all;
    *ret_n = n;
    return ERR_OK;
}
