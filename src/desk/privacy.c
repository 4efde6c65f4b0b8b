/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/privacy.h"

#include "base/json.h"
#include "desk/correction.h"
#include "desk/internal.h"
#include "sql/privacy.h"

typedef struct {
    int64_t id;
} IdRow;
static const StoreField ID_FIELDS[] = {STORE_FIELD(IdRow, id)};
static const StoreMap ID_MAP = STORE_MAP(IdRow, ID_FIELDS);

static Err ids_of(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t n, int64_t **ret,
                  size_t *ret_n)
{
    IdRow *rows;
    Err err = store_all(c, sql, v, n, &ID_MAP, &rows, ret_n);
    if (err)
        return err;
    *ret = ARENA_ARRAY(c->arena, int64_t, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++)
        (*ret)[i] = rows[i].id;
    return ERR_OK;
}

static const StoreField LEFT_FIELDS[] = {STORE_FIELD(DeskLeft, id), STORE_FIELD(DeskLeft, closed)};
static const StoreMap LEFT_MAP = STORE_MAP(DeskLeft, LEFT_FIELDS);

Err desk_privacy_left(Ctx *c, int64_t customer_id, int64_t limit, DeskLeft **ret, size_t *ret_n)
{
    return store_all(c, &PRIVACY_LEFT, BINDS(i64(customer_id), i64(desk_shop(c)), i64(limit)),
                     &LEFT_MAP, ret, ret_n);
}

Err desk_privacy_due(Ctx *c, int64_t before_ms, int64_t limit, int64_t **ret_ids, size_t *ret_n)
{
    return ids_of(c, &PRIVACY_DUE, BINDS(i64(desk_shop(c)), i64(before_ms), i64(limit)), ret_ids,
                  ret_n);
}

typedef struct {
    int64_t seq;
    Str extra;
} ExtraRow;
static const StoreField EXTRA_FIELDS[] = {STORE_FIELD(ExtraRow, seq), STORE_FIELD(ExtraRow, extra)};
static const StoreMap EXTRA_MAP = STORE_MAP(ExtraRow, EXTRA_FIELDS);

/* Written by ourselves; what is broken names no file. */
static bool file_in(Ctx *c, Str extra, int64_t *ret_id)
{
    const Json *json;
    ErrSlot why = {0};
    return extra.n && !json_parse(c->arena, &why, extra, &json) &&
           json_id(json_get(json, "file"), "id", ret_id);
}

Err desk_privacy_named_files(Ctx *c, int64_t conversation_id, int64_t after, int64_t *ret_last,
                             int64_t **ret_ids, size_t *ret_n)
{
    ExtraRow *rows;
    size_t n;
    Err err = store_all(c, &PRIVACY_EXTRAS,
                        BINDS(i64(conversation_id), i64(after), i64(DESK_ERASE_MESSAGES)),
                        &EXTRA_MAP, &rows, &n);
    if (err)
        return err;
    *ret_last = n ? rows[n - 1].seq : after;
    *ret_ids = ARENA_ARRAY(c->arena, int64_t, n + 1);
    *ret_n = 0;
    for (size_t i = 0; i < n; i++)
        if (file_in(c, rows[i].extra, &(*ret_ids)[*ret_n]))
            ++*ret_n;
    return ERR_OK;
}

Err desk_privacy_blank_messages(Ctx *c, int64_t conversation_id, int64_t after, int64_t last,
                                int64_t *ret_n)
{
    Err err = store_exec(c, &PRIVACY_BLANK_MESSAGES,
                         BINDS(i64(conversation_id), i64(after), i64(last)), ret_n);
    return err ? err : desk_correction_erase(c, conversation_id, after, last);
}

Err desk_privacy_blank_conversation(Ctx *c, int64_t conversation_id, bool *ret_done)
{
    int64_t rows;
    Err err = store_exec(c, &PRIVACY_BLANK_CONVERSATION,
                         BINDS(i64(conversation_id), i64(desk_shop(c)), i64(c->now_ms)), &rows);
    *ret_done = !err && rows == 1;
    return err || !rows ? err : desk_event(c, "conversation.erased.1", conversation_id, 0, 0);
}

/* Records point at the one they were merged into, so this goes down level by level. */
Err desk_privacy_records(Ctx *c, int64_t customer_id, int64_t **ret_ids, size_t *ret_n)
{
    int64_t *ids = ARENA_ARRAY(c->arena, int64_t, DESK_ERASE_RECORDS);
    size_t n = 1;
    ids[0] = customer_id;
    for (size_t at = 0; at < n && n < DESK_ERASE_RECORDS; at++) {
        int64_t *more;
        size_t more_n;
        Err err =
            ids_of(c, &PRIVACY_MERGED,
                   BINDS(i64(ids[at]), i64(desk_shop(c)), i64(DESK_ERASE_RECORDS - (int64_t)n)),
                   &more, &more_n);
        if (err)
            return err;
        for (size_t i = 0; i < more_n; i++)
            ids[n++] = more[i];
    }
    *ret_ids = ids;
    *ret_n = n;
    return ERR_OK;
}

