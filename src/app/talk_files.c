/* SPDX-License-Identifier: Apache-2.0 */
#include "app/talk_files.h"
#include "base/file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum {
    FILE_BYTES = 16 << 20,
    LINE_BYTES = 4 << 20,
    FILES_MAX = 4096,
    TEMPLATE_TIMES = 5,
    TEMPLATE_SEED = 7
};

static Str base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return str_of(slash ? slash + 1 : path);
}

static Err read_templates(NluTalks *t, ErrSlot *e, const char *path)
{
    Str text;
    Err err = file_read(t->arena, e, path, FILE_BYTES, &text);
    return err ? err
               : nlu_talks_read_templates(t, e, base_name(path), text, TEMPLATE_TIMES,
                                          TEMPLATE_SEED);
}

static Err read_corpus(NluTalks *t, ErrSlot *e, const char *path)
{
    Str text;
    Err err = file_read(t->arena, e, path, FILE_BYTES, &text);
    return err ? err : nlu_talks_read_corpus(t, e, base_name(path), text);
}

static Err read_rows(NluTalks *t, ErrSlot *e, const char *path)
{
    gzFile in = gzopen(path, "rb"); /* reads plain text too */
    if (!in)
        return err_set(e, ERR_NOT_FOUND, "file.absent", "%s cannot be read", path);
    char *line = malloc(LINE_BYTES);
    Err err = ERR_OK;
    uint32_t number = 0;
    while (line && !err && gzgets(in, line, LINE_BYTES)) {
        Str row = str_trim(str_of(line));
        number++;
        if (row.n == LINE_BYTES - 1)
            err = err_set(e, ERR_TOO_LARGE, "nlu.talk_invalid", "%s line %u is too long", path,
                          number);
        else if (row.n)
            err = nlu_talks_read_json(t, e, base_name(path), number, str_dup(t->arena, row));
    }
    free(line);
    gzclose(in);
    return err;
}

static int by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

typedef Err (*ReadOne)(NluTalks *t, ErrSlot *e, const char *path);

static Err read_folder(NluTalks *t, ErrSlot *e, const char *path, ReadOne read)
{
    DIR *d = opendir(path);
    if (!d)
        return err_set(e, ERR_NOT_FOUND, "file.absent", "%s cannot be read", path);
    const char **names = ARENA_ARRAY(t->arena, const char *, FILES_MAX);
    size_t n = 0;
    for (struct dirent *f; (f = readdir(d)) != NULL && n < FILES_MAX;)
        if (str_ends(str_of(f->d_name), STR(".txt")))
            names[n++] = str_fmt(t->arena, "%s/%s", path, f->d_name).p;
    closedir(d);
    qsort(names, n, sizeof *names, by_name); /* the same order on every machine */
    Err err = ERR_OK;
    for (size_t i = 0; i < n && !err; i++)
        err = read(t, e, names[i]);
    return err;
}

Err talk_files_read(NluTalks *t, ErrSlot *e, const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set(e, ERR_NOT_FOUND, "file.absent", "there is no %s", path);
    if (S_ISDIR(st.st_mode)) {
        const char *templates = str_fmt(t->arena, "%s/templates", path).p;
        Err err = read_folder(t, e, path, read_corpus);
        return err || !file_exists(templates) ? err : read_folder(t, e, templates, read_templates);
    }
    return str_ends(str_of(path), STR(".txt")) ? read_corpus(t, e, path) : read_rows(t, e, path);
}
