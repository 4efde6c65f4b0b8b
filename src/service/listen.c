/* SPDX-License-Identifier: Apache-2.0 */
/* What was said so far, what the new message means, and what could be said to it. */
#include "service/internal.h"

enum { ROWS_READ = 30, FACTS_MORE = 12, USED_MAX = 60, UNDERSTANDING_BYTES = 16384 };

static void add_turn(ServiceHeard *h, const DeskMessage *m, bool customer)
{
    if (h->turn_n == NLU_CONTEXT_MAX) {
        for (size_t i = 1; i < h->turn_n; i++)
            h->turns[i - 1] = h->turns[i];
        h->turn_n--;
        h->last_at -= h->last_at > 0;
        h->earlier_at -= h->earlier_at > 0;
    }
    if (customer) {
        h->earlier = h->last;
        h->earlier_at = h->last_at;
        h->last = m->body;
        h->last_at = h->turn_n;
        h->last_seq = m->seq;
    } else {
        h->transferred = false;
    }
    h->turns[h->turn_n++] = (NluTurn){.role = customer ? NLU_CUSTOMER : NLU_AGENT, .text = m->body};
}

Err service_heard_agent(Ctx *c, int64_t user_id, ServiceHeard *h)
{
    h->agent_id = user_id;
    h->agent_nickname = h->agent_number = STR_NONE;
    if (!user_id)
        return ERR_OK;
    AccountsUser u;
    Err err = accounts_user_get(c, user_id, &u);
    if (err == ERR_NOT_FOUND) {
        err_clear(&c->err);
        return ERR_OK;
    }
    if (!err) {
        h->agent_nickname = u.nickname;
        h->agent_number = u.number;
    }
    return err;
}

static Str address_form(Ctx *c, const DeskChannel *ch)
{
    const Json *j;
    ErrSlot e = {0};
    if (json_parse(c->arena, &e, ch->config, &j))
        return STR_NONE;
    return json_str(j, "address_form");
}

Err service_heard_read(Ctx *c, const DeskConversation *conv, const DeskChannel *ch,
                       Str customer_name, ServiceHeard *h)
{
    *h = (ServiceHeard){.you = address_form(c, ch), .customer_name = customer_name};
    if (!conv)
        return ERR_OK;
    h->saw_seq = conv->last_seq;
    DeskMessage *rows;
    size_t n;
    Err err = desk_message_list(c, conv->id, 0, conv->last_seq + 1, ROWS_READ, &rows, &n);
    if (err)
        return err;
    for (size_t i = 0; i < n; i++) { /* oldest first */
        const DeskMessage *m = &rows[i];
        bool customer = str_is(m->role, "customer");
        if (str_is(m->role, "system") && str_is(m->body, "conversation.transferred"))
            h->transferred = true;
        if (str_is(m->role, "system") || str_is(m->kind, "note") || m->recalled_at || !m->body.n)
            continue;
        add_turn(h, m, customer);
    }
    return service_heard_agent(c, conv->assignee_id, h);
}

