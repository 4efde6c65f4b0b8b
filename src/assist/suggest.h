/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_SUGGEST_H
#define ASSIST_SUGGEST_H
/*
 * What the agent could say now: scripts that fit what the customer said and felt, filled with facts
 * that are known. A script with a missing fact is not offered: one that asks for the fact, or holds
 * with a promise until it is known, is (its "absent" names the fact). One used in this conversation
 * is not offered again (ETQ-3), two of one situation never stand side by side; with a strong
 * feeling the order is accept, empathise, act (EMO-2); nothing closes a sale in an upset moment
 * (PRE-8); nothing is recommended before a need is known (PRE-6). When nothing fits, nothing is
 * offered.
 *
 * Conditions about the talk itself are known without being asked for; a script may need or exclude
 * them as it does facts: talk.opening (nothing was said before), talk.matter (a matter is open),
 * talk.again (the same matter as a message ago), talk.several (two matters in one message),
 * talk.need (a need is known), talk.buying (signals of buying, PRE-8).
 *
 * Pure and deterministic: the same question gets the same answer. Refuses: to send, to invent a
 * fact.
 */
#include "assist/fill.h"
#include "assist/library.h"
#include "nlu/nlu.h"

enum { ASSIST_SUGGEST_MAX = 3, ASSIST_SEARCH_MAX = 50 };

typedef struct {
    const NluUnderstanding *understanding; /* of the customer's last message */
    Str text; /* that message: what a narrow script's cues are looked for in */
    const NluUnderstanding *earlier; /* of the one before, or NULL: its matter counts a little */
    int matter; /* number of the intent last spoken of before this message; 0 or less: none */
    const NluStage *stage; /* of the conversation by its order, or NULL: as understood */
    const AssistFact *facts;
    size_t fact_n;
    const Str *used; /* script ids already sent in this conversation */
    size_t used_n;
    Str you;       /* 您, 你 or 亲; empty: 您 */
    uint64_t seed; /* chooses among variants, e.g. the conversation's number */
} AssistQuestion;

typedef struct {
    const AssistScript
        *script;       /* borrowed from the library: id, version, title, situation, rules, step */
    Str text;          /* arena */
    AssistFact *facts; /* arena: those that stand in the text, each once */
    size_t fact_n;
    double score; /* 0..1 */
} AssistSuggestion;

/* At most three, the best first. */
size_t assist_suggest(const AssistLibrary *l, Arena *a, const AssistQuestion *q,
                      AssistSuggestion ret[ASSIST_SUGGEST_MAX]);

typedef struct {
    const AssistScript *script; /* borrowed */
    Str text;                   /* arena: known variables filled, the others left in braces */
    Str missing[ASSIST_SCRIPT_LIST_MAX];
    size_t missing_n;
} AssistFound;

/* The picker behind "/": shortcut, then title, then situation and text, folded (width, case,
 * Traditional). An empty query lists the library. At most cap (<= ASSIST_SEARCH_MAX) are written.
 */
size_t assist_search(const AssistLibrary *l, Arena *a, Str query, const AssistFact *facts,
                     size_t fact_n, Str you, AssistFound *ret, size_t cap);
#endif
