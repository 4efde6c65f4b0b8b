/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_GUARD_INTERNAL_H
#define ASSIST_GUARD_INTERNAL_H
/* What the files of the guard share: the compiled rules, and one check on its way. */
#include "assist/guard.h"
#include "nlu/ac.h"
#include "nlu/norm.h"

enum {
    GUARD_RULES_MAX = 64,
    GUARD_WORD_POINTS = 64,
    GUARD_HITS_PER_RULE = 3, /* more of the same tell nothing new */
    GUARD_POLICIES_MAX = 32,
    GUARD_INTENTS_MAX = 24,
    GUARD_LIST_MAX = 12 /* slots, facts or intents that a condition names */
};

/* What a word of a rule is for. */
typedef enum {
    GUARD_WORD,      /* a hit */
    GUARD_EXCEPTION, /* covers a hit that stands inside it */
    GUARD_UNLESS,    /* anywhere in the message: the rule is silent */
    GUARD_BEFORE,    /* earlier in the message, or said just before: excuses what follows */
    GUARD_NEED,      /* the rule speaks only when one of these stands in the message */
    GUARD_FILLER,    /* courtesies that say nothing by themselves (rules with "only") */
    GUARD_PAIR_A,
    GUARD_PAIR_B,
    GUARD_POLICY, /* a policy is spoken of: the span beside it is compared */
    /* in the customer's words: */
    GUARD_ASKED,    /* the rule speaks only when one of these stands open */
    GUARD_QUESTION, /* something is asked */
    GUARD_CALL,     /* a mere "are you there": asks nothing, whatever it looks like */
    GUARD_CLOSE     /* thanks, understood, nothing more */
} GuardUseKind;

/* What finds the hits of a rule besides its words. */
typedef enum {
    GUARD_CHECK_NONE,
    GUARD_CHECK_PHONE,  /* a mobile number that the customer did not give */
    GUARD_CHECK_CARD,   /* an identity or bank card number */
    GUARD_CHECK_HANDLE, /* a word of the rule followed by an account name */
    GUARD_CHECK_HIDDEN, /* marks that turn text around */
    GUARD_CHECK_REPEAT, /* a sentence that was already said */
    GUARD_CHECK_WHOLE   /* the message itself, when the conditions hold */
} GuardCheckKind;

typedef struct {
    uint32_t word;
    uint16_t rule; /* GUARD_RULES_MAX: of no rule */
    uint8_t kind;
    int within;  /* of a pair, in points */
    int pair;    /* number of the pair, or of the policy, within all rules */
    Str rewrite; /* for words that have one of their own */
} GuardUse;

/* When a rule counts: all that is said must hold. */
typedef struct {
    bool given;    /* there is a condition at all */
    int feeling;   /* a negative feeling of at least this intensity stands open; 0: any */
    bool upset;    /* and it is disappointment or anger */
    bool asked;    /* a matter or a question stands open */
    bool question; /* a question stands open in so many words */
    Str intents[GUARD_INTENTS_MAX]; /* the open matter is one of these */
    size_t intent_n;
    Str slots[GUARD_LIST_MAX]; /* the customer has given one of these */
    size_t slot_n;
    Str facts[GUARD_LIST_MAX]; /* one of these is known */
    size_t fact_n;
    Str not_facts[GUARD_LIST_MAX]; /* none of these is known */
    size_t not_fact_n;
} GuardWhen;

typedef struct {
    Str id, version, message, rewrite, model_message;
    AssistLevel level;
    AssistFault fault;
    GuardCheckKind check;
    GuardWhen when;
    bool only;                 /* nothing but hits, courtesies and scraps in the message */
    bool needs;                /* has GUARD_NEED words */
    bool asks;                 /* has GUARD_ASKED words */
    int64_t shortest, longest; /* points of a message that it judges; longest 0: any */
    double model_at;           /* a trained model's probability that counts as a hit; 0: never */
} GuardRule;

/* A span of time that a fact of the shop grants. */
typedef struct {
    Str fact;
    bool less; /* saying less is the fault: "24 小时内发货" */
} GuardPolicy;

struct AssistGuard {
    Arena *arena;
    NluAc *ac;
    GuardRule *rules;
    size_t rule_n;
    uint32_t *use_from; /* by word: its uses are [use_from[w], use_from[w + 1]) */
    GuardUse *uses;
    size_t use_n;
    int pair_n;
    GuardPolicy policies[GUARD_POLICIES_MAX];
    int policy_n;
};

/* A place in the normalised text, [start, end). */
typedef struct {
    uint32_t start, end;
    uint16_t rule;
    Str rewrite;
    Str policy; /* what the shop grants, or empty */
} GuardFound;

typedef struct {
    const AssistGuard *g;
    Arena *arena;
    const AssistGuardContext *before; /* never NULL */
    Str source;
    NluText text;
    GuardFound *words;
    size_t word_n, word_cap;
    uint32_t *cover[GUARD_RULES_MAX]; /* by place: how far an exception that holds it reaches */
    uint8_t *filler[GUARD_RULES_MAX]; /* by place: part of a courtesy */
    uint32_t excused_from[GUARD_RULES_MAX]; /* the first place behind a BEFORE word */
    bool pardoned[GUARD_RULES_MAX], needed[GUARD_RULES_MAX], asked_of[GUARD_RULES_MAX];
    /* of what was said before */
    int feeling;
    bool upset, asked, question;
} GuardCheck;

void guard_found(GuardCheck *c, uint16_t rule, uint32_t start, uint32_t end, Str rewrite);
/* Latin words and numbers stand by themselves: "usb" holds no "sb". */
bool guard_stands_alone(const NluText *t, uint32_t start, uint32_t end);

/* guard_context.c */
void guard_read_context(GuardCheck *c); /* the feeling and what is open */
bool guard_when(const GuardCheck *c, const GuardWhen *w);
/* Said just before, with no word of the customer's in between, one of the rule's BEFORE words. */
bool guard_met_before(const GuardCheck *c, uint16_t rule);

/* guard_repeat.c */
void guard_repeat(GuardCheck *c, uint16_t rule);
/* True where a new clause begins: behind a divider, or where white space was dropped. */
bool guard_clause_starts(const NluText *t, size_t at);
/* Every clause of the message holds a hit of the rule, a courtesy of it, or hardly a word. */
bool guard_only(const GuardCheck *c, uint16_t rule);

/* guard_policy.c */
void guard_policy(GuardCheck *c, const GuardUse *use, uint32_t start, uint32_t end);

/* guard_number.c */
void guard_phones(GuardCheck *c, uint16_t rule);
void guard_cards(GuardCheck *c, uint16_t rule);
void guard_hidden(GuardCheck *c, uint16_t rule);
/* Where an account name begins within reach of `at`, or 0; *ret_end: behind it. */
uint32_t guard_handle(const NluText *t, uint32_t at, uint32_t *ret_end);
#endif
