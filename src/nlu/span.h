/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_SPAN_H
#define NLU_SPAN_H
/*
 * The grammar of times and promises, and the first step of reading with it: text once into typed
 * spans (a number, a unit, a day, a bound, a verb of doing ...). Words and rules are data of our
 * own, content/grammar. The second step, when.h, joins spans to times; the third, promise.h, finds
 * who promises what.
 *
 * A grammar never changes after create, so all threads share it. Refuses: to guess at words that
 * its data does not have.
 */
#include "nlu/norm.h"
#include "base/err.h"

typedef struct NluGrammar NluGrammar;

/* The files of grammar_files.h as JSON text, any order. NULL with *e set (nlu.grammar_invalid) on a
 * fault in them. Owned. */
NluGrammar *nlu_grammar_create(const Str *files, size_t n, ErrSlot *e);
void nlu_grammar_destroy(NluGrammar *g); /* NULL is fine */
#endif
