/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zhixin restore: proves the backup whole, makes ready what it brings in a folder beside the data,
 * and only then changes places: what was there goes to DATA.before-restore-TIME, nothing is thrown
 * away. The lock that a server has on its data folder is held all the while. A single file that an
 * upgrade left in DATA/backups is taken too: then only the database changes.
 */
#include "app/cli.h"
#include "app/cli_manifest.h"
#include "app/cli_store.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/opt.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORK_ARENA = 512 << 20, OUT_BYTES = 16384 };

typedef struct {
    const char *data, *database;
    bool help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"data", OPT_TEXT, "DIR", "./data", 0, 0, "the data folder to restore into", AT(data)},
    {"database", OPT_TEXT, "URL", NULL, 0, 0, "postgres://… an empty database", AT(database)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

/* What a restore replaces. The database's own companions go first: left beside another database,
 * SQLite would read them into it. */
static const char *const DATABASE_NAMES[] = {"zhixin.db-wal", "zhixin.db-shm", "zhixin.db"};
static const char *const OTHER_NAMES[] = {"uploads", "secret.key"};
enum { DATABASE_NAMES_N = 3, OTHER_NAMES_N = 2, NAMES_MAX = DATABASE_NAMES_N + OTHER_NAMES_N };

typedef struct {
    Options o;
    const char *source; /* folder, or one file of an upgrade */
    const char *root;   /* the folder that m.files lie in */
    Arena *arena;
    Manifest m;
    bool single;
    const char *staging, *aside;
    const char *moved[NAMES_MAX], *placed[NAMES_MAX];
    size_t moved_n, placed_n;
    int lock_fd;
} Restore;

static const char *path(const Restore *r, const char *folder, const char *name)
{
    return str_fmt(r->arena, "%s/%s", folder, name).p;
}

/* ---- what the backup is ---- */
static Err read_single(Restore *r, ErrSlot *e)
{
    const char *slash = strrchr(r->source, '/');
    const char *name = slash ? slash + 1 : r->source;
    r->single = true;
    r->root = slash ? str_c(r->arena, (Str){r->source, (size_t)(slash - r->source)}) : ".";
    r->m.pg = str_ends(str_of(name), STR(".dump"));
    if (!r->m.pg && !str_ends(str_of(name), STR(".db")))
        return err_set(e, ERR_INVALID, "backup.none",
                       "%s is neither the folder of a backup nor a .db or .dump of an upgrade",
                       r->source);
    cli_files_add(r->arena, &r->m.files, (CliFile){.path = name});
    return ERR_OK;
}

static Err read_source(Restore *r, ErrSlot *e)
{
    struct stat st;
    if (stat(r->source, &st) != 0)
        return cli_path_err(e, "read", r->source);
    r->root = r->source;
    Err err =
        S_ISDIR(st.st_mode) ? manifest_read(r->arena, e, r->source, &r->m) : read_single(r, e);
    if (!err && r->m.pg != (r->o.database != NULL))
        err = err_set(e, ERR_INVALID, "backup.engine",
                      r->m.pg ? "this backup is of PostgreSQL: name an empty one with --database"
                              : "this backup is of SQLite: leave --database out");
    return err;
}

static bool is_database(const Restore *r, const CliFile *f)
{
    return r->single || strcmp(f->path, r->m.pg ? "zhixin.dump" : "zhixin.db") == 0;
}

/* ---- making ready ---- */
static Err stage_file(Restore *r, ErrSlot *e, const CliFile *f)
{
    bool database = is_database(r, f), dump = database && r->m.pg;
    const char *name = database ? "zhixin.db" : f->path;
    CliFile got = {.path = f->path};
    Err err = dump ? ERR_OK : cli_tree_folders(e, r->staging, name, r->o.data);
    if (!err)
        err = cli_file_copy(r->arena, e, path(r, r->root, f->path),
                            dump ? NULL : path(r, r->staging, name), r->o.data, &got);
    if (!err && !r->single && (got.bytes != f->bytes || !str_eq(got.sha256, f->sha256)))
        err = err_set(e, ERR_STORAGE, "backup.damaged",
                      "%s is not what was backed up: %lld bytes, another check sum", f->path,
                      (long long)got.bytes);
    return err;
}

/* A database that this program can open, after an upgrade if need be. */
static Err check_database(Restore *r, ErrSlot *e)
{
    Err err = store_backup_check(path(r, r->staging, "zhixin.db"), e);
    StoreConfig config = {.data_dir = r->staging};
    StoreMigrationState *all = NULL;
    size_t n = 0;
    if (!err)
        err = store_migration_list(&config, e, r->arena, &all, &n);
    if (!err && (n == 0 || all[0].applied_at == 0))
        err = err_set(e, ERR_INVALID, "backup.none", "%s is no database of a desk", r->source);
    for (size_t i = 0; i < n && !err; i++)
        if (!all[i].known)
            err = err_set(e, ERR_CONFLICT, "store.newer_schema",
                          "the backup has %.*s, which this version does not know",
                          STR_ARG(all[i].name));
    return err;
}

static Err stage(Restore *r, ErrSlot *e)
{
    bool database = false;
    Err err = ERR_OK;
    if (mkdir(r->staging, 0700) != 0)
        return cli_path_err(e, "create folder", r->staging);
    for (size_t i = 0; i < r->m.files.n && !err; i++) {
        database |= is_database(r, &r->m.files.items[i]);
        err = stage_file(r, e, &r->m.files.items[i]);
    }
    if (!err && !database)
        err = err_set(e, ERR_INVALID, "backup.manifest", "the backup has no database");
    if (!err && !r->m.pg)
        err = check_database(r, e);
    return err ? err : cli_tree_sync(e, r->staging);
}

/* ---- changing places ---- */
static bool exists(const char *p)
{
    struct stat st;
    return lstat(p, &st) == 0;
}

/* Beside the data where that can be, else inside: the folder may be a mount of its own. */
static Err make_aside(Restore *r, ErrSlot *e, const char *time)
{
    Str data = str_of(r->o.data);
    while (data.n > 1 && data.p[data.n - 1] == '/')
        data.n--;
    r->aside = str_fmt(r->arena, "%.*s.before-restore-%s", STR_ARG(data), time).p;
    if (mkdir(r->aside, 0700) == 0) {
        const char *probe = path(r, r->aside, "probe");
        if (rename(r->staging, probe) == 0 && rename(probe, r->staging) == 0)
            return ERR_OK;
        rmdir(r->aside);
    }
    r->aside = str_fmt(r->arena, "%.*s/before-restore-%s", STR_ARG(data), time).p;
    return mkdir(r->aside, 0700) == 0 ? ERR_OK : cli_path_err(e, "create folder", r->aside);
}

static Err move_aside(Restore *r, ErrSlot *e, const char *name)
{
    const char *from = path(r, r->o.data, name);
    if (!exists(from))
        return ERR_OK;
    if (rename(from, path(r, r->aside, name)) != 0)
        return cli_path_err(e, "move", from);
    r->moved[r->moved_n++] = name;
    return ERR_OK;
}

static Err place(Restore *r, ErrSlot *e, const char *name)
{
    const char *from = path(r, r->staging, name);
    if (!exists(from))
        return ERR_OK;
    if (rename(from, path(r, r->o.data, name)) != 0)
        return cli_path_err(e, "move", from);
    r->placed[r->placed_n++] = name;
    return ERR_OK;
}

static void undo(Restore *r)
{
    while (r->placed_n) {
        const char *name = r->placed[--r->placed_n];
        if (rename(path(r, r->o.data, name), path(r, r->staging, name)) != 0)
            fprintf(stderr, "zhixin restore: %s could not be taken back\n", name);
    }
    while (r->moved_n) {
        const char *name = r->moved[--r->moved_n];
        if (rename(path(r, r->aside, name), path(r, r->o.data, name)) != 0)
            fprintf(stderr, "zhixin restore: %s stays in %s\n", name, r->aside);
    }
}

static Err change_places(Restore *r, ErrSlot *e)
{
    Err err = ERR_OK;
    for (int i = 0; i < OTHER_NAMES_N && !err && !r->single; i++)
        err = move_aside(r, e, OTHER_NAMES[i]);
    for (int i = 0; i < DATABASE_NAMES_N && !err && !r->m.pg; i++)
        err = move_aside(r, e, DATABASE_NAMES[i]);
    if (!err && !r->m.pg)
        err = place(r, e, "zhixin.db");
    for (int i = 0; i < OTHER_NAMES_N && !err && !r->single; i++)
        err = place(r, e, OTHER_NAMES[i]);
    if (!err)
        err = cli_tree_sync(e, r->aside);
    if (!err)
        err = cli_tree_sync(e, r->o.data);
    if (err)
        undo(r);
    return err;
}

static Err load_pg(const Restore *r, ErrSlot *e)
{
    for (size_t i = 0; i < r->m.files.n; i++)
        if (is_database(r, &r->m.files.items[i]))
            return store_restore_pg(r->o.database, path(r, r->root, r->m.files.items[i].path), e);
    return err_set(e, ERR_INVALID, "backup.manifest", "the backup has no database");
}

/* With root's rights the lock would be root's own, and the service could not take it. */
static void give_lock_away(const Restore *r)
{
    struct stat st;
    if (geteuid() == 0 && stat(r->o.data, &st) == 0 && fchown(r->lock_fd, st.st_uid, st.st_gid))
        errno = 0;
}

static Err restore(Restore *r, ErrSlot *e)
{
    char time[32];
    size_t n = 0;
    Str iso = clock_iso(r->arena, clock_wall_ms());
    for (size_t i = 0; i < iso.n && n + 1 < sizeof time; i++) /* 20261124T094107123 */
        if ((iso.p[i] >= '0' && iso.p[i] <= '9') || iso.p[i] == 'T')
            time[n++] = iso.p[i];
    time[n] = '\0';
    Err err = read_source(r, e);
    if (!err)
        err = store_lock_folder(r->o.data, e, &r->lock_fd);
    if (err)
        return err;
    give_lock_away(r);
    r->staging = str_fmt(r->arena, "%s/restoring-%s", r->o.data, time).p;
    err = stage(r, e);
    if (!err)
        err = make_aside(r, e, time);
    if (!err && r->m.pg)
        err = load_pg(r, e);
    if (!err)
        err = change_places(r, e);
    ErrSlot ignored = {0};
    if (cli_tree_remove(&ignored, r->staging))
        fprintf(stderr, "zhixin restore: %s could not be removed\n", r->staging);
    if (r->aside && r->moved_n == 0)
        rmdir(r->aside);
    return err;
}

static int done(const Restore *r)
{
    Buf out;
    JsonW w;
    buf_init(&out, r->arena, OUT_BYTES);
    jw_init(&w, &out);
    jw_obj(&w);
    jw_kstr(&w, "restored", str_of(r->source));
    jw_ki64(&w, "files", (int64_t)r->m.files.n);
    if (!r->single) {
        jw_ki64(&w, "schema", r->m.schema);
        jw_ki64(&w, "conversations", r->m.counts.conversations);
        jw_ki64(&w, "messages", r->m.counts.messages);
    }
    jw_key(&w, "kept");
    if (r->moved_n)
        jw_str(&w, str_of(r->aside));
    else
        jw_null(&w);
    jw_obj_end(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    if (r->moved_n)
        fprintf(stderr, "what was there before lies in %s; remove it when all is well\n", r->aside);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static int usage(const char *why)
{
    if (why)
        fprintf(stderr, "zhixin restore: %s\n", why);
    fprintf(stderr, "usage: zhixin restore [options] BACKUP_DIR\n");
    opt_help(OPTIONS, OPTIONS_N);
    return why ? CLI_USAGE : CLI_OK;
}

int cli_restore(int argc, char **argv)
{
    Restore r = {.arena = arena_create(WORK_ARENA), .lock_fd = -1};
    ErrSlot e = {0};
    char **words;
    int n, code;
    Err err = opt_parse(r.arena, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &r.o, &words, &n);
    if (err) {
        code = usage(e.text);
    } else if (r.o.help) {
        code = usage(NULL);
    } else if (n != 1) {
        code = usage("say which backup");
    } else if (sodium_init() < 0) {
        fprintf(stderr, "zhixin restore: libsodium does not start\n");
        code = CLI_FAILED;
    } else {
        r.source = words[0];
        code = restore(&r, &e) ? cli_refused("restore", &e) : done(&r);
    }
    if (r.lock_fd >= 0)
        close(r.lock_fd);
    arena_destroy(r.arena);
    return code;
}
