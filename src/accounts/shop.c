/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "base/file.h"
#include "sql/setting.h"
#include "sql/shop.h"

static const StoreField FIELDS[] = {STORE_FIELD(AccountsShop, id), STORE_FIELD(AccountsShop, name),
                                    STORE_FIELD(AccountsShop, timezone),
                                    STORE_FIELD(AccountsShop, created_at_ms)};
static const StoreMap MAP = STORE_MAP(AccountsShop, FIELDS);

bool accounts_timezone_ok(Str name)
{
    if (name.n < 1 || name.n > 64 || name.p[0] == '/' || str_find(name, STR("..")) >= 0)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char b = (unsigned char)name.p[i];
        bool letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
        if (!letter && b != '/' && b != '_' && b != '-' && b != '+')
            return false;
    }
    if (!file_exists("/usr/share/zoneinfo"))
        return true;
    char path[128] = "/usr/share/zoneinfo/";
    size_t at = sizeof "/usr/share/zoneinfo/" - 1;
    for (size_t i = 0; i < name.n; i++)
        path[at + i] = name.p[i];
    return file_exists(path);
}

static Err check(Ctx *c, Str name, Str timezone)
{
    Err err = accounts_check_text(c, "shop.name", name, 1, 60);
    if (err)
        return err;
    if (!accounts_timezone_ok(timezone))
        return ctx_field(c, "shop.timezone", "request.field_value",
                         "unknown time zone; use a name such as Asia/Shanghai");
    return ERR_OK;
}

Err accounts_shop_create(Ctx *c, Str name, Str timezone, int64_t *ret_id)
{
    name = str_trim(name);
    Err err = check(c, name, timezone);
    if (err)
        return err;
    *ret_id = ctx_id(c);
    return store_exec(c, &SHOP_INSERT,
                      BINDS(i64(*ret_id), text(name), text(timezone), i64(c->now_ms)), NULL);
}

Err accounts_shop_get(Ctx *c, AccountsShop *ret)
{
    bool found;
    Err err = store_one(c, &SHOP_GET, BINDS(i64(shop_of(c))), &MAP, ret, &found);
    if (!err && !found)
        err = ctx_err(c, ERR_NOT_FOUND, "shop.unknown", "no such shop");
    return err;
}

Err accounts_shop_update(Ctx *c, Str name, Str timezone)
{
    AccountsShop s;
    Err err = accounts_need_role(c, ROLE_OWNER);
    if (!err)
        err = accounts_shop_get(c, &s);
    if (err)
        return err;
    s.name = name.p ? str_trim(name) : s.name;
    s.timezone = timezone.p ? timezone : s.timezone;
    err = check(c, s.name, s.timezone);
    if (!err)
        err = store_exec(c, &SHOP_UPDATE, BINDS(i64(s.id), text(s.name), text(s.timezone)), NULL);
    return err ? err
               : accounts_audit(c, "shop.changed", s.id,
                                accounts_detail(c, "name", s.name, "timezone", s.timezone, NULL));
}

Err accounts_shop_list_mine(Ctx *c, AccountsShop **ret, size_t *ret_n)
{
    return store_all(c, &SHOP_LIST_OF_USER, BINDS(i64(c->actor.user_id)), &MAP, ret, ret_n);
}

Err accounts_shop_list_all(Ctx *c, AccountsShop **ret, size_t *ret_n)
{
    return store_all(c, &SHOP_LIST_ALL, NO_BINDS, &MAP, ret, ret_n);
}

Err accounts_shop_count(Ctx *c, int64_t *ret)
{
    return store_i64(c, &SHOP_COUNT, NO_BINDS, 0, ret);
}

Err accounts_setup_claim(Ctx *c)
{
    int64_t shops, won = 0;
    Err err = accounts_shop_count(c, &shops);
    if (!err && !shops)
        err = store_exec(c, &SETTING_INSERT,
                         BINDS(i64(0), text(STR("installation")), i64(1), text(STR("{}")),
                               null_if_0(0), i64(c->now_ms)),
                         &won);
    if (!err && !won)
        err = ctx_err(c, ERR_CONFLICT, "setup.done", "this installation is set up already");
    return err;
}

Err accounts_shop_lock_owners(Ctx *c)
{
    return store_exec(c, &SHOP_LOCK_OWNERS, BINDS(i64(shop_of(c))), NULL);
}

Err accounts_shop_owners(Ctx *c, int64_t *ret)
{
    return store_i64(c, &SHOP_OWNERS, BINDS(i64(shop_of(c))), 0, ret);
}
