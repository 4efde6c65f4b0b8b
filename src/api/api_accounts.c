/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of log-in, people and keys, and what their handlers write alike. */
#include "api/api_accounts.h"

#include "desk/desk.h"

#define SMALL 4096

static const ApiRoute ROWS[] = {
    {NET_POST, "/api/login", API_ANYONE, 0, API_TX_WRITE, SMALL, .slow = true,
     .prepare = api_login_prepare, .run = api_login,
     .summary = "Log in with a name or e-mail, a password and, when it is on, a code",
     .takes = "Login", .gives = "LoggedIn"},
    {NET_POST, "/api/logout", API_STAFF, SCOPE_ADMIN, API_TX_WRITE, SMALL, .run = api_logout,
     .summary = "End this session", .takes = "Nothing", .gives = "Nothing"},
    {NET_POST, "/api/logout-everywhere", API_STAFF, SCOPE_ADMIN, API_TX_WRITE, SMALL,
     .run = api_logout_everywhere, .summary = "End all my sessions", .takes = "Nothing",
     .gives = "Nothing"},

    {NET_GET, "/api/me", API_STAFF, SCOPE_READ, API_TX_READ, 0, .run = api_me,
     .summary = "Who I am, my shops, the CSRF token", .gives = "Me"},
    {NET_PATCH, "/api/me", API_STAFF, SCOPE_ADMIN, API_TX_WRITE, SMALL, .run = api_me_change,
     .summary = "Change my name and nickname", .takes = "MeChange", .gives = "MeAnswer"},
    {NET_POST, "/api/me/shop", API_STAFF, SCOPE_ADMIN, API_TX_WRITE, SMALL, .run = api_me_shop,
     .summary = "Go on working in another of my shops", .takes = "MeShop", .gives = "Nothing"},
    {NET_POST, "/api/me/password", API_STAFF, SCOPE_ADMIN, API_TX_WRITE, SMALL, .slow = true,
     .prepare = api_me_password_prepare, .run = api_me_password,
     .summary = "Change my password; my other sessions end", .takes = "PasswordChange",
     .gives = "Nothing"},
    {NET_POST, "/api/me/totp/begin", API_STAFF, SCOPE_ADMIN, API_TX_WRITE, SMALL,
     .run = api_totp_begin, .summary = "A new secret for the second factor", .takes = "Nothing",
     .gives = "TotpBegun"},
    {NET_POST, "/api/me/totp/confirm", API_STAFF, SCOPE_ADMIN, API_TX_WRITE, SMALL,
     .run = api_totp_confirm, .summary = "Turn the second factor on; gives the recovery codes",
     .takes = "Code", .gives = "TotpOn"},
    {NET_POST, "/api/me/totp/disable", API_STAFF, SCOPE_ADMIN, API_TX_WRITE, SMALL, .slow = true,
     .prepare = api_totp_disable_prepare, .run = api_totp_disable,
     .summary = "Turn the second factor off", .takes = "Password", .gives = "Nothing"},

    {NET_GET, "/api/users", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_users,
     .summary = "Everybody who works in the shop", .gives = "Users"},
    {NET_POST, "/api/users", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, 2 * SMALL, .slow = true,
     .prepare = api_user_create_prepare, .run = api_user_create, .summary = "Add a person",
     .takes = "UserPut", .gives = "UserAnswer"},
    {NET_PATCH, "/api/users/{id}", API_SUPERVISOR, SCOPE_ADMIN, API_TX_WRITE, 2 * SMALL,
     .run = api_user_change, .summary = "Change a person, their role, or let them go",
     .takes = "UserPut", .gives = "UserAnswer"},
    {NET_POST, "/api/users/{id}/reset", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, SMALL,
     .run = api_user_reset, .summary = "A link with which a person sets a new password",
     .takes = "Nothing", .gives = "Link"},
    {NET_POST, "/api/users/{id}/totp-reset", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, SMALL,
     .run = api_user_totp_reset, .summary = "Turn a person's lost second factor off",
     .takes = "Nothing", .gives = "Nothing"},

    {NET_POST, "/api/invitations", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, SMALL, .run = api_invite,
     .summary = "Invite a person", .takes = "Invite", .gives = "Invited"},
    {NET_GET, "/api/invitations", API_OWNER, SCOPE_ADMIN, API_TX_READ, 0, .run = api_invitations,
     .summary = "Invitations of the shop", .gives = "Invitations"},
    {NET_DELETE, "/api/invitations/{id}", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, 0,
     .run = api_invite_withdraw, .summary = "Withdraw an invitation", .gives = "Nothing"},
    {NET_POST, "/api/invitations/accept", API_ANYONE, 0, API_TX_WRITE, SMALL, .slow = true,
     .prepare = api_invite_accept_prepare, .run = api_invite_accept,
     .summary = "Accept an invitation; a new person is logged in", .takes = "InvitationAccept",
     .gives = "LoggedIn"},
    {NET_POST, "/api/password-reset", API_ANYONE, 0, API_TX_WRITE, SMALL, .slow = true,
     .prepare = api_password_reset_prepare, .run = api_password_reset,
     .summary = "Set a new password with a link", .takes = "PasswordReset", .gives = "Nothing"},

    {NET_GET, "/api/apikeys", API_OWNER, SCOPE_ADMIN, API_TX_READ, 0, .run = api_keys,
     .summary = "API keys of the shop", .gives = "ApiKeys"},
    {NET_POST, "/api/apikeys", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, SMALL, .run = api_key_create,
     .summary = "A new API key, shown once", .takes = "ApiKeyPut", .gives = "ApiKeyNew"},
    {NET_DELETE, "/api/apikeys/{id}", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, 0,
     .run = api_key_revoke, .summary = "End an API key", .gives = "Nothing"},
    {NET_GET, "/api/audit", API_SUPERVISOR, SCOPE_ADMIN, API_TX_READ, 0, .run = api_audit,
     .summary = "The audit log, newest first", .gives = "Audit", .query = "limit cursor"},
};
const ApiRoutes API_ROUTES_ACCOUNTS = {ROWS, sizeof ROWS / sizeof *ROWS};

