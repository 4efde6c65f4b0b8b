/* SPDX-License-Identifier: Apache-2.0 */
/* Routing: the moment a slot frees, the longest waiting conversation gets it. Capacity counts
 * conversations and channels (CH-3); a returning customer goes to the same agent if present
 * (CARE-7); otherwise to the one who has waited longest for work. */
#include "desk/internal.h"

#include "base/utf8.h"
#include "sql/agent.h"
#include "sql/conversation.h"
#include "sql/customer.h"

typedef struct {
    int64_t id;
} IdRow;
static const StoreField ID_FIELDS[] = {STORE_FIELD(IdRow, id)};
static const StoreMap ID_MAP = STORE_MAP(IdRow, ID_FIELDS);

static Err lock_agents(Ctx *c)
{
    IdRow *rows;
    size_t n;
    return store_all(c, &AGENT_LOCK_ALL, BINDS(i64(desk_shop(c))), &ID_MAP, &rows, &n);
}

static bool has_skill(Ctx *c, const DeskAgent *a, Str skill)
{
    return !skill.n || str_find(a->skills, str_fmt(c->arena, "\"%.*s\"", STR_ARG(skill))) >= 0;
}

/* Channels are counted before the new one: a free slot on a channel already served is always
 * allowed. */
static bool has_room(const DeskAgent *a)
{
    return str_is(a->status, "online") && a->gone_at == 0 && a->open < a->capacity &&
           (a->max_channels <= 0 || a->channels <= a->max_channels);
}

Err desk_route_assign(Ctx *c, DeskConversation *conv, int64_t user_id, Str user_name,
                      const char *system_code)
{
    int64_t before = conv->assignee_id;
    bool was_queued = str_is(conv->status, "queued");
    bool is_new = conv->last_seq == 0;
    conv->assignee_id = user_id;
    conv->assignee_name = user_name;
    conv->status = !user_id                                                ? STR("queued")
                   : conv->last_role.n && str_is(conv->last_role, "agent") ? STR("waiting")
                                                                           : STR("open");
    conv->assigned_at = user_id ? c->now_ms : 0;
    if (!user_id)
        conv->queued_at = c->now_ms;
    Err err = ERR_OK;
    if (system_code) {
        Actor keep = c->actor;
        if (user_id) { /* the line reads "X is here for you" */
            c->actor.user_id = user_id;
            c->actor.name = user_name;
        }
        err = desk_message_system(c, conv, system_code);
        c->actor = keep;
    }
    if (!err)
        err = desk_conversation_save(c, conv);
    if (!err && user_id)
        err = store_exec(c, &AGENT_ROUTED, BINDS(i64(user_id), i64(conv->shop_id), i64(c->now_ms)),
                         NULL);
    if (!err)
        err = desk_event(c, user_id ? "conversation.assigned.1" : "conversation.queued.1", conv->id,
                         user_id, conv->last_seq);
    if (err)
        return err;
    desk_conversation_wake(c, conv, before, is_new);
    if (was_queued || !user_id)
        ctx_wake(c, DESK_WAKE_QUEUE, conv->shop_id, 0, NULL);
    return ERR_OK;
}

Err desk_route_one(Ctx *c, DeskConversation *conv, int64_t sticky_agent_id)
{
    Err err = lock_agents(c);
    if (err)
        return err;
    DeskAgent *agents;
    size_t n;
    err = desk_agent_list(c, &agents, &n);
    if (err)
        return err;
    const DeskAgent *best = NULL;
    for (size_t i = 0; i < n; i++) { /* listed longest idle first */
        if (!has_room(&agents[i]) || !has_skill(c, &agents[i], conv->skill))
            continue;
        if (!best || agents[i].user_id == sticky_agent_id)
            best = &agents[i];
    }
    if (best)
        return desk_route_assign(c, conv, best->user_id, best->name, NULL);
    desk_conversation_wake(c, conv, 0, conv->last_seq == 0);
    ctx_wake(c, DESK_WAKE_QUEUE, conv->shop_id, 0, NULL);
    return ERR_OK;
}

Err desk_route_fill(Ctx *c, int64_t user_id)
{
    Err err = lock_agents(c);
    if (err)
        return err;
    DeskAgent a;
    bool found;
    err = desk_agent_get(c, user_id, &a, &found);
    if (err || !found || !has_room(&a))
        return err;
    IdRow *ids;
    size_t n;
    err = store_all(c, &CONVERSATION_QUEUE_NEXT, BINDS(i64(desk_shop(c))), &ID_MAP, &ids, &n);
    for (size_t i = 0; i < n && !err && a.open < a.capacity; i++) {
        DeskConversation conv;
        err = desk_conversation_lock(c, ids[i].id, &conv);
        if (err || !str_is(conv.status, "queued") || !has_skill(c, &a, conv.skill))
            continue;
        err = desk_route_assign(c, &conv, a.user_id, a.name, NULL);
        a.open++;
    }
    return err;
}

Err desk_route_transfer(Ctx *c, const DeskRules *r, DeskConversation *conv, int64_t to_user,
                        Str skill, Str note)
{
    if (desk_closed(conv))
        return ctx_err(c, ERR_CONFLICT, "conversation.closed",
                       "a closed conversation cannot be handed over");
    Err err = lock_agents(c);
    if (err)
        return err;
    DeskAgent to = {0};
    if (to_user) {
        bool found;
        err = desk_agent_get(c, to_user, &to, &found);
        if (err)
            return err;
        if (!found || str_is(to.status, "offline"))
            return ctx_err(c, ERR_CONFLICT, "agent.offline",
                           "this agent is not at the desk; choose another or the queue");
        if (to_user == conv->assignee_id)
            return ctx_err(c, ERR_CONFLICT, "conversation.same_agent",
                           "it is with this agent already");
    }
    if (note.n) {
        DeskMessage m;
        bool again;
        err = desk_message_add(c, r, conv, STR("agent"),
                               &(DeskDraft){.kind = STR("note"), .body = note}, &m, &again);
        if (err)
            return err;
    }
    int64_t before = conv->assignee_id;
    conv->skill = skill;
    err = desk_route_assign(c, conv, to_user, to.name, "conversation.transferred");
    if (!err && !to_user)
        err = desk_route_one(c, conv, 0);
    return err || !before ? err : desk_route_fill(c, before);
}

Err desk_route_requeue_all(Ctx *c, int64_t user_id)
{
    IdRow *ids;
    size_t n;
    Err err = store_all(c, &CONVERSATION_ASSIGNED_TO, BINDS(i64(user_id), i64(desk_shop(c))),
                        &ID_MAP, &ids, &n);
    for (size_t i = 0; i < n && !err; i++) {
        DeskConversation conv;
        err = desk_conversation_lock(c, ids[i].id, &conv);
        if (err || desk_closed(&conv) || conv.assignee_id != user_id)
            continue;
        if (str_is(conv.status, "waiting") || str_is(conv.status, "snoozed")) {
            /* nobody waits for an answer: it stays with the agent, and comes back to the queue with
             * the customer's next word */
            continue;
        }
        err = desk_route_assign(c, &conv, 0, STR_NONE, "conversation.requeued");
        if (!err)
            err = desk_route_one(c, &conv, 0);
    }
    return err;
}
