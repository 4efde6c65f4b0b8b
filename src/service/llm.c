/* SPDX-License-Identifier: Apache-2.0 */
/* A draft: read the conversation, hold the tokens, ask, settle, look the answer over. */
#include "service/llm_internal.h"

#include "accounts/seal.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "sql/llm.h"

enum { ROWS_READ = 30, DAY_S = 86400, FACTS_WORD_BYTES = 3 };
#define MS_A_DAY INT64_C(86400000)

typedef struct {
    Service *s;
    ServiceLlmDraft *d;
    const ServiceShop *shop;
    ServiceLlmSetting set;
    LlmMask mask;
    LlmPrompt prompt;
    Str masked_text;   /* a rewrite: what was asked, as it was sent */
    int64_t day, held; /* tokens held for the call */
    int64_t spent, wrong;
} Draft;

/* ---- reading ---- */
static bool is_turn(const DeskMessage *m)
{
    return !str_is(m->role, "system") && !str_is(m->kind, "note") && !m->recalled_at && m->body.n;
}

static void put_turns(Draft *x, const DeskMessage *rows, size_t n)
{
    size_t turns = 0, skip;
    for (size_t i = 0; i < n; i++)
        turns += is_turn(&rows[i]);
    skip = turns > LLM_TURNS ? turns - LLM_TURNS : 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_turn(&rows[i]) || (skip && skip--))
            continue;
        x->prompt.turns[x->prompt.turn_n++] =
            (LlmTurn){.customer = str_is(rows[i].role, "customer"), .text = rows[i].body};
    }
}

static void put_fact(Draft *x, const AssistFact *f)
{
    LlmPrompt *p = &x->prompt;
    if (p->fact_n < SERVICE_LLM_FACTS && !assist_fact(p->facts, p->fact_n, f->name))
        p->facts[p->fact_n++] = *f;
}

/* The facts of the scripts that fit come first. People's names are no facts for a model. */
static void put_facts(Draft *x, const AssistSuggestion *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x->prompt.scripts[x->prompt.script_n++] = items[i].text;
        for (size_t k = 0; k < items[i].fact_n; k++)
            if (str_starts(items[i].facts[k].name, STR("agent.")) ||
                str_starts(items[i].facts[k].name, STR("customer.")))
                llm_mask_name(&x->mask, items[i].facts[k].value);
            else
                put_fact(x, &items[i].facts[k]);
    }
    for (size_t i = 0; i < x->shop->fact_n; i++)
        put_fact(x, &x->shop->facts[i]);
}

static Err read_all(Ctx *c, void *arg)
{
    Draft *x = arg;
    DeskConversation conv;
    DeskCustomer cu;
    DeskMessage *rows;
    AssistSuggestion items[ASSIST_SUGGEST_MAX];
    size_t n = 0, item_n = 0;
    int64_t for_seq;
    Err err = desk_conversation_get(c, x->d->conversation_id, &conv);
    if (!err)
        err = service_llm_setting(c, &x->set);
    if (err || !x->set.enabled || !x->set.url.n || !x->set.model.n)
        return err ? err
                   : ctx_err(
                         c, ERR_CONFLICT, "llm.off",
                         "no language model is connected; the owner does that with PUT /api/llm");
    err = service_shop(x->s, c, &x->shop);
    if (!err)
        err = desk_customer_get(c, conv.customer_id, &cu);
    if (!err)
        err = desk_message_list(c, conv.id, 0, conv.last_seq + 1, ROWS_READ, &rows, &n);
    if (!err)
        err = service_suggest(x->s, c, conv.id, items, &item_n, &for_seq);
    if (err)
        return err;
    x->d->for_seq = conv.last_seq;
    llm_mask_name(&x->mask, cu.name);
    put_turns(x, rows, n);
    put_facts(x, items, item_n);
    bool asked = false;
    for (size_t i = 0; i < x->prompt.turn_n; i++)
        asked = asked || x->prompt.turns[i].customer;
    if (!asked && x->d->kind == SERVICE_LLM_REPLY)
        return ctx_err(c, ERR_CONFLICT, "llm.nothing", "the customer has not said anything yet");
    return ERR_OK;
}

