/* SPDX-License-Identifier: Apache-2.0 */
/* What was said so far, what the new message means, and what could be said to it. */
#include "service/internal.h"

#include <string.h>

enum {
    ROWS_FEW = 6,
    ROWS_MANY = 40,
    FACTS_MORE = 12,
    USED_MAX = 60,
    UNDERSTANDING_BYTES = 16384,
    ORDER_BYTES = 64
};

/* ---- what is stored with a message ----
 * The understanding's first member is "memory": what reading the next message needs, in one short
 * string, so that no JSON is taken apart for it:
 * model|memory|emotion|intensity|stage|intent=p,intent=p|order number given so far */

static const Str MEMORY_KEY = {"{\"memory\":\"", 11};

/* An order number is remembered for the rest of the talk: nobody is asked for it twice. */
static Str order_given(const NluUnderstanding *u)
{
    for (size_t i = 0; i < u->slot_n; i++) {
        Str v = u->slots[i].value;
        bool plain = v.n > 0 && v.n <= ORDER_BYTES;
        for (size_t k = 0; k < v.n && plain; k++)
            plain = (unsigned char)v.p[k] >= ' ' && !memchr("\"\\|", v.p[k], 3);
        if (plain && str_is(str_of(u->slots[i].name), "order_no"))
            return v;
    }
    return STR_NONE;
}

static void write_memory(Buf *b, const Service *s, const NluMemory *m, const NluUnderstanding *u,
                         Str order_no)
{
    buf_fmt(b, "%s|", nlu_model_version(s->nlu));
    nlu_memory_write(m, b);
    buf_fmt(b, "|%s|%d|%s|", nlu_emotion_code(u->emotion), u->intensity, nlu_stage_code(u->stage));
    for (size_t i = 0; i < u->intent_n; i++)
        buf_fmt(b, "%s%s=%d", i ? "," : "", u->intents[i].code, (int)(u->intents[i].p * 1000));
    buf_fmt(b, "|%.*s", STR_ARG(order_no));
}

static void stored_intents(Str list, NluUnderstanding *u)
{
    while (list.n && u->intent_n < NLU_INTENT_MAX) {
        Str item = str_cut(&list, ','), code = str_cut(&item, '=');
        int64_t p;
        int n = nlu_intent_index(code);
        if (n >= 0 && str_i64(item, &p))
            u->intents[u->intent_n++] =
                (NluIntent){.code = nlu_intent_code((size_t)n), .p = (double)p / 1000};
    }
}

