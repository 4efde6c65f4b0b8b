/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/script.h"

#include "desk/internal.h"
#include "sql/script.h"

static const StoreField FIELDS[] = {STORE_FIELD(DeskScript, id), STORE_FIELD(DeskScript, version),
                                    STORE_FIELD(DeskScript, body), STORE_FIELD(DeskScript, active)};
static const StoreMap MAP = STORE_MAP(DeskScript, FIELDS);

Err desk_script_list(Ctx *c, DeskScript **ret, size_t *ret_n)
{
    return store_all(c, &SCRIPT_LIST, BINDS(i64(desk_shop(c))), &MAP, ret, ret_n);
}

Err desk_script_get(Ctx *c, Str id, DeskScript *ret, bool *ret_found)
{
    return store_one(c, &SCRIPT_GET, BINDS(i64(desk_shop(c)), text(id)), &MAP, ret, ret_found);
}

Err desk_script_version(Ctx *c, int64_t *ret)
{
    return store_i64(c, &SCRIPT_VERSION, BINDS(i64(desk_shop(c))), 0, ret);
}

static Err insert(Ctx *c, const DeskScript *s, int64_t *ret_rows)
{
    int64_t n;
    Err err = store_i64(c, &SCRIPT_COUNT, BINDS(i64(desk_shop(c))), 0, &n);
    if (err)
        return err;
    if (n >= DESK_SCRIPTS_MAX)
        return ctx_err(c, ERR_LIMIT, "script.too_many", "a shop keeps at most %d scripts",
                       DESK_SCRIPTS_MAX);
    return store_exec(c, &SCRIPT_INSERT,
                      BINDS(i64(desk_shop(c)), text(s->id), i64(s->version), text(s->body),
                            i64(s->active), null_if_0(c->actor.user_id), i64(c->now_ms)),
                      ret_rows);
}

Err desk_script_put(Ctx *c, const DeskScript *s, int64_t expected)
{
    int64_t rows;
    Err err;
    if (expected)
        err = store_exec(c, &SCRIPT_UPDATE,
                         BINDS(i64(desk_shop(c)), text(s->id), i64(s->version), text(s->body),
                               i64(s->active), null_if_0(c->actor.user_id), i64(c->now_ms),
                               i64(expected)),
                         &rows);
    else
        err = insert(c, s, &rows);
    if (err)
        return err;
    if (!rows)
        return ctx_err(c, ERR_CONFLICT, "script.changed",
                       "somebody else has changed this script; look again");
    ctx_wake(c, DESK_WAKE_SETTINGS, desk_shop(c), 0, NULL);
    return desk_event(c, "script.changed.1", 0, 0, s->version);
}
