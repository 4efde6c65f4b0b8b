/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_GUARD_H
#define ASSIST_GUARD_H
/*
 * Guard rails on what an agent is about to send: the faults of docs/labels, the taboos of the
 * trade, promises without a time, personal data, hidden writing. Rules are data (content/guard and
 * content/README.md say how one is written): words that must not appear, what makes them harmless,
 * when they count at all, a sentence that says why, and a better wording. Spaces, invisible
 * characters, full width and marks between the characters of a word do not hide it.
 *
 * What was said before decides some of them: an open question passed over, an excuse before the
 * feeling is met, the same sentence once more, a phone number that the customer gave. It comes as
 * an AssistGuardContext; without one, the rules that need it are silent.
 *
 * A compiled guard never changes; all threads share it. Pure: no I/O, no clock. Time is bounded
 * whatever is thrown at it: ASSIST_GUARD_TEXT_MAX code points of the text and ASSIST_GUARD_TURN_MAX
 * of each turn before are read. Refuses: to rewrite anything by itself, to send or to hold back.
 */
#include "assist/fill.h"
#include "base/err.h"
#include "base/str.h"
#include "nlu/nlu.h"

enum {
    ASSIST_GUARD_TEXT_MAX = 8000, /* code points read: more than a message may have */
    ASSIST_GUARD_TURN_MAX = 600,  /* and of each turn before */
    ASSIST_GUARD_TURNS = 6,       /* turns of the customer that are read */
    ASSIST_GUARD_SAID = 10,       /* and of the shop's side */
    ASSIST_GUARD_HITS = 8
};

/* From harmless to forbidden. Warn: may be sent after a second look. Approve: a supervisor may
 * send it, or has to allow it. Block: the words must be changed. */
typedef enum { ASSIST_OFF, ASSIST_WARN, ASSIST_APPROVE, ASSIST_BLOCK } AssistLevel;

/* Agent faults as in docs/labels, in their order there. */
typedef enum {
    ASSIST_BLUNT_REFUSAL,
    ASSIST_BLAME,
    ASSIST_EXCUSE_FIRST,
    ASSIST_VAGUE,
    ASSIST_IGNORED,
    ASSIST_REPEATED_TEMPLATE,
    ASSIST_OVER_PROMISE,
    ASSIST_ARGUE,
    ASSIST_OFF_PLATFORM,
    ASSIST_COMPETITOR,
    ASSIST_ABSOLUTE_TERM,
    ASSIST_PRIVACY,
    ASSIST_REVIEW_BRIBE,
    ASSIST_RUDE,
    ASSIST_FAULT_COUNT /* also: none of them */
} AssistFault;

/* One turn of the customer. */
typedef struct {
    Str text;
    const NluUnderstanding *understanding; /* NULL: not known */
} AssistGuardTurn;

/* What the conversation was before this text. Everything borrowed. */
typedef struct {
    AssistGuardTurn turns[ASSIST_GUARD_TURNS]; /* the customer's last turns, newest first */
    size_t turn_n;
    size_t open_n;               /* of these: not yet followed by a word of the shop's side */
    Str said[ASSIST_GUARD_SAID]; /* what the shop's side said last, newest first */
    size_t said_n;
    const AssistFact *facts; /* what the shop's policies and this conversation make true */
    size_t fact_n;
    const double *fault_p; /* ASSIST_FAULT_COUNT probabilities of a trained model, or NULL */
} AssistGuardContext;

typedef struct {
    Str rule, version;   /* borrowed from the guard */
    AssistLevel level;   /* never ASSIST_OFF */
    AssistFault fault;   /* ASSIST_FAULT_COUNT: none of the labels */
    uint32_t start, end; /* code points of the text */
    Str words;           /* as written; borrowed from the text */
    Str message;         /* arena: one sentence that says why */
    Str rewrite;         /* borrowed from the guard; empty: none */
} AssistGuardHit;

typedef struct AssistGuard AssistGuard;

/* {"sets":{…},"rules":[…]} as in content/guard/rules.json, or {"sets":…,"items":[…]} as the desk
 * stores them. NULL with *e set (guard.rules_invalid, json.…). Owned. */
AssistGuard *assist_guard_create(Str rules_json, ErrSlot *e);
void assist_guard_destroy(AssistGuard *g); /* NULL is fine */
/* At most ASSIST_GUARD_HITS hits, the graver first, then by place. text must be valid UTF-8.
 * before: NULL when nothing is known of what was said. */
size_t assist_guard_check(const AssistGuard *g, Arena *a, const AssistGuardContext *before,
                          Str text, AssistGuardHit ret_hits[ASSIST_GUARD_HITS]);
/* One more turn of the conversation: of the customer (u may be NULL), of the shop's side. Texts and
 * u are borrowed. */
void assist_guard_heard(AssistGuardContext *b, Str text, const NluUnderstanding *u);
void assist_guard_said(AssistGuardContext *b, Str text);
/* What a trained model found in the text, as fault_p: 0 for what it did not find. */
void assist_guard_model(const NluAgentTurn *t, double ret_p[ASSIST_FAULT_COUNT]);
const char *assist_level_code(AssistLevel l); /* static */
const char *assist_fault_code(AssistFault f); /* static; "" for ASSIST_FAULT_COUNT */
AssistFault assist_fault_parse(Str code);     /* ASSIST_FAULT_COUNT: unknown */
#endif