/* False: none stored, or by another model. */
static bool stored_memory(const Service *s, const DeskMessage *m, NluMemory *ret,
                          NluUnderstanding *u, Str *ret_order)
{
    if (!str_starts(m->understanding, MEMORY_KEY))
        return false;
    Str rest = str_sub(m->understanding, MEMORY_KEY.n, m->understanding.n);
    Str words = str_cut(&rest, '"');
    if (!str_is(str_cut(&words, '|'), nlu_model_version(s->nlu)))
        return false;
    if (!nlu_memory_read(str_cut(&words, '|'), m->body, ret))
        return false;
    int64_t intensity;
    *u = (NluUnderstanding){0};
    if (!nlu_emotion_parse(str_cut(&words, '|'), &u->emotion) ||
        !str_i64(str_cut(&words, '|'), &intensity) ||
        !nlu_stage_parse(str_cut(&words, '|'), &u->stage))
        return false;
    u->intensity = (int)intensity;
    stored_intents(str_cut(&words, '|'), u);
    *ret_order = words;
    return true;
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

/* One word of the channel's settings, at each message: looked for in the text itself. It is compact
 * JSON of our own writing, in which a quoted quote has its backslash, so the member's name can
 * stand nowhere else. */
static Str address_form(const DeskChannel *ch)
{
    static const Str member = {"\"address_form\":\"", 16};
    ptrdiff_t at = str_find(ch->config, member);
    if (at < 0)
        return STR_NONE;
    Str rest = str_sub(ch->config, (size_t)at + member.n, ch->config.n);
    Str word = str_cut(&rest, '"');
    return str_find(word, STR("\\")) < 0 ? word : STR_NONE;
}

/* ---- the turns so far ---- */

static bool is_turn(const DeskMessage *m)
{
    return !str_is(m->role, "system") && !str_is(m->kind, "note") && !m->recalled_at && m->body.n;
}

typedef struct {
    const Service *s;
    Ctx *c;
    DeskMessage *rows; /* oldest first */
    size_t n;
} Rows;

/* The memory of rows[0..end), from the newest stored one on, and the order number given in them.
 * False: none is stored among them. */
static bool fold(const Rows *r, size_t end, NluMemory *ret, Str *ret_order)
{
    size_t from = 0;
    bool stored = false;
    NluUnderstanding unused;
    *ret = nlu_memory_none();
    *ret_order = STR_NONE;
    for (size_t i = end; i > 0 && !stored; i--) {
        const DeskMessage *m = &r->rows[i - 1];
        if (!is_turn(m) || !str_is(m->role, "customer"))
            continue;
        stored = stored_memory(r->s, m, ret, &unused, ret_order);
        from = i;
    }
    for (size_t i = stored ? from : 0; i < end; i++) {
        const DeskMessage *m = &r->rows[i];
        NluTurn t = {.role = str_is(m->role, "customer") ? NLU_CUSTOMER : NLU_AGENT,
                     .text = m->body};
        if (is_turn(m))
            nlu_remember(r->s->nlu, r->c->arena, &t, ret);
    }
    return stored;
}

/* Place of the customer's last turn before `end`, plus one; 0: none. */
static size_t last_customer(const Rows *r, size_t end)
{
    for (; end > 0; end--)
        if (is_turn(&r->rows[end - 1]) && str_is(r->rows[end - 1].role, "customer"))
            return end;
    return 0;
}

static bool handed_over(const Rows *r)
{
    for (size_t i = r->n; i > 0; i--) {
        const DeskMessage *m = &r->rows[i - 1];
        if (str_is(m->role, "system") && str_is(m->body, "conversation.transferred"))
            return true;
        if (is_turn(m) && !str_is(m->role, "customer"))
            return false;
    }
    return false;
}

static Err read_rows(Rows *r, const DeskConversation *conv, int64_t limit)
{
    return desk_message_list(r->c, conv->id, 0, conv->last_seq + 1, limit, &r->rows, &r->n);
}

static Err heard(const Service *s, Ctx *c, const DeskConversation *conv, const DeskChannel *ch,
                 Str customer_name, bool again, ServiceHeard *h)
{
    *h = (ServiceHeard){.you = address_form(ch),
                        .greeting_ms = ch->greeting_ms,
                        .reply_ms = ch->reply_ms,
                        .customer_name = customer_name,
                        .memory = nlu_memory_none(),
                        .memory_before_last = nlu_memory_none()};
    if (!conv)
        return ERR_OK;
    h->saw_seq = conv->last_seq;
    Rows r = {.s = s, .c = c};
    Err err = read_rows(&r, conv, again ? ROWS_MANY : ROWS_FEW);
    if (!err && !fold(&r, r.n, &h->memory, &h->order_no) && !again && r.n == ROWS_FEW) {
        err = read_rows(&r, conv, ROWS_MANY);
        if (!err)
            (void)fold(&r, r.n, &h->memory, &h->order_no);
    }
    if (err)
        return err;
    h->transferred = handed_over(&r);
    size_t last = last_customer(&r, r.n);
    if (last) {
        h->last = r.rows[last - 1].body;
        h->last_seq = r.rows[last - 1].seq;
    }
    size_t before = again && last ? last_customer(&r, last - 1) : last;
    if (again && last)
        (void)fold(&r, last - 1, &h->memory_before_last, &h->order_no);
    NluMemory unused;
    Str order;
    if (before)
        h->has_before = stored_memory(s, &r.rows[before - 1], &unused, &h->before, &order) &&
                        h->before.intent_n > 0;
    return service_heard_agent(c, conv->assignee_id, h);
}

Err service_heard_read(const Service *s, Ctx *c, const DeskConversation *conv,
                       const DeskChannel *ch, Str customer_name, ServiceHeard *ret)
{
    return heard(s, c, conv, ch, customer_name, false, ret);
}

Err service_heard_again(const Service *s, Ctx *c, const DeskConversation *conv,
                        const DeskChannel *ch, Str customer_name, ServiceHeard *ret)
{
    return heard(s, c, conv, ch, customer_name, true, ret);
}

static Str as_json(Service *s, Ctx *c, const NluUnderstanding *u, const NluMemory *after,
                   Str order_no, int64_t saw_seq)
{
    Buf b;
    buf_init(&b, c->arena, UNDERSTANDING_BYTES);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    char words[640]; /* codes, numbers and one order number */
    Buf memory = {.p = words, .size = sizeof words, .max = sizeof words};
    write_memory(&memory, s, after, u, order_no);
    jw_kstr(&w, "memory", memory.over ? STR_NONE : buf_str(&memory));
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

void service_understand(Service *s, Ctx *c, ServiceHeard *h, const NluMemory *memory, Str text,
                        DeskDraft *d)
{
    nlu_understand_after(s->nlu, c->arena, memory, text, &h->now, &h->after);
    h->text = text;
    h->matter = memory->matter;
    const NluUnderstanding *u = &h->now;
    Str intent = u->intent_n ? str_of(u->intents[0].code) : STR_NONE;
    Str order = order_given(u);
    h->order_no = order.n ? order : h->order_no;
    d->understanding = as_json(s, c, u, &h->after, h->order_no, h->saw_seq);
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
    put(facts, &n, "conversation.order_no", h->order_no, "会话");
    if (order_given(&h->now).n)
        put(facts, &n, "conversation.order_now", yes, "会话");
    for (size_t i = 0; i < shop->fact_n; i++)
        facts[n++] = shop->facts[i];
    *ret_n = n;
    return facts;
}

size_t service_offer(Ctx *c, const ServiceShop *shop, const ServiceHeard *h,
                     const DeskConversation *conv, AssistSuggestion ret[ASSIST_SUGGEST_MAX])
{
    AssistQuestion q = {.understanding = &h->now,
                        .text = h->text,
                        .earlier = h->has_before ? &h->before : NULL,
                        .matter = h->matter,
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
