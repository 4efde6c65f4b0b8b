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

Err desk_route_lock(Ctx *c)
{
    IdRow *rows;
    size_t n;
    return store_all(c, &AGENT_LOCK_ALL, BINDS(i64(desk_shop(c))), &ID_MAP, &rows, &n);
}

static bool has_skill(Ctx *c, const DeskAgent *a, Str skill)
{
    return !skill.n || str_find(a->skills, str_fmt(c->arena, "\"%.*s\"", STR_ARG(skill))) >= 0;
}

static bool has_room(const DeskAgent *a)
{
    return str_is(a->status, "online") && a->gone_at == 0 && a->open < a->capacity;
}

/* CH-3: at the limit of channels only what comes from a channel already served. Who serves it is
 * read when somebody is at the limit, which is rare. */
typedef struct {
    int64_t channel_id;
    bool read;
    IdRow *ids;
    size_t n;
} Serving;

static Err may_serve(Ctx *c, Serving *s, const DeskAgent *a, bool *ret)
{
    *ret = a->max_channels <= 0 || a->channels < a->max_channels;
    if (*ret)
        return ERR_OK;
    Err err = ERR_OK;
    if (!s->read)
        err = store_all(c, &AGENT_SERVING, BINDS(i64(desk_shop(c)), i64(s->channel_id)), &ID_MAP,
                        &s->ids, &s->n);
    s->read = !err;
    for (size_t i = 0; !err && i < s->n; i++)
        if (s->ids[i].id == a->user_id)
            *ret = true;
    return err;
}

Err desk_route_assign(Ctx *c, DeskConversation *conv, int64_t user_id, Str user_name,
                      const char *system_code)
{
    int64_t before = conv->assignee_id;
    bool was_queued = str_is(conv->status, "queued");
    bool is_new = conv->last_seq == 0;
    bool gone = system_code && str_is(str_of(system_code), "conversation.requeued");
    Err err = desk_clock_handed(c, conv, user_id, gone);
    if (err)
        return err;
    if (str_is(conv->status, "snoozed")) {
        conv->snooze_until = 0;
        err = store_timer_clear(c, TIMER_SNOOZE, conv->id);
    }
    conv->assignee_id = user_id;
    conv->assignee_name = user_name;
    conv->status = !user_id                                                ? STR("queued")
                   : conv->last_role.n && str_is(conv->last_role, "agent") ? STR("waiting")
                                                                           : STR("open");
    conv->assigned_at = user_id ? c->now_ms : 0;
    if (!err && system_code) {
        Actor keep = c->actor;
        if (user_id && str_is(str_of(system_code), "conversation.assigned")) {
            /* the line reads "X is here for you" */
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

static Err route_one(Ctx *c, DeskConversation *conv, int64_t sticky_agent_id, int64_t not_user)
{
    Err err = desk_route_lock(c);
    if (err)
        return err;
    DeskAgent *agents;
    size_t n;
    err = desk_agent_list(c, &agents, &n);
    if (err)
        return err;
    const DeskAgent *best = NULL;
    Serving serving = {.channel_id = conv->channel_id};
    for (size_t i = 0; i < n; i++) { /* listed longest idle first */
        if (agents[i].user_id == not_user || !has_room(&agents[i]) ||
            !has_skill(c, &agents[i], conv->skill) ||
            (best && agents[i].user_id != sticky_agent_id))
            continue;
        bool may;
        err = may_serve(c, &serving, &agents[i], &may);
        if (err)
            return err;
        if (may)
            best = &agents[i];
    }
    /* who is served from the first moment sees a name beside the talk; who has waited sees a line
     */
    if (best)
        return desk_route_assign(c, conv, best->user_id, best->name,
                                 conv->last_seq ? "conversation.assigned" : NULL);
    desk_conversation_wake(c, conv, 0, conv->last_seq == 0);
    ctx_wake(c, DESK_WAKE_QUEUE, conv->shop_id, 0, NULL);
    return ERR_OK;
}

Err desk_route_one(Ctx *c, DeskConversation *conv, int64_t sticky_agent_id)
{
    return route_one(c, conv, sticky_agent_id, 0);
}

static Err fill(Ctx *c, int64_t user_id, int64_t not_conversation)
{
    Err err = desk_route_lock(c);
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
    for (size_t i = 0; i < n && !err && has_room(&a); i++) {
        DeskConversation conv;
        if (ids[i].id == not_conversation)
            continue;
        err = desk_conversation_lock(c, ids[i].id, &conv);
        if (err || !str_is(conv.status, "queued") || !has_skill(c, &a, conv.skill))
            continue;
        bool may;
        Serving serving = {.channel_id = conv.channel_id};
        err = may_serve(c, &serving, &a, &may);
        if (err || !may)
            continue;
        err = desk_route_assign(c, &conv, a.user_id, a.name,
                                conv.last_seq ? "conversation.assigned" : NULL);
        if (!err) /* its load as it is now, channels too */
            err = desk_agent_get(c, user_id, &a, &found);
    }
    return err;
}

Err desk_route_fill(Ctx *c, int64_t user_id)
{
    return fill(c, user_id, 0);
}

Err desk_route_transfer(Ctx *c, const DeskRules *r, DeskConversation *conv, int64_t to_user,
                        Str skill, Str note)
{
    if (desk_closed(conv))
        return ctx_err(c, ERR_CONFLICT, "conversation.closed",
                       "a closed conversation cannot be handed over");
    Err err = desk_route_lock(c);
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
    if (before || !to_user) {
        err = desk_message_system(c, conv, "conversation.transferred");
        if (err)
            return err;
    }
    if (to_user) {
        err = desk_route_assign(c, conv, to_user, to.name, "conversation.assigned");
    } else {
        err = desk_route_assign(c, conv, 0, STR_NONE, NULL);
        if (!err) /* not back to who gave it away, now or by the slot that this frees */
            err = route_one(c, conv, 0, before);
    }
    return err || !before ? err : fill(c, before, conv->id);
}

Err desk_route_requeue_all(Ctx *c, int64_t user_id)
{
    IdRow *ids;
    size_t n;
    Err err = desk_route_lock(c);
    if (!err)
        err = store_all(c, &CONVERSATION_ASSIGNED_TO, BINDS(i64(user_id), i64(desk_shop(c))),
                        &ID_MAP, &ids, &n);
    if (err)
        return err;
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
