/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_TOTP_H
#define ACCOUNTS_TOTP_H
/*
 * totp: the second factor (RFC 6238: SHA-1, 30 s, 6 digits, one step of tolerance each way) and its
 * recovery codes (ten of 80 bits, each works once). A step that was used is refused, so a code seen
 * over a shoulder is worth nothing.
 */
#include "accounts/accounts.h"

/* Pure: the code of a step, 6 or 8 digits. Arena. */
Str accounts_totp_code(Ctx *c, Str secret, int64_t step, int digits);
/* Pure: which step within one of now bears this code? 0: none. */
int64_t accounts_totp_match(Ctx *c, Str secret, Str code);
Str accounts_base32(Ctx *c, Str bytes); /* arena, no padding */

/* A new pending secret of the actor, as text for typing and as otpauth:// for the QR code. CONFLICT
 * totp.on. */
Err accounts_totp_begin(Ctx *c, const Accounts *a, Str *ret_secret, Str *ret_uri) WARN_UNUSED;
/* INVALID totp.code, CONFLICT totp.not_begun. Gives the recovery codes, shown once. Audited. */
Err accounts_totp_confirm(Ctx *c, const Accounts *a, Str code, Str ret_codes[10]) WARN_UNUSED;
/* Of any person whom the caller may change; audited as `kind`. */
Err accounts_totp_off(Ctx *c, int64_t user_id, const char *kind) WARN_UNUSED;
/* For the log-in: a code of the app or a recovery code; consumed when good. Cross-shop. */
Err accounts_totp_use(Ctx *c, const Accounts *a, int64_t user_id, Str sealed_secret, Str code,
                      bool *ret_ok, bool *ret_recovery) WARN_UNUSED;
#endif
