/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_DESK_H
#define DESK_DESK_H
/*
 * desk: customers and their channel identities, conversations, messages, routing, SLA clocks,
 * presence of agents. Refuses to judge the content of answers (assist) and to speak HTTP (api).
 * Every function runs inside a transaction of its caller (c->tx) and inside c->actor.shop_id.
 * What must be true at once (routing, deadlines) happens here, in the message's own transaction; it
 * leaves wake-ups in c->wakes.
 */
#include "base/ctx.h"
#include "desk/hours.h"

enum {
    DESK_TEXT_MAX = 4000,
    DESK_PREVIEW_CHARS = 60,
    DESK_RECALL_MS = 120000,
    DESK_REOPEN_MS = 2 * 3600 * 1000
};

/* Limits in force for one conversation: a snapshot of versioned settings. */
typedef struct {
    const Hours *hours;
    int64_t greeting_ms, reply_ms, warning_ms, version;
} DeskRules;

typedef struct {
    int64_t id, shop_id;
    Str key, kind, name, secret, config;
    int64_t greeting_ms, reply_ms; /* 0: the shop's */
    int64_t sla_version;
    bool active;
} DeskChannel;

typedef struct {
    int64_t id, shop_id;
    Str name, note, vip, contact;
    bool is_signed;
    int64_t channel_id;
    Str page_url, page_title, lang;
    int64_t blocked_at;
    Str blocked_reason;
    int64_t sticky_agent_id, merged_into, erased_at, created_at, seen_at;
} DeskCustomer;

/* In the order of conversation.sql's columns. */
typedef struct {
    int64_t id, shop_id, channel_id, customer_id;
    Str status, stage;
    int64_t assignee_id;
    Str skill;
    int64_t last_seq;
    Str last_role, last_kind, last_text;
    int64_t last_at, unread, agent_read_seq, visitor_read_seq;
    Str emotion;
    int64_t intensity, priority;
    Str tags, subject, scripts_used, clock_kind;
    int64_t clock_started_at, clock_due_at, clock_limit_ms, clock_round, greeted_at, queued_at,
        assigned_at, snooze_until, closed_at;
    Str close_reason;
    int64_t merged_into, rating_score;
    Str rating_note, page_url, page_title;
    int64_t created_at, updated_at;
    /* joined for showing; empty while only the row was read */
    Str channel_name, channel_kind, customer_name, customer_vip;
    bool customer_signed, customer_blocked, returning;
    Str assignee_name;
    bool online; /* the visitor has a socket open: not stored, the edge sets it */
} DeskConversation;

typedef struct {
    int64_t conversation_id, seq;
    Str role, kind, body, extra;
    int64_t sender_id;
    Str sender_name, client_id, understanding;
    int64_t at_ms, recalled_at;
    Str corrected; /* JSON: what people say it means; STR_NONE: nobody has */
} DeskMessage;

/* What the caller knows of a message before it is stored. Borrowed. */
typedef struct {
    Str kind, body, extra, client_id;
    Str understanding;           /* JSON; STR_NONE for staff */
    Str emotion, stage, subject; /* of the understanding; empty: keep */
    int64_t intensity;
    bool has_understanding;
    Str script_id; /* accepted suggestion */
} DeskDraft;

