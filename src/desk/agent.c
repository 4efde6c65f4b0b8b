/* SPDX-License-Identifier: Apache-2.0 */
/* Presence: a row per agent. The status is the agent's own word; sockets and signs of life only
 * take it away. */
#include "desk/internal.h"

#include "sql/agent.h"

static const StoreField FIELDS[] = {
    STORE_FIELD(DeskAgent, user_id),     STORE_FIELD(DeskAgent, name),
    STORE_FIELD(DeskAgent, status),      STORE_FIELD(DeskAgent, reason),
    STORE_FIELD(DeskAgent, since),       STORE_FIELD(DeskAgent, active_at),
    STORE_FIELD(DeskAgent, assigned_at), STORE_FIELD(DeskAgent, gone_at),
    STORE_FIELD(DeskAgent, capacity),    STORE_FIELD(DeskAgent, max_channels),
    STORE_FIELD(DeskAgent, skills),      STORE_FIELD(DeskAgent, open),
    STORE_FIELD(DeskAgent, channels),
};
static const StoreMap MAP = STORE_MAP(DeskAgent, FIELDS);

Err desk_agent_get(Ctx *c, int64_t user_id, DeskAgent *ret, bool *found)
{
    return store_one(c, &AGENT_GET, BINDS(i64(user_id), i64(desk_shop(c))), &MAP, ret, found);
}

Err desk_agent_list(Ctx *c, DeskAgent **ret, size_t *ret_n)
{
    return store_all(c, &AGENT_LIST, BINDS(i64(desk_shop(c))), &MAP, ret, ret_n);
}

typedef struct {
    int64_t shop_id;
    Str status;
    int64_t gone_at;
} PresentRow;
static const StoreField PRESENT_FIELDS[] = {STORE_FIELD(PresentRow, shop_id),
                                            STORE_FIELD(PresentRow, status),
                                            STORE_FIELD(PresentRow, gone_at)};
static const StoreMap PRESENT_MAP = STORE_MAP(PresentRow, PRESENT_FIELDS);

Err desk_agent_present(Ctx *c, int64_t user_id, bool *ret)
{
    PresentRow row;
    bool found;
    Err err = store_one(c, &AGENT_PRESENT, BINDS(i64(user_id)), &PRESENT_MAP, &row, &found);
    if (err)
        return err;
    *ret = !found || (row.shop_id == desk_shop(c) && !str_is(row.status, "offline") &&
                      (row.gone_at == 0 || c->now_ms - row.gone_at <= AGENT_GRACE_MS));
    return ERR_OK;
}

static bool known_status(Str s)
{
    return str_is(s, "online") || str_is(s, "busy") || str_is(s, "break") || str_is(s, "wrapup") ||
           str_is(s, "offline");
}

static Err set_status(Ctx *c, int64_t user_id, Str status, Str reason, int64_t gone_at)
{
    Err err = store_exec(c, &AGENT_STATUS,
                         BINDS(i64(user_id), i64(desk_shop(c)), text(status), text(reason),
                               i64(c->now_ms), null_if_0(gone_at)),
                         NULL);
    if (!err)
        err = desk_event(c, "agent.status.1", 0, user_id, 0);
    if (!err)
        ctx_wake(c, DESK_WAKE_AGENT, user_id, 0, NULL);
    return err;
}

Err desk_agent_status(Ctx *c, int64_t user_id, Str status, Str reason)
{
    if (!known_status(status))
        return ctx_field(c, "status", "request.field_value",
                         "status is one of online, busy, break, wrapup, offline");
    Err err = desk_route_lock(c); /* before this agent's own row: one order of locks */
    if (!err)
        err = set_status(c, user_id, status, reason.p ? reason : STR(""), 0);
    if (err)
        return err;
    if (str_is(status, "online")) {
        err = store_timer_set(c, TIMER_AWAY, user_id, c->now_ms + AGENT_AWAY_MS, desk_shop(c));
        return err ? err : desk_route_fill(c, user_id);
    }
    err = store_timer_clear(c, TIMER_AWAY, user_id);
    if (!err && str_is(status, "offline"))
        err = desk_route_requeue_all(c, user_id);
    return err;
}

