/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_AUDIT_H
#define ACCOUNTS_AUDIT_H
/* audit: reading the log. Writing is on the front page, accounts.h. */
#include "accounts/accounts.h"

typedef struct {
    int64_t id, actor_id;
    Str actor_role, actor_name, kind;
    int64_t subject_id;
    Str detail, address;
    int64_t at_ms;
} AccountsAudit;
/* Newest first; before_id INT64_MAX starts. */
Err accounts_audit_list(Ctx *c, int64_t before_id, int64_t limit, AccountsAudit **ret,
                        size_t *ret_n) WARN_UNUSED;
/* For the program itself: removes what the shop wrote before a time, at most ACCOUNTS_AUDIT_SWEEP
 * lines. */
enum { ACCOUNTS_AUDIT_SWEEP = 1000 };
Err accounts_audit_sweep(Ctx *c, int64_t before_ms, int64_t *ret_n) WARN_UNUSED;
#endif