/* ---- wake-ups (c->wakes): what the edge shows after the commit ---- */
enum {
    DESK_WAKE_MESSAGE = 1, /* id = conversation, seq; data = DeskPush */
    DESK_WAKE_ROW, /* id = conversation, seq; data = DeskPush: the row changed (status, assignee,
                      tags, clock …) */
    DESK_WAKE_RECALLED, /* id = conversation, seq = of the recalled message */
    DESK_WAKE_READ,     /* id = conversation, seq = read up to; data = DeskPush with by_visitor */
    DESK_WAKE_SLA,      /* id = conversation, data = DeskPush: warning or late */
    DESK_WAKE_QUEUE,    /* id = shop: waiting number changed */
    DESK_WAKE_AGENT,    /* id = user: presence changed */
    DESK_WAKE_KICK,     /* id = session: logged out; its sockets are closed */
    DESK_WAKE_CUSTOMER, /* id = customer: blocked, merged, renamed, proved, erased */
    DESK_WAKE_SETTINGS, /* id = shop: hours, limits, scripts, rules changed */
    DESK_WAKE_CORRECTED /* id = conversation, seq = of the message; data = DeskPush */
};
typedef struct {
    int64_t shop_id, customer_id;
    int64_t assignee_id;     /* now */
    int64_t assignee_before; /* differs when it changed hands */
    bool is_new;             /* the conversation has no message yet */
    bool by_visitor, visible_to_visitor, late;
    DeskConversation conv; /* as after the change */
    DeskMessage msg;       /* DESK_WAKE_MESSAGE, DESK_WAKE_CORRECTED */
} DeskPush;

/* ---- channel.c ---- */
Err desk_channel_by_key(Ctx *c, Str key, DeskChannel *ret)
    WARN_UNUSED; /* NOT_FOUND channel.unknown; any shop: the key is the proof */
Err desk_channel_by_id(Ctx *c, int64_t id, DeskChannel *ret)
    WARN_UNUSED; /* active ones of any shop: for who holds another proof of it */
Err desk_channel_get(Ctx *c, int64_t id, DeskChannel *ret) WARN_UNUSED;
Err desk_channel_list(Ctx *c, DeskChannel **ret, size_t *ret_n) WARN_UNUSED;
Err desk_channel_put(Ctx *c, DeskChannel *ch)
    WARN_UNUSED; /* id 0: creates (key and secret are made here) */
Err desk_channel_create_first(Ctx *c, Str name, Str site, int64_t *ret_channel_id) WARN_UNUSED;

/* ---- customer.c ---- */
Err desk_customer_get(Ctx *c, int64_t id, DeskCustomer *ret) WARN_UNUSED;
Err desk_customer_create(Ctx *c, DeskCustomer *cu) WARN_UNUSED; /* fills id and times */
Err desk_customer_by_identity(Ctx *c, int64_t channel_id, Str value,
                              int64_t *ret_id) WARN_UNUSED; /* 0: none */
Err desk_customer_identify(Ctx *c, int64_t channel_id, Str value, int64_t customer_id) WARN_UNUSED;
Err desk_customer_seen(Ctx *c, int64_t id, Str page_url, Str page_title, Str lang) WARN_UNUSED;
Err desk_customer_sign(Ctx *c, int64_t id, Str name) WARN_UNUSED; /* identity proved */
Err desk_customer_contact(Ctx *c, int64_t id, Str name, Str contact) WARN_UNUSED;
Err desk_customer_lock(Ctx *c, int64_t id) WARN_UNUSED; /* NOT_FOUND customer.unknown */
Err desk_customer_update(Ctx *c, int64_t id, Str name, Str note, Str vip) WARN_UNUSED;
Err desk_customer_block(Ctx *c, int64_t id, bool blocked, Str reason) WARN_UNUSED;
Err desk_customer_merge(Ctx *c, int64_t from, int64_t into) WARN_UNUSED;

/* ---- conversation.c ---- */
Err desk_conversation_get(Ctx *c, int64_t id, DeskConversation *ret) WARN_UNUSED; /* joined */
Err desk_conversation_lock(Ctx *c, int64_t id, DeskConversation *ret)
    WARN_UNUSED; /* the row, locked for this transaction */
/* The customer's newest one, locked: for changes. */
Err desk_conversation_current(Ctx *c, int64_t customer_id, int64_t channel_id,
                              DeskConversation *ret, bool *found) WARN_UNUSED;
/* The same for reading: joined, not locked. */
Err desk_conversation_newest(Ctx *c, int64_t customer_id, int64_t channel_id, DeskConversation *ret,
                             bool *found) WARN_UNUSED;
