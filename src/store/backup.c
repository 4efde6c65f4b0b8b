/* SPDX-License-Identifier: Apache-2.0 */
/* Backups of the database. Uploads and keys lie beside it and are the command line's business. */
#include "store/internal.h"

#include "base/file.h"

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
