/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_USER_H
#define ACCOUNTS_USER_H
/*
 * user: people and their memberships. A person has one home shop, which alone may change their
 * details, password and second factor; other shops may only make them a member, with a role there.
 * A shop keeps at least one active owner. Rules of who may do what are here, judged by
 * c->actor.role; the routes only shut the door earlier.
 */
#include "accounts/accounts.h"

typedef struct {
    Str login, email;           /* at least one */
    Str name, nickname, number; /* nickname STR_NONE: the name */
    Role role;
    int64_t capacity, max_channels; /* 0: 5 and 3 */
    Str skills;                     /* STR_NONE: [] */
    Str password_hash;              /* STR_NONE: a reset link must come first */
} AccountsNewUser;
/* Owner (or the program). Checks every field. CONFLICT user.taken. Audited. */
Err accounts_user_create(Ctx *c, const AccountsNewUser *n, int64_t *ret_id) WARN_UNUSED;
/* Makes an existing person a member of the actor's shop, or again a member. The program only: an
 * invitation that the person accepted comes first. CONFLICT user.member. Audited. */
Err accounts_user_join(Ctx *c, int64_t user_id, Role role) WARN_UNUSED;
Err accounts_user_list(Ctx *c, AccountsUser **ret, size_t *ret_n) WARN_UNUSED;
Err accounts_user_list_installation(Ctx *c, AccountsUser **ret,
                                    size_t *ret_n) WARN_UNUSED; /* cross-shop: command line;
                                                  home_shop_id is the membership's shop there */

/* STR_NONE / 0 / -1: keep. */
typedef struct {
    Str login, email, name, nickname, number, skills;
    Role role;
    int active;
    int64_t capacity, max_channels;
} AccountsUserChange;
void accounts_user_change_none(AccountsUserChange *ch);
/* Supervisors: nickname, number, capacity, max_channels, skills; owners everything. DENIED
 * user.role_denied, user.other_home; CONFLICT user.last_owner, user.taken. *ret_sessions: ids of
 * the sessions that this ended. Audited. */
Err accounts_user_update(Ctx *c, int64_t id, const AccountsUserChange *ch, int64_t **ret_sessions,
                         size_t *ret_sessions_n) WARN_UNUSED;
/* The actor's own name and nickname. */
Err accounts_user_update_self(Ctx *c, Str name, Str nickname) WARN_UNUSED;
/* The person must be a member here and at home here: NOT_FOUND user.unknown, DENIED
 * user.other_home. */
Err accounts_user_need_home(Ctx *c, int64_t id) WARN_UNUSED;

/* Cross-shop, by proof of a password or from the command line. */
typedef struct {
    int64_t id, home_shop_id;
    Str login, email, name;
    Str password_hash, totp_secret; /* STR_NONE: none */
    int64_t totp_step;
} AccountsProofRow;
Err accounts_user_by_login(Ctx *c, Str login_or_email, AccountsProofRow *ret,
                           bool *ret_found) WARN_UNUSED; /* any case */
Err accounts_user_proof(Ctx *c, int64_t user_id, AccountsProofRow *ret) WARN_UNUSED;
Err accounts_user_set_password(Ctx *c, int64_t user_id, Str hash) WARN_UNUSED;
Err accounts_user_first_shop(Ctx *c, int64_t user_id,
                             int64_t *ret_shop_id) WARN_UNUSED; /* 0: member nowhere */

Str accounts_lower(Ctx *c, Str s); /* arena: trimmed, ASCII lower case */
bool accounts_email_ok(Str s);
bool accounts_login_ok(Str s); /* 2..64 of letters, digits, . _ - and non-ASCII; no '@' */
#endif