Err desk_conversation_position(Ctx *c, const DeskConversation *conv,
                               int64_t *ret) WARN_UNUSED; /* 1 = next; 0: not queued */
Err desk_conversation_shop(Ctx *c, int64_t id,
                           int64_t *ret_shop_id) WARN_UNUSED; /* any shop: for timers; 0: gone */
/* Opens (or reopens within DESK_REOPEN_MS) the customer's conversation and routes it; leaves it
 * locked. *ret_new: it was opened or reopened just now. */
Err desk_conversation_open(Ctx *c, const DeskRules *r, const DeskCustomer *cu, int64_t channel_id,
                           bool request_to_chat, DeskConversation *ret, bool *ret_new) WARN_UNUSED;
Err desk_conversation_list(Ctx *c, Str view, Str tag, int64_t limit, Str cursor,
                           DeskConversation **ret, size_t *ret_n, Str *ret_next) WARN_UNUSED;
typedef struct {
    int64_t mine, queue, all, longest_since;
} DeskCounts;
Err desk_conversation_counts(Ctx *c, DeskCounts *ret) WARN_UNUSED; /* each stops at 1,000 */
Err desk_conversation_close(Ctx *c, const DeskRules *r, DeskConversation *conv, Str reason,
                            Str note) WARN_UNUSED;
/* Staff get it themselves, who else reopens has it routed. */
Err desk_conversation_reopen(Ctx *c, const DeskRules *r, DeskConversation *conv) WARN_UNUSED;
Err desk_conversation_snooze(Ctx *c, DeskConversation *conv, int64_t until) WARN_UNUSED;
Err desk_conversation_tag(Ctx *c, DeskConversation *conv, Str tags_json) WARN_UNUSED;
Err desk_conversation_stage(Ctx *c, DeskConversation *conv, Str stage) WARN_UNUSED;
Err desk_conversation_merge(Ctx *c, const DeskRules *r, DeskConversation *from,
                            DeskConversation *into) WARN_UNUSED;
Err desk_conversation_rate(Ctx *c, DeskConversation *conv, int64_t score, Str tags_json,
                           Str note) WARN_UNUSED;
Err desk_conversation_save(Ctx *c, DeskConversation *conv)
    WARN_UNUSED; /* writes the changeable columns back */
void desk_conversation_wake(Ctx *c, const DeskConversation *conv, int64_t assignee_before,
                            bool is_new);
Err desk_conversation_history(Ctx *c, int64_t customer_id, int64_t but_id, DeskConversation **ret,
                              size_t *ret_n) WARN_UNUSED;

/* ---- message.c ---- */
/* Stores one message of `conv` (locked) and moves its clocks, unread count, status and head. The
 * same client_id again changes nothing and gives the first one back (*ret_again). */
Err desk_message_add(Ctx *c, const DeskRules *r, DeskConversation *conv, Str role,
                     const DeskDraft *d, DeskMessage *ret, bool *ret_again) WARN_UNUSED;
Err desk_message_system(Ctx *c, DeskConversation *conv, const char *code) WARN_UNUSED;
Err desk_message_get(Ctx *c, int64_t conversation_id, int64_t seq, DeskMessage *ret,
                     bool *ret_found) WARN_UNUSED;
Err desk_message_by_client(Ctx *c, int64_t conversation_id, Str client_id, DeskMessage *ret,
                           bool *ret_found) WARN_UNUSED;
/* In one of the customer's latest conversations: a send repeated after the talk had ended. */
Err desk_message_sent_before(Ctx *c, int64_t customer_id, Str client_id, DeskMessage *ret,
                             bool *ret_found) WARN_UNUSED;
Err desk_message_list(Ctx *c, int64_t conversation_id, int64_t after, int64_t before, int64_t limit,
                      DeskMessage **ret, size_t *ret_n) WARN_UNUSED;
