/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "sql/invitation.h"

#define INVITE_MS (7 * DAY_MS)
#define RESET_MS  DAY_MS
#define KEPT_MS   (30 * DAY_MS) /* invitations that nobody used, so that the list can say so */

static const StoreField FIELDS[] = {
    STORE_FIELD(AccountsInvitation, id),
    STORE_FIELD(AccountsInvitation, shop_id),
    STORE_FIELD(AccountsInvitation, email),
    STORE_FIELD(AccountsInvitation, name),
    STORE_FIELD(AccountsInvitation, role_name),
    STORE_FIELD(AccountsInvitation, created_by),
    STORE_FIELD(AccountsInvitation, created_at_ms),
    STORE_FIELD(AccountsInvitation, expires_at_ms),
    STORE_FIELD(AccountsInvitation, accepted_at_ms),
};
static const StoreMap MAP = STORE_MAP(AccountsInvitation, FIELDS);

/* An invitation that could never be accepted is refused when it is written. */
static Err not_yet_here(Ctx *c, Str email)
{
    AccountsProofRow who;
    AccountsUser u;
    bool found;
    Err err = accounts_user_by_login(c, email, &who, &found);
    if (err || !found)
        return err;
    err = accounts_user_get(c, who.id, &u);
    if (err == ERR_NOT_FOUND) {
        err_clear(&c->err);
        return ERR_OK;
    }
    if (!err && u.active)
        err = ctx_err(c, ERR_CONFLICT, "user.member", "this person works in the shop already");
    return err;
}

static bool token_shape(Str token)
{
    return token.n >= 32 && token.n <= 64;
}

/* ---- invitations ---- */

Err accounts_invite(Ctx *c, Str email, Str name, Role role, Str *ret_token, int64_t *ret_expires_at)
{
    Str word = str_of(accounts_role_name(role));
    email = accounts_lower(c, email);
    name = str_trim(name);
    Err err = accounts_need_role(c, ROLE_OWNER);
    if (!err && !accounts_email_ok(email))
        err = ctx_field(c, "email", "request.field_value", "this is not an e-mail address");
    if (!err && !word.n)
        err = ctx_field(c, "role", "request.field_value",
                        "roles are owner, supervisor, agent and trainer");
    if (!err)
        err = accounts_check_text(c, "name", name, 0, 60);
    if (!err)
        err = not_yet_here(c, email);
    if (err)
        return err;
    int64_t id = ctx_id(c);
    *ret_token = accounts_token_new(c);
    *ret_expires_at = c->now_ms + INVITE_MS;
    err = store_exec(c, &INVITATION_INSERT,
                     BINDS(i64(id), i64(shop_of(c)), text(email), text(name.p ? name : STR("")),
                           text(word), text(accounts_token_hash(c, *ret_token)),
                           i64(c->actor.user_id), i64(c->now_ms), i64(*ret_expires_at)),
                     NULL);
    return err ? err
               : accounts_audit(c, "invitation.created", id,
                                accounts_detail(c, "role", word, NULL));
}

Err accounts_invite_list(Ctx *c, AccountsInvitation **ret, size_t *ret_n)
{
    Err err = accounts_need_role(c, ROLE_OWNER);
    return err ? err : store_all(c, &INVITATION_LIST, BINDS(i64(shop_of(c))), &MAP, ret, ret_n);
}

static Err invite_gone(Ctx *c)
{
    return ctx_err(c, ERR_NOT_FOUND, "invitation.unknown",
                   "this invitation is used, withdrawn or too old: ask for a new one");
}

Err accounts_invite_withdraw(Ctx *c, int64_t id)
{
    int64_t rows = 0;
    Err err = accounts_need_role(c, ROLE_OWNER);
    if (!err)
        err = store_exec(c, &INVITATION_DELETE, BINDS(i64(id), i64(shop_of(c))), &rows);
    if (!err && !rows)
        err = invite_gone(c);
    return err ? err : accounts_audit(c, "invitation.withdrawn", id, STR_NONE);
}

Err accounts_invite_find(Ctx *c, Str token, AccountsInvitation *ret)
{
    bool found = false;
    Err err = ERR_OK;
    if (token_shape(token))
        err = store_one(c, &INVITATION_FIND,
                        BINDS(text(accounts_token_hash(c, token)), i64(c->now_ms)), &MAP, ret,
                        &found);
    return err || found ? err : invite_gone(c);
}

