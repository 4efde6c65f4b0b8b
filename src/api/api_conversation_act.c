/* SPDX-License-Identifier: Apache-2.0 */
/* What people do with a conversation. Each answers with the row as it is afterwards. */
#include "api/api_desk.h"
#include "api/help.h"

enum { TAG_CHARS = 24 };

static Err answer(ApiCall *call, Err err, const DeskConversation *v)
{
    if (err)
        return err;
    jw_obj(&call->w);
    jw_key(&call->w, "conversation");
    shape_row(&call->w, v);
    jw_obj_end(&call->w);
    return ERR_OK;
}

Err api_take(ApiCall *call)
{
    DeskConversation v;
    Err err = service_staff_take(api_service(call->api), call->c, call->id[0], false, &v);
    return answer(call, err, &v);
}

Err api_takeover(ApiCall *call)
{
    DeskConversation v;
    Err err = service_staff_take(api_service(call->api), call->c, call->id[0], true, &v);
    if (!err)
        err = accounts_audit(call->c, "conversation.taken_over", call->id[0], STR_NONE);
    return answer(call, err, &v);
}

Err api_transfer(ApiCall *call)
{
    Ctx *c = call->c;
    DeskConversation v;
    Str skill, note;
    int64_t to = 0;
    bool queue = json_is_null(call->body, "to");
    Err err = queue ? ERR_OK : json_need_id(call->body, &c->err, "to", &to);
    if (!err)
        err = api_body_line(call, "skill", 40, &skill);
    if (!err)
        err = json_opt_str(call->body, &c->err, "note", DESK_TEXT_MAX, &note);
    if (!err)
        err = service_staff_transfer(api_service(call->api), c, call->id[0], to, skill, note, &v);
    return answer(call, err, &v);
}

Err api_close(ApiCall *call)
{
    Ctx *c = call->c;
    DeskConversation v;
    Str reason, note;
    Err err = api_body_line(call, "reason", 60, &reason);
    if (!err)
        err = json_opt_str(call->body, &c->err, "note", DESK_TEXT_MAX, &note);
    if (!err)
        err = service_staff_close(api_service(call->api), c, call->id[0], reason, note, &v);
    return answer(call, err, &v);
}

Err api_reopen(ApiCall *call)
{
    DeskConversation v;
    Err err = service_staff_reopen(api_service(call->api), call->c, call->id[0], &v);
    return answer(call, err, &v);
}

Err api_snooze(ApiCall *call)
{
    DeskConversation v;
    int64_t until = 0; /* the range is desk's to judge */
    Err err = api_body_i64(call, call->body, "until", 0, INT64_C(1) << 52, &until);
    if (!err)
        err = service_staff_snooze(call->c, call->id[0], until, &v);
    return answer(call, err, &v);
}

Err api_tags(ApiCall *call)
{
    DeskConversation v;
    ApiTexts add, drop;
    Err err = api_body_texts(call, "add", SERVICE_TAGS_MAX, TAG_CHARS, &add);
    if (!err)
        err = api_body_texts(call, "remove", SERVICE_TAGS_MAX, TAG_CHARS, &drop);
    if (!err)
        err = service_staff_tags(call->c, call->id[0], add.item, add.n, drop.item, drop.n, &v);
    return answer(call, err, &v);
}

Err api_stage(ApiCall *call)
{
    DeskConversation v;
    Str stage;
    Err err = json_need_str(call->body, &call->c->err, "stage", 1, 10, &stage);
    if (!err)
        err = service_staff_stage(call->c, call->id[0], stage, &v);
    return answer(call, err, &v);
}

Err api_conversation_merge(ApiCall *call)
{
    Ctx *c = call->c;
    DeskConversation v;
    int64_t into;
    Err err = json_need_id(call->body, &c->err, "into", &into);
    if (!err)
        err = service_staff_merge(api_service(call->api), c, call->id[0], into, &v);
    if (!err)
        err =
            accounts_audit(c, "conversation.merged", call->id[0],
                           api_detail(c, "into", str_fmt(c->arena, "%lld", (long long)into), NULL));
    return answer(call, err, &v);
}
