/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/internal.h"

#include "sql/conversation.h"
#include "sql/customer.h"

static const StoreField FIELDS[] = {
    STORE_FIELD(DeskCustomer, id),
    STORE_FIELD(DeskCustomer, shop_id),
    STORE_FIELD(DeskCustomer, name),
    STORE_FIELD(DeskCustomer, note),
    STORE_FIELD(DeskCustomer, vip),
    STORE_FIELD(DeskCustomer, contact),
    STORE_FIELD(DeskCustomer, is_signed),
    STORE_FIELD(DeskCustomer, channel_id),
    STORE_FIELD(DeskCustomer, page_url),
    STORE_FIELD(DeskCustomer, page_title),
    STORE_FIELD(DeskCustomer, lang),
    STORE_FIELD(DeskCustomer, blocked_at),
    STORE_FIELD(DeskCustomer, blocked_reason),
    STORE_FIELD(DeskCustomer, sticky_agent_id),
    STORE_FIELD(DeskCustomer, merged_into),
    STORE_FIELD(DeskCustomer, erased_at),
    STORE_FIELD(DeskCustomer, created_at),
    STORE_FIELD(DeskCustomer, seen_at),
};
static const StoreMap MAP = STORE_MAP(DeskCustomer, FIELDS);

static Err unknown(Ctx *c)
{
    return ctx_err(c, ERR_NOT_FOUND, "customer.unknown", "no such customer");
}

Err desk_customer_get(Ctx *c, int64_t id, DeskCustomer *ret)
{
    bool found;
    Err err = store_one(c, &CUSTOMER_GET, BINDS(i64(id), i64(desk_shop(c))), &MAP, ret, &found);
    return err || found ? err : unknown(c);
}

Err desk_customer_create(Ctx *c, DeskCustomer *cu)
{
    cu->id = ctx_id(c);
    cu->shop_id = desk_shop(c);
    cu->created_at = cu->seen_at = c->now_ms;
    return store_exec(c, &CUSTOMER_INSERT,
                      BINDS(i64(cu->id), i64(cu->shop_id), text(cu->name), text(cu->contact),
                            i64(cu->is_signed), i64(cu->channel_id), text(cu->page_url),
                            text(cu->page_title), text(cu->lang), i64(c->now_ms)),
                      NULL);
}

Err desk_customer_by_identity(Ctx *c, int64_t channel_id, Str value, int64_t *ret_id)
{
    return store_i64(c, &CUSTOMER_BY_IDENTITY,
                     BINDS(i64(channel_id), text(value), i64(desk_shop(c))), 0, ret_id);
}

Err desk_customer_identify(Ctx *c, int64_t channel_id, Str value, int64_t customer_id)
{
    return store_exec(
        c, &CUSTOMER_IDENTIFY,
        BINDS(i64(channel_id), text(value), i64(desk_shop(c)), i64(customer_id), i64(c->now_ms)),
        NULL);
}

Err desk_customer_seen(Ctx *c, int64_t id, Str page_url, Str page_title, Str lang)
{
    return store_exec(c, &CUSTOMER_SEEN,
                      BINDS(i64(id), i64(desk_shop(c)), text(page_url), text(page_title),
                            text(lang), i64(c->now_ms)),
                      NULL);
}

Err desk_customer_sign(Ctx *c, int64_t id, Str name)
{
    ctx_wake(c, DESK_WAKE_CUSTOMER, id, 0, NULL);
    return store_exec(c, &CUSTOMER_SIGN, BINDS(i64(id), i64(desk_shop(c)), text(name)), NULL);
}

Err desk_customer_contact(Ctx *c, int64_t id, Str name, Str contact)
{
    ctx_wake(c, DESK_WAKE_CUSTOMER, id, 0, NULL);
    return store_exec(c, &CUSTOMER_CONTACT,
                      BINDS(i64(id), i64(desk_shop(c)), text(name), text(contact)), NULL);
}

Err desk_customer_lock(Ctx *c, int64_t id)
{
    int64_t rows;
    Err err =
        store_exec(c, &CUSTOMER_LOCK, BINDS(i64(id), i64(desk_shop(c)), i64(c->now_ms)), &rows);
    return err || rows ? err : unknown(c);
}

Err desk_customer_update(Ctx *c, int64_t id, Str name, Str note, Str vip)
{
    int64_t rows;
    Err err =
        store_exec(c, &CUSTOMER_UPDATE,
                   BINDS(i64(id), i64(desk_shop(c)), text(name), text(note), text(vip)), &rows);
    if (!err && rows == 0)
        err = unknown(c);
    ctx_wake(c, DESK_WAKE_CUSTOMER, id, 0, NULL);
    return err ? err : desk_event(c, "customer.changed.1", 0, id, 0);
}

Err desk_customer_block(Ctx *c, int64_t id, bool blocked, Str reason)
{
    int64_t rows;
    Err err = store_exec(c, &CUSTOMER_BLOCK,
                         BINDS(i64(id), i64(desk_shop(c)), null_if_0(blocked ? c->now_ms : 0),
                               text_or_null(blocked ? reason : STR_NONE)),
                         &rows);
    if (!err && rows == 0)
        err = unknown(c);
    ctx_wake(c, DESK_WAKE_CUSTOMER, id, 0, NULL);
    return err ? err
               : desk_event(c, blocked ? "customer.blocked.1" : "customer.unblocked.1", 0, id, 0);
}

Err desk_customer_merge(Ctx *c, int64_t from, int64_t into)
{
    if (from == into)
        return ctx_err(c, ERR_CONFLICT, "customer.same",
                       "a customer cannot be merged into themself");
    DeskCustomer cu;
    Err err = desk_customer_get(c, into, &cu);
    if (err)
        return err;
    int64_t rows;
    err = store_exec(c, &CUSTOMER_MERGE, BINDS(i64(from), i64(desk_shop(c)), i64(into)), &rows);
    if (!err && rows == 0)
        err = ctx_err(c, ERR_CONFLICT, "customer.merged", "unknown, or merged before");
    if (!err)
        err = store_exec(c, &CUSTOMER_MOVE_IDENTITIES,
                         BINDS(i64(from), i64(into), i64(desk_shop(c))), NULL);
    if (!err)
        err = store_exec(c, &CONVERSATION_MOVE_CUSTOMER,
                         BINDS(i64(from), i64(into), i64(desk_shop(c))), NULL);
    ctx_wake(c, DESK_WAKE_CUSTOMER, from, 0, NULL);
    ctx_wake(c, DESK_WAKE_CUSTOMER, into, 0, NULL);
    return err ? err : desk_event(c, "customer.merged.1", 0, from, into);
}
