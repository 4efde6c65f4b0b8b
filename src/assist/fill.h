/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_FILL_H
#define ASSIST_FILL_H
/*
 * Facts and the filling of a template with them. A variable is {name}: lower-case letters, digits,
 * dots, underscores. {you} is how the customer is addressed. A value is put in as it is and never
 * read again, so nothing in it can become a variable. Pure.
 */
#include "base/str.h"

typedef struct {
    Str name, value, source; /* "shop.ship_time", "48 小时内", "shop policy v3" */
} AssistFact;

enum { ASSIST_TEXT_MAX = 2000 /* code points: what a message may have */ };

/* NULL: unknown, or known and empty. */
const AssistFact *assist_fact(const AssistFact *facts, size_t n, Str name);
/* False, and *ret untouched, when a fact is missing, a brace stands alone, or the result is too
 * long. */
bool assist_fill(Arena *a, Str pattern, const AssistFact *facts, size_t n, Str you, Str *ret);
/* As assist_fill, but leaves unknown variables in their braces and appends their names to missing
 * (up to cap). */
Str assist_fill_known(Arena *a, Str pattern, const AssistFact *facts, size_t n, Str you,
                      Str *missing, size_t cap, size_t *ret_missing);
/* Walks over the variables of a pattern: false at the end. *at starts at 0. A broken brace ends the
 * walk. */
bool assist_fill_next(Str pattern, size_t *at, Str *ret_name);
#endif
