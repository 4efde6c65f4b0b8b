/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "base/utf8.h"

#include <sodium.h>

/* Of a random password that nobody kept, with today's cost (a test compares). */
const char ACCOUNTS_NOBODY[] = "$argon2id$v=19$m=19456,t=2,p=1$OhPp+lCM1Cq7CNpy81nbDg$"
                               "Ob72E32MVL2NbJA5icdmhlOd0xMb7lnnAhb6WRKAXTQ";

/* What is tried first everywhere. Compared in lower case. */
static const char *const COMMON[] = {
    "12345678",  "123456789",     "1234567890", "87654321",   "11111111",  "88888888",
    "66666666",  "00000000",      "12341234",   "password",   "password1", "passw0rd",
    "qwertyui",  "qwerty123",     "1q2w3e4r",   "1qaz2wsx",   "asdfghjkl", "abcd1234",
    "abc12345",  "a1234567",      "a12345678",  "aa123456",   "admin123",  "admin888",
    "iloveyou",  "woaini1314",    "woaini520",  "5201314520", "123123123", "112233445566",
    "zhixin123", "administrator", "changeme",
};

Err accounts_password_check(Ctx *c, const char *field, Str password, const Str *words,
                            size_t words_n)
{
    size_t n = utf8_count(password);
    if (n < ACCOUNTS_PASSWORD_MIN)
        return ctx_field(c, field, "password.short", "at least %d characters",
                         ACCOUNTS_PASSWORD_MIN);
    if (n > ACCOUNTS_PASSWORD_MAX)
        return ctx_field(c, field, "password.long", "at most %d characters", ACCOUNTS_PASSWORD_MAX);
    Str lower = accounts_lower(c, password);
    bool common = lower.n == 0;
    for (size_t i = 0; i < sizeof COMMON / sizeof *COMMON; i++)
        common = common || str_is(lower, COMMON[i]);
    for (size_t i = 0; i < words_n; i++)
        common = common || (words[i].n && str_eq(lower, accounts_lower(c, words[i])));
    if (common)
        return ctx_field(c, field, "password.common",
                         "this password is among the first that a stranger tries");
    return ERR_OK;
}

static Err gate_enter(Ctx *c, Accounts *a)
{
    if (!a)
        return ERR_OK;
    pthread_mutex_lock(&a->lock);
    bool full = !a->gate_free && a->gate_waiting >= ACCOUNTS_GATE_WAITING;
    if (!full) {
        a->gate_waiting++;
        while (!a->gate_free)
            pthread_cond_wait(&a->freed, &a->lock);
        a->gate_waiting--;
        a->gate_free--;
    }
    pthread_mutex_unlock(&a->lock);
    return full ? err_retry(&c->err, ERR_BUSY, "login.busy", 1000,
                            "many people log in at this moment")
                : ERR_OK;
}

static void gate_leave(Accounts *a)
{
    if (!a)
        return;
    pthread_mutex_lock(&a->lock);
    a->gate_free++;
    pthread_cond_signal(&a->freed);
    pthread_mutex_unlock(&a->lock);
}

Err accounts_password_hash(Ctx *c, Accounts *a, Str password, Str *ret_hash)
{
    Err err = gate_enter(c, a);
    if (err)
        return err;
    char *out = arena_alloc(c->arena, crypto_pwhash_STRBYTES);
    int bad = crypto_pwhash_str(out, password.n ? password.p : "", password.n, ACCOUNTS_PASSES,
                                ACCOUNTS_MEMORY_BYTES);
    gate_leave(a);
    if (bad)
        return err_retry(&c->err, ERR_BUSY, "login.busy", 1000, "no memory for a password check");
    *ret_hash = str_of(out);
    return ERR_OK;
}

Err accounts_password_verify(Ctx *c, Accounts *a, Str hash, Str password, bool *ret_ok,
                             bool *ret_weak)
{
    const char *stored = hash.n ? str_c(c->arena, hash) : ACCOUNTS_NOBODY;
    *ret_ok = *ret_weak = false;
    /* longer ones were never accepted; hashing a megabyte for a stranger is a gift */
    if (password.n > ACCOUNTS_PASSWORD_MAX * 4)
        password.n = ACCOUNTS_PASSWORD_MAX * 4;
    Err err = gate_enter(c, a);
    if (err)
        return err;
    bool ok = crypto_pwhash_str_verify(stored, password.n ? password.p : "", password.n) == 0;
    gate_leave(a);
    *ret_ok = ok && hash.n;
    *ret_weak = *ret_ok &&
                crypto_pwhash_str_needs_rehash(stored, ACCOUNTS_PASSES, ACCOUNTS_MEMORY_BYTES) != 0;
    return ERR_OK;
}
