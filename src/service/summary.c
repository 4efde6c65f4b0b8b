/* SPDX-License-Identifier: Apache-2.0 */
/* The hand-over summary of a conversation, from its messages and what is stored with them. */
#include "service/internal.h"

static bool is_turn(const DeskMessage *m)
{
    return !m->recalled_at && !str_is(m->role, "system") && !str_is(m->kind, "note");
}

static void stored_marks(Arena *a, const Json *u, AssistSummaryTurn *t)
{
    const Json *list = json_get(u, "evidence");
    AssistSummaryMark *marks = ARENA_ARRAY(a, AssistSummaryMark, NLU_EVIDENCE_MAX);
    for (const Json *x = json_first(list); x && t->mark_n < NLU_EVIDENCE_MAX; x = json_next(x)) {
        int64_t start = json_i64(x, "start", 0), end = json_i64(x, "end", 0);
        if (start >= 0 && end >= start && end <= NLU_TEXT_MAX)
            marks[t->mark_n++] = (AssistSummaryMark){json_str(x, "label"), json_str(x, "text"),
                                                     (uint32_t)start, (uint32_t)end};
    }
    t->marks = marks;
}

/* What was understood when the message came; unreadable, or none: the turn stays not understood. */
static void stored(Arena *a, const DeskMessage *m, AssistSummaryTurn *t)
{
    enum { SURE_PERMILLE = 500 }; /* an intent beside the first one counts from here on */
    const Json *u;
    ErrSlot e = {0};
    if (!m->understanding.n || json_parse(a, &e, m->understanding, &u) ||
        !nlu_emotion_parse(json_str(u, "emotion"), &t->emotion))
        return;
    int64_t intensity = json_i64(u, "intensity", 0);
    t->intensity = t->emotion == NLU_CALM ? 0
                   : intensity < 1        ? 1
                   : intensity > 3        ? 3
                                          : (int)intensity;
    t->understood = true;
    int *intents = ARENA_ARRAY(a, int, NLU_INTENT_MAX);
    for (const Json *x = json_first(json_get(u, "intents")); x && t->intent_n < NLU_INTENT_MAX;
         x = json_next(x)) {
        int n = nlu_intent_index(json_str(x, "code"));
        if (n >= 0 && (!t->intent_n || json_f64(x, "p", 0) * 1000 >= SURE_PERMILLE))
            intents[t->intent_n++] = n;
    }
    t->intents = intents;
    stored_marks(a, u, t);
}

/* ---- the agents' side, read now: nothing is stored with it ---- */
typedef struct {
    const Service *s;
    Ctx *c;
    const ServiceShop *shop;
    NluMemory memory;
    NluTurn asked[NLU_PROMISE_CONTEXT]; /* the customer's words since the shop's side last spoke */
    size_t asked_n;
} Reader;

static void ask(Reader *r, Str text)
{
    if (r->asked_n == NLU_PROMISE_CONTEXT) {
        for (size_t i = 1; i < r->asked_n; i++)
            r->asked[i - 1] = r->asked[i];
        r->asked_n--;
    }
    r->asked[r->asked_n++] = (NluTurn){NLU_CUSTOMER, text};
}

static void promises(Reader *r, AssistSummaryTurn *t)
{
    Ctx *c = r->c;
    NluPromise found[NLU_PROMISE_MAX];
    t->promise_n = nlu_promises(r->s->grammar, c->arena, r->asked, r->asked_n, t->text, found,
                                NLU_PROMISE_MAX);
    if (!t->promise_n)
        return;
    NluNow then = service_promise_now(r->shop, t->at_ms);
    AssistSummaryPromise *list = ARENA_ARRAY(c->arena, AssistSummaryPromise, t->promise_n);
    for (size_t i = 0; i < t->promise_n; i++) {
        NluRange at;
        list[i] = (AssistSummaryPromise){found[i].what, found[i].due, STR_NONE, NLU_TIME_NEVER};
        if (!found[i].timed || !nlu_time_resolve(r->s->grammar, &found[i].time, &then, &at) ||
            at.to_ms == NLU_TIME_NEVER)
            continue;
        list[i].due_ms = at.to_ms;
        list[i].due_words = service_instant_words(c->arena, r->shop, at.to_ms, c->now_ms);
    }
    t->promises = list;
}

static void agent(Reader *r, AssistSummaryTurn *t)
{
    NluAgentTurn heard;
    nlu_hear_agent(r->s->nlu, r->c->arena, &r->memory, t->text, &heard, &r->memory);
    int *acts = ARENA_ARRAY(r->c->arena, int, NLU_ACT_MAX);
    for (size_t i = 0; i < heard.act_n; i++) {
        int n = nlu_act_index(str_of(heard.acts[i].code));
        if (n >= 0)
            acts[t->act_n++] = n;
    }
    t->acts = acts;
    promises(r, t);
    r->asked_n = 0;
}

static size_t read_turns(Reader *r, const DeskMessage *rows, size_t n, AssistSummaryTurn *turns)
{
    size_t turn_n = 0;
    for (size_t i = 0; i < n; i++) {
        const DeskMessage *m = &rows[i];
        if (!is_turn(m))
            continue;
        AssistSummaryTurn *t = &turns[turn_n++];
        bool customer = str_is(m->role, "customer");
        *t = (AssistSummaryTurn){.seq = m->seq,
                                 .at_ms = m->at_ms,
                                 .role = customer ? NLU_CUSTOMER : NLU_AGENT,
                                 .text = str_is(m->kind, "text") ? m->body : STR_NONE,
                                 .name = m->sender_name};
        if (!t->text.n)
            continue;
        if (!customer) {
            agent(r, t);
            continue;
        }
        stored(r->c->arena, m, t);
        ask(r, t->text);
        nlu_remember(r->s->nlu, r->c->arena, &(NluTurn){NLU_CUSTOMER, t->text}, &r->memory);
    }
    return turn_n;
}

Err service_summary(const Service *s, Ctx *c, const ServiceShop *shop, int64_t conversation_id,
                    ServiceSummary *ret)
{
    DeskConversation conv;
    DeskMessage *rows;
    size_t n;
    *ret = (ServiceSummary){0};
    Err err = desk_conversation_get(c, conversation_id, &conv);
    if (!err) /* one more than is read: whether there are older ones */
        err = desk_message_list(c, conv.id, 0, conv.last_seq + 1, SERVICE_SUMMARY_ROWS + 1, &rows,
                                &n);
    if (err)
        return err;
    bool clipped = n > SERVICE_SUMMARY_ROWS;
    AssistSummaryTurn *turns = ARENA_ARRAY(c->arena, AssistSummaryTurn, n ? n : 1);
    Reader r = {.s = s, .c = c, .shop = shop, .memory = nlu_memory_none()};
    AssistSummaryTalk talk = {.name = conv.customer_name,
                              .vip = conv.customer_vip,
                              .channel = conv.channel_name,
                              .returning = conv.returning,
                              .clipped = clipped,
                              .now_ms = c->now_ms,
                              .turns = turns,
                              .n = read_turns(&r, rows + clipped, n - clipped, turns)};
    ret->last_seq = conv.last_seq;
    assist_summary(s->summary_words, c->arena, &talk, &ret->summary);
    return ERR_OK;
}
