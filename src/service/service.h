/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H
/*
 * service: use cases across accounts, desk, nlu and assist: what happens when a visitor writes, an
 * agent answers, a shop changes its rules. Owns the snapshots of each shop's configuration and the
 * timers' handlers. Refuses to speak HTTP or JSON frames (api) and to keep rows of its own.
 *
 * Use cases that need slow work come in two: X_prepare on a worker, without a transaction (it may
 * store_read by itself), then X inside the caller's transaction; X may run again after a lost race.
 */
#include "accounts/accounts.h"
#include "assist/guard.h"
#include "assist/suggest.h"
#include "assist/summary.h"
#include "base/log.h"
#include "desk/desk.h"
#include "nlu/promise.h"
#include "store/store.h"

typedef struct Service Service;
typedef struct ServiceHeard ServiceHeard;

typedef struct {
    Store *store;
    Accounts *accounts;
    const Log *log;
    bool demo;
    bool hooks_private; /* webhooks and the language model may go to private addresses */
} ServiceConfig;
/* Compiles lexicons, scripts and guard rules that are embedded in the program. Owned. */
Err service_open(const ServiceConfig *config, ErrSlot *e, Service **ret) WARN_UNUSED;
void service_close(Service *s); /* NULL is fine; after store_close */
const NluModel *service_nlu(const Service *s);

/* ---- the configuration in force (shop.c) ---- */
/* Immutable, reference counted; all threads. A change makes a new one. */
typedef struct {
    int64_t shop_id;
    DeskRules rules;            /* the shop's; service_shop_rules gives a channel's */
    Str hours_json, guard_json; /* as stored, or the defaults, with "version" 0 */
    int64_t hours_version, sla_version, guard_version, scripts_version;
    const AssistGuard *guard;
    const AssistLibrary *scripts;
    const AssistFact *facts; /* of the shop: hours, policies; never invented */
    size_t fact_n;
} ServiceShop;
/* Borrowed until the context's arena is reset (a reference is dropped then). Reads the store when
 * the shop is not in the cache: call it from prepare, or inside a transaction, but not in one that
 * has changed the settings itself. */
Err service_shop(Service *s, Ctx *c, const ServiceShop **ret) WARN_UNUSED; /* c->actor.shop_id */
void service_shop_forget(Service *s,
                         int64_t shop_id); /* DESK_WAKE_SETTINGS: read again next time */
DeskRules service_shop_rules(const ServiceShop *shop, const DeskChannel *ch);

/* ---- visitors (visitor.c) ---- */
typedef struct {
    /* asked: borrowed */
    Str channel_key, token, user_id, user_name, user_hash, jwt, lang, page_url, page_title;
    /* answered: arena */
    Str new_token;
    DeskChannel channel;
    DeskCustomer customer;
    bool has_conversation;
    DeskConversation conversation;
    bool open;
    int64_t next_open_at; /* 0: open, or never */
} ServiceSession;
/* Token or signed identity or a new visitor. Codes: channel.unknown, identity.forged,
 * identity.expired. A write: c->actor is set to the visitor. */
Err service_visitor_session(Service *s, Ctx *c, ServiceSession *ss) WARN_UNUSED;
/* The actor behind a visitor token: role, shop, customer, channel. Read-only; any shop: the token
 * is the proof. ERR_AUTH visitor.token when forged, older than 180 days, or its channel is gone. */
Err service_visitor_actor(Service *s, Ctx *c, Str token, Actor *ret) WARN_UNUSED;

/* One message on its way in, from either side. */
typedef struct {
    /* asked: borrowed */
    int64_t conversation_id; /* staff; 0 for visitors: their current one */
    Str client_id, kind, text;
    int64_t file_id;
    Str card_json;
    Str script_id; /* staff: accepted suggestion */
    const Str *guard_seen;
    size_t guard_seen_n;
    int64_t reply_to;
    /* prepared */
    DeskDraft draft;
    const ServiceShop *shop;
    DeskRules rules;
    DeskCustomer customer;             /* visitors */
    ServiceHeard *heard;               /* the service's own */
    Str overridden[ASSIST_GUARD_HITS]; /* warnings seen: stored with the message */
    size_t overridden_n;
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    size_t hit_n; /* staff: > 0 = not stored; ask the person */
    AssistLevel level;
    AssistSuggestion suggestions[ASSIST_SUGGEST_MAX]; /* visitor's text: what could be answered */
    size_t suggestion_n;
    /* answered */
    DeskMessage message;
    DeskConversation conversation;
    bool again; /* the same client_id was stored before */
} ServiceSend;
/* Codes: message.empty, message.too_long (4000 / visitors 2000 code points), message.kind,
 * message.client_id, file.unknown, customer.blocked, conversation.unknown, conversation.closed. */
