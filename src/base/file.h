/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FILE_H
#define BASE_FILE_H
/* Whole files. Paths are NUL-terminated. Writing is atomic: temporary name, fsync, rename. */
#include "base/err.h"
#include "base/str.h"

Err file_read(Arena *a, ErrSlot *e, const char *path, size_t max_bytes, Str *ret) WARN_UNUSED;
Err file_write(ErrSlot *e, const char *path, Str bytes, unsigned mode) WARN_UNUSED;
Err file_mkdirs(ErrSlot *e, const char *path, unsigned mode) WARN_UNUSED;
bool file_exists(const char *path);
int64_t file_size(const char *path); /* -1: absent */
#endif
