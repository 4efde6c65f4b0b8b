/* SPDX-License-Identifier: Apache-2.0 */
/* Messages by HTTP: for history in the workbench and for integrations that have no socket. */
#include "api/api_desk.h"
#include "api/help.h"
#include "api/send.h"

Err api_messages(ApiCall *call)
{
    Ctx *c = call->c;
    DeskConversation v;
    DeskMessage *rows;
    size_t n;
    int64_t before, after, limit;
    Err err = api_query_i64(call, "before", 0, 0, INT64_MAX, &before);
    if (!err)
        err = api_query_i64(call, "after", -1, 0, INT64_MAX, &after);
    if (!err)
        err = api_query_i64(call, "limit", 60, 1, 200, &limit);
    if (!err)
        err = desk_conversation_get(c, call->id[0], &v);
    if (!before && after < 0)
        before = INT64_MAX; /* neither: the newest */
    if (!err)
        err = desk_message_list(c, v.id, after, before, limit, &rows, &n);
    if (err)
        return err;
    api_items(call);
    for (size_t i = 0; i < n; i++)
        shape_message(&call->w, &rows[i], api_viewer(c));
    api_items_end(call, STR_NONE);
    return ERR_OK;
}

Err api_message_post_prepare(ApiCall *call)
{
    ServiceSend *m = ARENA_NEW(call->c->arena, ServiceSend);
    m->conversation_id = call->id[0];
    call->work = m;
    Err err = api_read_send(call->c, call->body, m);
    return err ? err : service_staff_send_prepare(api_service(call->api), call->c, m);
}

/* Not an error of the machine's: the answer shows which words and what could stand instead. */
static Err ask_first(ApiCall *call, const ServiceSend *m)
{
    JsonW *w = &call->w;
    call->status = 409;
    jw_obj(w);
    jw_key(w, "error");
    jw_obj(w);
    jw_kstr(w, "code", STR("guard.hit"));
    jw_kstr(w, "message",
            STR("the text breaks a rule of this shop: change it, or send it again "
                "with guard_seen when the level is warn (a supervisor: or approve)"));
    jw_obj_end(w);
    jw_kid(w, "conversation", m->conversation_id);
    jw_kstr(w, "level", str_of(assist_level_code(m->level)));
    jw_key(w, "hits");
    shape_hits(w, m->hits, m->hit_n);
    jw_obj_end(w);
    return ERR_OK;
}

Err api_message_post(ApiCall *call)
{
    ServiceSend m = *(const ServiceSend *)call->work; /* a second run starts as the first */
    if (m.hit_n)
        return ask_first(call, &m);
    Err err = service_staff_send(api_service(call->api), call->c, &m);
    if (err)
        return err;
    call->status = m.again ? 200 : 201;
    jw_obj(&call->w);
    jw_key(&call->w, "message");
    shape_message(&call->w, &m.message, api_viewer(call->c));
    jw_obj_end(&call->w);
    return ERR_OK;
}
