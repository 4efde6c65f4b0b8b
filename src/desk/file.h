/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_FILE_H
#define DESK_FILE_H
/*
 * file: the rows of uploaded files; their bytes lie in data_dir/uploads (service/upload.h). A file
 * belongs to who uploaded it until a message of theirs refers to it; what nothing refers to is
 * removed after a day. Its link carries a key of its own and is the proof to read it.
 */
#include "desk/desk.h"

enum {
    DESK_FILES_A_DAY = 50,
    DESK_FILE_BYTES_A_DAY = 200 << 20,
    DESK_FILE_UNUSED_MS = 24 * 3600 * 1000
};

typedef struct {
    int64_t id, shop_id, customer_id, user_id;
    Str name, type;
    int64_t bytes, width, height; /* width, height: 0 unless an image */
    Str link_key;
    bool used;
    int64_t created_at;
} DeskFile;

/* The caller has chosen the id (the bytes were stored under it), name, type, sizes; owner and key
 * are set here. LIMIT file.quota: too much from one customer within a day. */
Err desk_file_create(Ctx *c, DeskFile *f) WARN_UNUSED;
Err desk_file_quota(Ctx *c, int64_t more_bytes) WARN_UNUSED; /* LIMIT file.quota; visitors only */
/* The actor's own file, to go with a message: from now on it stays. NOT_FOUND file.unknown. */
Err desk_file_use(Ctx *c, int64_t id, DeskFile *ret) WARN_UNUSED;
/* Cross-shop: the key is the proof. NOT_FOUND file.unknown, for a wrong key too. */
Err desk_file_by_key(Ctx *c, int64_t id, Str key, DeskFile *ret) WARN_UNUSED;
/* Cross-shop: at most `limit` files that nothing has referred to since before_ms. */
Err desk_file_unused(Ctx *c, int64_t before_ms, int64_t limit, int64_t **ret_ids,
                     size_t *ret_n) WARN_UNUSED;
Err desk_file_drop(Ctx *c, int64_t id, bool *ret_dropped) WARN_UNUSED; /* false: used meanwhile */
Err desk_file_exists(Ctx *c, int64_t id, bool *ret) WARN_UNUSED;       /* cross-shop */
/* {"id","name","type","bytes","width","height","url"}: the "file" member of a message, stored in
 * its `extra` and answered to an upload. Arena. */
Str desk_file_json(Arena *a, const DeskFile *f);
#endif
