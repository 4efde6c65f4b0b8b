/* SPDX-License-Identifier: Apache-2.0 */
/* People and their memberships: reading, making, and what proves who somebody is. Changing is in
 * user_change.c. */
#include "accounts/internal.h"

#include "base/json.h"
#include "sql/invitation.h"
#include "sql/user.h"

enum { DEFAULT_CAPACITY = 5, DEFAULT_CHANNELS = 3 };

static const StoreField FIELDS[] = {
    STORE_FIELD(AccountsUser, id),           STORE_FIELD(AccountsUser, home_shop_id),
    STORE_FIELD(AccountsUser, login),        STORE_FIELD(AccountsUser, email),
    STORE_FIELD(AccountsUser, name),         STORE_FIELD(AccountsUser, nickname),
    STORE_FIELD(AccountsUser, number),       STORE_FIELD(AccountsUser, role_name),
    STORE_FIELD(AccountsUser, active),       STORE_FIELD(AccountsUser, capacity),
    STORE_FIELD(AccountsUser, max_channels), STORE_FIELD(AccountsUser, skills),
    STORE_FIELD(AccountsUser, totp),         STORE_FIELD(AccountsUser, created_at_ms),
};
static const StoreMap MAP = STORE_MAP(AccountsUser, FIELDS);

static const StoreField PROOF_FIELDS[] = {
    STORE_FIELD(AccountsProofRow, id),          STORE_FIELD(AccountsProofRow, home_shop_id),
    STORE_FIELD(AccountsProofRow, login),       STORE_FIELD(AccountsProofRow, email),
    STORE_FIELD(AccountsProofRow, name),        STORE_FIELD(AccountsProofRow, password_hash),
    STORE_FIELD(AccountsProofRow, totp_secret), STORE_FIELD(AccountsProofRow, totp_step),
};
static const StoreMap PROOF_MAP = STORE_MAP(AccountsProofRow, PROOF_FIELDS);

static void name_roles(AccountsUser *u, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!accounts_role_parse(u[i].role_name, &u[i].role))
            u[i].role = ROLE_NONE;
    }
}

static Err list(Ctx *c, const StoreSql *sql, const StoreValue *v, size_t v_n, AccountsUser **ret,
                size_t *ret_n)
{
    Err err = store_all(c, sql, v, v_n, &MAP, ret, ret_n);
    if (!err)
        name_roles(*ret, *ret_n);
    return err;
}

Err accounts_user_get(Ctx *c, int64_t id, AccountsUser *ret)
{
    bool found;
    Err err = store_one(c, &USER_GET, BINDS(i64(id), i64(shop_of(c))), &MAP, ret, &found);
    if (!err && !found)
        err = ctx_err(c, ERR_NOT_FOUND, "user.unknown", "no such person in this shop");
    if (!err)
        name_roles(ret, 1);
    return err;
}

Err accounts_user_list(Ctx *c, AccountsUser **ret, size_t *ret_n)
{
    Err err = accounts_need_role(c, ROLE_TRAINER);
    return err ? err : list(c, &USER_LIST, BINDS(i64(shop_of(c))), ret, ret_n);
}

Err accounts_user_list_installation(Ctx *c, AccountsUser **ret, size_t *ret_n)
{
    Err err = accounts_need_role(c, ROLE_SYSTEM);
    return err ? err : list(c, &USER_LIST_INSTALLATION, NO_BINDS, ret, ret_n);
}

Err accounts_agents_list(Ctx *c, AccountsUser **ret, size_t *ret_n)
{
    return list(c, &USER_AGENTS, BINDS(i64(shop_of(c))), ret, ret_n);
}

/* ---- making ---- */

static Err check_new(Ctx *c, AccountsNewUser *n)
{
    n->login = n->login.n ? accounts_lower(c, n->login) : STR_NONE;
    n->email = n->email.n ? accounts_lower(c, n->email) : STR_NONE;
    n->name = str_trim(n->name);
    n->nickname = str_trim(n->nickname);
    if (!n->login.n && !n->email.n)
        return ctx_field(c, "email", "request.field_missing", "needs an e-mail or a log-in name");
    if (!n->nickname.n)
        n->nickname = n->name;
    n->capacity = n->capacity ? n->capacity : DEFAULT_CAPACITY;
    n->max_channels = n->max_channels ? n->max_channels : DEFAULT_CHANNELS;
    n->skills = n->skills.n ? n->skills : STR("[]");
    Err err = accounts_user_check(c, &(AccountsUserFields){.login = n->login,
                                                           .email = n->email,
                                                           .name = n->name,
                                                           .nickname = n->nickname,
                                                           .number = n->number,
                                                           .skills = &n->skills,
                                                           .capacity = n->capacity,
                                                           .max_channels = n->max_channels});
    if (!err && !accounts_role_name(n->role)[0])
        err = ctx_field(c, "role", "request.field_value",
                        "roles are owner, supervisor, agent and trainer");
    return err;
}