Err desk_privacy_blank_customer(Ctx *c, int64_t customer_id)
{
    Err err = store_exec(c, &PRIVACY_BLANK_CUSTOMER,
                         BINDS(i64(customer_id), i64(desk_shop(c)), i64(c->now_ms)), NULL);
    if (!err)
        err = store_exec(c, &PRIVACY_DROP_IDENTITIES, BINDS(i64(customer_id), i64(desk_shop(c))),
                         NULL);
    ctx_wake(c, DESK_WAKE_CUSTOMER, customer_id, 0, NULL);
    return err ? err : desk_event(c, "customer.erased.1", 0, customer_id, 0);
}

static const StoreField FILE_FIELDS[] = {
    STORE_FIELD(DeskFile, id),          STORE_FIELD(DeskFile, shop_id),
    STORE_FIELD(DeskFile, customer_id), STORE_FIELD(DeskFile, user_id),
    STORE_FIELD(DeskFile, name),        STORE_FIELD(DeskFile, type),
    STORE_FIELD(DeskFile, bytes),       STORE_FIELD(DeskFile, width),
    STORE_FIELD(DeskFile, height),      STORE_FIELD(DeskFile, link_key),
    STORE_FIELD(DeskFile, used),        STORE_FIELD(DeskFile, created_at),
};
static const StoreMap FILE_MAP = STORE_MAP(DeskFile, FILE_FIELDS);

Err desk_privacy_files(Ctx *c, int64_t customer_id, int64_t after_id, int64_t limit, DeskFile **ret,
                       size_t *ret_n)
{
    return store_all(c, &PRIVACY_FILES,
                     BINDS(i64(customer_id), i64(desk_shop(c)), i64(after_id), i64(limit)),
                     &FILE_MAP, ret, ret_n);
}

Err desk_privacy_old_files(Ctx *c, int64_t before_ms, int64_t limit, int64_t **ret_ids,
                           size_t *ret_n)
{
    return ids_of(c, &PRIVACY_FILES_OLD, BINDS(i64(desk_shop(c)), i64(before_ms), i64(limit)),
                  ret_ids, ret_n);
}

Err desk_privacy_drop_file(Ctx *c, int64_t file_id, bool *ret_dropped)
{
    int64_t rows;
    Err err = store_exec(c, &PRIVACY_DROP_FILE, BINDS(i64(file_id), i64(desk_shop(c))), &rows);
    *ret_dropped = !err && rows == 1;
    return err;
}

static const StoreField IDENTITY_FIELDS[] = {STORE_FIELD(DeskIdentity, channel_id),
                                             STORE_FIELD(DeskIdentity, value),
                                             STORE_FIELD(DeskIdentity, created_at)};
static const StoreMap IDENTITY_MAP = STORE_MAP(DeskIdentity, IDENTITY_FIELDS);

Err desk_privacy_identities(Ctx *c, int64_t customer_id, DeskIdentity **ret, size_t *ret_n)
{
    return store_all(c, &PRIVACY_IDENTITIES, BINDS(i64(customer_id), i64(desk_shop(c))),
                     &IDENTITY_MAP, ret, ret_n);
}

Err desk_privacy_conversations(Ctx *c, int64_t customer_id, int64_t after_id, int64_t limit,
                               int64_t **ret_ids, size_t *ret_n)
{
    return ids_of(c, &PRIVACY_CONVERSATIONS,
                  BINDS(i64(customer_id), i64(desk_shop(c)), i64(after_id), i64(limit)), ret_ids,
                  ret_n);
}

typedef struct {
    Str json;
} TagsRow;
static const StoreField TAGS_FIELDS[] = {STORE_FIELD(TagsRow, json)};
static const StoreMap TAGS_MAP = STORE_MAP(TagsRow, TAGS_FIELDS);

Err desk_privacy_rating_tags(Ctx *c, int64_t conversation_id, Str *ret_json)
{
    TagsRow row = {STR_NONE};
    bool found;
    Err err = store_one(c, &PRIVACY_RATING_TAGS, BINDS(i64(conversation_id), i64(desk_shop(c))),
                        &TAGS_MAP, &row, &found);
    *ret_json = row.json;
    return err;
}
