/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_LLM_INTERNAL_H
#define SERVICE_LLM_INTERNAL_H
/* Shared by the files of llm only. */
#include "service/internal.h"
#include "service/llm.h"

#include <stdatomic.h>

enum {
    LLM_TURNS = 12,       /* of the conversation, the last ones */
    LLM_TURN_CHARS = 500, /* code points of each */
    LLM_FACT_CHARS = 300,
    LLM_SCRIPTS = ASSIST_SUGGEST_MAX,
    LLM_MASKS = 64,          /* different values; further ones are hidden for good */
    LLM_OUTPUT_TOKENS = 600, /* asked for at most */
    LLM_ANSWER_BYTES = 262144,
    LLM_BODY_BYTES = 131072,
    LLM_TRIES = 2,
    LLM_FAILURES = 3,
    LLM_REST_MS = 60000
};

/* ---- llm_mask.c: personal data <-> placeholders; pure ---- */
typedef struct {
    const char *kind; /* static: PHONE, ORDER, ID, EMAIL, LINK, CONTACT, ADDRESS, NAME */
    int number;       /* {{KIND_number}} */
    Str value;        /* as written; borrowed */
} LlmMasked;
typedef struct {
    Arena *arena;
    LlmMasked items[LLM_MASKS];
    size_t n;
} LlmMask;
typedef struct {
    Str items[SERVICE_LLM_NOTES];
    size_t n;
} LlmNotes;
void llm_note(LlmNotes *l, Str s); /* once each; what is too much is left out */
/* A name that is known: it will be masked wherever it stands. One character is no name. */
void llm_mask_name(LlmMask *m, Str name);
/* Finds what is personal in a text, so that it is masked in all of them. */
void llm_mask_learn(LlmMask *m, Str text);
/* The text with placeholders. Braces that would look like one are parted. Arena. */
Str llm_mask_text(LlmMask *m, Str text);
/* Values for placeholders that are exactly as they were given out; others are noted and stay. */
Str llm_mask_restore(const LlmMask *m, Str text, LlmNotes *ret_broken);
/* Placeholders of `before` that are not in `after`: their values. */
void llm_mask_lost(const LlmMask *m, Str before, Str after, LlmNotes *ret_lost);

/* ---- llm_mask_find.c: where it stands ---- */
typedef struct {
    const char *kind;
    size_t start, end; /* code points */
} LlmSpan;
typedef struct {
    uint32_t *cp; /* full width folded to ASCII */
    uint32_t *at; /* byte offsets; n + 1 of them */
    size_t n;
} LlmText;
enum { LLM_SPANS = 128 };
LlmText llm_text(Arena *a, Str s);
/* By place, none overlapping. */
size_t llm_find(Arena *a, const LlmText *t, const LlmMask *known, LlmSpan ret[LLM_SPANS]);
bool llm_word_at(const LlmText *t, size_t i, const char *word, size_t *ret_end);
bool llm_is_name_start(uint32_t cp); /* a usual family name */
bool llm_is_han(uint32_t cp);
void llm_span(LlmSpan *spans, size_t *n, const char *kind, size_t start, size_t end);
/* llm_mask_place.c: addresses, and names beside what was found. */
void llm_find_addresses(const LlmText *t, LlmSpan *spans, size_t *n);
void llm_find_names(const LlmText *t, LlmSpan *spans, size_t *n);

/* ---- llm_prompt.c: pure ---- */
typedef struct {
    bool customer;
    Str text;
} LlmTurn;
typedef struct {
    ServiceLlmKind kind;
    Str model, text;
    Str nonce; /* nobody who writes in the conversation knows it */
    LlmTurn turns[LLM_TURNS];
    size_t turn_n;
    AssistFact facts[SERVICE_LLM_FACTS];
    size_t fact_n;
    Str scripts[LLM_SCRIPTS];
    size_t script_n;
} LlmPrompt;
/* The request's body. Learns from all texts first. STR_NONE when it would be too large. Arena. */
Str llm_prompt_body(Arena *a, LlmMask *m, const LlmPrompt *p);
typedef struct {
    Str text;
    int64_t tokens; /* 0: not said, or not to be believed */
} LlmAnswer;
/* UPSTREAM llm.bad_answer. Arena. */
Err llm_answer_read(Arena *a, ErrSlot *e, Str body, LlmAnswer *ret) WARN_UNUSED;
/* Takes the marks [F1] out of the text and says which facts they name. */
Str llm_answer_cites(Arena *a, Str text, size_t fact_n, bool *ret_cited);
/* Numbers of the draft that stand in no fact, script or turn, nor in the agent's text. */
void llm_answer_unproved(Arena *a, const LlmPrompt *p, Str draft, LlmNotes *ret);

/* ---- llm_send.c ---- */
typedef struct {
    Str url, key, body;
    int64_t timeout_ms; /* over all tries */
    bool private_too;
    const atomic_bool *stopping;
} LlmCall;
typedef struct {
    Str body;     /* arena */
    bool read_it; /* the endpoint may have read the prompt: it may count what was asked */
    bool ended;   /* by us, no fault of the endpoint */
} LlmReply;
/* Where chat is posted to: the address, with /chat/completions unless it says so. Arena. */
Str llm_target(Arena *a, Str url);
/* UPSTREAM llm.unreachable, llm.bad_answer; BUSY llm.resting when ended. */
Err llm_send(Arena *a, ErrSlot *e, const LlmCall *call, LlmReply *ret) WARN_UNUSED;

/* ---- llm_gate.c: the circuit breaker; all threads ---- */
struct ServiceLlm {
    pthread_mutex_t lock; /* a leaf */
    Map shops;            /* shop id -> LlmBreaker */
    atomic_bool stopping;
    _Atomic int64_t calls, failures, refused, tokens;
};
ServiceLlm *llm_gate_create(void); /* owned */
void llm_gate_destroy(ServiceLlm *g);
typedef enum { LLM_WENT_WELL, LLM_WENT_WRONG, LLM_SAYS_NOTHING } LlmOutcome;
/* May this shop call now? version: of its setting; another one starts afresh. False: *ret_wait_ms.
 * After true llm_gate_leave must follow. */
bool llm_gate_enter(ServiceLlm *g, int64_t shop_id, int64_t version, int64_t now_ns,
                    int64_t *ret_wait_ms);
void llm_gate_leave(ServiceLlm *g, int64_t shop_id, LlmOutcome o, int64_t now_ns);
bool llm_gate_resting(ServiceLlm *g, int64_t shop_id, int64_t version, int64_t now_ns);
int64_t llm_gate_resting_n(ServiceLlm *g, int64_t now_ns);
#endif
