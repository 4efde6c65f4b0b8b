/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_INTERNAL_H
#define SERVICE_INTERNAL_H
/* Shared inside the room only. */
#include "base/assert.h"
#include "base/json.h"
#include "base/map.h"
#include "desk/tz.h"
#include "service/service.h"

#include <pthread.h>

enum {
    SERVICE_CLIENT_ID_MAX = 64,
    SERVICE_VISITOR_TEXT_MAX = 2000,
    SERVICE_TOKEN_DAYS = 180,
    SERVICE_SHOP_ARENA = 16 << 20,
    SERVICE_PROMISE_MS = 30 * 60 * 1000, /* what may be promised for looking something up */
    SERVICE_UPKEEP_MS = 3600 * 1000
};

/* A built-in script, apart, so that a shop's row can take its place. */
typedef struct {
    Str id, json;
} ServiceBuiltin;

typedef struct ServiceHooks ServiceHooks;
typedef struct ServiceRecent ServiceRecent;
typedef struct ServiceLlm ServiceLlm;

struct Service {
    Store *store;
    Accounts *accounts;
    const Log *log;
    bool demo, hooks_private;
    ServiceRecent *recent;
    ServiceHooks *hooks; /* NULL: nobody sends (tests, the command line) */
    ServiceLlm *llm;
    Arena *arena; /* what is compiled once */
    NluModel *nlu;
    NluGrammar *grammar;
    AssistGuard *guard;
    AssistLibrary *scripts;
    AssistSummaryWords *summary_words;
    Str guard_json;
    ServiceBuiltin *builtin;
    size_t builtin_n;
    void (*publish)(Ctx *c, void *user);
    void *publish_user;
    pthread_mutex_t lock; /* shops, references, forgotten_ns; a leaf */
    Map shops;            /* shop id -> ServiceSnapshot */
    int64_t forgotten_ns; /* steady clock: the last change of any shop's settings */
};

/* What ServiceShop is in truth. */
typedef struct {
    ServiceShop shop; /* first: a ServiceShop * is one of these */
    Service *service;
    Arena *arena;
    int64_t references; /* this and the next under the service's lock */
    int64_t good_until_ns;
    AssistGuard *own_guard;
    AssistLibrary *own_scripts;
    Tz tz;
} ServiceSnapshot;

static inline Str service_plain(Str s)
{
    return s.p ? s : STR(""); /* columns that are NOT NULL */
}
static inline bool service_closed(const DeskConversation *v)
{
    return str_is(v->status, "closed");
}

/* ---- facts.c ---- */
Str service_hours_words(Arena *a, const Json *hours); /* "周一至周五 09:00-18:00"; empty: never */
/* "今天 15:30": when an answer may be promised by. Empty when the shop stays closed. */
Str service_promise_time(Arena *a, const ServiceSnapshot *shop, int64_t now_ms);
/* An instant for people in the shop's time: "今天 15:30", "明天 09:00", "11 月 3 日 18:00". */
Str service_instant_words(Arena *a, const ServiceShop *shop, int64_t at_ms, int64_t now_ms);

/* ---- listen.c: what was said so far, and what it means ---- */
struct ServiceHeard {
    NluMemory memory; /* of all turns so far */
    int64_t saw_seq;
    Str last;         /* the customer's last message */
    int64_t last_seq; /* and its seq */
    NluMemory memory_before_last;
    bool transferred; /* handed over, and nobody has spoken since */
    NluMemory after;  /* memory with `now` in it */
    NluUnderstanding now, before;
    Str text;                         /* what `now` was read from */
    int matter;                       /* the intent last spoken of before `now`; -1: none */
    bool has_before;                  /* before: what the customer said before `now` */
    Str agent_nickname, agent_number; /* of whom the suggestions are for */
    int64_t agent_id;
    Str you; /* address form of the channel */
    Str customer_name;
    Str order_no;                  /* given by the customer in this talk; empty: none yet */
    int64_t greeting_ms, reply_ms; /* of the channel; 0: the shop's */
    bool recent;                   /* as kept, not read: the transaction looks whether it holds */
};
/* Reads what the next message (after conv->last_seq) comes after: few rows, because the memory of
 * the talk is stored with the customer's last message. In a transaction. conv NULL: nothing yet. */
Err service_heard_read(const Service *s, Ctx *c, const DeskConversation *conv,
                       const DeskChannel *ch, Str customer_name, ServiceHeard *ret) WARN_UNUSED;
/* The same, for reading the last message itself once more. */
Err service_heard_again(const Service *s, Ctx *c, const DeskConversation *conv,
                        const DeskChannel *ch, Str customer_name, ServiceHeard *ret) WARN_UNUSED;
Err service_heard_agent(Ctx *c, int64_t user_id, ServiceHeard *h) WARN_UNUSED;
/* Understands `text` as what comes after memory, and fills the draft's labels. No transaction. */
void service_understand(Service *s, Ctx *c, ServiceHeard *h, const NluMemory *memory, Str text,
                        DeskDraft *d);
/* What could be said to h->now. conv NULL: a conversation that is yet to be. */
size_t service_offer(Ctx *c, const ServiceShop *shop, const ServiceHeard *h,
                     const DeskConversation *conv, AssistSuggestion ret[ASSIST_SUGGEST_MAX]);

/* ---- recent.c: the same, kept from the last commit ---- */
ServiceRecent *service_recent_create(bool pg);
void service_recent_destroy(ServiceRecent *r);
/* What is known of the talk of c->actor's customer; false: nothing. Of the conversation only ids,
 * status, stage, assignee_id, last_seq, scripts_used, greeted_at, assigned_at and created_at. */
bool service_recent_get(Service *s, Ctx *c, DeskConversation *conv, ServiceHeard *h);

/* ---- draft.c: what both sides' messages must be ---- */
Err service_draft(Ctx *c, ServiceSend *m, bool staff) WARN_UNUSED;
/* Takes the file, and joins what goes with the message into the draft's `extra`. */
Err service_draft_extra(Ctx *c, ServiceSend *m, Str offline_json) WARN_UNUSED;

/* ---- token.c ---- */
typedef struct {
    int64_t customer_id, channel_id, issued_at;
    Str bytes, mac;
} ServiceToken;
/* is_signed: what was known of the customer when the token was given. A token given to somebody
 * unknown is worth nothing once the customer has proved who they are: whoever planted it would
 * otherwise read along. */
Str service_token_make(Ctx *c, const DeskChannel *ch, const DeskCustomer *cu);
bool service_token_read(Ctx *c, Str token, ServiceToken *ret);
bool service_token_ok(const ServiceToken *t, Str secret, bool is_signed, int64_t now_ms);
/* The identity that a session claims; *ret_user_id empty when it claims none. AUTH identity.forged,
 * identity.expired. */
Err service_identity(Ctx *c, const ServiceSession *ss, Str secret, Str *ret_user_id,
                     Str *ret_name) WARN_UNUSED;

/* ---- visitor.c ---- */
Err service_visitor_place(Service *s, Ctx *c, DeskChannel *ch, DeskCustomer *cu,
                          const ServiceShop **shop)
    WARN_UNUSED; /* the actor's channel, customer and rules */
Err service_not_blocked(Ctx *c, const DeskCustomer *cu) WARN_UNUSED;
#endif
