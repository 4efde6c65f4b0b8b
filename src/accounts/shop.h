/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_SHOP_H
#define ACCOUNTS_SHOP_H
/* shop: making and changing shops. */
#include "accounts/accounts.h"

Err accounts_shop_create(Ctx *c, Str name, Str timezone,
                         int64_t *ret_id) WARN_UNUSED; /* fields shop.name, shop.timezone */
Err accounts_shop_update(Ctx *c, Str name,
                         Str timezone) WARN_UNUSED; /* owner; STR_NONE keeps; audited */
Err accounts_shop_list_mine(Ctx *c, AccountsShop **ret, size_t *ret_n) WARN_UNUSED;
Err accounts_shop_count(Ctx *c,
                        int64_t *ret) WARN_UNUSED; /* of the installation: 0 needs a set-up */
/* Claims the first set-up of the installation, once for ever. CONFLICT setup.done. */
Err accounts_setup_claim(Ctx *c) WARN_UNUSED;
/* Taken before the owners of a shop change: such changes wait for each other. */
Err accounts_shop_lock_owners(Ctx *c) WARN_UNUSED;
Err accounts_shop_owners(Ctx *c, int64_t *ret) WARN_UNUSED; /* active ones */
bool accounts_timezone_ok(Str name);
#endif