/* ---- the budget ---- */
static int64_t day_of(const ServiceShop *shop, int64_t now_ms)
{
    const ServiceSnapshot *snap = (const ServiceSnapshot *)(const void *)shop;
    return (now_ms / 1000 + tz_offset(&snap->tz, now_ms / 1000)) / DAY_S;
}

static Err over_budget(Ctx *c, const ServiceShop *shop)
{
    const ServiceSnapshot *snap = (const ServiceSnapshot *)(const void *)shop;
    int64_t local_ms = c->now_ms + tz_offset(&snap->tz, c->now_ms / 1000) * 1000;
    return err_retry(&c->err, ERR_LIMIT, "llm.budget", (long)(MS_A_DAY - local_ms % MS_A_DAY),
                     "today's tokens are spent; the owner may allow more (daily_tokens)");
}

static Err hold(Ctx *c, void *arg)
{
    Draft *x = arg;
    int64_t rows = 0;
    if (x->held > x->set.daily_tokens)
        return over_budget(c, x->shop);
    Err err = store_exec(
        c, &LLM_HOLD,
        BINDS(i64(c->actor.shop_id), i64(x->day), i64(x->held), i64(x->set.daily_tokens)), &rows);
    return err || rows ? err : over_budget(c, x->shop);
}

static Err settle(Ctx *c, void *arg)
{
    const Draft *x = arg;
    return store_exec(
        c, &LLM_SETTLE,
        BINDS(i64(c->actor.shop_id), i64(x->day), i64(x->spent - x->held), i64(x->wrong)), NULL);
}

typedef struct {
    int64_t calls, failed, tokens;
} Use;
static const StoreField USE_FIELDS[] = {STORE_FIELD(Use, calls), STORE_FIELD(Use, failed),
                                        STORE_FIELD(Use, tokens)};
static const StoreMap USE_MAP = STORE_MAP(Use, USE_FIELDS);

Err service_llm_use(Service *s, Ctx *c, ServiceLlmUse *ret)
{
    const ServiceShop *shop;
    ServiceLlmSetting set;
    Use u = {0};
    bool found = false;
    Err err = service_shop(s, c, &shop);
    if (!err)
        err = service_llm_setting(c, &set);
    if (!err)
        err = store_one(c, &LLM_USE, BINDS(i64(c->actor.shop_id), i64(day_of(shop, c->now_ms))),
                        &USE_MAP, &u, &found);
    *ret = (ServiceLlmUse){
        u.calls, u.failed, u.tokens,
        !err && llm_gate_resting(s->llm, c->actor.shop_id, set.version, clock_steady_ns())};
    return err;
}

/* ---- asking ---- */
static Str nonce(Ctx *c)
{
    return str_sub(accounts_token_hash(c, accounts_token_new(c)), 0, 16);
}

static Err ask(Ctx *c, Draft *x, Str body, LlmAnswer *answer)
{
    ServiceLlm *g = x->s->llm;
    LlmReply reply = {0};
    LlmCall call = {.url = x->set.url,
                    .body = body,
                    .timeout_ms = x->set.timeout_ms,
                    .private_too = x->s->hooks_private,
                    .stopping = &g->stopping};
    int64_t asked = (int64_t)utf8_count(body);
    Err err = x->set.key.n ? accounts_unseal(c, x->s->accounts, STR("llm"), x->set.key, &call.key)
                           : ERR_OK;
    if (!err) {
        atomic_fetch_add(&g->calls, 1);
        err = llm_send(c->arena, &c->err, &call, &reply);
    }
    if (!err)
        err = llm_answer_read(c->arena, &c->err, reply.body, answer);
    x->wrong = err && !reply.ended;
    x->spent = answer->tokens  ? answer->tokens
               : !err          ? asked + (int64_t)utf8_count(answer->text)
               : reply.read_it ? asked
                               : 0;
    llm_gate_leave(g, c->actor.shop_id,
                   !err                                 ? LLM_WENT_WELL
                   : reply.ended || err == ERR_INTERNAL ? LLM_SAYS_NOTHING
                                                        : LLM_WENT_WRONG,
                   clock_steady_ns());
    atomic_fetch_add(&g->failures, x->wrong);
    atomic_fetch_add(&g->tokens, x->spent);
    return err;
}

