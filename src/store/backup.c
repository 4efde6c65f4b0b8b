/* SPDX-License-Identifier: Apache-2.0 */
/* Backups of the database. Uploads and keys lie beside it and are the command line's business. */
#include "store/internal.h"

#include "base/clock.h"
#include "base/file.h"
#include "sql/migration.h"

#include <stdio.h>

Err store_backup(Store *s, const char *to_dir, ErrSlot *e)
{
    Err err = file_mkdirs(e, to_dir, 0700);
    if (err)
        return err;
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", to_dir, s->pg ? "zhixin.dump" : "zhixin.db");
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ERR_INVALID, "store.backup", "the path is too long");
    if (file_exists(path)) /* also: nobody copies a database over itself */
        return err_set(e, ERR_CONFLICT, "store.backup_exists", "%s is there already", path);
    if (s->pg)
        return store_pg_dump(s, path, e);
    err = store_sqlite_copy(s, path, e);
    return err ? err : store_sqlite_check_file(path, e);
}

Err store_backup_check(const char *path, ErrSlot *e)
{
    return store_sqlite_check_file(path, e);
}

static Err count_tables(Ctx *c, void *arg)
{
    return store_i64(c, &MIGRATION_TABLES, NO_BINDS, 0, arg);
}

static Err need_empty(Store *s, ErrSlot *e)
{
    StoreConn *conn;
    Err err = store_pg_connect(s, e, &conn);
    if (err)
        return err;
    Arena *a = arena_create(1 << 16);
    Ctx c;
    ctx_init(&c, a, s->ids, clock_wall_ms());
    int64_t tables = 0;
    err = store_conn_do(conn, &c, false, count_tables, &tables);
    if (err)
        *e = c.err;
    else if (tables)
        err = err_set(e, ERR_CONFLICT, "store.not_empty",
                      "the database has %lld tables; name an empty one (createdb)",
                      (long long)tables);
    conn->ops->close(conn);
    arena_destroy(a);
    return err;
}

Err store_restore_pg(const char *database_url, const char *path, ErrSlot *e)
{
    StoreConfig config = {.data_dir = "", .database_url = database_url};
    Store *s = store_make(&config, STORE_ALL_MIGRATIONS);
    Err err = need_empty(s, e);
    if (!err)
        err = store_pg_load(s, path, e);
    store_close(s);
    return err;
}