Err accounts_refuse(ApiCall *call, Err kind, const char *code, const char *text,
                    int64_t retry_after_ms)
{
    JsonW *w = &call->w;
    call->status = err_status(kind);
    if (retry_after_ms > 0)
        call->headers = str_fmt(call->c->arena, "%.*sRetry-After: %lld\r\n", STR_ARG(call->headers),
                                (long long)((retry_after_ms + 999) / 1000));
    jw_obj(w);
    jw_key(w, "error");
    jw_obj(w);
    jw_kstr(w, "code", str_of(code));
    jw_kstr(w, "message", str_of(text));
    if (retry_after_ms > 0)
        jw_ki64(w, "retry_after_ms", retry_after_ms);
    jw_obj_end(w);
    jw_obj_end(w);
    return ERR_OK;
}

Err accounts_refuse_proof(ApiCall *call, const AccountsProof *p, const char *wrong)
{
    switch (p->outcome) {
    case ACCOUNTS_WRONG:
        return accounts_refuse(call, ERR_AUTH, wrong, "the name or the password is wrong",
                               p->wait_ms);
    case ACCOUNTS_CODE_NEEDED:
        return accounts_refuse(call, ERR_AUTH, "login.code_needed",
                               "the code of the second factor is needed", 0);
    case ACCOUNTS_CODE_WRONG:
        return accounts_refuse(call, ERR_AUTH, "login.code_wrong",
                               "the code is wrong, or it was used before", p->wait_ms);
    case ACCOUNTS_WAIT:
        return accounts_refuse(call, ERR_LIMIT, "login.throttled",
                               "too many wrong tries: wait a little", p->wait_ms);
    case ACCOUNTS_NOWHERE:
        return accounts_refuse(call, ERR_DENIED, "login.no_shop",
                               "no shop has this person any more", 0);
    case ACCOUNTS_PASS:
        break;
    }
    return ctx_err(call->c, ERR_INTERNAL, "login.outcome", "a proof that passed was refused");
}

