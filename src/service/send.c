/* SPDX-License-Identifier: Apache-2.0 */
/* A visitor's message: understood outside the transaction, then stored, routed and answered with
 * suggestions for whoever has it. */
#include "service/internal.h"

typedef struct {
    Service *service;
    ServiceSend *m;
    DeskChannel channel;
    DeskConversation conv;
    bool found;
} Prepare;

static Err read_place(Ctx *c, void *arg)
{
    Prepare *p = arg;
    ServiceSend *m = p->m;
    Err err = service_visitor_place(p->service, c, &p->channel, &m->customer, &m->shop);
    if (!err)
        err = service_not_blocked(c, &m->customer);
    if (!err)
        err = desk_conversation_newest(c, m->customer.id, p->channel.id, &p->conv, &p->found);
    if (!err)
        err = service_heard_read(p->service, c, p->found ? &p->conv : NULL, &p->channel,
                                 m->customer.name, m->heard);
    return err;
}

static void understand(Ctx *c, Prepare *p)
{
    ServiceSend *m = p->m;
    DeskChannel limits = {.greeting_ms = m->heard->greeting_ms, .reply_ms = m->heard->reply_ms};
    m->rules = service_shop_rules(m->shop, &limits);
    m->suggestion_n = 0;
    if (!m->text.n)
        return;
    service_understand(p->service, c, m->heard, &m->heard->memory, m->text, &m->draft);
    if (m->draft.stage.n) /* as the conversation will be once this is said */
        p->conv.stage = m->draft.stage;
    if (p->found && p->conv.assignee_id && !service_closed(&p->conv))
        m->suggestion_n = service_offer(c, m->shop, m->heard, &p->conv, m->suggestions);
}

Err service_visitor_send_prepare(Service *s, Ctx *c, ServiceSend *m)
{
    Err err = service_draft(c, m, false);
    if (err)
        return err;
    Prepare p = {.service = s, .m = m};
    m->heard = ARENA_NEW(c->arena, ServiceHeard);
    if (service_recent_get(s, c, &p.conv, m->heard)) {
        p.found = true;
        m->customer = (DeskCustomer){.id = c->actor.customer_id, .shop_id = c->actor.shop_id};
        err = service_shop(s, c, &m->shop);
    } else {
        err = store_read(s->store, c, read_place, &p);
    }
    if (!err)
        understand(c, &p);
    return err;
}

/* Somebody has said something since the message was understood, or the talk has ended: it is
 * understood anew, here, as what it comes after. */
static Err again_here(Service *s, Ctx *c, ServiceSend *m)
{
    Prepare p = {.service = s, .m = m};
    Err err = read_place(c, &p);
    if (!err)
        understand(c, &p);
    return err;
}

static bool as_prepared(const ServiceSend *m, const DeskConversation *conv, bool open)
{
    return open ? conv->last_seq == m->heard->saw_seq : !m->heard->recent;
}

/* Suggestions bear the agent's name: those that were prepared hold unless it changed hands. */
static Err offer(Ctx *c, ServiceSend *m, const DeskConversation *conv)
{
    if (!m->draft.has_understanding || !conv->assignee_id)
        return ERR_OK;
    if (m->heard->agent_id != conv->assignee_id) {
        Err err = service_heard_agent(c, conv->assignee_id, m->heard);
        if (err)
            return err;
        m->suggestion_n = service_offer(c, m->shop, m->heard, conv, m->suggestions);
    }
    ServiceSuggested *g = ARENA_NEW(c->arena, ServiceSuggested);
    *g = (ServiceSuggested){.shop_id = conv->shop_id,
                            .assignee_id = conv->assignee_id,
                            .items = arena_dup(c->arena, m->suggestions, sizeof m->suggestions),
                            .n = m->suggestion_n};
    ctx_wake(c, SERVICE_WAKE_SUGGEST, conv->id, m->message.seq, g);
    return ERR_OK;
}

/* Whoever is to answer must be there. */
static Err find_agent(Ctx *c, DeskConversation *conv, bool was_queued)
{
    if (str_is(conv->status, "queued"))
        return was_queued ? ERR_OK : desk_route_one(c, conv, 0);
    bool present;
    Err err = desk_agent_present(c, conv->assignee_id, &present);
    if (err || present)
        return err;
    err = desk_route_assign(c, conv, 0, STR_NONE, "conversation.requeued");
    return err ? err : desk_route_one(c, conv, 0);
}

Err service_visitor_send(Service *s, Ctx *c, ServiceSend *m)
{
    ASSERT(m->shop);
    DeskConversation *conv = &m->conversation;
    bool found, opened = false;
    m->again = false;
    Err err = desk_conversation_current(c, m->customer.id, c->actor.channel_id, conv, &found);
    if (!err && !as_prepared(m, conv, found && !service_closed(conv)))
        err = again_here(s, c, m);
    if (err)
        return err;
    if (!found || service_closed(conv)) {
        err = desk_message_sent_before(c, m->customer.id, m->client_id, &m->message, &m->again);
        if (err || m->again)
            return err ? err : desk_conversation_get(c, m->message.conversation_id, conv);
        err = desk_conversation_open(c, &m->rules, &m->customer, c->actor.channel_id, false, conv,
                                     &opened);
    }
    if (!err)
        err = service_draft_extra(c, m, STR_NONE);
    if (err)
        return err;
    bool was_queued = str_is(conv->status, "queued");
    err = desk_message_add(c, &m->rules, conv, STR("customer"), &m->draft, &m->message, &m->again);
    if (err || m->again)
        return err;
    err = find_agent(c, conv, was_queued);
    return err ? err : offer(c, m, conv);
}