Err service_visitor_send_prepare(Service *s, Ctx *c, ServiceSend *m) WARN_UNUSED;
/* Opens or reopens the conversation, stores, routes; leaves SERVICE_WAKE_SUGGEST. A conversation
 * whose agent has left goes back to the queue. */
Err service_visitor_send(Service *s, Ctx *c, ServiceSend *m) WARN_UNUSED;
Err service_staff_send_prepare(Service *s, Ctx *c, ServiceSend *m) WARN_UNUSED;
Err service_staff_send(Service *s, Ctx *c, ServiceSend *m) WARN_UNUSED;
/* After the commit, from one thread in the order of commits: what the next message will be read
 * against is kept (recent.c). said: a visitor's message; moved: each wake-up with a DeskPush;
 * forget: DESK_WAKE_CUSTOMER, and 0 with DESK_WAKE_SETTINGS. */
void service_recent_said(Service *s, const ServiceSend *m);
void service_recent_moved(Service *s, Arena *a, const DeskPush *p);
void service_recent_forget(Service *s, int64_t customer_id);
/* Request to chat without a message: the greeting clock starts (PRE-1). */
Err service_visitor_start(Service *s, Ctx *c, Str client_id, Str page_url, Str page_title,
                          DeskConversation *ret) WARN_UNUSED;
/* Left while nobody is there: contact and text become a queued conversation; receipt is what the
 * visitor keeps. */
Err service_visitor_offline(Service *s, Ctx *c, Str name, Str contact, Str text,
                            Str *ret_receipt) WARN_UNUSED;
Err service_visitor_close(Service *s, Ctx *c) WARN_UNUSED;
Err service_visitor_rate(Service *s, Ctx *c, int64_t score, Str tags_json, Str note) WARN_UNUSED;
typedef struct {
    bool has_conversation;
    DeskConversation conversation; /* joined */
    int64_t position;              /* 1 = next; 0: not waiting */
    bool open;
    int64_t next_open_at;
} ServiceMeta;
Err service_visitor_meta(Service *s, Ctx *c, ServiceMeta *ret) WARN_UNUSED; /* read */

enum { SERVICE_WAKE_SUGGEST = 64 /* id = conversation, seq = for_seq; data = ServiceSuggested */ };
typedef struct {
    int64_t shop_id, assignee_id;
    const AssistSuggestion *items;
    size_t n;
} ServiceSuggested;

/* ---- the guard rails (guard.c) ---- */
/* The shop's rules on a text, with what was said in the conversation before (0: nothing is known).
 * Within a read transaction or without one: what cannot be read does not count. */
size_t service_guard_check(Service *s, Ctx *c, const ServiceShop *shop, int64_t conversation_id,
                           Str text, AssistGuardHit ret_hits[ASSIST_GUARD_HITS]);
enum { SERVICE_GUARD_RULES = 64, SERVICE_GUARD_EXAMPLES = 3 };
typedef struct {
    int64_t conversation_id, seq, at_ms;
    Str text;            /* arena */
    uint32_t start, end; /* code points: the words */
} ServiceGuardExample;
typedef struct {
    Str rule; /* arena */
    AssistLevel level;
    int64_t messages;
    ServiceGuardExample examples[SERVICE_GUARD_EXAMPLES];
    size_t example_n;
} ServiceGuardCount;
typedef struct {
    int64_t since_ms, conversations, messages; /* read: messages of agents */
    int64_t hit, stopped;                      /* of these: any rule; not to be sent at once */
    bool whole;                                /* false: time or number ran out; the newest count */
    ServiceGuardCount rules[SERVICE_GUARD_RULES];
    size_t rule_n;
} ServiceGuardEffect;
/* What `guard` would have said to the agents' messages of the last 7 days. Bounded: 2.5 s and 4,000
 * conversations, the newest first. No transaction. */