Err accounts_user_create(Ctx *c, const AccountsNewUser *given, int64_t *ret_id)
{
    AccountsNewUser n = *given;
    int64_t rows = 0;
    Err err = accounts_need_role(c, ROLE_OWNER);
    if (!err)
        err = check_new(c, &n);
    if (err)
        return err;
    *ret_id = ctx_id(c);
    err = store_exec(c, &USER_INSERT,
                     BINDS(i64(*ret_id), i64(shop_of(c)), text_or_null(n.login),
                           text_or_null(n.email), text(n.name), text(n.nickname),
                           text(n.number.p ? n.number : STR("")), text_or_null(n.password_hash),
                           i64(n.capacity), i64(n.max_channels), text(n.skills), i64(c->now_ms)),
                     &rows);
    if (!err && !rows)
        err = ctx_err(c, ERR_CONFLICT, "user.taken", "this log-in name or e-mail is in use");
    Str role = str_of(accounts_role_name(n.role));
    if (!err)
        err = store_exec(c, &USER_JOIN,
                         BINDS(i64(*ret_id), i64(shop_of(c)), text(role), i64(c->now_ms)), NULL);
    return err ? err
               : accounts_audit(c, "user.created", *ret_id,
                                accounts_detail(c, "name", n.name, "role", role, NULL));
}

Err accounts_user_join(Ctx *c, int64_t user_id, Role role)
{
    AccountsUser u;
    bool found;
    int64_t rows = 0;
    Str word = str_of(accounts_role_name(role));
    Err err = accounts_need_role(c, ROLE_SYSTEM);
    if (!err)
        err = store_exec(c, &USER_JOIN,
                         BINDS(i64(user_id), i64(shop_of(c)), text(word), i64(c->now_ms)), &rows);
    if (!err && !rows)
        err = store_one(c, &USER_GET, BINDS(i64(user_id), i64(shop_of(c))), &MAP, &u, &found);
    if (err)
        return err;
    if (!rows && (!found || u.active))
        return ctx_err(c, ERR_CONFLICT, "user.member", "this person works in the shop already");
    if (!rows) /* they left and come back */
        err = store_exec(c, &USER_MEMBER_UPDATE,
                         BINDS(i64(user_id), i64(shop_of(c)), text(word), i64(1)), NULL);
    if (!err && !rows && u.home_shop_id == shop_of(c))
        err = store_exec(c, &USER_MIRROR_ACTIVE,
                         BINDS(i64(user_id), i64(shop_of(c)), i64(1), i64(c->now_ms)), NULL);
    return err ? err
               : accounts_audit(c, "user.joined", user_id, accounts_detail(c, "role", word, NULL));
}

/* ---- proofs ---- */

Err accounts_user_by_login(Ctx *c, Str login_or_email, AccountsProofRow *ret, bool *ret_found)
{
    *ret_found = false;
    if (login_or_email.n < 1 || login_or_email.n > 320)
        return ERR_OK;
    return store_one(c, &USER_BY_LOGIN, BINDS(text(accounts_lower(c, login_or_email))), &PROOF_MAP,
                     ret, ret_found);
}

Err accounts_user_proof(Ctx *c, int64_t user_id, AccountsProofRow *ret)
{
    bool found;
    Err err = store_one(c, &USER_PROOF, BINDS(i64(user_id)), &PROOF_MAP, ret, &found);
    if (!err && !found)
        err = ctx_err(c, ERR_NOT_FOUND, "user.unknown", "no such person");
    return err;
}

Err accounts_user_set_password(Ctx *c, int64_t user_id, Str hash)
{
    ASSERT(hash.n);
    Err err = store_exec(c, &USER_PASSWORD, BINDS(i64(user_id), text(hash), i64(c->now_ms)), NULL);
    /* a link sent earlier must not undo it */
    return err ? err
               : store_exec(c, &INVITATION_RESET_END, BINDS(i64(user_id), i64(c->now_ms)), NULL);
}

Err accounts_user_first_shop(Ctx *c, int64_t user_id, int64_t *ret_shop_id)
{
    return store_i64(c, &USER_FIRST_SHOP, BINDS(i64(user_id)), 0, ret_shop_id);
}

Err accounts_user_need_home(Ctx *c, int64_t id)
{
    int64_t home;
    Err err = store_i64(c, &USER_HOME_OF, BINDS(i64(id), i64(shop_of(c))), 0, &home);
    if (err)
        return err;
    if (!home)
        return ctx_err(c, ERR_NOT_FOUND, "user.unknown", "no such person in this shop");
    if (home != shop_of(c))
        return ctx_err(c, ERR_DENIED, "user.other_home",
                       "only the shop where this person is at home may do that");
    return ERR_OK;
}
