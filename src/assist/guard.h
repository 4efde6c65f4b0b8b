/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_GUARD_H
#define ASSIST_GUARD_H
/*
 * Guard rails on what an agent is about to send (ETQ-2, PRE-11). Rules are data: words that must
 * not appear, the exceptions that make them harmless, a sentence that says why, and a better
 * wording. Spaces, invisible characters, full width and marks between the characters of a word do
 * not hide it.
 *
 * A compiled guard never changes; all threads share it. Refuses: to rewrite anything by itself, to
 * judge meaning beyond the words (a refusal is only blunt when the same message offers neither
 * reason nor way out).
 */
#include "base/err.h"
#include "base/str.h"

enum {
    ASSIST_GUARD_TEXT_MAX = 8000,
    /* code points read: more than a message may have */ ASSIST_GUARD_HITS = 8
};

typedef enum { ASSIST_OFF, ASSIST_WARN, ASSIST_BLOCK } AssistLevel;

typedef struct {
    Str rule, version;   /* borrowed from the guard */
    AssistLevel level;   /* never ASSIST_OFF */
    uint32_t start, end; /* code points of the text */
    Str words;           /* as written; borrowed from the text */
    Str message;         /* arena */
    Str rewrite;         /* borrowed from the guard; empty: none */
} AssistGuardHit;

typedef struct AssistGuard AssistGuard;

/* {"rules":[…]} as in content/guard/rules.json, or {"items":[…]} as the desk stores them. NULL with
 * *e set (guard.rules_invalid, json.…). Owned. */
AssistGuard *assist_guard_create(Str rules_json, ErrSlot *e);
void assist_guard_destroy(AssistGuard *g); /* NULL is fine */
/* At most ASSIST_GUARD_HITS hits, blocking ones first, then by place. text must be valid UTF-8. */
size_t assist_guard_check(const AssistGuard *g, Arena *a, Str text,
                          AssistGuardHit ret_hits[ASSIST_GUARD_HITS]);
const char *assist_level_code(AssistLevel l); /* static */
#endif
