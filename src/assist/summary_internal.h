/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_SUMMARY_INTERNAL_H
#define ASSIST_SUMMARY_INTERNAL_H
/* Shared by the parts of the summary only. */
#include "assist/fill.h"
#include "assist/summary.h"
#include "base/json.h"

enum { SUMMARY_QUOTE = 24, SUMMARY_LINE_BYTES = 8192 };

struct AssistSummaryWords {
    Arena *arena;
    const Json *root;
};

/* One line while it is put together. */
typedef struct {
    const AssistSummaryWords *w;
    Arena *a;
    Buf text;
    AssistSummaryLine *line;
} SummaryLine;

/* ---- summary_words.c ---- */
Str summary_text(const AssistSummaryWords *w, const char *key); /* a template; borrowed */
/* Empty: this code has no name, and so no place in the summary. */
Str summary_name(const AssistSummaryWords *w, const char *group, Str code);
Str summary_feeling(const AssistSummaryWords *w, NluEmotion e, int intensity);
bool summary_any(const AssistSummaryWords *w, const char *group,
                 Str text); /* contains one of them */
/* The template with {name} … filled; empty when a value is. Arena. */
Str summary_fill(SummaryLine *l, const char *key, const char *n1, Str v1, const char *n2, Str v2);
void summary_begin(SummaryLine *l, const AssistSummaryWords *w, Arena *a, AssistSummaryLine *line);
void summary_part(SummaryLine *l, Str part); /* joined to what stands there; empty: nothing */
void summary_seq(SummaryLine *l, int64_t seq);
/* Ends the line; nothing in it: the text of `none`. */
void summary_end(SummaryLine *l, const char *none);

/* ---- summary_quote.c: words out of a message; borrowed from it or in the arena ---- */
Str summary_clause(Arena *a, Str text, uint32_t start, uint32_t end);
Str summary_head(Arena *a, Str text);
/* Whether something is said in it beside courtesy. */
bool summary_says(const AssistSummaryWords *w, Str text);
/* The clause of `text` that shows that `what` was done; empty: none does. */
Str summary_shows_done(const AssistSummaryWords *w, Arena *a, Str what, Str text);
/* Two promises of the same thing. */
bool summary_same(const AssistSummaryWords *w, Str a, Str b);
#endif
