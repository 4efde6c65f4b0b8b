/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_SETTING_H
#define ACCOUNTS_SETTING_H
/*
 * setting: versioned configuration of a shop, append-only. The highest version is in force; older
 * ones stay, so that a late round or a blocked text can be judged by the rules that held at the
 * time. The value is JSON that its owner checks. Names in use: hours, sla, guard, retention, llm. A
 * part's own name may carry a suffix ("sla:CHANNEL").
 */
#include "base/ctx.h"

typedef struct {
    int64_t version; /* 0: never set */
    Str value;       /* JSON, arena; STR_NONE when never set */
    int64_t by_user, at_ms;
} AccountsSetting;
Err accounts_setting_get(Ctx *c, Str name,
                         AccountsSetting *ret) WARN_UNUSED; /* version 0 when never set */
Err accounts_setting_at(Ctx *c, Str name, int64_t version,
                        AccountsSetting *ret) WARN_UNUSED; /* NOT_FOUND setting.unknown */
Err accounts_setting_history(Ctx *c, Str name, AccountsSetting **ret,
                             size_t *ret_n) WARN_UNUSED; /* newest first, <= 500 */
/* Appends the next version and writes the audit line setting.changed. `expected` is the version
 * that was edited, or -1: any. CONFLICT setting.changed when somebody was faster; the same value
 * again is no new version. */
Err accounts_setting_put(Ctx *c, Str name, Str value_json, int64_t expected,
                         int64_t *ret_version) WARN_UNUSED;
#endif
