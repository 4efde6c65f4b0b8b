/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of the database while it runs: one read snapshot, taken in one go, so that writers neither
 * wait nor make it start again. The copy gets its name only when it is whole and on the disk. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static Err copy(sqlite3 *from, sqlite3 *to, ErrSlot *e)
{
    /* nobody else sees the file before it is whole: no journal, one sync at the end */
    int rc =
        sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;", NULL, NULL, NULL);
    sqlite3_backup *b = rc == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
    if (!b)
        return store_sqlite_err(to, rc == SQLITE_OK ? sqlite3_errcode(to) : rc, e);
    rc = sqlite3_backup_step(b, -1);
    sqlite3_backup_finish(b);
    return rc == SQLITE_DONE ? ERR_OK : store_sqlite_err(to, rc, e);
}

static int keep_first(void *user, int n, char **values, char **names)
{
    (void)names;
    char *text = user;
    if (n > 0 && values[0] && !text[0])
        snprintf(text, STORE_CHECK_TEXT, "%s", values[0]);
    return 0;
}

Err store_sqlite_integrity(struct sqlite3 *db, bool quick, ErrSlot *e)
{
    char said[STORE_CHECK_TEXT] = "";
    int rc = sqlite3_exec(db, quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)",
                          keep_first, said, NULL);
    if (rc != SQLITE_OK)
        return store_sqlite_err(db, rc, e);
    if (strcmp(said, "ok") != 0)
        return err_set(e, ERR_STORAGE, "store.damaged", "%s", said);
    char row[STORE_CHECK_TEXT] = "";
    if (!quick &&
        sqlite3_exec(db, "PRAGMA foreign_key_check", keep_first, row, NULL) == SQLITE_OK && row[0])
        return err_set(e, ERR_STORAGE, "store.damaged", "a row of %s refers to nothing", row);
    return ERR_OK;
}

static Err system_err(ErrSlot *e, const char *what, const char *path)
{
    int no = errno;
    return err_set(e, ERR_STORAGE, no == ENOSPC || no == EDQUOT ? "storage.full" : "storage.failed",
                   "%s %s: %s", what, path, strerror(no));
}

static Err sync_path(const char *path, ErrSlot *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return system_err(e, "open", path);
    int rc = fsync(fd);
    Err err = rc == 0 ? ERR_OK : system_err(e, "fsync", path);
    close(fd);
    return err;
}

static Err sync_folder_of(const char *path, ErrSlot *e)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash)
        return sync_path(".", e);
    slash[slash == folder] = '\0';
    return sync_path(folder, e);
}

static Err copy_to(Store *s, const char *path, ErrSlot *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600); /* for its mode */
    if (fd < 0)
        return system_err(e, "create", path);
    close(fd);
    StoreConn *from;
    Err err = store_sqlite_connect(s, false, e, &from);
    if (err)
        return err;
    sqlite3 *to = NULL;
    int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    err = rc == SQLITE_OK ? copy(store_sqlite_handle(from), to, e) : store_sqlite_err(to, rc, e);
    from->ops->close(from);
    sqlite3_close(to);
    return err;
}

Err store_sqlite_copy(Store *s, const char *to_path, ErrSlot *e)
{
    char part[4096];
    int n = snprintf(part, sizeof part, "%s.part", to_path);
    if (n < 0 || (size_t)n >= sizeof part)
        return err_set(e, ERR_INVALID, "store.backup", "the path is too long");
    Err err = copy_to(s, part, e);
    if (!err)
        err = sync_path(part, e);
    if (!err && rename(part, to_path) != 0)
        err = system_err(e, "rename", part);
    if (!err)
        err = sync_folder_of(to_path, e);
    if (err)
        unlink(part);
    return err;
}

Err store_sqlite_check_file(const char *path, ErrSlot *e)
{
    sqlite3 *db = NULL;
    char uri[4200];
    int rc = SQLITE_CANTOPEN;
    /* immutable: the copy is not touched, no companion files appear beside it */
    int n = snprintf(uri, sizeof uri, "file:%s?immutable=1", path);
    if (n > 0 && (size_t)n < sizeof uri && !strpbrk(path, "?#%"))
        rc = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                             NULL);
    Err err = rc == SQLITE_OK ? store_sqlite_integrity(db, true, e)
                              : err_set(e, ERR_STORAGE, "store.damaged", "cannot open %s", path);
    sqlite3_close(db);
    return err;
}