Err service_guard_effect(Service *s, Ctx *c, const ServiceShop *shop, const AssistGuard *guard,
                         ServiceGuardEffect *ret) WARN_UNUSED;

/* ---- staff ---- */
/* Suggestions for the conversation as it is now (read transaction). */
Err service_suggest(Service *s, Ctx *c, int64_t conversation_id, AssistSuggestion *ret,
                    size_t *ret_n, int64_t *ret_for_seq) WARN_UNUSED;
Err service_staff_close(Service *s, Ctx *c, int64_t conversation_id, Str reason, Str note,
                        DeskConversation *ret) WARN_UNUSED;
Err service_staff_take(Service *s, Ctx *c, int64_t conversation_id, bool takeover,
                       DeskConversation *ret) WARN_UNUSED;
Err service_staff_transfer(Service *s, Ctx *c, int64_t conversation_id, int64_t to_user, Str skill,
                           Str note, DeskConversation *ret) WARN_UNUSED;
Err service_staff_reopen(Service *s, Ctx *c, int64_t conversation_id,
                         DeskConversation *ret) WARN_UNUSED;
Err service_staff_merge(Service *s, Ctx *c, int64_t from, int64_t into,
                        DeskConversation *ret) WARN_UNUSED;
/* Denied but to who has it, and to supervisors. */
Err service_staff_snooze(Ctx *c, int64_t conversation_id, int64_t until,
                         DeskConversation *ret) WARN_UNUSED;
enum { SERVICE_TAGS_MAX = 20 };
Err service_staff_tags(Ctx *c, int64_t conversation_id, const Str *add, size_t add_n,
                       const Str *drop, size_t drop_n, DeskConversation *ret) WARN_UNUSED;
Err service_staff_stage(Ctx *c, int64_t conversation_id, Str stage,
                        DeskConversation *ret) WARN_UNUSED;

/* ---- promises (promise.c) ---- */
typedef struct {
    NluPromise said;
    bool known;  /* an instant follows from the words: */
    NluRange at; /* by when; to_ms NLU_TIME_NEVER where none does */
} ServicePromise;
/* The shop's time zone and working hours for nlu_time_resolve; lives as long as shop. */
NluNow service_promise_now(const ServiceShop *shop, int64_t now_ms);
/* The customer's turns since the shop's side last spoke, oldest first, which a promise may answer.
 * In a transaction. Texts in the arena. */
Err service_promise_asked(Ctx *c, int64_t conversation_id, NluTurn ret[NLU_PROMISE_CONTEXT],
                          size_t *ret_n) WARN_UNUSED;
/* What a text of the shop's side promises, said now (c->now_ms) after these turns. Stores nothing.
 */
size_t service_promises(const Service *s, Ctx *c, const ServiceShop *shop, const NluTurn *before,
                        size_t n, Str text, ServicePromise ret[NLU_PROMISE_MAX]);

/* ---- the hand-over summary (summary.c) ---- */
enum { SERVICE_SUMMARY_ROWS = 400 /* messages read, the newest */ };
typedef struct {
    AssistSummary summary;
    int64_t last_seq; /* of the conversation when it was made */
} ServiceSummary;
/* Who, wish, feeling, done, promised, for whoever takes it over. In a transaction; stores nothing.
 * conversation.unknown. */
Err service_summary(const Service *s, Ctx *c, const ServiceShop *shop, int64_t conversation_id,
                    ServiceSummary *ret) WARN_UNUSED;

/* ---- demo and first start (demo.c) ---- */
/* Demo shop, people, channel with key "demo", working hours always; idempotent. */
Err service_demo(Service *s, ErrSlot *e) WARN_UNUSED;

/* ---- timers ---- */
/* publish: gives c->wakes to the edge after the commit. Starts store_timers with desk.sla,
 * desk.snooze, desk.gone, desk.away, and hourly upkeep (accounts_sweep). Also marks agents as gone
 * whose sockets ended with the last process. */
Err service_start(Service *s, void (*publish)(Ctx *c, void *user), void *user,
                  ErrSlot *e) WARN_UNUSED;
void service_stop(Service *s); /* ends what works on its own; before store_close; NULL is fine */
#endif
