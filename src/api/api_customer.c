/* SPDX-License-Identifier: Apache-2.0 */
/* Customers. */
#include "api/api_desk.h"
#include "api/help.h"

static Err write_customer(ApiCall *call, int64_t id)
{
    DeskCustomer cu;
    Err err = desk_customer_get(call->c, id, &cu);
    if (err)
        return err;
    jw_key(&call->w, "customer");
    shape_customer(&call->w, &cu, api_supervises(call->c));
    return ERR_OK;
}

Err api_customer(ApiCall *call)
{
    DeskConversation *rows;
    size_t n;
    JsonW *w = &call->w;
    jw_obj(w);
    Err err = write_customer(call, call->id[0]);
    if (!err)
        err = desk_conversation_history(call->c, call->id[0], 0, &rows, &n);
    if (err)
        return err;
    jw_key(w, "conversations");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        shape_row(w, &rows[i]);
    jw_arr_end(w);
    jw_obj_end(w);
    return ERR_OK;
}

/* Rows of the customer's conversations show what has changed: who looks at them is told. */
static Err changed(ApiCall *call, int64_t id)
{
    DeskConversation *rows;
    size_t n;
    Err err = desk_conversation_history(call->c, id, 0, &rows, &n);
    if (err)
        return err;
    for (size_t i = 0; i < n; i++)
        if (!str_is(rows[i].status, "closed"))
            desk_conversation_wake(call->c, &rows[i], rows[i].assignee_id, false);
    jw_obj(&call->w);
    err = write_customer(call, id);
    jw_obj_end(&call->w);
    return err;
}

Err api_customer_change(ApiCall *call)
{
    Ctx *c = call->c;
    DeskCustomer cu;
    Str name, note, vip;
    Err err = desk_customer_get(c, call->id[0], &cu);
    if (!err)
        err = api_body_line(call, "name", 60, &name);
    if (!err)
        err = json_opt_str(call->body, &c->err, "note", 4000, &note);
    if (!err)
        err = api_body_line(call, "vip", 20, &vip);
    if (!err)
        err = desk_customer_update(c, cu.id, name.p ? name : cu.name, note.p ? note : cu.note,
                                   vip.p ? vip : cu.vip);
    return err ? err : changed(call, cu.id);
}

static Err set_blocked(ApiCall *call, bool blocked, Str reason)
{
    Ctx *c = call->c;
    Err err = desk_customer_block(c, call->id[0], blocked, reason);
    if (!err)
        err = accounts_audit(c, blocked ? "customer.blocked" : "customer.unblocked", call->id[0],
                             STR_NONE);
    return err ? err : changed(call, call->id[0]);
}

Err api_customer_block(ApiCall *call)
{
    Str reason;
    Err err = json_need_str(call->body, &call->c->err, "reason", 1, 200, &reason);
    return err ? err : set_blocked(call, true, reason);
}

Err api_customer_unblock(ApiCall *call)
{
    return set_blocked(call, false, STR_NONE);
}

Err api_customer_merge(ApiCall *call)
{
    Ctx *c = call->c;
    int64_t into;
    Err err = json_need_id(call->body, &c->err, "into", &into);
    if (!err)
        err = desk_customer_merge(c, call->id[0], into);
    if (!err)
        err =
            accounts_audit(c, "customer.merged", call->id[0],
                           api_detail(c, "into", str_fmt(c->arena, "%lld", (long long)into), NULL));
    return err ? err : changed(call, into);
}
