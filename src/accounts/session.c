/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "base/rng.h"
#include "base/utf8.h"
#include "sql/session.h"
#include "sql/user.h"

typedef struct {
    int64_t id, user_id, shop_id;
    Str csrf;
    int64_t created_at, rotated_at, seen_at, expires_at, old_until;
    bool has_old;
    Str role, nickname;
} Row;
static const StoreField ROW_FIELDS[] = {
    STORE_FIELD(Row, id),      STORE_FIELD(Row, user_id),    STORE_FIELD(Row, shop_id),
    STORE_FIELD(Row, csrf),    STORE_FIELD(Row, created_at), STORE_FIELD(Row, rotated_at),
    STORE_FIELD(Row, seen_at), STORE_FIELD(Row, expires_at), STORE_FIELD(Row, old_until),
    STORE_FIELD(Row, has_old), STORE_FIELD(Row, role),       STORE_FIELD(Row, nickname),
};
static const StoreMap ROW_MAP = STORE_MAP(Row, ROW_FIELDS);

typedef struct {
    int64_t id;
} IdRow;
static const StoreField ID_FIELDS[] = {STORE_FIELD(IdRow, id)};
static const StoreMap ID_MAP = STORE_MAP(IdRow, ID_FIELDS);

static bool stands(const Ctx *c, const Row *r, bool by_old)
{
    if (c->now_ms >= r->expires_at || c->now_ms - r->seen_at >= ACCOUNTS_SESSION_IDLE_MS)
        return false;
    /* the old token is good until the new one has been seen, so that an answer lost on the way logs
     * nobody out */
    return !by_old || r->old_until == 0 || c->now_ms < r->old_until;
}

Str accounts_session_hash(Ctx *c, Str token)
{
    return accounts_token_hash(c, token);
}

Err accounts_session_find(Ctx *c, Str token, AccountsSession *ret, bool *ret_found)
{
    *ret_found = false;
    if (token.n < 32 || token.n > 64)
        return ERR_OK;
    Str hash = accounts_token_hash(c, token);
    Row r;
    bool found, by_old = false;
    Err err = store_one(c, &SESSION_FIND, BINDS(text(hash)), &ROW_MAP, &r, &found);
    if (!err && !found) {
        by_old = true;
        err = store_one(c, &SESSION_FIND_OLD, BINDS(text(hash)), &ROW_MAP, &r, &found);
    }
    Role role;
    if (err || !found || !stands(c, &r, by_old) || !accounts_role_parse(r.role, &role))
        return err;
    *ret = (AccountsSession){.id = r.id,
                             .user_id = r.user_id,
                             .shop_id = r.shop_id,
                             .csrf = r.csrf,
                             .token_hash = hash,
                             .by_old = by_old,
                             .rotated_at = r.rotated_at,
                             .seen_at = r.seen_at};
    ret->unconfirmed = !by_old && r.has_old && r.old_until == 0;
    ret->actor = (Actor){.role = role,
                         .shop_id = r.shop_id,
                         .user_id = r.user_id,
                         .session_id = r.id,
                         .name = r.nickname,
                         .address = c->actor.address,
                         .scopes = UINT32_MAX};
    /* An old token whose successor never came back: after the grace the session is given another
     * one. */
    int64_t turn = by_old ? ACCOUNTS_SESSION_GRACE_MS : ACCOUNTS_SESSION_ROTATE_MS;
    bool rotate = c->now_ms - r.rotated_at >= turn && !(by_old && r.old_until);
    ret->touch_due =
        rotate || ret->unconfirmed || c->now_ms - r.seen_at >= ACCOUNTS_SESSION_SEEN_MS;
    *ret_found = true;
    return ERR_OK;
}

