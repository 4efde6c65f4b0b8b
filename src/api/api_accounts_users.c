/* SPDX-License-Identifier: Apache-2.0 */
/* People of the shop. */
#include "accounts/link.h"
#include "accounts/password.h"
#include "accounts/totp.h"
#include "api/api_accounts.h"
#include "desk/desk.h"

static void write_user(JsonW *w, const AccountsUser *u, int64_t shop_id, Str status)
{
    jw_obj(w);
    jw_kid(w, "id", u->id);
    jw_kstr(w, "login", u->login);
    jw_kstr(w, "name", u->name);
    jw_kstr(w, "nickname", u->nickname);
    jw_kstr(w, "number", u->number);
    jw_kstr(w, "email", u->email);
    jw_kstr(w, "role", u->role_name);
    jw_kbool(w, "active", u->active);
    jw_ki64(w, "capacity", u->capacity);
    jw_ki64(w, "max_channels", u->max_channels);
    jw_kraw(w, "skills", u->skills);
    jw_kbool(w, "totp", u->totp);
    jw_kbool(w, "home", u->home_shop_id == shop_id); /* only then they can be changed here */
    jw_kstr(w, "status", status);
    jw_obj_end(w);
}

static Str status_in(const DeskAgent *agents, size_t n, int64_t user_id)
{
    for (size_t i = 0; i < n; i++) {
        if (agents[i].user_id == user_id)
            return agents[i].status;
    }
    return STR("offline");
}

Err api_users(ApiCall *call)
{
    Ctx *c = call->c;
    JsonW *w = &call->w;
    AccountsUser *users;
    DeskAgent *agents;
    size_t n, agents_n;
    Err err = accounts_user_list(c, &users, &n);
    if (!err)
        err = desk_agent_list(c, &agents, &agents_n);
    if (err)
        return err;
    jw_obj(w);
    jw_key(w, "items");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        write_user(w, &users[i], c->actor.shop_id, status_in(agents, agents_n, users[i].id));
    jw_arr_end(w);
    jw_knull(w, "next");
    jw_obj_end(w);
    return ERR_OK;
}

static Err write_one(ApiCall *call, int64_t id, Str link_token)
{
    Ctx *c = call->c;
    JsonW *w = &call->w;
    AccountsUser u;
    DeskAgent a;
    bool at_desk = false;
    Err err = accounts_user_get(c, id, &u);
    if (!err)
        err = desk_agent_get(c, id, &a, &at_desk);
    if (err)
        return err;
    jw_obj(w);
    jw_key(w, "user");
    write_user(w, &u, c->actor.shop_id, at_desk ? a.status : STR("offline"));
    if (link_token.n)
        jw_kstr(w, "url",
                str_fmt(c->arena, "%.*s/reset/%.*s", STR_ARG(call->base_url), STR_ARG(link_token)));
    jw_obj_end(w);
    return ERR_OK;
}

/* The fields that new people and changes have in common. 0 and STR_NONE: not sent. */
static Err read_fields(ApiCall *call, AccountsUserChange *f)
{
    static const struct {
        const char *name;
        size_t max, offset;
    } TEXTS[] = {{"login", 64, offsetof(AccountsUserChange, login)},
                 {"email", 254, offsetof(AccountsUserChange, email)},
                 {"name", 60, offsetof(AccountsUserChange, name)},
                 {"nickname", 30, offsetof(AccountsUserChange, nickname)},
                 {"number", 20, offsetof(AccountsUserChange, number)}};
    Ctx *c = call->c;
    Err err = accounts_body_role(call, &f->role);
    for (size_t i = 0; !err && i < sizeof TEXTS / sizeof *TEXTS; i++)
        err = json_opt_str(call->body, &c->err, TEXTS[i].name, TEXTS[i].max,
                           (Str *)((char *)f + TEXTS[i].offset));
    if (err)
        return err;
    if (json_has(call->body, "capacity"))
        f->capacity = json_i64(call->body, "capacity", -1);
    if (json_has(call->body, "max_channels"))
        f->max_channels = json_i64(call->body, "max_channels", -1);
    if (f->capacity == 0 && json_has(call->body, "capacity"))
        return ctx_field(c, "capacity", "request.field_value", "at least 1");
    if (json_has(call->body, "skills"))
        f->skills = json_print(c->arena, json_get(call->body, "skills"));
    return ERR_OK;
}

