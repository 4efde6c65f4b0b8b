/* SPDX-License-Identifier: Apache-2.0 */
/* The guard rails with what was said before, and what they would have said to the last days' talk.
 * What cannot be read is as if it had not been said: chat goes on. */
#include "service/internal.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "desk/overview.h"

enum {
    ROWS_BEFORE = 16,
    ROWS_SCANNED = 300, /* messages read of one conversation, the newest */
    CONVERSATIONS_MAX = 4000,
    CHUNK = 32,          /* conversations in one read transaction */
    EXAMPLE_CHARS = 300, /* longer messages are counted, not shown */
    SCAN_ARENA = 64 << 20
};
#define SCAN_NS (INT64_C(2500) * 1000000)
#define WEEK_MS (INT64_C(7) * 86400000)

/* ---- one text ---- */

static bool is_turn(const DeskMessage *m)
{
    return !str_is(m->role, "system") && !str_is(m->kind, "note") && !m->recalled_at && m->body.n;
}

/* One turn more of what the guard is told. */
static void hear(const Service *s, Arena *a, const DeskMessage *m, NluMemory *memory,
                 AssistGuardContext *before)
{
    if (str_is(m->role, "customer")) {
        NluUnderstanding *u = ARENA_NEW(a, NluUnderstanding);
        NluMemory was = *memory;
        nlu_understand_after(s->nlu, a, &was, m->body, u, memory);
        assist_guard_heard(before, m->body, u);
        return;
    }
    NluTurn turn = {.role = NLU_AGENT, .text = m->body};
    nlu_remember(s->nlu, a, &turn, memory);
    assist_guard_said(before, m->body);
}

/* What a trained model finds in the text, as one more witness. */
static const double *model_says(const Service *s, Arena *a, const NluMemory *memory, Str text)
{
    NluAgentTurn turn;
    double *p = ARENA_ARRAY(a, double, ASSIST_FAULT_COUNT);
    nlu_hear_agent(s->nlu, a, memory, text, &turn, NULL);
    assist_guard_model(&turn, p);
    return turn.fault_n ? p : NULL;
}

typedef struct {
    int64_t conversation_id;
    DeskMessage *rows;
    size_t n;
} Read;

static Err read_before(Ctx *c, void *arg)
{
    Read *r = arg;
    DeskConversation conv;
    Err err = desk_conversation_get(c, r->conversation_id, &conv); /* of this shop */
    return err ? err
               : desk_message_list(c, conv.id, 0, conv.last_seq + 1, ROWS_BEFORE, &r->rows, &r->n);
}

size_t service_guard_check(Service *s, Ctx *c, const ServiceShop *shop, int64_t conversation_id,
                           Str text, AssistGuardHit ret_hits[ASSIST_GUARD_HITS])
{
    AssistGuardContext before = {.facts = shop->facts, .fact_n = shop->fact_n};
    NluMemory memory = nlu_memory_none();
    Read r = {.conversation_id = conversation_id};
    Err err = conversation_id <= 0 ? ERR_OK
              : c->tx              ? read_before(c, &r)
                                   : store_read(s->store, c, read_before, &r);
    if (err) { /* judged by its words alone */
        err_clear(&c->err);
        r.n = 0;
    }
    for (size_t i = 0; i < r.n; i++)
        if (is_turn(&r.rows[i]))
            hear(s, c->arena, &r.rows[i], &memory, &before);
    before.fault_p = model_says(s, c->arena, &memory, text);
    return assist_guard_check(shop->guard, c->arena, &before, text, ret_hits);
}

/* ---- the last days ---- */

typedef struct {
    Service *service;
    const ServiceShop *shop;
    const AssistGuard *guard;
    ServiceGuardEffect *ret;
    Arena *keep; /* the caller's: what is answered */
    int64_t *ids;
    size_t n, at;
    int64_t until_ns;
} Scan;