Err desk_message_recall(Ctx *c, DeskConversation *conv, int64_t seq) WARN_UNUSED;
Err desk_message_read(Ctx *c, DeskConversation *conv, int64_t seq, bool by_visitor) WARN_UNUSED;

/* ---- clock.c (SLA) ---- */
Err desk_clock_start(Ctx *c, const DeskRules *r, DeskConversation *conv, const char *kind,
                     int64_t opened_seq) WARN_UNUSED; /* no-op while one runs */
Err desk_clock_stop(Ctx *c, DeskConversation *conv,
                    const char *why_closed) WARN_UNUSED; /* why: NULL = answered by a person */
Err desk_clock_fire(Ctx *c, int64_t conversation_id,
                    int64_t phase) WARN_UNUSED; /* timer: 0 warning, 1 due */
typedef struct {
    int64_t id, conversation_id;
    Str kind;
    int64_t started_at, due_at, limit_ms, config_version, opened_seq, stopped_at, stopped_seq;
    bool late;
    Str reason;
    int64_t queue_ms, agent_id;
    Str agent_name;
} DeskRound;
Err desk_clock_rounds(Ctx *c, int64_t conversation_id, DeskRound **ret, size_t *ret_n) WARN_UNUSED;

/* ---- routing.c ---- */
/* Takes the shop's agents for this transaction. Whoever will need agents and a conversation takes
 * the agents first (PostgreSQL; SQLite has one writer). */
Err desk_route_lock(Ctx *c) WARN_UNUSED;
/* Gives `conv` (locked, queued) to the best agent with a free slot, if any: sticky first, then
 * longest idle. */
Err desk_route_one(Ctx *c, DeskConversation *conv, int64_t sticky_agent_id) WARN_UNUSED;
/* A slot has freed: gives waiting conversations to `user_id` while there is room, longest waiting
 * first. */
Err desk_route_fill(Ctx *c, int64_t user_id) WARN_UNUSED;
Err desk_route_assign(Ctx *c, DeskConversation *conv, int64_t user_id, Str user_name,
                      const char *system_code) WARN_UNUSED; /* 0: back to the queue */
Err desk_route_transfer(Ctx *c, const DeskRules *r, DeskConversation *conv, int64_t to_user,
                        Str skill, Str note) WARN_UNUSED;
Err desk_route_requeue_all(Ctx *c, int64_t user_id) WARN_UNUSED; /* the agent disappeared */

/* ---- agent.c (presence) ---- */
typedef struct {
    int64_t user_id;
    Str name, status, reason;
    int64_t since, active_at, assigned_at, gone_at, capacity, max_channels;
    Str skills;
    int64_t open, channels;
} DeskAgent;
Err desk_agent_get(Ctx *c, int64_t user_id, DeskAgent *ret, bool *found) WARN_UNUSED;
/* False: offline, gone longer than the grace, or at another shop's desk. Who never was at a desk (a
 * program with an API key) counts as present. */
Err desk_agent_present(Ctx *c, int64_t user_id, bool *ret) WARN_UNUSED;
Err desk_agent_list(Ctx *c, DeskAgent **ret, size_t *ret_n) WARN_UNUSED;
Err desk_agent_status(Ctx *c, int64_t user_id, Str status,
                      Str reason) WARN_UNUSED; /* online routes at once */
Err desk_agent_socket(Ctx *c, int64_t user_id, bool open)
    WARN_UNUSED; /* first opened / last closed; starts and stops the grace timer */
Err desk_agent_active(Ctx *c, int64_t user_id) WARN_UNUSED;
Err desk_agent_fire_gone(Ctx *c, int64_t user_id) WARN_UNUSED; /* timer: grace over */
Err desk_agent_fire_away(Ctx *c, int64_t user_id) WARN_UNUSED; /* timer: no sign of life */
Err desk_conversation_fire_snooze(Ctx *c, int64_t conversation_id) WARN_UNUSED;
Err desk_agents_all_gone(Ctx *c) WARN_UNUSED; /* at start: nobody is connected yet, graces begin */
#endif
