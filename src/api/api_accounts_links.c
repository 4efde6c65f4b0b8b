/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations, and new passwords by link. */
#include "accounts/link.h"
#include "accounts/password.h"
#include "api/api_accounts.h"

Err api_invite(ApiCall *call)
{
    Ctx *c = call->c;
    JsonW *w = &call->w;
    Str email, name, token;
    Role role;
    int64_t expires_at;
    Err err = json_need_str(call->body, &c->err, "email", 3, 254, &email);
    if (!err)
        err = json_opt_str(call->body, &c->err, "name", 60, &name);
    if (!err)
        err = accounts_body_role(call, &role);
    if (!err)
        err = accounts_invite(c, email, name, role, &token, &expires_at);
    if (err)
        return err;
    jw_obj(w);
    jw_kstr(w, "url",
            str_fmt(c->arena, "%.*s/invite/%.*s", STR_ARG(call->base_url), STR_ARG(token)));
    jw_ki64(w, "expires_at", expires_at);
    jw_obj_end(w);
    return ERR_OK;
}

static void write_invitation(JsonW *w, const AccountsInvitation *i)
{
    jw_obj(w);
    jw_kid(w, "id", i->id);
    jw_kstr(w, "email", i->email);
    jw_kstr(w, "name", i->name);
    jw_kstr(w, "role", i->role_name);
    jw_kid(w, "created_by", i->created_by);
    jw_ki64(w, "created_at", i->created_at_ms);
    jw_ki64(w, "expires_at", i->expires_at_ms);
    if (i->accepted_at_ms)
        jw_ki64(w, "accepted_at", i->accepted_at_ms);
    else
        jw_knull(w, "accepted_at");
    jw_obj_end(w);
}

Err api_invitations(ApiCall *call)
{
    JsonW *w = &call->w;
    AccountsInvitation *all;
    size_t n;
    Err err = accounts_invite_list(call->c, &all, &n);
    if (err)
        return err;
    jw_obj(w);
    jw_key(w, "items");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        write_invitation(w, &all[i]);
    jw_arr_end(w);
    jw_knull(w, "next");
    jw_obj_end(w);
    return ERR_OK;
}

Err api_invite_withdraw(ApiCall *call)
{
    Err err = accounts_invite_withdraw(call->c, call->id[0]);
    return err ? err : accounts_write_nothing(call);
}

/* ---- accepting ---- */

typedef struct {
    Str token, name, password, hash;
    AccountsInvitation invitation;
    AccountsProof proof; /* of a person who is here already, in another shop */
} Accept;

static Err read_accept(Ctx *c, void *arg)
{
    Accept *a = arg;
    Err err = accounts_invite_find(c, a->token, &a->invitation);
    a->proof.name = a->invitation.email;
    a->proof.password = a->password;
    return err ? err : accounts_proof_read(c, &a->proof);
}

Err api_invite_accept_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    Accept *a = ARENA_NEW(c->arena, Accept);
    call->work = a;
    Err err = json_need_str(call->body, &c->err, "token", 1, 100, &a->token);
    if (!err)
        err = json_opt_str(call->body, &c->err, "name", 60, &a->name);
    if (!err)
        err = json_need_str(call->body, &c->err, "password", 1, 1000, &a->password);
    if (!err)
        err = store_read(api_store(call->api), c, read_accept, a);
    if (err)
        return err;
    if (a->proof.found)
        return accounts_proof_check(c, api_accounts(call->api), &a->proof);
    Str words[] = {a->invitation.email, a->name};
    err = accounts_password_check(c, "password", a->password, words, sizeof words / sizeof *words);
    return err ? err : accounts_password_hash(c, api_accounts(call->api), a->password, &a->hash);
}

/* Somebody who is at home in another shop proves it with their password, and logs in the usual way
 * afterwards: their second factor counts here too. */
static Err accept_known(ApiCall *call, Accept *a)
{
    int64_t id;
    Err err = accounts_proof_settle(call->c, &a->proof);
    if (err)
        return err;
    if (a->proof.outcome != ACCOUNTS_PASS)
        return accounts_refuse_proof(call, &a->proof, "password.wrong");
    err = accounts_invite_accept(call->c, a->token, a->proof.row.id, STR_NONE, STR_NONE, &id);
    if (err)
        return err;
    jw_obj(&call->w);
    err = accounts_write_me(call);
    jw_knull(&call->w, "csrf");
    jw_obj_end(&call->w);
    return err;
}

Err api_invite_accept(ApiCall *call)
{
    Ctx *c = call->c;
    Accept *a = call->work;
    AccountsNewSession s;
    int64_t id;
    c->actor = (Actor){.address = c->actor.address}; /* also when it runs again */
    if (a->proof.found)
        return accept_known(call, a);
    Err err = accounts_invite_accept(c, a->token, 0, a->name, a->hash, &id);
    if (!err)
        err = accounts_session_create(c, id, c->actor.shop_id,
                                      net_header(call->request, "user-agent"), &s);
    if (err)
        return err;
    accounts_set_cookie(call, s.token);
    return accounts_write_login(call, s.csrf);
}

/* ---- new password ---- */

typedef struct {
    Str token, hash;
    AccountsProofRow who;
} Reset;

static Err read_reset(Ctx *c, void *arg)
{
    Reset *r = arg;
    return accounts_reset_find(c, r->token, &r->who);
}

Err api_password_reset_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    Reset *r = ARENA_NEW(c->arena, Reset);
    Str password;
    call->work = r;
    Err err = json_need_str(call->body, &c->err, "token", 1, 100, &r->token);
    if (!err)
        err = json_need_str(call->body, &c->err, "password", 1, 1000, &password);
    if (!err)
        err = store_read(api_store(call->api), c, read_reset, r);
    if (err)
        return err;
    Str words[] = {r->who.login, r->who.email, r->who.name};
    err = accounts_password_check(c, "password", password, words, sizeof words / sizeof *words);
    return err ? err : accounts_password_hash(c, api_accounts(call->api), password, &r->hash);
}

Err api_password_reset(ApiCall *call)
{
    const Reset *r = call->work;
    int64_t *ids;
    size_t n;
    Err err = accounts_reset_use(call->c, r->token, r->hash, &ids, &n);
    if (err)
        return err;
    accounts_kick(call->c, ids, n);
    return accounts_write_nothing(call);
}
