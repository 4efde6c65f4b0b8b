/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/file.h"

#include "base/json.h"
#include "base/rng.h"
#include "desk/internal.h"
#include "sql/file.h"

static const StoreField FIELDS[] = {
    STORE_FIELD(DeskFile, id),          STORE_FIELD(DeskFile, shop_id),
    STORE_FIELD(DeskFile, customer_id), STORE_FIELD(DeskFile, user_id),
    STORE_FIELD(DeskFile, name),        STORE_FIELD(DeskFile, type),
    STORE_FIELD(DeskFile, bytes),       STORE_FIELD(DeskFile, width),
    STORE_FIELD(DeskFile, height),      STORE_FIELD(DeskFile, link_key),
    STORE_FIELD(DeskFile, used),        STORE_FIELD(DeskFile, created_at),
};
static const StoreMap MAP = STORE_MAP(DeskFile, FIELDS);

typedef struct {
    int64_t n, bytes;
} Sum;
static const StoreField SUM_FIELDS[] = {STORE_FIELD(Sum, n), STORE_FIELD(Sum, bytes)};
static const StoreMap SUM_MAP = STORE_MAP(Sum, SUM_FIELDS);

typedef struct {
    int64_t id;
} IdRow;
static const StoreField ID_FIELDS[] = {STORE_FIELD(IdRow, id)};
static const StoreMap ID_MAP = STORE_MAP(IdRow, ID_FIELDS);

static Err unknown(Ctx *c)
{
    return ctx_err(c, ERR_NOT_FOUND, "file.unknown", "no such file, or not yours");
}

Err desk_file_quota(Ctx *c, int64_t more_bytes)
{
    if (!c->actor.customer_id)
        return ERR_OK;
    Sum sum = {0};
    bool found;
    Err err = store_one(c, &FILE_QUOTA,
                        BINDS(i64(c->actor.customer_id), i64(c->now_ms - INT64_C(86400000))),
                        &SUM_MAP, &sum, &found);
    if (err)
        return err;
    if (sum.n >= DESK_FILES_A_DAY || sum.bytes + more_bytes > DESK_FILE_BYTES_A_DAY)
        return err_retry(&c->err, ERR_LIMIT, "file.quota", 3600000,
                         "too many files within a day; try again later");
    return ERR_OK;
}

Err desk_file_create(Ctx *c, DeskFile *f)
{
    Err err = desk_file_quota(c, f->bytes);
    if (err)
        return err;
    f->shop_id = desk_shop(c);
    f->customer_id = c->actor.customer_id;
    f->user_id = c->actor.user_id;
    f->link_key = rng_token(c->arena, 18);
    f->used = false;
    f->created_at = c->now_ms;
    return store_exec(c, &FILE_INSERT,
                      BINDS(i64(f->id), i64(f->shop_id), null_if_0(f->customer_id),
                            null_if_0(f->user_id), text(f->name), text(f->type), i64(f->bytes),
                            i64(f->width), i64(f->height), text(f->link_key), i64(f->created_at)),
                      NULL);
}

static Err get(Ctx *c, int64_t id, DeskFile *ret)
{
    bool found;
    Err err = store_one(c, &FILE_GET, BINDS(i64(id)), &MAP, ret, &found);
    return err || found ? err : unknown(c);
}

Err desk_file_use(Ctx *c, int64_t id, DeskFile *ret)
{
    DeskFile f;
    Err err = get(c, id, &f);
    if (err)
        return err;
    bool own = f.shop_id == desk_shop(c) &&
               (c->actor.customer_id ? f.customer_id == c->actor.customer_id
                                     : c->actor.user_id && f.user_id == c->actor.user_id);
    if (!own)
        return unknown(c);
    int64_t rows;
    err = store_exec(c, &FILE_USE, BINDS(i64(id), i64(f.shop_id)), &rows);
    if (!err && !rows)
        err = unknown(c);
    if (!err)
        *ret = f;
    return err;
}

Err desk_file_by_key(Ctx *c, int64_t id, Str key, DeskFile *ret)
{
    DeskFile f;
    Err err = get(c, id, &f);
    if (!err && (!key.n || !str_eq_secret(f.link_key, key)))
        err = unknown(c);
    if (!err)
        *ret = f;
    return err;
}

Err desk_file_unused(Ctx *c, int64_t before_ms, int64_t limit, int64_t **ret_ids, size_t *ret_n)
{
    IdRow *rows;
    Err err = store_all(c, &FILE_UNUSED, BINDS(i64(before_ms), i64(limit)), &ID_MAP, &rows, ret_n);
    if (err)
        return err;
    int64_t *ids = ARENA_ARRAY(c->arena, int64_t, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++)
        ids[i] = rows[i].id;
    *ret_ids = ids;
    return ERR_OK;
}

Err desk_file_drop(Ctx *c, int64_t id, bool *ret_dropped)
{
    int64_t rows;
    Err err = store_exec(c, &FILE_DROP, BINDS(i64(id)), &rows);
    *ret_dropped = !err && rows == 1;
    return err;
}

Err desk_file_exists(Ctx *c, int64_t id, bool *ret)
{
    DeskFile f;
    return store_one(c, &FILE_GET, BINDS(i64(id)), &MAP, &f, ret);
}

Str desk_file_json(Arena *a, const DeskFile *f)
{
    Buf b;
    JsonW w;
    buf_init(&b, a, 8192);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kid(&w, "id", f->id);
    jw_kstr(&w, "name", f->name);
    jw_kstr(&w, "type", f->type);
    jw_ki64(&w, "bytes", f->bytes);
    if (f->width) {
        jw_ki64(&w, "width", f->width);
        jw_ki64(&w, "height", f->height);
    }
    jw_kstr(&w, "url",
            str_fmt(a, "/api/files/%lld?k=%.*s", (long long)f->id, STR_ARG(f->link_key)));
    jw_obj_end(&w);
    return buf_str(&b);
}
