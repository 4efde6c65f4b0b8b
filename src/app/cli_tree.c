/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_tree.h"

#include "base/codec.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 1 << 16, DEPTH_MAX = 8 };

Err cli_path_err(ErrSlot *e, const char *what, const char *path)
{
    int no = errno;
    if (no == ENOENT)
        return err_set(e, ERR_NOT_FOUND, "file.absent", "%s is not there", path);
    return err_set(e, ERR_STORAGE, no == ENOSPC || no == EDQUOT ? "storage.full" : "file.failed",
                   "%s %s: %s", what, path, strerror(no));
}

static Err join(ErrSlot *e, char out[CLI_PATH_MAX], const char *a, const char *b)
{
    int n = *b ? snprintf(out, CLI_PATH_MAX, "%s/%s", a, b) : snprintf(out, CLI_PATH_MAX, "%s", a);
    return n > 0 && n < CLI_PATH_MAX
               ? ERR_OK
               : err_set(e, ERR_INVALID, "file.failed", "the path is too long: %s", b);
}

/* ---- listing ---- */
void cli_files_add(Arena *a, CliFiles *files, CliFile file)
{
    if (files->n == files->cap) {
        size_t cap = files->cap ? files->cap * 2 : 64;
        CliFile *grown = ARENA_ARRAY(a, CliFile, cap);
        if (files->n)
            memcpy(grown, files->items, files->n * sizeof *grown);
        files->items = grown;
        files->cap = cap;
    }
    files->items[files->n++] = file;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const CliFile *)a)->path, ((const CliFile *)b)->path);
}

static Err list(Arena *a, ErrSlot *e, const char *root, const char *sub, int depth, CliFiles *files)
{
    char folder[CLI_PATH_MAX], path[CLI_PATH_MAX];
    Err err = join(e, folder, root, sub);
    if (err)
        return err;
    DIR *d = opendir(folder);
    if (!d)
        return errno == ENOENT ? ERR_OK : cli_path_err(e, "read", folder);
    for (struct dirent *f; !err && (f = readdir(d)) != NULL;) {
        struct stat st;
        if (strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0)
            continue;
        err = join(e, path, folder, f->d_name);
        if (err || lstat(path, &st) != 0)
            continue; /* gone in the meantime */
        const char *rel =
            *sub ? str_fmt(a, "%s/%s", sub, f->d_name).p : str_fmt(a, "%s", f->d_name).p;
        if (S_ISREG(st.st_mode))
            cli_files_add(a, files, (CliFile){.path = rel, .bytes = st.st_size});
        else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
            err = list(a, e, root, rel, depth + 1, files);
    }
    closedir(d);
    if (!err && arena_full(a))
        err = err_set(e, ERR_LIMIT, "file.too_many", "there are too many files in %s", root);
    return err;
}

Err cli_tree_list(Arena *a, ErrSlot *e, const char *root, const char *sub, CliFiles *files)
{
    Err err = list(a, e, root, sub, 0, files);
    if (files->n)
        qsort(files->items, files->n, sizeof *files->items, by_path);
    return err;
}

Err cli_tree_empty(ErrSlot *e, const char *folder, bool *ret)
{
    *ret = true;
    DIR *d = opendir(folder);
    if (!d)
        return errno == ENOENT ? ERR_OK : cli_path_err(e, "read", folder);
    for (struct dirent *f; (f = readdir(d)) != NULL;)
        *ret &= strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0;
    closedir(d);
    return ERR_OK;
}

/* ---- copying ---- */
static Err write_all(ErrSlot *e, int fd, const char *p, size_t n, const char *path)
{
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return cli_path_err(e, "write", path);
        p += put;
        n -= (size_t)put;
    }
    return ERR_OK;
}

/* Root restores what another user's service reads. */
static void give_to(int fd, const char *owner_of)
{
    struct stat st;
    if (owner_of && geteuid() == 0 && stat(owner_of, &st) == 0 && fchown(fd, st.st_uid, st.st_gid))
        errno = 0; /* a file system without owners */
}

static Err pour(ErrSlot *e, int in, int out, const char *from, const char *to, CliFile *file,
                unsigned char sum[crypto_hash_sha256_BYTES])
{
    char chunk[CHUNK];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    file->bytes = 0;
    Err err = ERR_OK;
    while (!err) {
        ssize_t n = read(in, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cli_path_err(e, "read", from);
        if (n == 0)
            break;
        crypto_hash_sha256_update(&state, (unsigned char *)chunk, (size_t)n);
        file->bytes += n;
        if (out >= 0)
            err = write_all(e, out, chunk, (size_t)n, to);
    }
    crypto_hash_sha256_final(&state, sum);
    return err;
}

Err cli_file_copy(Arena *a, ErrSlot *e, const char *from, const char *to, const char *owner_of,
                  CliFile *file)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0)
        return cli_path_err(e, "open", from);
    int out = to ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    unsigned char sum[crypto_hash_sha256_BYTES];
    Err err = to && out < 0 ? cli_path_err(e, "create", to) : ERR_OK;
    if (!err && out >= 0)
        give_to(out, owner_of);
    if (!err)
        err = pour(e, in, out, from, to, file, sum);
    if (!err && out >= 0 && fsync(out) != 0)
        err = cli_path_err(e, "sync", to);
    if (out >= 0 && close(out) != 0 && !err)
        err = cli_path_err(e, "close", to);
    close(in);
    if (!err)
        file->sha256 = codec_hex(a, (Str){(char *)sum, sizeof sum});
    return err;
}

Err cli_tree_sync(ErrSlot *e, const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cli_path_err(e, "open", folder);
    Err err = fsync(fd) == 0 ? ERR_OK : cli_path_err(e, "sync", folder);
    close(fd);
    return err;
}

Err cli_tree_folders(ErrSlot *e, const char *root, const char *path, const char *owner_of)
{
    char at[CLI_PATH_MAX];
    Err err = join(e, at, root, path);
    size_t n = strlen(root);
    for (char *slash = err ? NULL : strchr(at + n + 1, '/'); slash && !err;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(at, 0700) == 0) {
            int fd = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (fd >= 0) {
                give_to(fd, owner_of);
                close(fd);
            }
        } else if (errno != EEXIST) {
            err = cli_path_err(e, "create folder", at);
        }
        *slash = '/';
    }
    return err;
}

static Err remove_below(ErrSlot *e, const char *path, int depth)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? ERR_OK : cli_path_err(e, "look at", path);
    if (!S_ISDIR(st.st_mode) || depth > DEPTH_MAX)
        return unlink(path) == 0 ? ERR_OK : cli_path_err(e, "remove", path);
    DIR *d = opendir(path);
    if (!d)
        return cli_path_err(e, "read", path);
    Err err = ERR_OK;
    for (struct dirent *f; !err && (f = readdir(d)) != NULL;) {
        char inner[CLI_PATH_MAX];
        if (strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0)
            continue;
        err = join(e, inner, path, f->d_name);
        if (!err)
            err = remove_below(e, inner, depth + 1);
    }
    closedir(d);
    if (!err && rmdir(path) != 0)
        err = cli_path_err(e, "remove", path);
    return err;
}

Err cli_tree_remove(ErrSlot *e, const char *path)
{
    return remove_below(e, path, 0);
}
