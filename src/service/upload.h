/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_UPLOAD_H
#define SERVICE_UPLOAD_H
/*
 * upload: files that visitors and staff send. What a file is, its bytes decide, not its name;
 * pictures are cleaned (image_clean.h); bytes lie under data_dir/uploads/AB/ID, the row in desk
 * (desk/file.h). A file is on disk before its row exists, and its row goes before it does: a crash
 * in between leaves bytes that nothing names, which upload_sweep finds.
 */
#include "desk/file.h"
#include "service/image_clean.h"
#include "store/store.h"

enum { UPLOAD_MAX_BYTES = 10 << 20, UPLOAD_NAME_CHARS = 120 };

const char *upload_type(size_t i); /* the types that are taken; NULL past the last */

typedef struct {
    /* asked: borrowed */
    const char *data_dir;
    Str name;     /* as the sender calls it; may be empty */
    Str declared; /* Content-Type; empty or application/octet-stream: not said */
    Str bytes;
    /* prepared */
    DeskFile file;
} ServiceUpload;
/* Worker, no transaction, slow: looks at the quota, cleans, writes and syncs. Codes: file.empty,
 * file.too_large, file.type, file.type_mismatch, file.broken, file.image_size, file.quota, and
 * storage.full … from the disk. */
Err service_upload_prepare(Store *s, Ctx *c, ServiceUpload *u) WARN_UNUSED;
/* The row. LIMIT file.quota. */
Err service_upload(Ctx *c, const ServiceUpload *u, DeskFile *ret) WARN_UNUSED;
Str upload_path(Arena *a, const char *data_dir, int64_t id); /* arena, NUL-terminated too */

/* Once an hour or less often, in no transaction: removes files that no message has used within a
 * day, and bytes without a row. */
Err upload_sweep(Store *s, Ctx *c, const char *data_dir, int64_t *ret_removed) WARN_UNUSED;
#endif
