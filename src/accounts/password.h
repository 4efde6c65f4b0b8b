/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_PASSWORD_H
#define ACCOUNTS_PASSWORD_H
/*
 * password: argon2id through libsodium, 19 MiB and 2 passes (about 31 ms): the cheaper of the two
 * settings that resist guessing equally, so that it fits a 512 MB machine. At most one run for two
 * cores at a time and 8 waiting: the rest are told to come back (BUSY login.busy), chat goes on.
 * Slow functions: no transaction.
 */
#include "accounts/accounts.h"

enum { ACCOUNTS_PASSWORD_MIN = 8, ACCOUNTS_PASSWORD_MAX = 200 };

/* Length in code points, not one of the first guesses, not one of `words` (log-in name, e-mail,
 * name). Field errors password.short, password.long, password.common. */
Err accounts_password_check(Ctx *c, const char *field, Str password, const Str *words,
                            size_t words_n) WARN_UNUSED;
/* `a` NULL: without the gate (command line, demo). */
Err accounts_password_hash(Ctx *c, Accounts *a, Str password, Str *ret_hash) WARN_UNUSED;
/* hash STR_NONE: does the same work and says no, so that time does not tell who exists. *ret_weak:
 * hash anew with today's cost. */
Err accounts_password_verify(Ctx *c, Accounts *a, Str hash, Str password, bool *ret_ok,
                             bool *ret_weak) WARN_UNUSED;
#endif
