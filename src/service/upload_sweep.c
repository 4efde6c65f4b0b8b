/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads that nobody wants any more. */
#include "service/upload.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH = 200, FOLDERS = 256, ORPHANS_MAX = 1000 };
#define DAY_MS INT64_C(86400000)

typedef struct {
    const int64_t *ids;
    int64_t gone[BATCH];
    size_t n, gone_n;
} Drop;

static Err find(Ctx *c, void *arg)
{
    Drop *d = arg;
    int64_t *ids;
    Err err = desk_file_unused(c, c->now_ms - DESK_FILE_UNUSED_MS, BATCH, &ids, &d->n);
    d->ids = ids;
    return err;
}

static Err drop(Ctx *c, void *arg)
{
    Drop *d = arg;
    d->gone_n = 0;
    for (size_t i = 0; i < d->n; i++) {
        bool dropped;
        Err err = desk_file_drop(c, d->ids[i], &dropped);
        if (err)
            return err;
        if (dropped)
            d->gone[d->gone_n++] = d->ids[i];
    }
    return ERR_OK;
}

static Err drop_unused(Store *s, Ctx *c, const char *data_dir, int64_t *removed)
{
    for (;;) {
        ArenaMark mark = arena_mark(c->arena);
        Drop d = {0};
        Err err = store_read(s, c, find, &d);
        if (!err && d.n)
            err = store_write(s, c, STORE_IMPORT, drop, &d);
        for (size_t i = 0; !err && i < d.gone_n; i++)
            if (unlink(upload_path(c->arena, data_dir, d.gone[i]).p) == 0)
                ++*removed;
        arena_release(c->arena, mark);
        if (err || d.gone_n < BATCH)
            return err;
    }
}

typedef struct {
    int64_t id;
    bool known;
} Look;

static Err look(Ctx *c, void *arg)
{
    Look *l = arg;
    return desk_file_exists(c, l->id, &l->known);
}

/* Bytes from one to eight days ago that no row names: older ones were looked at before. */
static Err drop_orphans(Store *s, Ctx *c, const char *folder, int64_t *removed)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return ERR_OK;
    Err err = ERR_OK;
    int left = ORPHANS_MAX;
    for (struct dirent *d = readdir(dir); d && !err && left > 0; d = readdir(dir)) {
        ArenaMark mark = arena_mark(c->arena);
        const char *path = str_fmt(c->arena, "%s/%s", folder, d->d_name).p;
        struct stat st;
        if (d->d_name[0] != '.' && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
            int64_t age = c->now_ms - (int64_t)st.st_mtime * 1000;
            Look l = {0};
            bool named = str_i64(str_of(d->d_name), &l.id); /* else a write that was cut off */
            if (age > DAY_MS && age < 8 * DAY_MS && named)
                err = store_read(s, c, look, &l);
            if (!err && age > DAY_MS && age < 8 * DAY_MS && !l.known && unlink(path) == 0) {
                ++*removed;
                left--;
            }
        }
        arena_release(c->arena, mark);
    }
    closedir(dir);
    return err;
}

Err upload_sweep(Store *s, Ctx *c, const char *data_dir, int64_t *ret_removed)
{
    *ret_removed = 0;
    Err err = drop_unused(s, c, data_dir, ret_removed);
    for (unsigned i = 0; i < FOLDERS && !err; i++)
        err = drop_orphans(s, c, str_fmt(c->arena, "%s/uploads/%02x", data_dir, i).p, ret_removed);
    return err;
}
