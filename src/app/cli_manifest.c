/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_manifest.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

enum { MANIFEST_BYTES = 128 << 20, FILES_MAX = 1000000 };

static const struct {
    const char *name;
    size_t offset;
} COUNTS[] = {
    {"conversations", offsetof(CliCounts, conversations)},
    {"messages", offsetof(CliCounts, messages)},
    {"customers", offsetof(CliCounts, customers)},
    {"people", offsetof(CliCounts, people)},
    {"files", offsetof(CliCounts, files)},
    {"events", offsetof(CliCounts, events)},
    {"shops", offsetof(CliCounts, shops)},
};
enum { COUNTS_N = sizeof COUNTS / sizeof COUNTS[0] };

static int64_t *count_at(const CliCounts *counts, size_t i)
{
    return (int64_t *)(void *)((char *)(uintptr_t)counts + COUNTS[i].offset);
}

Err manifest_write(Arena *a, ErrSlot *e, const char *folder, const Manifest *m)
{
    Buf b;
    JsonW w;
    buf_init(&b, a, MANIFEST_BYTES);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_ki64(&w, "format", MANIFEST_FORMAT);
    jw_kstr(&w, "zhixin", m->version);
    jw_ki64(&w, "made_at", m->made_at);
    jw_kstr(&w, "made", clock_iso(a, m->made_at));
    jw_kstr(&w, "engine", m->pg ? STR("postgresql") : STR("sqlite"));
    jw_ki64(&w, "schema", m->schema);
    jw_kbool(&w, "counts_exact", m->counts_exact);
    jw_key(&w, "counts");
    jw_obj(&w);
    for (size_t i = 0; i < COUNTS_N; i++)
        jw_ki64(&w, COUNTS[i].name, *count_at(&m->counts, i));
    jw_obj_end(&w);
    jw_key(&w, "files");
    jw_arr(&w);
    for (size_t i = 0; i < m->files.n; i++) {
        const CliFile *f = &m->files.items[i];
        buf_byte(&b, '\n');
        jw_obj(&w);
        jw_kstr(&w, "path", str_of(f->path));
        jw_ki64(&w, "bytes", f->bytes);
        jw_kstr(&w, "sha256", f->sha256);
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    buf_byte(&b, '\n');
    if (b.over)
        return err_set(e, ERR_LIMIT, "backup.manifest", "there are too many files");
    Err err = file_write(e, str_fmt(a, "%s/" MANIFEST_NAME, folder).p, buf_str(&b), 0600);
    return err ? err : cli_tree_sync(e, folder);
}

/* A relative path that leads nowhere but down. */
static bool path_ok(Str path)
{
    if (!path.n || path.n >= CLI_PATH_MAX / 2 || path.p[0] == '/' || memchr(path.p, 0, path.n))
        return false;
    Str rest = path;
    while (rest.p) {
        Str part = str_cut(&rest, '/');
        if (!part.n || str_is(part, ".") || str_is(part, ".."))
            return false;
    }
    return true;
}

static Err bad(ErrSlot *e, const char *what)
{
    return err_set(e, ERR_INVALID, "backup.manifest", MANIFEST_NAME ": %s", what);
}

static Err read_files(Arena *a, ErrSlot *e, const Json *list, CliFiles *ret)
{
    if (!json_is_array(list) || json_count(list) > FILES_MAX)
        return bad(e, "it does not list the files");
    for (const Json *f = json_first(list); f; f = json_next(f)) {
        Str path = json_str(f, "path"), sum = json_str(f, "sha256");
        int64_t bytes = json_i64(f, "bytes", -1);
        if (!path_ok(path) || sum.n != 64 || bytes < 0)
            return bad(e, "a file is not described as it should be");
        cli_files_add(a, ret, (CliFile){.path = str_c(a, path), .bytes = bytes, .sha256 = sum});
    }
    return ERR_OK;
}

Err manifest_read(Arena *a, ErrSlot *e, const char *folder, Manifest *ret)
{
    *ret = (Manifest){0};
    const char *path = str_fmt(a, "%s/" MANIFEST_NAME, folder).p;
    if (!file_exists(path))
        return err_set(e, ERR_NOT_FOUND, "backup.none",
                       "%s has no " MANIFEST_NAME ": it is no backup, or one that was not finished",
                       folder);
    Str text;
    const Json *j;
    Err err = file_read(a, e, path, MANIFEST_BYTES, &text);
    if (!err)
        err = json_parse(a, e, text, &j);
    if (err)
        return err;
    if (json_i64(j, "format", 0) != MANIFEST_FORMAT)
        return bad(e, "it has a format that this version does not know");
    Str engine = json_str(j, "engine");
    if (!str_is(engine, "sqlite") && !str_is(engine, "postgresql"))
        return bad(e, "it does not say which database it is of");
    ret->pg = str_is(engine, "postgresql");
    ret->version = json_str(j, "zhixin");
    ret->made_at = json_i64(j, "made_at", 0);
    ret->schema = json_i64(j, "schema", 0);
    ret->counts_exact = json_bool(j, "counts_exact", false);
    for (size_t i = 0; i < COUNTS_N; i++)
        *count_at(&ret->counts, i) = json_i64(json_get(j, "counts"), COUNTS[i].name, 0);
    return read_files(a, e, json_get(j, "files"), &ret->files);
}