static Str as_json(Service *s, Ctx *c, const NluUnderstanding *u, int64_t saw_seq)
{
    Buf b;
    buf_init(&b, c->arena, UNDERSTANDING_BYTES);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "emotion", str_of(nlu_emotion_code(u->emotion)));
    jw_ki64(&w, "intensity", u->intensity);
    jw_key(&w, "intents");
    jw_arr(&w);
    for (size_t i = 0; i < u->intent_n; i++) {
        jw_obj(&w);
        jw_kstr(&w, "code", str_of(u->intents[i].code));
        jw_key(&w, "p");
        jw_f64(&w, u->intents[i].p);
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    jw_kstr(&w, "stage", str_of(nlu_stage_code(u->stage)));
    jw_key(&w, "evidence");
    jw_arr(&w);
    for (size_t i = 0; i < u->evidence_n; i++) {
        const NluEvidence *ev = &u->evidence[i];
        jw_obj(&w);
        jw_kstr(&w, "label", str_of(ev->label));
        jw_ki64(&w, "start", ev->start);
        jw_ki64(&w, "end", ev->end);
        jw_kstr(&w, "text", ev->text);
        jw_kstr(&w, "why", ev->rule);
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    jw_kstr(&w, "model", str_of(nlu_model_version(s->nlu)));
    jw_ki64(&w, "saw_seq", saw_seq);
    jw_obj_end(&w);
    return b.over ? STR_NONE : buf_str(&b);
}

void service_understand(Service *s, Ctx *c, ServiceHeard *h, Str text, DeskDraft *d)
{
    nlu_understand(s->nlu, c->arena, h->turns, h->turn_n, text, &h->now);
    if (h->last.n) {
        nlu_understand(s->nlu, c->arena, h->turns, h->last_at, h->last, &h->before);
        h->has_before = true;
    }
    const NluUnderstanding *u = &h->now;
    Str intent = u->intent_n ? str_of(u->intents[0].code) : STR_NONE;
    d->understanding = as_json(s, c, u, h->saw_seq);
    d->has_understanding = true;
    d->emotion = str_of(nlu_emotion_code(u->emotion));
    d->intensity = u->intensity;
    d->stage = u->stage_shown ? str_of(nlu_stage_code(u->stage)) : STR_NONE;
    /* a greeting is no matter yet */
    d->subject = str_is(intent, "greeting") || str_is(intent, "other") ? STR_NONE : intent;
}

/* ---- facts of this conversation ---- */
static void put(AssistFact *facts, size_t *n, const char *name, Str value, const char *source)
{
    if (value.n)
        facts[(*n)++] =
            (AssistFact){.name = str_of(name), .value = value, .source = str_of(source)};
}

static AssistFact *all_facts(Ctx *c, const ServiceShop *shop, const ServiceHeard *h,
                             const DeskConversation *conv, size_t *ret_n)
{
    static const Str yes = {"是", 3};
    const ServiceSnapshot *snap = (const ServiceSnapshot *)(const void *)shop;
    AssistFact *facts = ARENA_ARRAY(c->arena, AssistFact, shop->fact_n + FACTS_MORE);
    size_t n = 0;
    put(facts, &n, "agent.nickname", h->agent_nickname, "员工资料");
    put(facts, &n, "agent.number", h->agent_number, "员工资料");
    put(facts, &n, "customer.name", h->customer_name, "客户档案");
    if (!hours_open_at(shop->rules.hours, c->now_ms))
        put(facts, &n, "shop.closed_now", yes, "营业时间");
    put(facts, &n, "promise.time", service_promise_time(c->arena, snap, c->now_ms), "系统推算");
    if (h->transferred)
        put(facts, &n, "conversation.transferred", yes, "会话");
    if (conv && !conv->greeted_at && conv->assigned_at &&
        conv->assigned_at - conv->created_at >= shop->rules.greeting_ms)
        put(facts, &n, "conversation.queued", yes, "会话");
    for (size_t i = 0; i < h->now.slot_n; i++)
        if (str_is(str_of(h->now.slots[i].name), "order_no")) {
            put(facts, &n, "conversation.order_no", h->now.slots[i].value, "会话");
            break;
        }
    for (size_t i = 0; i < shop->fact_n; i++)
        facts[n++] = shop->facts[i];
    *ret_n = n;
    return facts;
}

size_t service_offer(Ctx *c, const ServiceShop *shop, const ServiceHeard *h,
                     const DeskConversation *conv, AssistSuggestion ret[ASSIST_SUGGEST_MAX])
{
    AssistQuestion q = {.understanding = &h->now,
                        .earlier = h->has_before ? &h->before : NULL,
                        .you = h->you,
                        .seed = conv ? (uint64_t)conv->id : 0};
    q.facts = all_facts(c, shop, h, conv, &q.fact_n);
    NluStage stage = NLU_PRE;
    Str used[USED_MAX];
    if (conv) {
        const Json *j;
        ErrSlot e = {0};
        if (nlu_stage_parse(conv->stage, &stage))
            q.stage = &stage;
        if (json_parse(c->arena, &e, conv->scripts_used, &j) == ERR_OK)
            for (const Json *x = json_first(j); x && q.used_n < USED_MAX; x = json_next(x))
                used[q.used_n++] = json_value_str(x);
        q.used = used;
    }
    return assist_suggest(shop->scripts, c->arena, &q, ret);
}
