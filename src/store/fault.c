/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on order. SQLite's files are watched from outside: the table of functions of an open file
 * is exchanged for one that looks first. */
#include "store/store_fault.h"

#ifdef STORE_FAULT
#include "store/internal.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const NAMES[FAULT_POINTS] = {"after_write",  "before_commit", "in_commit",
                                                "after_commit", "mid_follower",  "mid_checkpoint",
                                                "statement",    "full"};

void store_fault_init(StoreFault *f, const char *spec)
{
    Str rest = str_of(spec);
    while (rest.n) {
        Str item = str_cut(&rest, ','), name = str_cut(&item, ':');
        int64_t n = 0;
        bool known = false;
        ASSERT(str_i64(item, &n) && n > 0);
        for (int i = 0; i < FAULT_POINTS; i++)
            if (str_is(name, NAMES[i])) {
                atomic_store(&f->left[i], (long)n);
                known = true;
            }
        ASSERT(known);
    }
}

bool store_fault_hit(StoreFault *f, StoreFaultPoint point)
{
    return atomic_load_explicit(&f->left[point], memory_order_relaxed) > 0 &&
           atomic_fetch_sub(&f->left[point], 1) == 1;
}

void store_fault_kill(StoreFault *f, StoreFaultPoint point)
{
    if (!store_fault_hit(f, point))
        return;
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* ---- files ---- */
typedef struct {
    sqlite3_io_methods methods; /* first: the file points here */
    const sqlite3_io_methods *old;
    StoreFault *fault;
    bool wal;
} Watch;

static Watch *watch_of(sqlite3_file *file)
{
    return (Watch *)(uintptr_t)file->pMethods;
}

static int watched_close(sqlite3_file *file)
{
    Watch *w = watch_of(file);
    file->pMethods = w->old;
    free(w);
    return file->pMethods->xClose(file);
}

static int watched_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    Watch *w = watch_of(file);
    if (w->wal && store_fault_hit(w->fault, FAULT_FULL))
        return SQLITE_FULL;
    int rc = w->old->xWrite(file, bytes, n, at);
    if (!w->wal)
        store_fault_kill(w->fault, FAULT_MID_CHECKPOINT);
    return rc;
}

static int watched_sync(sqlite3_file *file, int flags)
{
    Watch *w = watch_of(file);
    if (w->wal)
        store_fault_kill(w->fault, FAULT_IN_COMMIT);
    return w->old->xSync(file, flags);
}

static void watch(StoreFault *f, sqlite3 *db, bool wal)
{
    sqlite3_file *file = NULL;
    int op = wal ? SQLITE_FCNTL_JOURNAL_POINTER : SQLITE_FCNTL_FILE_POINTER;
    if (sqlite3_file_control(db, "main", op, &file) != SQLITE_OK || !file || !file->pMethods ||
        file->pMethods->xWrite == watched_write)
        return;
    Watch *w = store_alloc(sizeof *w);
    *w = (Watch){.methods = *file->pMethods, .old = file->pMethods, .fault = f, .wal = wal};
    w->methods.xClose = watched_close;
    w->methods.xWrite = watched_write;
    w->methods.xSync = watched_sync;
    file->pMethods = &w->methods;
}

void store_fault_watch(StoreFault *f, sqlite3 *db)
{
    /* the WAL is opened with the first read */
    if (sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL) != SQLITE_OK)
        return;
    watch(f, db, false);
    watch(f, db, true);
}
#endif
