/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static Err fail(ErrSlot *e, const char *what, const char *path)
{
    int no = errno;
    Err kind = no == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE;
    const char *code = no == ENOSPC || no == EDQUOT ? "storage.full"
                       : no == ENOENT               ? "file.missing"
                                                    : "file.failed";
    return err_set(e, kind, code, "%s %s: %s", what, path, strerror(no));
}

Err file_read(Arena *a, ErrSlot *e, const char *path, size_t max_bytes, Str *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(e, "open", path);
    struct stat st;
    Err err = ERR_OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        err = err_set(e, ERR_INVALID, "file.failed", "%s is not a regular file", path);
    } else if ((uint64_t)st.st_size > max_bytes) {
        err = err_set(e, ERR_TOO_LARGE, "file.too_large", "%s is larger than %zu bytes", path,
                      max_bytes);
    } else {
        size_t want = (size_t)st.st_size, got = 0;
        char *p = arena_alloc(a, want + 1);
        while (got < want) {
            ssize_t n = read(fd, p + got, want - got);
            if (n < 0) {
                err = fail(e, "read", path);
                break;
            }
            if (n == 0)
                break;
            got += (size_t)n;
        }
        if (!err)
            *ret = (Str){p, got};
    }
    close(fd);
    return err;
}

Err file_write(ErrSlot *e, const char *path, Str bytes, unsigned mode)
{
    char tmp[4096];
    int len = snprintf(tmp, sizeof tmp, "%s.%ld.tmp", path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof tmp)
        return err_set(e, ERR_INVALID, "file.failed", "path too long");
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return fail(e, "create", tmp);
    Err err = ERR_OK;
    size_t put = 0;
    while (put < bytes.n && !err) {
        ssize_t n = write(fd, bytes.p + put, bytes.n - put);
        if (n < 0)
            err = fail(e, "write", tmp);
        else
            put += (size_t)n;
    }
    if (!err && fsync(fd) != 0)
        err = fail(e, "sync", tmp);
    close(fd);
    if (!err && rename(tmp, path) != 0)
        err = fail(e, "rename to", path);
    if (err)
        unlink(tmp);
    return err;
}

Err file_mkdirs(ErrSlot *e, const char *path, unsigned mode)
{
    char buf[4096];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof buf)
        return err_set(e, ERR_INVALID, "file.failed", "path empty or too long");
    memcpy(buf, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (buf[i] != '/' && buf[i] != '\0')
            continue;
        char keep = buf[i];
        buf[i] = '\0';
        if (mkdir(buf, mode) != 0 && errno != EEXIST)
            return fail(e, "create folder", buf);
        buf[i] = keep;
    }
    return ERR_OK;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int64_t file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}
