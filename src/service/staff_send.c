/* SPDX-License-Identifier: Apache-2.0 */
/* A staff member's message: guard rails first, then who may write where. */
#include "service/internal.h"

static bool seen(const ServiceSend *m, Str rule)
{
    for (size_t i = 0; i < m->guard_seen_n; i++)
        if (str_eq(m->guard_seen[i], rule))
            return true;
    return false;
}

typedef struct {
    const ServiceSend *m;
    bool found;
} Stored;

static Err look_stored(Ctx *c, void *arg)
{
    Stored *s = arg;
    DeskMessage m;
    return desk_message_by_client(c, s->m->conversation_id, s->m->client_id, &m, &s->found);
}

/* Sent again because the answer was lost: it is said already, and judged by the rules of then. */
static bool stored_before(Service *s, Ctx *c, const ServiceSend *m)
{
    Stored stored = {.m = m};
    if (store_read(s->store, c, look_stored, &stored) != ERR_OK)
        err_clear(&c->err);
    return stored.found;
}

/* Leaves in m->hits what the person must be asked about. One rule that blocks shows all hits. What
 * needs approval a supervisor may send after a second look, an agent may not. */
static void check(Service *s, Ctx *c, ServiceSend *m)
{
    m->hit_n = service_guard_check(s, c, m->shop, m->conversation_id, m->text, m->hits);
    m->level = ASSIST_OFF;
    m->overridden_n = 0;
    if (m->hit_n && stored_before(s, c, m))
        m->hit_n = 0;
    bool ask = false;
    for (size_t i = 0; i < m->hit_n; i++) {
        const AssistGuardHit *h = &m->hits[i];
        if (h->level > m->level)
            m->level = h->level;
        bool forbidden = h->level == ASSIST_BLOCK ||
                         (h->level == ASSIST_APPROVE && c->actor.role < ROLE_SUPERVISOR);
        if (forbidden || !seen(m, h->rule))
            ask = true;
        bool listed = false;
        for (size_t k = 0; k < m->overridden_n; k++)
            listed |= str_eq(m->overridden[k], h->rule);
        if (!listed)
            m->overridden[m->overridden_n++] = h->rule;
    }
    if (ask)
        m->overridden_n = 0;
    else
        m->hit_n = 0;
}

Err service_staff_send_prepare(Service *s, Ctx *c, ServiceSend *m)
{
    if (c->actor.role < ROLE_AGENT)
        return ctx_err(c, ERR_DENIED, "role.denied", "agents and their supervisors write here");
    Err err = service_draft(c, m, true);
    if (!err)
        err = service_shop(s, c, &m->shop);
    if (err)
        return err;
    m->rules = m->shop->rules;
    if (str_is(m->draft.kind, "note")) /* among colleagues */
        return ERR_OK;
    if (m->script_id.n && assist_library_find(m->shop->scripts, m->script_id))
        m->draft.script_id = m->script_id; /* one that was removed meanwhile counts as own words */
    if (m->text.n)
        check(s, c, m);
    return ERR_OK;
}

/* Whom this conversation belongs to decides; a supervisor may lend a hand anywhere. */
static Err may_write(Ctx *c, const DeskConversation *conv, bool note)
{
    if (conv->merged_into || (service_closed(conv) && !note))
        return ctx_err(c, ERR_CONFLICT, "conversation.closed", "reopen it before you write");
    if (note)
        return ERR_OK;
    if (!conv->assignee_id)
        return ctx_err(c, ERR_DENIED, "conversation.not_mine", "take it first");
    if (conv->assignee_id != c->actor.user_id && c->actor.role < ROLE_SUPERVISOR)
        return ctx_err(c, ERR_DENIED, "conversation.not_mine", "a colleague has this one");
    return ERR_OK;
}

Err service_staff_send(Service *s, Ctx *c, ServiceSend *m)
{
    (void)s;
    ASSERT(m->shop);
    DeskConversation *conv = &m->conversation;
    m->again = false;
    if (m->hit_n)
        return ctx_err(c, ERR_CONFLICT, "guard.hit", "the text needs another look");
    Err err = desk_conversation_lock(c, m->conversation_id, conv);
    if (err)
        return err;
    err = may_write(c, conv, str_is(m->draft.kind, "note"));
    if (err) {
        /* repeated because the answer was lost: what is stored is stored, whoever has it now */
        ErrSlot keep = c->err;
        bool found;
        Err look = desk_message_by_client(c, conv->id, m->client_id, &m->message, &found);
        if (look)
            return look;
        m->again =
            found && m->message.sender_id == c->actor.user_id && str_is(m->message.role, "agent");
        if (m->again)
            err_clear(&c->err);
        else
            c->err = keep;
        return m->again ? ERR_OK : err;
    }
    if (m->reply_to < 0 || m->reply_to > conv->last_seq)
        return ctx_field(c, "reply_to", "request.field_value", "no message has this seq");
    err = service_draft_extra(c, m, STR_NONE);
    return err ? err
               : desk_message_add(c, &m->rules, conv, STR("agent"), &m->draft, &m->message,
                                  &m->again);
}
