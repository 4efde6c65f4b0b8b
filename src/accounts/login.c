/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "sql/user.h"

enum { WHO_CHARS = 128 };

Err accounts_proof_read(Ctx *c, AccountsProof *p)
{
    int64_t wait = 0;
    Err err;
    p->found = p->ok = false;
    p->row = (AccountsProofRow){0};
    if (p->user_id) {
        err = accounts_user_proof(c, p->user_id, &p->row);
        p->found = !err;
    } else {
        err = accounts_user_by_login(c, p->name, &p->row, &p->found);
    }
    if (err)
        return err;
    /* the letter before keeps a stranger's "u17" apart from person 17 */
    p->who = p->found ? str_fmt(c->arena, "u%lld", (long long)p->row.id)
                      : str_fmt(c->arena, "n%.*s",
                                STR_ARG(str_sub(accounts_lower(c, p->name), 0, WHO_CHARS)));
    err = accounts_throttle_wait(c, p->who, &wait);
    if (!err && wait > 0)
        err = err_retry(&c->err, ERR_LIMIT, "login.throttled", (long)wait,
                        "too many wrong tries: wait a little");
    return err;
}

Err accounts_proof_check(Ctx *c, Accounts *a, AccountsProof *p)
{
    bool weak;
    p->new_hash = STR_NONE;
    Str hash = p->found ? p->row.password_hash : STR_NONE;
    Err err = accounts_password_verify(c, a, hash, p->password, &p->ok, &weak);
    if (!err && weak)
        err = accounts_password_hash(c, a, p->password, &p->new_hash);
    return err;
}

static Err fail(Ctx *c, AccountsProof *p, AccountsOutcome outcome)
{
    p->outcome = outcome;
    Err err = accounts_throttle_fail(c, p->who, &p->wait_ms);
    if (err || !p->found)
        return err;
    Actor was = c->actor;
    c->actor.shop_id = p->row.home_shop_id;
    err = accounts_audit(c, "login.failed", p->row.id, STR_NONE);
    c->actor = was;
    return err;
}

/* Time has passed since read and check: tries running beside this one may have used up the free
 * ones, and the password may be another by now. *ret_now is the row as it is; p->row stays what was
 * checked, because this may run again. */
static Err judge_password(Ctx *c, AccountsProof *p, AccountsProofRow *ret_now)
{
    p->wait_ms = 0;
    Err err = accounts_throttle_wait(c, p->who, &p->wait_ms);
    if (err)
        return err;
    if (p->wait_ms > 0) {
        p->outcome = ACCOUNTS_WAIT;
        return ERR_OK;
    }
    if (p->found)
        err = accounts_user_proof(c, p->row.id, ret_now);
    if (err)
        return err;
    if (!p->found || !p->ok || !str_eq(p->row.password_hash, ret_now->password_hash))
        return fail(c, p, ACCOUNTS_WRONG);
    p->outcome = ACCOUNTS_PASS;
    return ERR_OK;
}

static Err pass(Ctx *c, AccountsProof *p)
{
    Err err = accounts_throttle_pass(c, p->who);
    if (!err && p->new_hash.n)
        err = store_exec(c, &USER_PASSWORD,
                         BINDS(i64(p->row.id), text(p->new_hash), i64(c->now_ms)), NULL);
    return err;
}

Err accounts_proof_settle(Ctx *c, AccountsProof *p)
{
    AccountsProofRow now;
    Err err = judge_password(c, p, &now);
    return err || p->outcome != ACCOUNTS_PASS ? err : pass(c, p);
}

static Err judge_code(Ctx *c, const Accounts *a, AccountsProof *p, Str totp_secret,
                      bool *ret_recovery)
{
    bool ok = false;
    *ret_recovery = false;
    if (!totp_secret.n)
        return ERR_OK;
    if (!p->code.n) {
        p->outcome = ACCOUNTS_CODE_NEEDED;
        return ERR_OK;
    }
    Err err = accounts_totp_use(c, a, p->row.id, totp_secret, p->code, &ok, ret_recovery);
    return err || ok ? err : fail(c, p, ACCOUNTS_CODE_WRONG);
}

/* The person steps in: c->actor is theirs from here on. */
static Err enter(Ctx *c, AccountsProof *p, Str browser, AccountsNewSession *ret)
{
    int64_t shop;
    AccountsUser u;
    Err err = accounts_user_first_shop(c, p->row.id, &shop);
    if (err)
        return err;
    if (!shop) {
        p->outcome = ACCOUNTS_NOWHERE;
        return ERR_OK;
    }
    c->actor.shop_id = shop;
    err = accounts_user_get(c, p->row.id, &u);
    if (err)
        return err;
    accounts_act_as(c, &u);
    err = accounts_session_create(c, u.id, shop, browser, ret);
    if (err)
        return err;
    c->actor.session_id = ret->id;
    return accounts_audit(c, "login.passed", u.id, STR_NONE);
}

void accounts_act_as(Ctx *c, const AccountsUser *u)
{
    c->actor = (Actor){.role = u->role,
                       .shop_id = c->actor.shop_id,
                       .user_id = u->id,
                       .name = u->nickname,
                       .address = c->actor.address,
                       .scopes = UINT32_MAX};
}

Err accounts_login_settle(Ctx *c, const Accounts *a, AccountsProof *p, Str browser,
                          AccountsNewSession *ret)
{
    AccountsProofRow now;
    bool recovery = false;
    c->actor = (Actor){.address = c->actor.address}; /* also when it runs again */
    Err err = judge_password(c, p, &now);
    if (!err && p->outcome == ACCOUNTS_PASS)
        err = judge_code(c, a, p, now.totp_secret, &recovery);
    if (!err && p->outcome == ACCOUNTS_PASS)
        err = enter(c, p, browser, ret);
    if (err || p->outcome != ACCOUNTS_PASS)
        return err;
    err = pass(c, p);
    if (!err && recovery)
        err = accounts_audit(c, "totp.recovery_used", p->row.id, STR_NONE);
    return err;
}
