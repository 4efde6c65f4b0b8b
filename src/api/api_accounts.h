/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_API_ACCOUNTS_H
#define API_API_ACCOUNTS_H
/* Shared by the api_accounts*.c and api_setup.c files: their handlers, and what they write alike.
 */
#include "accounts/login.h"
#include "accounts/user.h"
#include "api/api.h"

/* ---- helpers ---- */
/* An answer that refuses although the transaction must be committed (a counted failure). */
Err accounts_refuse(ApiCall *call, Err kind, const char *code, const char *text,
                    int64_t retry_after_ms) WARN_UNUSED;
/* Answers what a proof came to, other than ACCOUNTS_PASS; `wrong` is the code of a wrong password.
 */
Err accounts_refuse_proof(ApiCall *call, const AccountsProof *p, const char *wrong) WARN_UNUSED;
/* Acts on one's own log-in are for people, not for API keys. DENIED session.required. */
Err accounts_need_person(ApiCall *call) WARN_UNUSED;
/* Sockets of ended sessions are closed after the commit. */
void accounts_kick(Ctx *c, const int64_t *sessions, size_t n);
/* The cookie of a new session, or none at all when it has ended. */
void accounts_set_cookie(ApiCall *call, Str token);
/* The members "user" and "csrf" of the answer to a log-in. */
Err accounts_write_login(ApiCall *call, Str csrf) WARN_UNUSED;
/* The member "user": the actor, as /api/me shows them. */
Err accounts_write_me(ApiCall *call) WARN_UNUSED;
/* {} */
Err accounts_write_nothing(ApiCall *call) WARN_UNUSED;
/* The role that the body names; absent gives ROLE_NONE. */
Err accounts_body_role(ApiCall *call, Role *ret) WARN_UNUSED;

/* ---- handlers ---- */
Err api_login_prepare(ApiCall *call);
Err api_login(ApiCall *call);
Err api_logout(ApiCall *call);
Err api_logout_everywhere(ApiCall *call);

Err api_me(ApiCall *call);
Err api_me_change(ApiCall *call);
Err api_me_shop(ApiCall *call);
Err api_me_password_prepare(ApiCall *call);
Err api_me_password(ApiCall *call);
Err api_totp_begin(ApiCall *call);
Err api_totp_confirm(ApiCall *call);
Err api_totp_disable_prepare(ApiCall *call);
Err api_totp_disable(ApiCall *call);

Err api_users(ApiCall *call);
Err api_user_create_prepare(ApiCall *call);
Err api_user_create(ApiCall *call);
Err api_user_change(ApiCall *call);
Err api_user_reset(ApiCall *call);
Err api_user_totp_reset(ApiCall *call);

Err api_invite(ApiCall *call);
Err api_invitations(ApiCall *call);
Err api_invite_withdraw(ApiCall *call);
Err api_invite_accept_prepare(ApiCall *call);
Err api_invite_accept(ApiCall *call);
Err api_password_reset_prepare(ApiCall *call);
Err api_password_reset(ApiCall *call);

Err api_keys(ApiCall *call);
Err api_key_create(ApiCall *call);
Err api_key_revoke(ApiCall *call);
Err api_audit(ApiCall *call);
#endif