Err accounts_session_touch(Ctx *c, const AccountsSession *s, Str *ret_token)
{
    *ret_token = STR_NONE;
    if (s->unconfirmed) {
        Err err = store_exec(
            c, &SESSION_CONFIRM,
            BINDS(i64(s->id), i64(c->now_ms + ACCOUNTS_SESSION_GRACE_MS), i64(c->now_ms)), NULL);
        if (err)
            return err;
    }
    int64_t turn = s->by_old ? ACCOUNTS_SESSION_GRACE_MS : ACCOUNTS_SESSION_ROTATE_MS;
    if (c->now_ms - s->rotated_at < turn)
        return store_exec(c, &SESSION_SEEN, BINDS(i64(s->id), i64(c->now_ms)), NULL);
    Str token = accounts_token_new(c);
    int64_t won;
    Err err = store_exec(c, &SESSION_ROTATE,
                         BINDS(i64(s->id), text(s->token_hash), text(accounts_token_hash(c, token)),
                               i64(c->now_ms), i64(s->rotated_at)),
                         &won);
    if (!err && won)
        *ret_token = token; /* otherwise a request beside this one has turned it: that answer
                               carries the cookie */
    return err;
}

Err accounts_session_alive(Ctx *c, int64_t session_id, bool *ret_alive)
{
    int64_t id;
    Err err = store_i64(c, &SESSION_ALIVE, BINDS(i64(session_id), i64(c->now_ms)), 0, &id);
    if (!err)
        *ret_alive = id != 0;
    return err;
}

bool accounts_csrf_ok(const AccountsSession *s, Str header)
{
    return s->csrf.n > 0 && str_eq_secret(s->csrf, header);
}

Err accounts_session_create(Ctx *c, int64_t user_id, int64_t shop_id, Str browser,
                            AccountsNewSession *ret)
{
    ret->id = ctx_id(c);
    ret->token = accounts_token_new(c);
    ret->csrf = rng_token(c->arena, 18);
    if (!utf8_valid(browser))
        browser = STR_NONE;
    browser = utf8_head(browser, 200);
    return store_exec(c, &SESSION_INSERT,
                      BINDS(i64(ret->id), i64(user_id), i64(shop_id),
                            text(accounts_token_hash(c, ret->token)), text(ret->csrf),
                            i64(c->now_ms), i64(c->now_ms + ACCOUNTS_SESSION_DAYS * DAY_MS),
                            text(c->actor.address.p ? c->actor.address : STR("")),
                            text(browser.p ? browser : STR(""))),
                      NULL);
}

Err accounts_session_end(Ctx *c, int64_t user_id, int64_t session_id)
{
    return store_exec(c, &SESSION_DELETE, BINDS(i64(session_id), i64(user_id)), NULL);
}

static Err end_many(Ctx *c, const StoreSql *list, const StoreSql *del, int64_t user_id,
                    int64_t other, int64_t **ret_ids, size_t *ret_n)
{
    IdRow *rows;
    Err err = store_all(c, list, BINDS(i64(user_id), i64(other)), &ID_MAP, &rows, ret_n);
    if (err)
        return err;
    *ret_ids = ARENA_ARRAY(c->arena, int64_t, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++)
        (*ret_ids)[i] = rows[i].id;
    return store_exec(c, del, BINDS(i64(user_id), i64(other)), NULL);
}

Err accounts_session_end_all(Ctx *c, int64_t user_id, int64_t keep_id, int64_t **ret_ids,
                             size_t *ret_n)
{
    return end_many(c, &SESSION_LIST_BUT, &SESSION_DELETE_BUT, user_id, keep_id, ret_ids, ret_n);
}

Err accounts_session_end_in_shop(Ctx *c, int64_t user_id, int64_t shop_id, int64_t **ret_ids,
                                 size_t *ret_n)
{
    return end_many(c, &SESSION_LIST_IN_SHOP, &SESSION_DELETE_IN_SHOP, user_id, shop_id, ret_ids,
                    ret_n);
}

Err accounts_session_switch_shop(Ctx *c, int64_t shop_id)
{
    AccountsShop *shops;
    size_t n;
    Err err = accounts_shop_list_mine(c, &shops, &n);
    if (err)
        return err;
    for (size_t i = 0; i < n; i++) {
        if (shops[i].id == shop_id)
            return store_exec(c, &SESSION_SHOP,
                              BINDS(i64(c->actor.session_id), i64(c->actor.user_id), i64(shop_id)),
                              NULL);
    }
    return ctx_err(c, ERR_NOT_FOUND, "shop.unknown", "no such shop");
}

Err accounts_session_sweep(Ctx *c)
{
    return store_exec(c, &SESSION_SWEEP,
                      BINDS(i64(c->now_ms), i64(c->now_ms - ACCOUNTS_SESSION_IDLE_MS)), NULL);
}
