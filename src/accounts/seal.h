/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_SEAL_H
#define ACCOUNTS_SEAL_H
/*
 * seal: secrets that must be read back (second factors, webhook and platform secrets) are stored
 * sealed with data_dir/secret.key (XChaCha20-Poly1305). A copy of the database alone opens none of
 * them. `purpose` is bound in: a sealed text moved to another column does not open.
 */
#include "accounts/accounts.h"

Str accounts_seal(Ctx *c, const Accounts *a, Str purpose, Str plain); /* arena */
Err accounts_unseal(Ctx *c, const Accounts *a, Str purpose, Str sealed,
                    Str *ret_plain) WARN_UNUSED; /* INTERNAL seal.broken */

/* A token of 256 random bits for a person to hold, and what is stored of it. */
Str accounts_token_new(Ctx *c);             /* arena, base64url */
Str accounts_token_hash(Ctx *c, Str token); /* arena, base64url of BLAKE2b-256 */
#endif
