/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_SUMMARY_H
#define ASSIST_SUMMARY_H
/*
 * The hand-over summary: five lines for whoever takes a conversation over: who, wish, feeling,
 * done, promised. By extraction: every line is put together from the record, the stored
 * understanding and words that were said, and carries the seqs of the messages it rests on; a line
 * without ground says so. The wording is data (content/summary/lines.json), in Chinese.
 *
 * Pure and deterministic: the same talk gives the same lines. Linear in the turns, but for promises
 * (each is looked for in the turns after it). Refuses: to read a message anew (nlu), to invent.
 */
#include "nlu/promise.h"

typedef enum {
    ASSIST_SUMMARY_WHO,
    ASSIST_SUMMARY_WISH,
    ASSIST_SUMMARY_FEELING,
    ASSIST_SUMMARY_DONE,
    ASSIST_SUMMARY_PROMISED,
    ASSIST_SUMMARY_LINES
} AssistSummaryKind;
enum { ASSIST_SUMMARY_SEQS = 12 };

/* Words of a customer's message that decided a label: an intent's code or a slot's name. */
typedef struct {
    Str label, text;
    uint32_t start, end; /* code points of the message */
} AssistSummaryMark;

typedef struct {
    Str what, due;  /* as written; due may be empty */
    Str due_words;  /* the instant for people, in the shop's time; empty: none follows */
    int64_t due_ms; /* NLU_TIME_NEVER: no instant */
} AssistSummaryPromise;

/* One message, without notes, system lines and what was recalled. Borrowed. */
typedef struct {
    int64_t seq, at_ms;
    NluRole role;
    Str text;        /* empty for a picture or file */
    Str name;        /* agent's; may be empty */
    bool understood; /* customer: what follows was stored with the message */
    NluEmotion emotion;
    int intensity;
    const int *intents; /* numbers of nlu_intent_code, most important first */
    size_t intent_n;
    const AssistSummaryMark *marks;
    size_t mark_n;
    const int *acts; /* agent: numbers of nlu_act_code; none known is fine */
    size_t act_n;
    const AssistSummaryPromise *promises;
    size_t promise_n;
} AssistSummaryTurn;

typedef struct {
    Str name, vip, channel; /* as recorded; empty: not known */
    bool returning;
    bool clipped; /* there are older messages than turns[0] */
    int64_t now_ms;
    const AssistSummaryTurn *turns; /* oldest first */
    size_t n;
} AssistSummaryTalk;

typedef struct {
    Str text;                          /* arena */
    int64_t seqs[ASSIST_SUMMARY_SEQS]; /* in the order of the text; the first of them when many */
    size_t seq_n;
} AssistSummaryLine;

typedef struct {
    int64_t seq, at_ms;
    NluEmotion emotion;
    int intensity; /* 0 for calm, else 1..3 */
} AssistSummaryPoint;

typedef struct {
    AssistSummaryLine lines[ASSIST_SUMMARY_LINES];
    AssistSummaryPoint *curve; /* arena: each customer message that was understood (EMO-1) */
    size_t curve_n;
} AssistSummary;

typedef struct AssistSummaryWords AssistSummaryWords;
/* json: content/summary/lines.json. NULL with *e set (summary.invalid, json.…) when something is
 * missing in it. Owned; immutable, all threads. */
AssistSummaryWords *assist_summary_words_create(Str json, ErrSlot *e);
void assist_summary_words_destroy(AssistSummaryWords *w); /* NULL is fine */

void assist_summary(const AssistSummaryWords *w, Arena *a, const AssistSummaryTalk *talk,
                    AssistSummary *ret);
const char *assist_summary_kind(AssistSummaryKind k); /* static: "who" … */
#endif
