/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_APIKEY_H
#define ACCOUNTS_APIKEY_H
/* apikey: keys for programs. Shown once, kept as a hash. Finding one is on the front page,
 * accounts.h. */
#include "accounts/accounts.h"

enum {
    ACCOUNTS_SCOPE_READ = 1,
    ACCOUNTS_SCOPE_CHAT = 2,
    ACCOUNTS_SCOPE_ADMIN = 4,
    ACCOUNTS_APIKEYS_MAX = 100
};

typedef struct {
    int64_t id;
    Str name, hint;
    int64_t scopes, user_id, created_at_ms, used_at_ms, revoked_at_ms;
} AccountsApiKey;
Err accounts_apikey_create(Ctx *c, Str name, int64_t scopes, int64_t *ret_id,
                           Str *ret_key) WARN_UNUSED; /* audited; LIMIT apikey.many */
Err accounts_apikey_list(Ctx *c, AccountsApiKey **ret, size_t *ret_n) WARN_UNUSED;
Err accounts_apikey_revoke(Ctx *c, int64_t id) WARN_UNUSED; /* audited; NOT_FOUND apikey.unknown */
#endif