Err desk_agent_socket(Ctx *c, int64_t user_id, bool open)
{
    DeskAgent a;
    bool found;
    if (c->actor.role < ROLE_AGENT) /* trainers look, they are not at the desk */
        return ERR_OK;
    Err err = desk_route_lock(c);
    if (!err)
        err = desk_agent_get(c, user_id, &a, &found);
    if (err || (!found && !open))
        return err;
    if (!found) /* first time at the desk */
        return desk_agent_status(c, user_id, STR("online"), STR(""));
    err = store_exec(c, &AGENT_SOCKET,
                     BINDS(i64(user_id), i64(desk_shop(c)), null_if_0(open ? 0 : c->now_ms)), NULL);
    if (err)
        return err;
    ctx_wake(c, DESK_WAKE_AGENT, user_id, 0, NULL);
    if (!open)
        return store_timer_set(c, TIMER_GONE, user_id, c->now_ms + AGENT_GRACE_MS, desk_shop(c));
    err = store_timer_clear(c, TIMER_GONE, user_id);
    if (err)
        return err;
    /* taken off by the program, not by the person: coming back is the sign to go on */
    if (str_is(a.status, "offline") && str_is(a.reason, "disconnected"))
        return desk_agent_status(c, user_id, STR("online"), STR(""));
    return str_is(a.status, "online") ? desk_route_fill(c, user_id) : ERR_OK;
}

Err desk_agent_active(Ctx *c, int64_t user_id)
{
    DeskAgent a;
    bool found;
    Err err = desk_agent_get(c, user_id, &a, &found);
    if (err || !found)
        return err;
    if (str_is(a.status, "break") && str_is(a.reason, "away"))
        return desk_agent_status(c, user_id, STR("online"), STR(""));
    return store_exec(c, &AGENT_ACTIVE, BINDS(i64(user_id), i64(desk_shop(c)), i64(c->now_ms)),
                      NULL);
}

Err desk_agent_fire_gone(Ctx *c, int64_t user_id)
{
    DeskAgent a;
    bool found;
    Err err = desk_agent_get(c, user_id, &a, &found);
    /* back again, or off by their own word: that stays what they said */
    if (err || !found || a.gone_at == 0 || str_is(a.status, "offline"))
        return err;
    err = desk_route_lock(c);
    if (!err)
        err = set_status(c, user_id, STR("offline"), STR("disconnected"), a.gone_at);
    return err ? err : desk_route_requeue_all(c, user_id);
}

Err desk_agent_fire_away(Ctx *c, int64_t user_id)
{
    DeskAgent a;
    bool found;
    Err err = desk_agent_get(c, user_id, &a, &found);
    if (err || !found || !str_is(a.status, "online"))
        return err;
    if (a.active_at + AGENT_AWAY_MS > c->now_ms)
        return store_timer_set(c, TIMER_AWAY, user_id, a.active_at + AGENT_AWAY_MS, desk_shop(c));
    return set_status(c, user_id, STR("break"), STR("away"), a.gone_at);
}

typedef struct {
    int64_t user_id, shop_id;
} GoneRow;
static const StoreField GONE_FIELDS[] = {STORE_FIELD(GoneRow, user_id),
                                         STORE_FIELD(GoneRow, shop_id)};
static const StoreMap GONE_MAP = STORE_MAP(GoneRow, GONE_FIELDS);

Err desk_agents_all_gone(Ctx *c)
{
    Err err = store_exec(c, &AGENT_ALL_GONE, BINDS(i64(c->now_ms)), NULL);
    GoneRow *rows;
    size_t n = 0;
    if (!err)
        err = store_all(c, &AGENT_GONE_LIST, NO_BINDS, &GONE_MAP, &rows, &n);
    for (size_t i = 0; i < n && !err; i++)
        err = store_timer_set(c, TIMER_GONE, rows[i].user_id, c->now_ms + AGENT_GRACE_MS,
                              rows[i].shop_id);
    return err;
}
