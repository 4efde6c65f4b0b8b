/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "base/codec.h"
#include "base/rng.h"
#include "sql/totp.h"

#include <liboath/oath.h>

enum {
    STEP_MS = 30000,
    DIGITS = 6,
    SECRET_BYTES = 20,
    RECOVERY_CODES = 10,
    RECOVERY_BYTES = 10,
    RECOVERY_CHARS = 16
};

Str accounts_totp_code(Ctx *c, Str secret, int64_t step, int digits)
{
    ASSERT(digits == 6 || digits == 8);
    char *out = arena_alloc(c->arena, 16);
    int rc = oath_hotp_generate(secret.p, secret.n, (uint64_t)step, (unsigned)digits, false,
                                OATH_HOTP_DYNAMIC_TRUNCATION, out);
    ASSERT(rc == OATH_OK);
    return str_of(out);
}

int64_t accounts_totp_match(Ctx *c, Str secret, Str code)
{
    int64_t now = c->now_ms / STEP_MS, hit = 0;
    if (code.n != DIGITS)
        return 0;
    for (int64_t step = now - 1; step <= now + 1; step++) {
        if (str_eq_secret(accounts_totp_code(c, secret, step, DIGITS), code))
            hit = step;
    }
    return hit;
}

Str accounts_base32(Ctx *c, Str bytes)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    char *out = arena_alloc(c->arena, bytes.n * 8 / 5 + 2);
    size_t n = 0;
    unsigned held = 0, bits = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        held = (held << 8 | (unsigned char)bytes.p[i]) & 0xffff;
        for (bits += 8; bits >= 5; bits -= 5)
            out[n++] = ALPHABET[held >> (bits - 5) & 31];
    }
    if (bits)
        out[n++] = ALPHABET[held << (5 - bits) & 31];
    return (Str){out, n};
}

typedef struct {
    Str secret, pending;
    int64_t step;
} State;
static const StoreField FIELDS[] = {STORE_FIELD(State, secret), STORE_FIELD(State, pending),
                                    STORE_FIELD(State, step)};
static const StoreMap MAP = STORE_MAP(State, FIELDS);

static Err state_of(Ctx *c, int64_t user_id, State *ret)
{
    bool found;
    Err err = store_one(c, &TOTP_STATE, BINDS(i64(user_id)), &MAP, ret, &found);
    if (!err && !found)
        err = ctx_err(c, ERR_NOT_FOUND, "user.unknown", "no such person");
    return err;
}

/* Bound to the person: a sealed secret copied into another row does not open. */
static Str purpose_of(Ctx *c, int64_t user_id)
{
    return str_fmt(c->arena, "totp:%lld", (long long)user_id);
}

/* As people type it: "123 456", "abcd-efgh-…". Upper case without blanks and hyphens. */
static Str plain_code(Ctx *c, Str typed)
{
    typed = str_sub(typed, 0, 64);
    char *out = arena_alloc(c->arena, typed.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < typed.n; i++) {
        char ch = typed.p[i];
        if (ch != ' ' && ch != '-')
            out[n++] = ch >= 'a' && ch <= 'z' ? (char)(ch & ~0x20) : ch;
    }
    return (Str){out, n};
}

Err accounts_totp_begin(Ctx *c, const Accounts *a, Str *ret_secret, Str *ret_uri)
{
    State s;
    AccountsProofRow me;
    int64_t user_id = c->actor.user_id;
    Err err = state_of(c, user_id, &s);
    if (!err && s.secret.n)
        err = ctx_err(c, ERR_CONFLICT, "totp.on", "the second factor is on already");
    if (!err)
        err = accounts_user_proof(c, user_id, &me);
    if (err)
        return err;
    char raw[SECRET_BYTES];
    rng_bytes(raw, sizeof raw);
    Str bytes = {raw, sizeof raw};
    *ret_secret = accounts_base32(c, bytes);
    Str label = codec_percent(c->arena, me.login.n ? me.login : me.email);
    *ret_uri = str_fmt(c->arena, "otpauth://totp/Zhixin:%.*s?secret=%.*s&issuer=Zhixin",
                       STR_ARG(label), STR_ARG(*ret_secret));
    return store_exec(c, &TOTP_BEGIN,
                      BINDS(i64(user_id), text(accounts_seal(c, a, purpose_of(c, user_id), bytes))),
                      NULL);
}

