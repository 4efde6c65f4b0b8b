/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_LOGIN_H
#define ACCOUNTS_LOGIN_H
/*
 * login: proving who one is, in three steps, because the middle one is slow: read (read
 * transaction), check (none: argon2), then settle (write transaction). Counting a failure must be
 * committed, so settle returns OK with an outcome, and the caller answers. A wrong name and a wrong
 * password look alike, in words and in time.
 */
#include "accounts/session.h"
#include "accounts/user.h"

typedef enum {
    ACCOUNTS_PASS,
    ACCOUNTS_WRONG,       /* 401 login.wrong / password.wrong */
    ACCOUNTS_CODE_NEEDED, /* 401 login.code_needed; not a failure */
    ACCOUNTS_CODE_WRONG,  /* 401 login.code_wrong */
    ACCOUNTS_WAIT,        /* 429 login.throttled after wait_ms */
    ACCOUNTS_NOWHERE      /* 403 login.no_shop: no shop has them any more */
} AccountsOutcome;

typedef struct {
    Str name; /* log-in name or e-mail; STR_NONE: by user_id */
    int64_t user_id;
    Str password, code;
    /* from read and check */
    AccountsProofRow row;
    bool found, ok;
    Str who, new_hash;
    /* from settle */
    AccountsOutcome outcome;
    int64_t wait_ms;
} AccountsProof;
/* LIMIT login.throttled. Cross-shop. */
Err accounts_proof_read(Ctx *c, AccountsProof *p) WARN_UNUSED;
Err accounts_proof_check(Ctx *c, Accounts *a, AccountsProof *p) WARN_UNUSED; /* slow */
/* Judges the password alone: for who is logged in already and must prove it again. */
Err accounts_proof_settle(Ctx *c, AccountsProof *p) WARN_UNUSED;
/* The whole log-in: password, second factor, session. On ACCOUNTS_PASS c->actor is that person.
 * Audited. */
Err accounts_login_settle(Ctx *c, const Accounts *a, AccountsProof *p, Str browser,
                          AccountsNewSession *ret) WARN_UNUSED;
#endif
