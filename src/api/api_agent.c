/* SPDX-License-Identifier: Apache-2.0 */
/* Presence of agents. */
#include "api/api_desk.h"
#include "api/help.h"

static void write_agent(JsonW *w, const DeskAgent *a)
{
    jw_obj(w);
    shape_agent_members(w, a);
    jw_ki64(w, "since", a->since);
    jw_obj_end(w);
}

Err api_agents(ApiCall *call)
{
    DeskAgent *agents;
    size_t n;
    Err err = desk_agent_list(call->c, &agents, &n);
    if (err)
        return err;
    api_items(call);
    for (size_t i = 0; i < n; i++)
        write_agent(&call->w, &agents[i]);
    api_items_end(call, STR_NONE);
    return ERR_OK;
}

Err api_my_status(ApiCall *call)
{
    Ctx *c = call->c;
    DeskAgent a = {0};
    Str status, reason;
    bool found;
    Err err = json_need_str(call->body, &c->err, "status", 1, 20, &status);
    if (!err)
        err = api_body_line(call, "reason", 60, &reason);
    if (!err)
        err = desk_agent_status(c, c->actor.user_id, status, reason);
    if (!err)
        err = desk_agent_get(c, c->actor.user_id, &a, &found);
    if (err)
        return err;
    jw_obj(&call->w);
    jw_key(&call->w, "agent");
    write_agent(&call->w, &a);
    jw_obj_end(&call->w);
    return ERR_OK;
}
