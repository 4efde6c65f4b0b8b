/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "sql/setting.h"

enum { VALUE_MAX_BYTES = 262144 };

static const StoreField FIELDS[] = {
    STORE_FIELD(AccountsSetting, version), STORE_FIELD(AccountsSetting, value),
    STORE_FIELD(AccountsSetting, by_user), STORE_FIELD(AccountsSetting, at_ms)};
static const StoreMap MAP = STORE_MAP(AccountsSetting, FIELDS);

Err accounts_setting_get(Ctx *c, Str name, AccountsSetting *ret)
{
    bool found;
    *ret = (AccountsSetting){0};
    return store_one(c, &SETTING_GET, BINDS(i64(shop_of(c)), text(name)), &MAP, ret, &found);
}

Err accounts_setting_at(Ctx *c, Str name, int64_t version, AccountsSetting *ret)
{
    bool found;
    Err err = store_one(c, &SETTING_AT, BINDS(i64(shop_of(c)), text(name), i64(version)), &MAP, ret,
                        &found);
    if (!err && !found)
        err = ctx_err(c, ERR_NOT_FOUND, "setting.unknown", "no version %lld of this setting",
                      (long long)version);
    return err;
}

Err accounts_setting_history(Ctx *c, Str name, AccountsSetting **ret, size_t *ret_n)
{
    return store_all(c, &SETTING_HISTORY, BINDS(i64(shop_of(c)), text(name)), &MAP, ret, ret_n);
}

Err accounts_setting_put(Ctx *c, Str name, Str value_json, int64_t expected, int64_t *ret_version)
{
    ASSERT(name.n && value_json.n && shop_of(c));
    if (value_json.n > VALUE_MAX_BYTES)
        return ctx_err(c, ERR_TOO_LARGE, "setting.too_large", "a setting has at most %d bytes",
                       VALUE_MAX_BYTES);
    AccountsSetting now;
    Err err = accounts_setting_get(c, name, &now);
    if (err)
        return err;
    if (expected >= 0 && expected != now.version)
        return ctx_err(c, ERR_CONFLICT, "setting.changed",
                       "version %lld was edited, %lld is in force", (long long)expected,
                       (long long)now.version);
    *ret_version = now.version;
    if (now.version && str_eq(now.value, value_json))
        return ERR_OK;
    int64_t rows;
    err = store_exec(c, &SETTING_INSERT,
                     BINDS(i64(shop_of(c)), text(name), i64(now.version + 1), text(value_json),
                           null_if_0(c->actor.user_id), i64(c->now_ms)),
                     &rows);
    if (err)
        return err;
    if (!rows)
        return ctx_err(c, ERR_CONFLICT, "setting.changed",
                       "somebody else changed this setting at the same moment");
    *ret_version = now.version + 1;
    return accounts_audit(c, "setting.changed", 0,
                          accounts_detail(c, "name", name, "version",
                                          str_fmt(c->arena, "%lld", (long long)*ret_version),
                                          NULL));
}
