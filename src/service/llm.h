/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_LLM_H
#define SERVICE_LLM_H
/*
 * llm: an optional language model behind any endpoint that speaks the chat-completions protocol
 * drafts a reply, or rewrites what the agent has written. Off until the owner turns it on. The
 * draft is for the agent's eyes only: nothing here sends it, and nothing else depends on it.
 *
 * What leaves the machine: the last turns, the shop's facts and the scripts that fit, all with
 * phone numbers, order numbers, addresses, names, links and contacts replaced by placeholders
 * (llm_mask.c); they are put back into the answer where a placeholder returns as it was. Customers'
 * words are data between marks that nobody can guess, never instructions; the answer passes the
 * guard rails like any text, whatever the endpoint says.
 *
 * service_llm_draft waits for another machine: never call it in a transaction or on a thread that
 * chat needs. Bounded: one deadline over all tries, LLM_TRIES tries, LLM_ANSWER_BYTES of answer, a
 * budget of tokens a day, and after LLM_FAILURES failures in a row nothing is sent for LLM_REST_MS.
 */
#include "service/service.h"

enum {
    SERVICE_LLM_URL = 1000,
    SERVICE_LLM_MODEL = 200,
    SERVICE_LLM_KEY = 1000,
    SERVICE_LLM_TIMEOUT_MIN = 1000,
    SERVICE_LLM_TIMEOUT_MAX = 45000,
    SERVICE_LLM_TIMEOUT = 20000, /* unless set, ms */
    SERVICE_LLM_TOKENS_MAX = 1000000000,
    SERVICE_LLM_TOKENS = 200000, /* a day, unless set */
    SERVICE_LLM_FACTS = 40,      /* told to the model */
    SERVICE_LLM_NOTES = 8        /* of each list of what to look at in a draft */
};

/* ---- the setting "llm" of a shop ---- */
typedef struct {
    bool enabled;
    Str url, model;
    Str key; /* sealed; empty: none */
    int64_t timeout_ms, daily_tokens;
    int64_t version; /* 0: never set */
} ServiceLlmSetting;
/* In a transaction. What cannot be read counts as never set: off. */
Err service_llm_setting(Ctx *c, ServiceLlmSetting *ret) WARN_UNUSED;
/* Checks and stores. new_key: NULL keeps the key, unless the address has changed, which drops it;
 * an empty one removes it. INVALID llm.url, llm.address, llm.key; CONFLICT setting.changed. */
Err service_llm_setting_put(Service *s, Ctx *c, ServiceLlmSetting *set, const Str *new_key,
                            int64_t expected) WARN_UNUSED;
typedef struct {
    int64_t calls, failed, tokens; /* today, by the shop's calendar */
    bool resting;                  /* the circuit is open on this node */
} ServiceLlmUse;
Err service_llm_use(Service *s, Ctx *c, ServiceLlmUse *ret) WARN_UNUSED; /* in a transaction */

/* ---- a draft ---- */
typedef enum { SERVICE_LLM_REPLY, SERVICE_LLM_REWRITE } ServiceLlmKind;
typedef struct {
    /* asked: borrowed */
    int64_t conversation_id;
    ServiceLlmKind kind;
    Str text; /* what to rewrite; with a reply: what the agent wants said, may be empty */
    /* answered: arena */
    Str draft, model;
    int64_t for_seq, tokens;
    AssistLevel level;
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    size_t hit_n;
    AssistFact facts[SERVICE_LLM_FACTS]; /* that the draft names, or repeats word by word */
    size_t fact_n;
    Str unproved[SERVICE_LLM_NOTES]; /* numbers that stand in nothing the model was given */
    Str broken[SERVICE_LLM_NOTES];   /* placeholders that did not return as they were */
    Str lost[SERVICE_LLM_NOTES];     /* a rewrite: what was masked and is no longer in it */
    size_t unproved_n, broken_n, lost_n;
} ServiceLlmDraft;
/* CONFLICT llm.off, llm.nothing; LIMIT llm.budget; BUSY llm.resting; UPSTREAM llm.unreachable,
 * llm.bad_answer; NOT_FOUND conversation.unknown; INTERNAL seal.broken. No transaction. */
Err service_llm_draft(Service *s, Ctx *c, ServiceLlmDraft *d) WARN_UNUSED;

/* ---- measures and the end ---- */
typedef struct {
    int64_t calls, failures, refused, tokens; /* since the start; refused: resting or over budget */
    int64_t resting;                          /* shops whose circuit is open */
} ServiceLlmStats;
void service_llm_stats(Service *s, ServiceLlmStats *ret);
/* Calls on their way end within a moment, new ones are refused. Any thread; NULL is fine. */
void service_llm_stop(Service *s);
#endif
