/* SPDX-License-Identifier: Apache-2.0 */
/* What staff do with a conversation besides writing in it. Agents are locked before conversations,
 * as everywhere. */
#include "service/internal.h"

#include "base/utf8.h"

enum { REASON_CHARS = 60 };

static Err need_agent(Ctx *c)
{
    return c->actor.role >= ROLE_AGENT && c->actor.user_id
               ? ERR_OK
               : ctx_err(c, ERR_DENIED, "role.denied", "agents and their supervisors do this");
}

static Err need_supervisor(Ctx *c)
{
    return c->actor.role >= ROLE_SUPERVISOR
               ? ERR_OK
               : ctx_err(c, ERR_DENIED, "role.denied", "a supervisor does this");
}

static Err begin(Ctx *c, int64_t id, DeskConversation *conv)
{
    Err err = need_agent(c);
    if (!err)
        err = desk_route_lock(c);
    return err ? err : desk_conversation_lock(c, id, conv);
}

/* One's own, or anybody's for a supervisor. */
static Err mine(Ctx *c, const DeskConversation *conv)
{
    if (conv->assignee_id == c->actor.user_id || c->actor.role >= ROLE_SUPERVISOR)
        return ERR_OK;
    return ctx_err(c, ERR_DENIED, "conversation.not_mine", "%s",
                   conv->assignee_id ? "a colleague has this one" : "take it first");
}

static Err check_text(Ctx *c, const char *field, Str text, size_t max)
{
    return utf8_count(text) > max
               ? ctx_field(c, field, "request.field_length", "at most %zu characters", max)
               : ERR_OK;
}

static Err rules_of(Service *s, Ctx *c, const DeskConversation *conv, DeskRules *ret)
{
    const ServiceShop *shop;
    DeskChannel ch;
    Err err = service_shop(s, c, &shop);
    if (!err)
        err = desk_channel_get(c, conv->channel_id, &ch);
    if (!err)
        *ret = service_shop_rules(shop, &ch);
    return err;
}

Err service_staff_close(Service *s, Ctx *c, int64_t conversation_id, Str reason, Str note,
                        DeskConversation *ret)
{
    DeskConversation conv;
    DeskRules rules;
    Err err = check_text(c, "reason", reason, REASON_CHARS);
    if (!err)
        err = check_text(c, "note", note, DESK_TEXT_MAX);
    if (!err)
        err = begin(c, conversation_id, &conv);
    if (!err && service_closed(&conv)) /* two of them at once, or pressed twice: it is done */
        return desk_conversation_get(c, conversation_id, ret);
    if (!err)
        err = mine(c, &conv);
    if (!err)
        err = rules_of(s, c, &conv, &rules);
    if (!err)
        err = desk_conversation_close(c, &rules, &conv, reason.n ? reason : STR("resolved"), note);
    return err ? err : desk_conversation_get(c, conversation_id, ret);
}

Err service_staff_take(Service *s, Ctx *c, int64_t conversation_id, bool takeover,
                       DeskConversation *ret)
{
    (void)s;
    DeskConversation conv;
    Err err = takeover ? need_supervisor(c) : ERR_OK;
    if (!err)
        err = begin(c, conversation_id, &conv);
    if (err)
        return err;
    if (service_closed(&conv))
        return ctx_err(c, ERR_CONFLICT, "conversation.closed", "reopen it instead");
    int64_t before = conv.assignee_id;
    if (before == c->actor.user_id)
        return desk_conversation_get(c, conversation_id, ret);
    if (before && !takeover)
        return ctx_err(c, ERR_CONFLICT, "conversation.taken", "a colleague was faster");
    err = desk_route_assign(c, &conv, c->actor.user_id, c->actor.name, "conversation.assigned");
    if (!err && before)
        err = desk_route_fill(c, before);
    return err ? err : desk_conversation_get(c, conversation_id, ret);
}

Err service_staff_transfer(Service *s, Ctx *c, int64_t conversation_id, int64_t to_user, Str skill,
                           Str note, DeskConversation *ret)
{
    DeskConversation conv;
    DeskRules rules;
    Err err = check_text(c, "skill", skill, REASON_CHARS);
    if (!err)
        err = check_text(c, "note", note, DESK_TEXT_MAX);
    if (!err)
        err = begin(c, conversation_id, &conv);
    if (!err)
        err = mine(c, &conv);
    if (!err)
        err = rules_of(s, c, &conv, &rules);
    if (!err)
        err = desk_route_transfer(c, &rules, &conv, to_user, skill, note);
    return err ? err : desk_conversation_get(c, conversation_id, ret);
}

Err service_staff_reopen(Service *s, Ctx *c, int64_t conversation_id, DeskConversation *ret)
{
    DeskConversation conv, newest;
    DeskRules rules;
    bool found;
    Err err = begin(c, conversation_id, &conv);
    if (!err)
        err = desk_customer_lock(c, conv.customer_id); /* against a new one that opens just now */
    if (!err)
        err = desk_conversation_newest(c, conv.customer_id, conv.channel_id, &newest, &found);
    if (err)
        return err;
    if (!conv.merged_into && found && newest.id != conv.id)
        return ctx_err(c, ERR_CONFLICT, "conversation.newer",
                       "the customer has a newer conversation; go on there");
    err = rules_of(s, c, &conv, &rules);
    if (!err)
        err = desk_conversation_reopen(c, &rules, &conv);
    return err ? err : desk_conversation_get(c, conversation_id, ret);
}

Err service_staff_merge(Service *s, Ctx *c, int64_t from, int64_t into, DeskConversation *ret)
{
    DeskConversation a, b;
    DeskRules rules;
    int64_t low = from < into ? from : into, high = from < into ? into : from;
    Err err = need_supervisor(c);
    if (!err)
        err = begin(c, low, low == from ? &a : &b);
    if (!err && from != into) /* one order of locks */
        err = desk_conversation_lock(c, high, high == from ? &a : &b);
    if (err)
        return err;
    if (from == into)
        return ctx_err(c, ERR_CONFLICT, "conversation.same",
                       "a conversation cannot be merged into itself");
    err = rules_of(s, c, &b, &rules);
    if (!err)
        err = desk_conversation_merge(c, &rules, &a, &b);
    return err ? err : desk_conversation_get(c, into, ret);
}

Err service_suggest(Service *s, Ctx *c, int64_t conversation_id, AssistSuggestion *ret,
                    size_t *ret_n, int64_t *ret_for_seq)
{
    DeskConversation conv;
    DeskChannel ch;
    const ServiceShop *shop;
    *ret_n = 0;
    *ret_for_seq = 0;
    Err err = need_agent(c);
    if (!err)
        err = desk_conversation_get(c, conversation_id, &conv);
    if (!err)
        err = desk_channel_get(c, conv.channel_id, &ch);
    if (!err)
        err = service_shop(s, c, &shop);
    if (err)
        return err;
    ServiceHeard *h = ARENA_NEW(c->arena, ServiceHeard);
    err = service_heard_again(s, c, &conv, &ch, conv.customer_name, h);
    if (!err) /* in the words of whoever asks: they would send it */
        err = service_heard_agent(c, c->actor.user_id, h);
    if (err || !h->last.n)
        return err;
    *ret_for_seq = h->last_seq;
    /* as if the last word had just been said */
    DeskDraft d = {0};
    service_understand(s, c, h, &h->memory_before_last, h->last, &d);
    *ret_n = service_offer(c, shop, h, &conv, ret);
    return ERR_OK;
}