Err accounts_invite_accept(Ctx *c, Str token, int64_t existing_id, Str name, Str password_hash,
                           int64_t *ret_user_id)
{
    AccountsInvitation inv;
    AccountsUser u;
    Role role;
    int64_t id = existing_id, rows = 0;
    Err err = accounts_invite_find(c, token, &inv);
    if (err)
        return err;
    if (!accounts_role_parse(inv.role_name, &role))
        return ctx_err(c, ERR_INTERNAL, "invitation.broken", "unknown role in an invitation");
    /* the owner's word, given with the token, carries what follows */
    c->actor = (Actor){.role = ROLE_SYSTEM, .shop_id = inv.shop_id, .address = c->actor.address};
    if (existing_id)
        err = accounts_user_join(c, existing_id, role);
    else
        err = accounts_user_create(c,
                                   &(AccountsNewUser){.email = inv.email,
                                                      .name = str_trim(name).n ? name : inv.name,
                                                      .role = role,
                                                      .password_hash = password_hash},
                                   &id);
    if (!err)
        err = store_exec(c, &INVITATION_ACCEPT, BINDS(i64(inv.id), i64(c->now_ms), i64(id)), &rows);
    if (!err && !rows)
        err = invite_gone(c);
    if (!err)
        err = accounts_user_get(c, id, &u);
    if (err)
        return err;
    accounts_act_as(c, &u);
    *ret_user_id = id;
    return accounts_audit(c, "invitation.accepted", inv.id, STR_NONE);
}

/* ---- new passwords ---- */

typedef struct {
    int64_t id, user_id;
} Reset;
static const StoreField RESET_FIELDS[] = {STORE_FIELD(Reset, id), STORE_FIELD(Reset, user_id)};
static const StoreMap RESET_MAP = STORE_MAP(Reset, RESET_FIELDS);

static Err reset_gone(Ctx *c)
{
    return ctx_err(c, ERR_NOT_FOUND, "reset.unknown",
                   "this link is used or too old: ask for a new one");
}

Err accounts_reset_create(Ctx *c, int64_t user_id, Str *ret_token, int64_t *ret_expires_at)
{
    Err err = accounts_need_role(c, ROLE_OWNER);
    if (!err)
        err = accounts_user_need_home(c, user_id);
    if (!err)
        err = store_exec(c, &INVITATION_RESET_END, BINDS(i64(user_id), i64(c->now_ms)), NULL);
    if (err)
        return err;
    *ret_token = accounts_token_new(c);
    *ret_expires_at = c->now_ms + RESET_MS;
    err = store_exec(c, &INVITATION_RESET_INSERT,
                     BINDS(i64(ctx_id(c)), i64(user_id), text(accounts_token_hash(c, *ret_token)),
                           i64(c->actor.user_id), i64(c->now_ms), i64(*ret_expires_at)),
                     NULL);
    return err ? err : accounts_audit(c, "password.link", user_id, STR_NONE);
}

static Err reset_row(Ctx *c, Str token, Reset *ret)
{
    bool found = false;
    Err err = ERR_OK;
    if (token_shape(token))
        err = store_one(c, &INVITATION_RESET_FIND,
                        BINDS(text(accounts_token_hash(c, token)), i64(c->now_ms)), &RESET_MAP, ret,
                        &found);
    return err || found ? err : reset_gone(c);
}

Err accounts_reset_find(Ctx *c, Str token, AccountsProofRow *ret)
{
    Reset r;
    Err err = reset_row(c, token, &r);
    return err ? err : accounts_user_proof(c, r.user_id, ret);
}

Err accounts_reset_use(Ctx *c, Str token, Str password_hash, int64_t **ret_sessions,
                       size_t *ret_sessions_n)
{
    Reset r;
    AccountsProofRow who;
    int64_t rows = 0;
    Err err = reset_row(c, token, &r);
    if (!err)
        err = accounts_user_proof(c, r.user_id, &who);
    if (!err)
        err = store_exec(c, &INVITATION_RESET_USE, BINDS(i64(r.id), i64(c->now_ms)), &rows);
    if (!err && !rows)
        err = reset_gone(c);
    if (!err)
        err = accounts_user_set_password(c, r.user_id, password_hash);
    if (!err)
        err = accounts_session_end_all(c, r.user_id, 0, ret_sessions, ret_sessions_n);
    /* who guessed in vain until the doors closed may come in now */
    if (!err)
        err = accounts_throttle_pass(c, str_fmt(c->arena, "u%lld", (long long)r.user_id));
    if (err)
        return err;
    c->actor = (Actor){.shop_id = who.home_shop_id, .address = c->actor.address};
    return accounts_audit(c, "password.reset", r.user_id, STR_NONE);
}

Err accounts_link_sweep(Ctx *c)
{
    Err err = store_exec(c, &INVITATION_RESET_SWEEP, BINDS(i64(c->now_ms)), NULL);
    return err ? err : store_exec(c, &INVITATION_SWEEP, BINDS(i64(c->now_ms - KEPT_MS)), NULL);
}
