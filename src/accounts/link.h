/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_LINK_H
#define ACCOUNTS_LINK_H
/* link: one-time links: invitations (7 days) and new passwords (24 hours). Only the hash of the
 * token is kept. */
#include "accounts/user.h"

typedef struct {
    int64_t id, shop_id;
    Str email, name, role_name;
    int64_t created_by, created_at_ms, expires_at_ms, accepted_at_ms;
} AccountsInvitation;
Err accounts_invite(Ctx *c, Str email, Str name, Role role, Str *ret_token,
                    int64_t *ret_expires_at) WARN_UNUSED; /* owner; audited */
Err accounts_invite_list(Ctx *c, AccountsInvitation **ret, size_t *ret_n) WARN_UNUSED;
Err accounts_invite_withdraw(Ctx *c, int64_t id) WARN_UNUSED; /* audited */
/* Cross-shop: the token is the proof. NOT_FOUND invitation.unknown. */
Err accounts_invite_find(Ctx *c, Str token, AccountsInvitation *ret) WARN_UNUSED;
/* Makes the new person (existing_id 0), or makes existing_id a member. c->actor becomes that
 * person. Audited. */
Err accounts_invite_accept(Ctx *c, Str token, int64_t existing_id, Str name, Str password_hash,
                           int64_t *ret_user_id) WARN_UNUSED;

/* Owner of the home shop, or the program (command line). Audited. */
Err accounts_reset_create(Ctx *c, int64_t user_id, Str *ret_token,
                          int64_t *ret_expires_at) WARN_UNUSED;
/* Cross-shop. NOT_FOUND reset.unknown. */
Err accounts_reset_find(Ctx *c, Str token, AccountsProofRow *ret) WARN_UNUSED;
/* Sets the password, uses the link up, ends every session. Audited. */
Err accounts_reset_use(Ctx *c, Str token, Str password_hash, int64_t **ret_sessions,
                       size_t *ret_sessions_n) WARN_UNUSED;
Err accounts_link_sweep(Ctx *c) WARN_UNUSED;
#endif
