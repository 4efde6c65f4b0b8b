/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_SESSION_H
#define ACCOUNTS_SESSION_H
/* session: making and ending them. Finding and turning over is on the front page, accounts.h. */
#include "accounts/accounts.h"

typedef struct {
    int64_t id;
    Str token; /* arena: goes into the cookie and nowhere else */
    Str csrf;
} AccountsNewSession;
Err accounts_session_create(Ctx *c, int64_t user_id, int64_t shop_id, Str browser,
                            AccountsNewSession *ret) WARN_UNUSED;
Err accounts_session_end(Ctx *c, int64_t user_id, int64_t session_id) WARN_UNUSED;
/* All of a person but `keep_id` (0: all). The ids that ended are in the arena: their sockets must
 * be closed. Cross-shop. */
Err accounts_session_end_all(Ctx *c, int64_t user_id, int64_t keep_id, int64_t **ret_ids,
                             size_t *ret_n) WARN_UNUSED;
Err accounts_session_end_in_shop(Ctx *c, int64_t user_id, int64_t shop_id, int64_t **ret_ids,
                                 size_t *ret_n) WARN_UNUSED;
/* The actor's session goes on in another of their shops. NOT_FOUND shop.unknown. */
Err accounts_session_switch_shop(Ctx *c, int64_t shop_id) WARN_UNUSED;
#endif
