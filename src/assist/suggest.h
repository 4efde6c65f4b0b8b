/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_SUGGEST_H
#define ASSIST_SUGGEST_H
/*
 * What the agent could say now: scripts that fit what the customer said and felt, filled with facts
 * that are known. A script with a missing fact is not offered; one used in this conversation is not
 * offered again (ETQ-3); with a strong feeling the order is accept, empathise, act (EMO-2); nothing
 * closes a sale in an upset moment (PRE-8); nothing is recommended before a need is known (PRE-6).
 * When nothing fits, nothing is offered.
 *
 * Pure and deterministic: the same question gets the same answer. Refuses: to send, to invent a
 * fact.
 */
#include "assist/fill.h"
#include "assist/library.h"
#include "nlu/nlu.h"

enum { ASSIST_SUGGEST_MAX = 5, ASSIST_SEARCH_MAX = 50 };

typedef struct {
    const NluUnderstanding *understanding; /* of the customer's last message */
    const NluUnderstanding *earlier; /* of the one before, or NULL: its matter counts a little */
    const NluStage *stage;           /* of the conversation by its order, or NULL: as understood */
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