Err accounts_need_person(ApiCall *call)
{
    return call->session ? ERR_OK
                         : ctx_err(call->c, ERR_DENIED, "session.required",
                                   "this is for people who are logged in, not for API keys");
}

void accounts_kick(Ctx *c, const int64_t *sessions, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ctx_wake(c, DESK_WAKE_KICK, sessions[i], 0, NULL);
}

void accounts_set_cookie(ApiCall *call, Str token)
{
    api_cookie(call, "zx_session", token, token.n ? ACCOUNTS_SESSION_DAYS * INT64_C(86400) : 0);
}

Err accounts_write_nothing(ApiCall *call)
{
    jw_obj(&call->w);
    jw_obj_end(&call->w);
    return ERR_OK;
}

Err accounts_body_role(ApiCall *call, Role *ret)
{
    Str word;
    *ret = ROLE_NONE;
    Err err = json_opt_str(call->body, &call->c->err, "role", 20, &word);
    if (err || !word.p)
        return err;
    return accounts_role_parse(word, ret)
               ? ERR_OK
               : ctx_field(call->c, "role", "request.field_value",
                           "roles are owner, supervisor, agent and trainer");
}

/* ---- log-in and log-out ---- */

static Err read_proof(Ctx *c, void *arg)
{
    return accounts_proof_read(c, arg);
}

Err api_login_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    AccountsProof *p = ARENA_NEW(c->arena, AccountsProof);
    call->work = p;
    Err err = json_need_str(call->body, &c->err, "user", 1, 254, &p->name);
    if (!err)
        err = json_need_str(call->body, &c->err, "password", 1, 200, &p->password);
    if (!err)
        err = json_opt_str(call->body, &c->err, "code", 40, &p->code);
    if (!err)
        err = store_read(api_store(call->api), c, read_proof, p);
    return err ? err : accounts_proof_check(c, api_accounts(call->api), p);
}

Err api_login(ApiCall *call)
{
    Ctx *c = call->c;
    AccountsProof *p = call->work;
    AccountsNewSession s;
    Err err = accounts_login_settle(c, api_accounts(call->api), p,
                                    net_header(call->request, "user-agent"), &s);
    if (err)
        return err;
    if (p->outcome != ACCOUNTS_PASS)
        return accounts_refuse_proof(call, p, "login.wrong");
    if (call->session) { /* whoever was logged in here before is not any more */
        err = accounts_session_end(c, call->session->user_id, call->session->id);
        accounts_kick(c, &call->session->id, 1);
    }
    accounts_set_cookie(call, s.token);
    return err ? err : accounts_write_login(call, s.csrf);
}

Err api_logout(ApiCall *call)
{
    Ctx *c = call->c;
    Err err = accounts_need_person(call);
    if (!err)
        err = accounts_session_end(c, call->session->user_id, call->session->id);
    if (err)
        return err;
    accounts_kick(c, &call->session->id, 1);
    accounts_set_cookie(call, STR_NONE);
    return accounts_write_nothing(call);
}

Err api_logout_everywhere(ApiCall *call)
{
    Ctx *c = call->c;
    int64_t *ids;
    size_t n;
    Err err = accounts_need_person(call);
    if (!err)
        err = accounts_session_end_all(c, call->session->user_id, 0, &ids, &n);
    if (!err)
        err = accounts_audit(c, "session.ended_all", call->session->user_id, STR_NONE);
    if (err)
        return err;
    accounts_kick(c, ids, n);
    accounts_set_cookie(call, STR_NONE);
    return accounts_write_nothing(call);
}
