/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_PROMISE_H
#define NLU_PROMISE_H
/*
 * Promises in an agent's message: a concrete thing that the shop's side says it will do for this
 * customer, with its time as written. Forecasts ("预计", "一般"), general rules, what was done
 * already, what the customer is asked to do, and looking something up at once are none. The turns
 * before count: after "什么时候发货" a bare "明天" is a promise, and so is "好的" after
 * "帮我催一下".
 *
 * Rules are data (content/grammar). Pure; bounded by NLU_TEXT_MAX. Refuses: to judge whether a
 * promise is allowed (that is the guard's), to keep it (that is the ledger's).
 */
#include "nlu/nlu.h"
#include "nlu/when.h"

enum { NLU_PROMISE_MAX = 8, NLU_PROMISE_CONTEXT = 4 /* turns before that are read */ };

typedef struct {
    Str what;             /* as written; borrowed from the message, or from the customer's turn */
    Str due;              /* as written, empty when no time was named; borrowed likewise */
    uint32_t start, end;  /* code points of the message: the words that promise */
    bool timed;           /* `time` is set */
    NluTime time;         /* for nlu_time_resolve, now or later */
    NluStrength strength; /* NLU_VAGUE: no time, or only "soon" */
    const char *rule;     /* of content/grammar/promise_rules.json; lives with the grammar */
} NluPromise;

/* before: the turns before, oldest first. text must be valid UTF-8. At most max are written, in the
 * order of the message; the number. Scratch memory is taken from the arena. */
size_t nlu_promises(const NluGrammar *g, Arena *a, const NluTurn *before, size_t n, Str text,
                    NluPromise *out, size_t max);
#endif
