/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "sql/audit.h"

static Str actor_word(const Ctx *c)
{
    if (c->actor.role == ROLE_SYSTEM)
        return STR("system");
    if (c->actor.role == ROLE_VISITOR)
        return STR("visitor");
    return str_of(accounts_role_name(c->actor.role));
}

Err accounts_audit(Ctx *c, const char *kind, int64_t subject_id, Str detail_json)
{
    return store_exec(c, &AUDIT_INSERT,
                      BINDS(i64(ctx_id(c)), i64(shop_of(c)), null_if_0(c->actor.user_id),
                            text(actor_word(c)), null_if_0(c->actor.session_id), text(str_of(kind)),
                            null_if_0(subject_id), text(detail_json.n ? detail_json : STR("{}")),
                            text(c->actor.address.p ? c->actor.address : STR("")), i64(c->now_ms)),
                      NULL);
}

static const StoreField FIELDS[] = {
    STORE_FIELD(AccountsAudit, id),         STORE_FIELD(AccountsAudit, actor_id),
    STORE_FIELD(AccountsAudit, actor_role), STORE_FIELD(AccountsAudit, actor_name),
    STORE_FIELD(AccountsAudit, kind),       STORE_FIELD(AccountsAudit, subject_id),
    STORE_FIELD(AccountsAudit, detail),     STORE_FIELD(AccountsAudit, address),
    STORE_FIELD(AccountsAudit, at_ms),
};
static const StoreMap MAP = STORE_MAP(AccountsAudit, FIELDS);

Err accounts_audit_list(Ctx *c, int64_t before_id, int64_t limit, AccountsAudit **ret,
                        size_t *ret_n)
{
    Err err = accounts_need_role(c, ROLE_SUPERVISOR);
    return err ? err
               : store_all(c, &AUDIT_LIST, BINDS(i64(shop_of(c)), i64(before_id), i64(limit)), &MAP,
                           ret, ret_n);
}

Err accounts_audit_sweep(Ctx *c, int64_t before_ms, int64_t *ret_n)
{
    Err err = accounts_need_role(c, ROLE_SYSTEM);
    return err ? err
               : store_exec(c, &AUDIT_SWEEP,
                            BINDS(i64(shop_of(c)), i64(before_ms), i64(ACCOUNTS_AUDIT_SWEEP)),
                            ret_n);
}