/* Held, asked, settled; the error of asking wins over one of settling. */
static Err ask_within_budget(Ctx *c, Draft *x, Str body, LlmAnswer *answer)
{
    ServiceLlm *g = x->s->llm;
    int64_t wait_ms = 0;
    x->day = day_of(x->shop, c->now_ms);
    /* a character is hardly more than a token: what a call costs at most is held */
    x->held = (int64_t)utf8_count(body) + LLM_OUTPUT_TOKENS;
    if (!llm_gate_enter(g, c->actor.shop_id, x->set.version, clock_steady_ns(), &wait_ms)) {
        atomic_fetch_add(&g->refused, 1);
        return err_retry(&c->err, ERR_BUSY, "llm.resting", (long)wait_ms,
                         "the language model failed several times and is left alone for a minute");
    }
    Err err = store_write(x->s->store, c, STORE_FOLLOWER, hold, x);
    if (err) {
        atomic_fetch_add(&g->refused, 1);
        llm_gate_leave(g, c->actor.shop_id, LLM_SAYS_NOTHING, clock_steady_ns());
        return err;
    }
    err = ask(c, x, body, answer);
    ErrSlot first = c->err;
    Err settled = store_write(x->s->store, c, STORE_FOLLOWER, settle, x);
    if (err)
        c->err = first;
    return err ? err : settled;
}

/* ---- looking the answer over ---- */
static void put_notes(const LlmNotes *l, Str *ret, size_t *ret_n)
{
    for (*ret_n = 0; *ret_n < l->n; (*ret_n)++)
        ret[*ret_n] = l->items[*ret_n];
}

static void look_over(Ctx *c, Draft *x, const LlmAnswer *answer)
{
    ServiceLlmDraft *d = x->d;
    bool cited[SERVICE_LLM_FACTS] = {0};
    LlmNotes broken = {0}, lost = {0}, unproved = {0};
    Str raw = llm_answer_cites(c->arena, answer->text, x->prompt.fact_n, cited);
    if (d->kind == SERVICE_LLM_REWRITE)
        llm_mask_lost(&x->mask, x->masked_text, raw, &lost);
    d->draft = llm_mask_restore(&x->mask, raw, &broken);
    for (size_t i = 0; i < x->prompt.fact_n; i++) {
        const AssistFact *f = &x->prompt.facts[i];
        if (cited[i] || (f->value.n > FACTS_WORD_BYTES && str_find(d->draft, f->value) >= 0))
            d->facts[d->fact_n++] = *f;
    }
    llm_answer_unproved(c->arena, &x->prompt, d->draft, &unproved);
    put_notes(&broken, d->broken, &d->broken_n);
    put_notes(&lost, d->lost, &d->lost_n);
    put_notes(&unproved, d->unproved, &d->unproved_n);
    d->model = x->set.model;
    d->tokens = x->spent;
    d->hit_n = service_guard_check(x->s, c, x->shop, d->conversation_id, d->draft, d->hits);
    for (size_t i = 0; i < d->hit_n; i++)
        if (d->hits[i].level > d->level)
            d->level = d->hits[i].level;
}

Err service_llm_draft(Service *s, Ctx *c, ServiceLlmDraft *d)
{
    Draft *x = ARENA_NEW(c->arena, Draft);
    LlmAnswer answer = {0};
    x->s = s;
    x->d = d;
    x->mask.arena = c->arena;
    Err err = store_read(s->store, c, read_all, x);
    if (err)
        return err;
    x->prompt.kind = d->kind;
    x->prompt.text = d->text;
    x->prompt.model = x->set.model;
    x->prompt.nonce = nonce(c);
    Str body = llm_prompt_body(c->arena, &x->mask, &x->prompt);
    if (!body.n)
        return ctx_err(c, ERR_TOO_LARGE, "llm.too_large",
                       "the conversation is too long to be sent");
    x->masked_text = llm_mask_text(&x->mask, d->text);
    err = ask_within_budget(c, x, body, &answer);
    if (!err)
        look_over(c, x, &answer);
    return err;
}

void service_llm_stats(Service *s, ServiceLlmStats *ret)
{
    ServiceLlm *g = s->llm;
    *ret = (ServiceLlmStats){atomic_load(&g->calls), atomic_load(&g->failures),
                             atomic_load(&g->refused), atomic_load(&g->tokens),
                             llm_gate_resting_n(g, clock_steady_ns())};
}

void service_llm_stop(Service *s)
{
    if (s)
        atomic_store(&s->llm->stopping, true);
}
