/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_LIBRARY_H
#define ASSIST_LIBRARY_H
/*
 * The script library of one shop, compiled from the rows that the desk stores (or from
 * content/scripts). A library never changes: edit a script, compile a new one, swap it. Threads
 * share it.
 */
#include "base/err.h"
#include "base/str.h"

typedef enum {
    ASSIST_ACCEPT,
    ASSIST_EMPATHISE,
    ASSIST_ACT,
    ASSIST_ANSWER,
    ASSIST_ASK,
    ASSIST_CLOSE,
    ASSIST_STEP_COUNT
} AssistStep;

typedef struct {
    Str id, version, title, situation, text, shortcut;
    AssistStep step;
    unsigned stages;   /* bit per NluStage; 0: any */
    unsigned emotions; /* bit per NluEmotion; 0: any */
    int *intents;      /* numbers of nlu_intent_code; none: any */
    Str *rules, *facts, *variants;
    Str *absent; /* facts of which none may be known: it asks for them, or holds until they are */
    Str *cues; /* words of the customer, one of which must have fallen; "a+b": both; "!a": not a */
    size_t intent_n, rule_n, fact_n, variant_n, absent_n, cue_n;
} AssistScript; /* everything in the library's memory */

typedef struct AssistLibrary AssistLibrary;

/* Scripts whose ids share their first two parts are one situation: "ship.late", "ship.late.angry".
 */
enum { ASSIST_SCRIPTS_MAX = 100000, ASSIST_SCRIPT_LIST_MAX = 24 };

/* Each text is one script {"id","title","text",…} or a file {"scripts":[…]}. NULL with *e set
 * (script.invalid, json.…) when a row is broken: the desk checks each row with assist_script_check
 * before it stores it. Owned. */
AssistLibrary *assist_library_create(const Str *texts, size_t n, ErrSlot *e);
void assist_library_destroy(AssistLibrary *l);             /* NULL is fine */
Err assist_script_check(Str json, ErrSlot *e) WARN_UNUSED; /* one row, by itself */
size_t assist_library_count(const AssistLibrary *l);
const AssistScript *assist_library_at(const AssistLibrary *l, size_t i); /* borrowed */
const AssistScript *assist_library_find(const AssistLibrary *l,
                                        Str id); /* borrowed; NULL: absent */
const char *assist_step_code(AssistStep s);      /* static */
#endif
