/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zhixin backup: the database first, in one snapshot, then the uploads: a file is on disk before a
 * message names it, so whatever the copy of the database names is there to be copied. Then the
 * key that sealed values need. The manifest comes last and makes it a backup. All beside a running
 * server, which notices nothing.
 */
#include "app/cli.h"
#include "app/cli_counts.h"
#include "app/cli_manifest.h"
#include "app/cli_store.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/opt.h"

#include <sodium.h>
#include <stdio.h>

enum { WORK_ARENA = 512 << 20, OUT_BYTES = 4096 };

typedef struct {
    const char *data, *database;
    bool help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"data", OPT_TEXT, "DIR", "./data", 0, 0, "the data folder of the server", AT(data)},
    {"database", OPT_TEXT, "URL", NULL, 0, 0, "postgres://… instead of SQLite", AT(database)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

typedef struct {
    Options o;
    const char *target;
    Arena *arena;
    Manifest m;
} Backup;

static Err need_empty(const Backup *b, ErrSlot *e)
{
    bool empty;
    Err err = cli_tree_empty(e, b->target, &empty);
    if (!err && !empty)
        err = err_set(e, ERR_CONFLICT, "backup.not_empty",
                      "%s is not empty: each backup gets a folder of its own", b->target);
    return err ? err : file_mkdirs(e, b->target, 0700);
}

/* The counts of a SQLite copy are read from the copy itself, so they are exact. */
static Err copy_database(Backup *b, ErrSlot *e)
{
    CliStore db;
    Err err = cli_store_open(&db, b->o.data, b->o.database, e);
    if (err)
        return err;
    b->m.schema = store_schema_version(db.store);
    if (b->m.pg)
        err = cli_counts(&db, &b->m.counts, e);
    if (!err)
        err = store_backup(db.store, b->target, e);
    cli_store_close(&db);
    if (err || b->m.pg)
        return err;
    err = cli_store_open(&db, b->target, NULL, e);
    if (err)
        return err;
    err = cli_counts(&db, &b->m.counts, e);
    cli_store_close(&db);
    b->m.counts_exact = true;
    return err;
}

static Err add(Backup *b, ErrSlot *e, const char *path, bool copied)
{
    const char *to = str_fmt(b->arena, "%s/%s", b->target, path).p;
    const char *from = copied ? to : str_fmt(b->arena, "%s/%s", b->o.data, path).p;
    CliFile file = {.path = path};
    Err err = copied ? ERR_OK : cli_tree_folders(e, b->target, path, NULL);
    if (!err)
        err = cli_file_copy(b->arena, e, from, copied ? NULL : to, NULL, &file);
    if (!err)
        cli_files_add(b->arena, &b->m.files, file);
    return err;
}

static Err copy_files(Backup *b, ErrSlot *e)
{
    CliFiles found = {0};
    Err err = add(b, e, b->m.pg ? "zhixin.dump" : "zhixin.db", true);
    if (!err && file_exists(str_fmt(b->arena, "%s/secret.key", b->o.data).p))
        err = add(b, e, "secret.key", false);
    if (!err)
        err = cli_tree_list(b->arena, e, b->o.data, "uploads", &found);
    for (size_t i = 0; i < found.n && !err; i++) {
        err = add(b, e, found.items[i].path, false);
        if (err == ERR_NOT_FOUND) { /* removed in the meantime: nothing names it any more */
            err_clear(e);
            err = ERR_OK;
        }
    }
    return err;
}

static Err make(Backup *b, ErrSlot *e)
{
    b->m.version = STR(CLI_VERSION);
    b->m.made_at = clock_wall_ms();
    b->m.pg = b->o.database != NULL;
    Err err = copy_database(b, e);
    if (!err)
        err = copy_files(b, e);
    return err ? err : manifest_write(b->arena, e, b->target, &b->m);
}

/* What was begun in an empty folder is taken back, so that the next try finds it empty. */
static void take_back(const Backup *b)
{
    ErrSlot e = {0};
    CliFiles left = {0};
    static const char *const names[] = {"zhixin.db",   "zhixin.db-wal", "zhixin.db-shm",
                                        "zhixin.dump", "secret.key",    "uploads"};
    Err err = ERR_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !err; i++)
        err = cli_tree_remove(&e, str_fmt(b->arena, "%s/%s", b->target, names[i]).p);
    if (err || cli_tree_list(b->arena, &e, b->target, "", &left) || left.n)
        fprintf(stderr, "zhixin backup: %s holds an unfinished backup; remove it\n", b->target);
}

static int done(const Backup *b)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < b->m.files.n; i++)
        bytes += b->m.files.items[i].bytes;
    Buf out;
    JsonW w;
    buf_init(&out, b->arena, OUT_BYTES + CLI_PATH_MAX);
    jw_init(&w, &out);
    jw_obj(&w);
    jw_kstr(&w, "backup", str_of(b->target));
    jw_ki64(&w, "files", (int64_t)b->m.files.n);
    jw_ki64(&w, "bytes", bytes);
    jw_ki64(&w, "schema", b->m.schema);
    jw_ki64(&w, "conversations", b->m.counts.conversations);
    jw_ki64(&w, "messages", b->m.counts.messages);
    jw_obj_end(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static int run(Backup *b)
{
    ErrSlot e = {0};
    Err err = need_empty(b, &e);
    if (err)
        return cli_refused("backup", &e);
    err = make(b, &e);
    if (err) {
        take_back(b);
        return cli_refused("backup", &e);
    }
    return done(b);
}

static int usage(const char *why)
{
    if (why)
        fprintf(stderr, "zhixin backup: %s\n", why);
    fprintf(stderr, "usage: zhixin backup [options] TARGET_DIR\n");
    opt_help(OPTIONS, OPTIONS_N);
    return why ? CLI_USAGE : CLI_OK;
}

int cli_backup(int argc, char **argv)
{
    Backup b = {.arena = arena_create(WORK_ARENA)};
    ErrSlot e = {0};
    char **words;
    int n, code;
    Err err = opt_parse(b.arena, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &b.o, &words, &n);
    if (err) {
        code = usage(e.text);
    } else if (b.o.help) {
        code = usage(NULL);
    } else if (n != 1) {
        code = usage("say which folder to back up into");
    } else if (sodium_init() < 0) {
        fprintf(stderr, "zhixin backup: libsodium does not start\n");
        code = CLI_FAILED;
    } else {
        b.target = words[0];
        code = run(&b);
    }
    arena_destroy(b.arena);
    return code;
}
