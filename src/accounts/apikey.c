/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "sql/apikey.h"

enum { USED_MS = 3600 * 1000 };

typedef struct {
    int64_t id, shop_id, user_id;
    Str name;
    int64_t scopes, used_at;
    Str role, nickname;
} Row;
static const StoreField ROW_FIELDS[] = {STORE_FIELD(Row, id),      STORE_FIELD(Row, shop_id),
                                        STORE_FIELD(Row, user_id), STORE_FIELD(Row, name),
                                        STORE_FIELD(Row, scopes),  STORE_FIELD(Row, used_at),
                                        STORE_FIELD(Row, role),    STORE_FIELD(Row, nickname)};
static const StoreMap ROW_MAP = STORE_MAP(Row, ROW_FIELDS);

Err accounts_apikey_find(Ctx *c, Str key, AccountsKey *ret, bool *ret_found)
{
    Row r;
    Role role;
    bool found;
    *ret_found = false;
    if (!str_starts(key, STR("zxk_")) || key.n > 128)
        return ERR_OK;
    Err err =
        store_one(c, &APIKEY_FIND, BINDS(text(accounts_token_hash(c, key))), &ROW_MAP, &r, &found);
    if (err || !found || !accounts_role_parse(r.role, &role))
        return err;
    if (!(r.scopes & ACCOUNTS_SCOPE_ADMIN) && role > ROLE_AGENT)
        role = ROLE_AGENT;
    *ret = (AccountsKey){.touch_due = c->now_ms - r.used_at >= USED_MS};
    ret->actor = (Actor){.role = role,
                         .shop_id = r.shop_id,
                         .user_id = r.user_id,
                         .session_id = r.id,
                         .name = r.nickname,
                         .address = c->actor.address,
                         .scopes = (uint32_t)r.scopes};
    *ret_found = true;
    return ERR_OK;
}

Err accounts_apikey_alive(Ctx *c, int64_t key_id, bool *ret_alive)
{
    int64_t id;
    Err err = store_i64(c, &APIKEY_ALIVE, BINDS(i64(key_id)), 0, &id);
    if (!err)
        *ret_alive = id != 0;
    return err;
}

Err accounts_apikey_used(Ctx *c, int64_t key_id)
{
    return store_exec(c, &APIKEY_USED, BINDS(i64(key_id), i64(c->now_ms)), NULL);
}

Err accounts_apikey_create(Ctx *c, Str name, int64_t scopes, int64_t *ret_id, Str *ret_key)
{
    Err err = accounts_need_role(c, ROLE_OWNER);
    if (!err)
        err = accounts_check_text(c, "name", name, 1, 60);
    if (err)
        return err;
    if (scopes < 1 || scopes > (ACCOUNTS_SCOPE_READ | ACCOUNTS_SCOPE_CHAT | ACCOUNTS_SCOPE_ADMIN))
        return ctx_field(c, "scopes", "request.field_value", "scopes are read, chat and admin");
    int64_t many;
    err = store_i64(c, &APIKEY_COUNT, BINDS(i64(shop_of(c))), 0, &many);
    if (err)
        return err;
    if (many >= ACCOUNTS_APIKEYS_MAX)
        return ctx_err(c, ERR_LIMIT, "apikey.many", "at most %d keys at a time: revoke one first",
                       ACCOUNTS_APIKEYS_MAX);
    *ret_id = ctx_id(c);
    Str token = accounts_token_new(c);
    *ret_key = str_fmt(c->arena, "zxk_%.*s", STR_ARG(token));
    err = store_exec(c, &APIKEY_INSERT,
                     BINDS(i64(*ret_id), i64(shop_of(c)), i64(c->actor.user_id), text(name),
                           text(str_sub(*ret_key, 0, 8)), text(accounts_token_hash(c, *ret_key)),
                           i64(scopes), i64(c->now_ms)),
                     NULL);
    return err ? err
               : accounts_audit(c, "apikey.created", *ret_id,
                                accounts_detail(c, "name", name, NULL));
}

static const StoreField FIELDS[] = {
    STORE_FIELD(AccountsApiKey, id),         STORE_FIELD(AccountsApiKey, name),
    STORE_FIELD(AccountsApiKey, hint),       STORE_FIELD(AccountsApiKey, scopes),
    STORE_FIELD(AccountsApiKey, user_id),    STORE_FIELD(AccountsApiKey, created_at_ms),
    STORE_FIELD(AccountsApiKey, used_at_ms), STORE_FIELD(AccountsApiKey, revoked_at_ms),
};
static const StoreMap MAP = STORE_MAP(AccountsApiKey, FIELDS);

Err accounts_apikey_list(Ctx *c, AccountsApiKey **ret, size_t *ret_n)
{
    Err err = accounts_need_role(c, ROLE_OWNER);
    return err ? err : store_all(c, &APIKEY_LIST, BINDS(i64(shop_of(c))), &MAP, ret, ret_n);
}

Err accounts_apikey_revoke(Ctx *c, int64_t id)
{
    int64_t rows = 0;
    Err err = accounts_need_role(c, ROLE_OWNER);
    if (!err)
        err = store_exec(c, &APIKEY_REVOKE, BINDS(i64(id), i64(shop_of(c)), i64(c->now_ms)), &rows);
    if (!err && !rows)
        err = ctx_err(c, ERR_NOT_FOUND, "apikey.unknown", "no such key in force");
    return err ? err : accounts_audit(c, "apikey.revoked", id, STR_NONE);
}