/* ---- making ---- */

Err api_user_create_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    AccountsNewUser *n = ARENA_NEW(c->arena, AccountsNewUser);
    AccountsUserChange f;
    Str password;
    call->work = n;
    accounts_user_change_none(&f);
    Err err = read_fields(call, &f);
    if (!err)
        err = json_opt_str(call->body, &c->err, "password", 1000, &password);
    if (err)
        return err;
    *n = (AccountsNewUser){.login = f.login,
                           .email = f.email,
                           .name = f.name,
                           .nickname = f.nickname,
                           .number = f.number,
                           .role = f.role,
                           .capacity = f.capacity,
                           .max_channels = f.max_channels,
                           .skills = f.skills};
    if (!password.p)
        return ERR_OK; /* they choose it with a link */
    Str words[] = {f.login, f.email, f.name};
    err = accounts_password_check(c, "password", password, words, sizeof words / sizeof *words);
    return err ? err
               : accounts_password_hash(c, api_accounts(call->api), password, &n->password_hash);
}

Err api_user_create(ApiCall *call)
{
    Ctx *c = call->c;
    const AccountsNewUser *n = call->work;
    int64_t id, expires_at;
    Str token = STR_NONE;
    Err err = accounts_user_create(c, n, &id);
    if (!err && !n->password_hash.n)
        err = accounts_reset_create(c, id, &token, &expires_at);
    call->status = 201;
    return err ? err : write_one(call, id, token);
}

/* ---- changing ---- */

/* The desk follows: who may not answer any more gives back what they have, and who may take more
 * gets it. */
static Err tell_desk(Ctx *c, const AccountsUserChange *f, int64_t id)
{
    DeskAgent a;
    bool at_desk;
    Err err = desk_agent_get(c, id, &a, &at_desk);
    if (err || !at_desk)
        return err;
    ctx_wake(c, DESK_WAKE_AGENT, id, 0, NULL);
    if (f->active == 0 || f->role == ROLE_TRAINER)
        return desk_agent_status(c, id, STR("offline"), STR("disconnected"));
    bool more = f->capacity || f->max_channels || f->skills.p;
    return more && str_is(a.status, "online") ? desk_route_fill(c, id) : ERR_OK;
}

Err api_user_change(ApiCall *call)
{
    Ctx *c = call->c;
    AccountsUserChange f;
    int64_t *ids;
    size_t n;
    accounts_user_change_none(&f);
    Err err = read_fields(call, &f);
    if (err)
        return err;
    if (json_has(call->body, "active"))
        f.active = json_bool(call->body, "active", true);
    err = accounts_user_update(c, call->id[0], &f, &ids, &n);
    if (!err)
        err = tell_desk(c, &f, call->id[0]);
    if (err)
        return err;
    accounts_kick(c, ids, n);
    return write_one(call, call->id[0], STR_NONE);
}

/* One's own proof is changed with one's own password (/api/me), so that a stolen session alone
 * cannot keep the account. */
static Err not_myself(ApiCall *call)
{
    return call->id[0] != call->c->actor.user_id
               ? ERR_OK
               : ctx_err(call->c, ERR_DENIED, "user.self", "change your own under your account");
}

Err api_user_reset(ApiCall *call)
{
    Ctx *c = call->c;
    JsonW *w = &call->w;
    Str token;
    int64_t expires_at;
    Err err = not_myself(call);
    if (!err)
        err = accounts_reset_create(c, call->id[0], &token, &expires_at);
    if (err)
        return err;
    jw_obj(w);
    jw_kstr(w, "url",
            str_fmt(c->arena, "%.*s/reset/%.*s", STR_ARG(call->base_url), STR_ARG(token)));
    jw_ki64(w, "expires_at", expires_at);
    jw_obj_end(w);
    return ERR_OK;
}

Err api_user_totp_reset(ApiCall *call)
{
    Err err = not_myself(call);
    if (!err)
        err = accounts_totp_off(call->c, call->id[0], "totp.reset");
    return err ? err : accounts_write_nothing(call);
}
