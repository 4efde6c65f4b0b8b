/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The talks that go on just now: what the next message of a customer must be read against, kept
 * from the last commit, so that a customer's message costs no read before its transaction. A slot
 * for each hash of a customer; whoever comes later takes it.
 *
 * Only a hint: the transaction compares saw_seq with the conversation's last_seq, and reads
 * everything itself when they differ. What a number does not show (a message recalled, a customer
 * blocked, erased, merged or renamed, a channel's settings) lets the slot go, in the order of
 * commits, and nothing is believed for long.
 */
#include "service/internal.h"

#include "base/clock.h"
#include "base/mutex.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 16384, TEXT_MAX = 2800, STRINGS = 10, GRAIN = 256 };
static const int64_t GOOD_NS = INT64_C(60000000000);
static const int64_t OTHERS_NS = INT64_C(2000000000); /* PostgreSQL: others may write there too */

/* The strings of an entry, each a place in its text. */
enum { STATUS, STAGE, SCRIPTS, MEMORY, NICKNAME, NUMBER, YOU, NAME, ANSWER, ORDER };

typedef struct {
    int64_t customer_id; /* 0: nothing is kept here */
    int64_t channel_id, shop_id, good_until_ns;
    int64_t conversation_id, assignee_id, greeted_at, assigned_at, created_at;
    int64_t saw_seq, greeting_ms, reply_ms;
    NluMemory memory; /* its texts: MEMORY, ANSWER */
    NluIntent intents[NLU_INTENT_MAX];
    NluEmotion emotion; /* these: what the customer said last */
    NluStage stage;
    int intensity;
    unsigned char intent_n;
    bool has_before, transferred;
    unsigned short at[STRINGS], n[STRINGS], used, room;
    char text[];
} Entry;

struct ServiceRecent {
    pthread_mutex_t lock; /* a leaf */
    bool pg;
    Entry *slots[SLOTS];
};

ServiceRecent *service_recent_create(bool pg)
{
    ServiceRecent *r = calloc(1, sizeof *r);
    ASSERT(r);
    r->pg = pg;
    mutex_init_short(&r->lock);
    return r;
}

void service_recent_destroy(ServiceRecent *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        free(r->slots[i]);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static size_t slot_of(int64_t customer_id)
{
    return (size_t)((uint64_t)customer_id * UINT64_C(0x9e3779b97f4a7c15) >> 32) % SLOTS;
}

/* ---- strings ---- */

static Str str_at(const Entry *e, const char *text, int which)
{
    return e->n[which] ? (Str){text + e->at[which], e->n[which]} : STR_NONE;
}

/* False: it does not fit. */
static bool put(Entry *e, int which, Str s)
{
    if (s.n > (size_t)e->room - e->used)
        return false;
    if (s.n)
        memcpy(e->text + e->used, s.p, s.n);
    e->at[which] = e->used;
    e->n[which] = (unsigned short)s.n;
    e->used = (unsigned short)(e->used + s.n);
    return true;
}

static bool replace(Entry *e, int which, Str s)
{
    return str_eq(str_at(e, e->text, which), s) || put(e, which, s);
}

static bool good(const Entry *e, int64_t customer_id)
{
    return e && e->customer_id == customer_id && clock_steady_ns() < e->good_until_ns;
}

/* ---- asking ---- */

static void give(const Entry *e, const char *text, DeskConversation *conv, ServiceHeard *h)
{
    *conv = (DeskConversation){.id = e->conversation_id,
                               .shop_id = e->shop_id,
                               .channel_id = e->channel_id,
                               .customer_id = e->customer_id,
                               .status = str_at(e, text, STATUS),
                               .stage = str_at(e, text, STAGE),
                               .assignee_id = e->assignee_id,
                               .last_seq = e->saw_seq,
                               .scripts_used = str_at(e, text, SCRIPTS),
                               .greeted_at = e->greeted_at,
                               .assigned_at = e->assigned_at,
                               .created_at = e->created_at};
    *h = (ServiceHeard){.memory = e->memory,
                        .saw_seq = e->saw_seq,
                        .memory_before_last = nlu_memory_none(),
                        .transferred = e->transferred,
                        .has_before = e->has_before,
                        .before = {.emotion = e->emotion,
                                   .intensity = e->intensity,
                                   .stage = e->stage,
                                   .intent_n = e->intent_n},
                        .agent_nickname = str_at(e, text, NICKNAME),
                        .agent_number = str_at(e, text, NUMBER),
                        .agent_id = e->assignee_id,
                        .you = str_at(e, text, YOU),
                        .customer_name = str_at(e, text, NAME),
                        .order_no = str_at(e, text, ORDER),
                        .greeting_ms = e->greeting_ms,
                        .reply_ms = e->reply_ms,
                        .recent = true};
    h->memory.text = str_at(e, text, MEMORY);
    h->memory.agent_text = str_at(e, text, ANSWER);
    memcpy(h->before.intents, e->intents, sizeof e->intents);
}

bool service_recent_get(Service *s, Ctx *c, DeskConversation *conv, ServiceHeard *h)
{
    ServiceRecent *r = s->recent;
    const Actor *who = &c->actor;
    pthread_mutex_lock(&r->lock);
    const Entry *e = r->slots[slot_of(who->customer_id)];
    bool hit =
        good(e, who->customer_id) && e->channel_id == who->channel_id && e->shop_id == who->shop_id;
    if (hit)
        give(e, arena_dup(c->arena, e->text, e->used), conv, h);
    pthread_mutex_unlock(&r->lock);
    return hit;
}

/* ---- keeping ---- */

/* Room for n bytes of text and some more. NULL: that is too much to keep. */
static Entry *room(ServiceRecent *r, int64_t customer_id, size_t n)
{
    Entry **slot = &r->slots[slot_of(customer_id)];
    if (n > TEXT_MAX)
        return NULL;
    if (!*slot || (*slot)->room < n) {
        size_t size = (sizeof **slot + n + 64 + GRAIN - 1) / GRAIN * GRAIN;
        free(*slot);
        *slot = malloc(size);
        ASSERT(*slot);
        (*slot)->room = (unsigned short)(size - sizeof **slot);
    }
    return *slot;
}

static void fill(Entry *e, const ServiceSend *m, const Str texts[STRINGS])
{
    const DeskConversation *v = &m->conversation;
    const ServiceHeard *h = m->heard;
    bool turn = m->draft.has_understanding;
    const NluUnderstanding *last = turn ? &h->now : &h->before;
    unsigned short has = e->room;
    *e = (Entry){.customer_id = v->customer_id,
                 .channel_id = v->channel_id,
                 .shop_id = v->shop_id,
                 .conversation_id = v->id,
                 .assignee_id = v->assignee_id,
                 .greeted_at = v->greeted_at,
                 .assigned_at = v->assigned_at,
                 .created_at = v->created_at,
                 .saw_seq = v->last_seq,
                 .greeting_ms = h->greeting_ms,
                 .reply_ms = h->reply_ms,
                 .memory = turn ? h->after : h->memory,
                 .emotion = last->emotion,
                 .stage = last->stage,
                 .intensity = last->intensity,
                 .intent_n = (unsigned char)last->intent_n,
                 .has_before = turn ? last->intent_n > 0 : h->has_before,
                 .transferred = h->transferred,
                 .room = has};
    memcpy(e->intents, last->intents, sizeof e->intents);
    for (int i = 0; i < STRINGS; i++)
        (void)put(e, i, texts[i]);
    e->memory.text = e->memory.agent_text = STR_NONE; /* they stand in the text */
}

void service_recent_said(Service *s, const ServiceSend *m)
{
    ServiceRecent *r = s->recent;
    const DeskConversation *v = &m->conversation;
    const ServiceHeard *h = m->heard;
    if (m->again || !h)
        return;
    /* something else happened in the same transaction: the next message reads what */
    bool plain =
        v->last_seq == m->message.seq && v->assignee_id == h->agent_id && !service_closed(v);
    const NluMemory *memory = m->draft.has_understanding ? &h->after : &h->memory;
    const Str texts[STRINGS] = {[STATUS] = v->status,
                                [STAGE] = v->stage,
                                [SCRIPTS] = v->scripts_used,
                                [MEMORY] = memory->text,
                                [NICKNAME] = h->agent_nickname,
                                [NUMBER] = h->agent_number,
                                [YOU] = h->you,
                                [NAME] = h->customer_name,
                                [ANSWER] = memory->agent_text,
                                [ORDER] = h->order_no};
    size_t n = 0;
    for (int i = 0; i < STRINGS; i++)
        n += texts[i].n;
    pthread_mutex_lock(&r->lock);
    Entry *e = plain ? room(r, v->customer_id, n) : NULL;
    if (e) {
        fill(e, m, texts);
        e->good_until_ns = clock_steady_ns() + (r->pg ? OTHERS_NS : GOOD_NS);
    } else if ((e = r->slots[slot_of(v->customer_id)]) && e->customer_id == v->customer_id)
        e->customer_id = 0;
    pthread_mutex_unlock(&r->lock);
}

/* A word of the agent, a note or a line of the desk's own follows what the entry knows. False: the
 * entry is no longer of use. */
static bool follow(Service *s, Arena *a, Entry *e, const DeskMessage *m)
{
    if (m->seq <= e->saw_seq)
        return true;
    if (m->seq != e->saw_seq + 1 || str_is(m->role, "customer"))
        return false;
    e->saw_seq = m->seq;
    if (str_is(m->role, "system")) {
        e->transferred |= str_is(m->body, "conversation.transferred");
        return true;
    }
    if (str_is(m->kind, "note") || !m->body.n)
        return true;
    NluTurn turn = {.role = NLU_AGENT, .text = m->body};
    NluMemory memory = e->memory;
    memory.text = str_at(e, e->text, MEMORY);
    memory.agent_text = str_at(e, e->text, ANSWER);
    nlu_remember(s->nlu, a, &turn, &memory);
    e->transferred = false;
    bool ok = replace(e, MEMORY, memory.text) && replace(e, ANSWER, memory.agent_text);
    memory.text = memory.agent_text = STR_NONE;
    e->memory = memory;
    return ok;
}

/* The row as it is now; false: it cannot be kept. */
static bool take_row(Entry *e, const DeskConversation *v)
{
    if (v->id != e->conversation_id || service_closed(v) || v->assignee_id != e->assignee_id ||
        v->channel_id != e->channel_id)
        return false;
    e->greeted_at = v->greeted_at;
    e->assigned_at = v->assigned_at;
    return replace(e, STATUS, v->status) && replace(e, STAGE, v->stage) &&
           replace(e, SCRIPTS, v->scripts_used);
}

/* Places are numbers, so that an entry may move. */
static Entry *more_room(Entry **slot, size_t n)
{
    size_t want = (*slot)->used + n;
    if (want > (*slot)->room && want <= TEXT_MAX) {
        size_t size = (sizeof **slot + want + GRAIN - 1) / GRAIN * GRAIN;
        *slot = realloc(*slot, size);
        ASSERT(*slot);
        (*slot)->room = (unsigned short)(size - sizeof **slot);
    }
    return *slot;
}

void service_recent_moved(Service *s, Arena *a, const DeskPush *p)
{
    ServiceRecent *r = s->recent;
    pthread_mutex_lock(&r->lock);
    Entry **slot = &r->slots[slot_of(p->customer_id)];
    Entry *e = *slot;
    if (e && e->customer_id == p->customer_id) {
        e = more_room(slot, p->msg.body.n + p->conv.scripts_used.n);
        bool ok = good(e, p->customer_id) && take_row(e, &p->conv);
        if (ok && p->msg.role.n)
            ok = follow(s, a, e, &p->msg);
        if (!ok)
            e->customer_id = 0;
    }
    pthread_mutex_unlock(&r->lock);
}

static void forget(Entry *e)
{
    if (!e)
        return;
    e->customer_id = 0;
    memset(e->text, 0, e->room); /* an erased customer's words are nowhere */
}

void service_recent_forget(Service *s, int64_t customer_id)
{
    ServiceRecent *r = s->recent;
    pthread_mutex_lock(&r->lock);
    Entry *e = customer_id ? r->slots[slot_of(customer_id)] : NULL;
    if (e && e->customer_id == customer_id)
        forget(e);
    for (size_t i = 0; i < SLOTS && !customer_id; i++)
        forget(r->slots[i]);
    pthread_mutex_unlock(&r->lock);
}