static ServiceGuardCount *count_of(ServiceGuardEffect *e, Arena *keep, const AssistGuardHit *h)
{
    for (size_t i = 0; i < e->rule_n; i++)
        if (str_eq(e->rules[i].rule, h->rule))
            return &e->rules[i];
    if (e->rule_n == SERVICE_GUARD_RULES)
        return NULL;
    e->rules[e->rule_n] = (ServiceGuardCount){.rule = str_dup(keep, h->rule), .level = h->level};
    return &e->rules[e->rule_n++];
}

static void count(Scan *s, const DeskMessage *m, const AssistGuardHit *hits, size_t n)
{
    ServiceGuardEffect *e = s->ret;
    e->hit += n > 0;
    e->stopped += n > 0 && hits[0].level > ASSIST_WARN;
    for (size_t i = 0; i < n; i++) {
        ServiceGuardCount *r = count_of(e, s->keep, &hits[i]);
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again |= str_eq(hits[k].rule, hits[i].rule);
        if (!r || again)
            continue;
        r->messages++;
        if (r->example_n == SERVICE_GUARD_EXAMPLES || utf8_count(m->body) > EXAMPLE_CHARS)
            continue;
        r->examples[r->example_n++] = (ServiceGuardExample){.conversation_id = m->conversation_id,
                                                            .seq = m->seq,
                                                            .at_ms = m->at_ms,
                                                            .text = str_dup(s->keep, m->body),
                                                            .start = hits[i].start,
                                                            .end = hits[i].end};
    }
}

static void one_conversation(Scan *s, Arena *a, const DeskMessage *rows, size_t n)
{
    AssistGuardContext before = {.facts = s->shop->facts, .fact_n = s->shop->fact_n};
    NluMemory memory = nlu_memory_none();
    for (size_t i = 0; i < n; i++) {
        const DeskMessage *m = &rows[i];
        if (!is_turn(m))
            continue;
        if (str_is(m->role, "agent") && m->at_ms >= s->ret->since_ms) {
            AssistGuardHit hits[ASSIST_GUARD_HITS];
            before.fault_p = model_says(s->service, a, &memory, m->body);
            s->ret->messages++;
            count(s, m, hits, assist_guard_check(s->guard, a, &before, m->body, hits));
        }
        hear(s->service, a, m, &memory, &before);
    }
    s->ret->conversations++;
}

static Err scan_ids(Ctx *c, void *arg)
{
    Scan *s = arg;
    return desk_conversations_since(c, s->ret->since_ms, CONVERSATIONS_MAX, &s->ids, &s->n);
}

static Err scan_some(Ctx *c, void *arg)
{
    Scan *s = arg;
    size_t end = s->at + CHUNK < s->n ? s->at + CHUNK : s->n;
    for (; s->at < end && clock_steady_ns() < s->until_ns; s->at++) {
        DeskMessage *rows;
        size_t n;
        ArenaMark mark = arena_mark(c->arena);
        Err err = desk_message_list(c, s->ids[s->at], 0, INT64_MAX, ROWS_SCANNED, &rows, &n);
        if (err)
            return err;
        one_conversation(s, c->arena, rows, n);
        arena_release(c->arena, mark);
    }
    return ERR_OK;
}

/* A read transaction runs once; each chunk is one of its own, so that none lasts. */
static Err scan(Scan *s, Ctx *c)
{
    Err err = store_read(s->service->store, c, scan_ids, s);
    while (!err && s->at < s->n && clock_steady_ns() < s->until_ns)
        err = store_read(s->service->store, c, scan_some, s);
    s->ret->whole = s->at == s->n && s->n < CONVERSATIONS_MAX;
    return err;
}

Err service_guard_effect(Service *s, Ctx *c, const ServiceShop *shop, const AssistGuard *guard,
                         ServiceGuardEffect *ret)
{
    *ret = (ServiceGuardEffect){.since_ms = c->now_ms - WEEK_MS};
    Scan scanned = {.service = s,
                    .shop = shop,
                    .guard = guard,
                    .ret = ret,
                    .keep = c->arena,
                    .until_ns = clock_steady_ns() + SCAN_NS};
    c->arena = arena_create(SCAN_ARENA); /* a week of talk is no part of the answer */
    Err err = scan(&scanned, c);
    arena_destroy(c->arena);
    c->arena = scanned.keep;
    return err;
}