static Err new_recovery_codes(Ctx *c, int64_t user_id, Str ret_codes[10])
{
    Err err = store_exec(c, &TOTP_RECOVERY_CLEAR, BINDS(i64(user_id)), NULL);
    for (int i = 0; !err && i < RECOVERY_CODES; i++) {
        char raw[RECOVERY_BYTES];
        rng_bytes(raw, sizeof raw);
        Str code = accounts_base32(c, (Str){raw, sizeof raw});
        err = store_exec(c, &TOTP_RECOVERY_INSERT,
                         BINDS(i64(user_id), text(accounts_token_hash(c, code))), NULL);
        ret_codes[i] =
            str_fmt(c->arena, "%.4s-%.4s-%.4s-%.4s", code.p, code.p + 4, code.p + 8, code.p + 12);
    }
    return err;
}

Err accounts_totp_confirm(Ctx *c, const Accounts *a, Str code, Str ret_codes[10])
{
    State s;
    Str secret;
    int64_t user_id = c->actor.user_id, rows = 0;
    Err err = state_of(c, user_id, &s);
    if (!err && (!s.pending.n || s.secret.n))
        err = ctx_err(c, ERR_CONFLICT, "totp.not_begun", "begin with a new secret first");
    if (!err)
        err = accounts_unseal(c, a, purpose_of(c, user_id), s.pending, &secret);
    if (err)
        return err;
    int64_t step = accounts_totp_match(c, secret, plain_code(c, code));
    if (!step)
        return ctx_field(c, "code", "totp.code",
                         "the code does not fit: is the clock of the phone right?");
    err = store_exec(c, &TOTP_ENABLE, BINDS(i64(user_id), i64(step)), &rows);
    if (!err && !rows)
        err = ctx_err(c, ERR_CONFLICT, "totp.not_begun", "begin with a new secret first");
    if (!err)
        err = new_recovery_codes(c, user_id, ret_codes);
    return err ? err : accounts_audit(c, "totp.on", user_id, STR_NONE);
}

Err accounts_totp_off(Ctx *c, int64_t user_id, const char *kind)
{
    Err err = ERR_OK;
    if (user_id != c->actor.user_id) {
        err = accounts_need_role(c, ROLE_OWNER);
        if (!err)
            err = accounts_user_need_home(c, user_id);
    }
    if (!err)
        err = store_exec(c, &TOTP_DISABLE, BINDS(i64(user_id)), NULL);
    if (!err)
        err = store_exec(c, &TOTP_RECOVERY_CLEAR, BINDS(i64(user_id)), NULL);
    return err ? err : accounts_audit(c, kind, user_id, STR_NONE);
}

Err accounts_totp_use(Ctx *c, const Accounts *a, int64_t user_id, Str sealed_secret, Str code,
                      bool *ret_ok, bool *ret_recovery)
{
    Str secret;
    int64_t rows = 0;
    *ret_ok = *ret_recovery = false;
    code = plain_code(c, code);
    if (code.n == RECOVERY_CHARS) {
        Err err = store_exec(
            c, &TOTP_RECOVERY_USE,
            BINDS(i64(user_id), text(accounts_token_hash(c, code)), i64(c->now_ms)), &rows);
        *ret_ok = *ret_recovery = !err && rows == 1;
        return err;
    }
    Err err = accounts_unseal(c, a, purpose_of(c, user_id), sealed_secret, &secret);
    if (err)
        return err;
    int64_t step = accounts_totp_match(c, secret, code);
    if (!step)
        return ERR_OK;
    err = store_exec(c, &TOTP_USE_STEP, BINDS(i64(user_id), i64(step)), &rows);
    *ret_ok = !err && rows == 1;
    return err;
}
