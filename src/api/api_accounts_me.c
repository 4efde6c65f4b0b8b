/* SPDX-License-Identifier: Apache-2.0 */
/* What a person sees and changes of themselves. */
#include "accounts/password.h"
#include "accounts/shop.h"
#include "accounts/totp.h"
#include "api/api_accounts.h"
#include "desk/desk.h"

Err accounts_write_me(ApiCall *call)
{
    AccountsUser u;
    JsonW *w = &call->w;
    Err err = accounts_user_get(call->c, call->c->actor.user_id, &u);
    if (err)
        return err;
    jw_key(w, "user");
    jw_obj(w);
    jw_kid(w, "id", u.id);
    jw_kstr(w, "login", u.login);
    jw_kstr(w, "name", u.name);
    jw_kstr(w, "email", u.email);
    /* what this call may do: an API key can have less than its maker */
    jw_kstr(w, "role", str_of(accounts_role_name(call->c->actor.role)));
    jw_kstr(w, "nickname", u.nickname);
    jw_kstr(w, "number", u.number);
    jw_ki64(w, "capacity", u.capacity);
    jw_kbool(w, "totp", u.totp);
    jw_obj_end(w);
    return ERR_OK;
}

Err accounts_write_login(ApiCall *call, Str csrf)
{
    JsonW *w = &call->w;
    jw_obj(w);
    Err err = accounts_write_me(call);
    jw_kstr(w, "csrf", csrf);
    jw_obj_end(w);
    return err;
}

static void write_shop(JsonW *w, const AccountsShop *s)
{
    jw_obj(w);
    jw_kid(w, "id", s->id);
    jw_kstr(w, "name", s->name);
    jw_kstr(w, "timezone", s->timezone);
    jw_obj_end(w);
}

Err api_me(ApiCall *call)
{
    Ctx *c = call->c;
    JsonW *w = &call->w;
    AccountsShop here, *all;
    size_t n;
    Err err = accounts_shop_get(c, &here);
    if (!err)
        err = accounts_shop_list_mine(c, &all, &n);
    if (err)
        return err;
    jw_obj(w);
    err = accounts_write_me(call);
    jw_key(w, "shop");
    write_shop(w, &here);
    jw_key(w, "shops");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        if (call->session || all[i].id == here.id) /* a key belongs to one shop */
            write_shop(w, &all[i]);
    }
    jw_arr_end(w);
    if (call->session)
        jw_kstr(w, "csrf", call->session->csrf);
    else
        jw_knull(w, "csrf");
    jw_kbool(w, "demo", api_demo(call->api));
    jw_ki64(w, "now", c->now_ms);
    jw_obj_end(w);
    return err;
}

Err api_me_change(ApiCall *call)
{
    Ctx *c = call->c;
    Str name, nickname;
    Err err = accounts_need_person(call);
    if (!err)
        err = json_opt_str(call->body, &c->err, "name", 60, &name);
    if (!err)
        err = json_opt_str(call->body, &c->err, "nickname", 30, &nickname);
    if (!err)
        err = accounts_user_update_self(c, name, nickname);
    if (err)
        return err;
    ctx_wake(c, DESK_WAKE_AGENT, c->actor.user_id, 0, NULL);
    jw_obj(&call->w);
    err = accounts_write_me(call);
    jw_obj_end(&call->w);
    return err;
}

Err api_me_shop(ApiCall *call)
{
    int64_t shop;
    Err err = accounts_need_person(call);
    if (!err)
        err = json_need_id(call->body, &call->c->err, "shop", &shop);
    if (!err)
        err = accounts_session_switch_shop(call->c, shop);
    if (err)
        return err;
    accounts_kick(call->c, &call->session->id, 1); /* sockets go on in the other shop */
    return accounts_write_nothing(call);
}

/* ---- password ---- */

typedef struct {
    AccountsProof proof;
    Str hash; /* of the new one */
} NewPassword;

static Err read_proof(Ctx *c, void *arg)
{
    return accounts_proof_read(c, arg);
}

/* Who am I, once more: a stolen session alone changes no password. */
static Err prove(ApiCall *call, const char *key, AccountsProof *p)
{
    Ctx *c = call->c;
    Err err = accounts_need_person(call);
    if (!err)
        err = json_need_str(call->body, &c->err, key, 1, 200, &p->password);
    if (err)
        return err;
    p->user_id = call->session->user_id;
    err = store_read(api_store(call->api), c, read_proof, p);
    return err ? err : accounts_proof_check(c, api_accounts(call->api), p);
}

Err api_me_password_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    NewPassword *work = ARENA_NEW(c->arena, NewPassword);
    call->work = work;
    Str fresh;
    Err err = json_need_str(call->body, &c->err, "new", 1, 1000, &fresh);
    if (!err)
        err = prove(call, "old", &work->proof);
    if (err || !work->proof.ok)
        return err; /* the failure is counted in run */
    const AccountsProofRow *row = &work->proof.row;
    Str words[] = {row->login, row->email, row->name};
    err = accounts_password_check(c, "new", fresh, words, sizeof words / sizeof *words);
    return err ? err : accounts_password_hash(c, api_accounts(call->api), fresh, &work->hash);
}

Err api_me_password(ApiCall *call)
{
    Ctx *c = call->c;
    NewPassword *work = call->work;
    int64_t me = call->session->user_id, *ids;
    size_t n;
    Err err = accounts_proof_settle(c, &work->proof);
    if (err)
        return err;
    if (work->proof.outcome != ACCOUNTS_PASS)
        return accounts_refuse_proof(call, &work->proof, "password.wrong");
    err = accounts_user_set_password(c, me, work->hash);
    if (!err)
        err = accounts_session_end_all(c, me, call->session->id, &ids, &n);
    if (!err)
        err = accounts_audit(c, "password.changed", me, STR_NONE);
    if (err)
        return err;
    accounts_kick(c, ids, n);
    return accounts_write_nothing(call);
}

/* ---- second factor ---- */

Err api_totp_begin(ApiCall *call)
{
    Str secret, uri;
    Err err = accounts_need_person(call);
    if (!err)
        err = accounts_totp_begin(call->c, api_accounts(call->api), &secret, &uri);
    if (err)
        return err;
    jw_obj(&call->w);
    jw_kstr(&call->w, "secret", secret);
    jw_kstr(&call->w, "uri", uri);
    jw_obj_end(&call->w);
    return ERR_OK;
}

Err api_totp_confirm(ApiCall *call)
{
    Str code, codes[10];
    Err err = accounts_need_person(call);
    if (!err)
        err = json_need_str(call->body, &call->c->err, "code", 6, 20, &code);
    if (!err)
        err = accounts_totp_confirm(call->c, api_accounts(call->api), code, codes);
    if (err)
        return err;
    jw_obj(&call->w);
    jw_key(&call->w, "recovery");
    jw_arr(&call->w);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        jw_str(&call->w, codes[i]);
    jw_arr_end(&call->w);
    jw_obj_end(&call->w);
    return ERR_OK;
}

Err api_totp_disable_prepare(ApiCall *call)
{
    AccountsProof *p = ARENA_NEW(call->c->arena, AccountsProof);
    call->work = p;
    return prove(call, "password", p);
}

Err api_totp_disable(ApiCall *call)
{
    AccountsProof *p = call->work;
    Err err = accounts_proof_settle(call->c, p);
    if (err)
        return err;
    if (p->outcome != ACCOUNTS_PASS)
        return accounts_refuse_proof(call, p, "password.wrong");
    err = accounts_totp_off(call->c, call->session->user_id, "totp.off");
    return err ? err : accounts_write_nothing(call);
}
