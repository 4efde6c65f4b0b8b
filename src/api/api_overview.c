/* SPDX-License-Identifier: Apache-2.0 */
/* The desk at a glance. */
#include "api/api_admin.h"
#include "api/help.h"

#include "desk/overview.h"

#define DAY_MS INT64_C(86400000)

static void write_agents(JsonW *w, const DeskAgent *agents, size_t n)
{
    static const char *const statuses[] = {"online", "busy", "break", "wrapup", "offline"};
    int64_t open = 0, room = 0;
    jw_key(w, "agents");
    jw_obj(w);
    for (size_t s = 0; s < sizeof statuses / sizeof *statuses; s++) {
        int64_t count = 0;
        for (size_t i = 0; i < n; i++)
            count += str_is(agents[i].status, statuses[s]);
        jw_ki64(w, statuses[s], count);
    }
    for (size_t i = 0; i < n; i++) {
        open += agents[i].open;
        if (str_is(agents[i].status, "online") && agents[i].capacity > agents[i].open)
            room += agents[i].capacity - agents[i].open;
    }
    jw_ki64(w, "open", open);
    jw_ki64(w, "room", room);
    jw_obj_end(w);
}

static void write_conversations(JsonW *w, const DeskOverview *o)
{
    jw_key(w, "conversations");
    jw_obj(w);
    jw_ki64(w, "queued", o->counts.queue);
    jw_ki64(w, "open", o->counts.all);
    jw_ki64(w, "snoozed", o->snoozed);
    jw_ki64(w, "upset", o->upset);
    jw_ki64(w, "opened", o->opened);
    jw_ki64(w, "closed", o->closed);
    if (o->counts.longest_since)
        jw_ki64(w, "longest_since", o->counts.longest_since);
    else
        jw_knull(w, "longest_since");
    jw_obj_end(w);
}

static void write_quality(JsonW *w, const DeskOverview *o)
{
    jw_key(w, "sla");
    jw_obj(w);
    jw_ki64(w, "rounds", o->rounds);
    jw_ki64(w, "late", o->late);
    jw_ki64(w, "in_time_average_ms", o->in_time_average_ms);
    jw_obj_end(w);
    jw_key(w, "rating");
    jw_obj(w);
    jw_ki64(w, "count", o->ratings);
    jw_key(w, "average");
    if (o->ratings)
        jw_f64(w, (double)o->rating_sum / (double)o->ratings);
    else
        jw_null(w);
    jw_obj_end(w);
}

Err api_overview(ApiCall *call)
{
    Ctx *c = call->c;
    JsonW *w = &call->w;
    DeskOverview o;
    DeskAgent *agents;
    size_t n;
    int64_t since;
    Err err = api_query_i64(call, "since", c->now_ms - DAY_MS, c->now_ms - 31 * DAY_MS, INT64_MAX,
                            &since);
    if (!err)
        err = desk_overview(c, since, &o);
    if (!err)
        err = desk_agent_list(c, &agents, &n);
    if (err)
        return err;
    jw_obj(w);
    jw_ki64(w, "now", c->now_ms);
    jw_ki64(w, "since", since);
    write_conversations(w, &o);
    write_agents(w, agents, n);
    write_quality(w, &o);
    jw_obj_end(w);
    return ERR_OK;
}
