/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/library_internal.h"
#include "assist/fill.h"
#include "base/assert.h"

#include <stdlib.h>

/* A script for exactly this state of things is the better one: a condition that stands in no text
 * says more about the state than a value that fills it. */
static const double CONDITION = 0.12, FACT = 0.03;

bool assist_stands_in(Str pattern, Str name)
{
    size_t at = 0;
    Str var;
    while (assist_fill_next(pattern, &at, &var))
        if (str_eq(var, name))
            return true;
    return false;
}

int assist_fact_number(const AssistLibrary *l, Str name)
{
    size_t lo = 0, hi = l->name_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int cmp = str_cmp(l->names[mid], name);
        if (cmp == 0)
            return (int)mid;
        if (cmp < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return ASSIST_NO_FACT;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const Str *)a, *(const Str *)b);
}

static size_t collect_names(AssistLibrary *l, size_t all)
{
    size_t n = 0, kept = 0;
    l->names = ARENA_ARRAY(l->arena, Str, all + 1);
    for (size_t i = 0; i < l->n; i++) {
        const AssistScript *s = &l->scripts[i];
        for (size_t k = 0; k < s->fact_n; k++)
            l->names[n++] = s->facts[k];
        for (size_t k = 0; k < s->absent_n; k++)
            l->names[n++] = s->absent[k];
    }
    if (n > 0)
        qsort(l->names, n, sizeof(*l->names), by_name);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_eq(l->names[i], l->names[kept - 1]))
            l->names[kept++] = l->names[i];
    return kept;
}

/* The first two parts of an id: "ship.late" of "ship.late.angry". */
static Str situation_of(Str id)
{
    size_t dots = 0;
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] == '.' && ++dots == 2)
            return str_sub(id, 0, i);
    return id;
}

static AssistKey key_of(AssistLibrary *l, const AssistScript *s, size_t *want_n)
{
    AssistKey key = {.wants = (uint32_t)*want_n,
                     .need_n = (uint8_t)s->fact_n,
                     .absent_n = (uint8_t)s->absent_n,
                     .stages = (uint8_t)s->stages,
                     .emotions = (uint8_t)s->emotions,
                     .step = (uint8_t)s->step};
    double particular = 0;
    for (size_t i = 0; i < s->intent_n; i++)
        key.intents |= (uint64_t)1 << s->intents[i];
    for (size_t i = 0; i < s->fact_n; i++) {
        particular += assist_stands_in(s->text, s->facts[i]) ? FACT : CONDITION;
        l->wants[(*want_n)++] = (uint32_t)assist_fact_number(l, s->facts[i]);
    }
    for (size_t i = 0; i < s->absent_n; i++)
        l->wants[(*want_n)++] = (uint32_t)assist_fact_number(l, s->absent[i]);
    key.particular = (float)particular;
    return key;
}

void assist_library_index(AssistLibrary *l)
{
    size_t all = 0, want_n = 0;
    ASSERT(nlu_intent_count() <= 64);
    for (size_t i = 0; i < l->n; i++)
        all += l->scripts[i].fact_n + l->scripts[i].absent_n;
    l->name_n = collect_names(l, all);
    l->wants = ARENA_ARRAY(l->arena, uint32_t, all + 1);
    l->keys = ARENA_ARRAY(l->arena, AssistKey, l->n + 1);
    for (size_t i = 0; i < l->n; i++) {
        l->keys[i] = key_of(l, &l->scripts[i], &want_n);
        if (i > 0 && !str_eq(situation_of(l->scripts[i].id), situation_of(l->scripts[i - 1].id)))
            l->situation_n++;
        l->keys[i].situation = (uint32_t)l->situation_n;
    }
    l->situation_n += l->n > 0;
    assist_library_cues(l);
    assist_library_finds(l);
}
