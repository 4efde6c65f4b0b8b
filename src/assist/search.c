/* SPDX-License-Identifier: Apache-2.0 */
/* The picker behind "/". */
#include "assist/library_internal.h"
#include "assist/suggest.h"
#include "base/utf8.h"
#include "nlu/norm.h"

#include <string.h>

enum { QUERY_MAX = 64 };

Str assist_folded(Arena *a, Str text, size_t max_points)
{
    NluText t;
    nlu_normalise(a, text, NLU_NORM_TIGHT, max_points, &t);
    char *p = arena_alloc(a, t.n * 4 + 1);
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++)
        n += utf8_put(t.cp[i], p + n);
    return (Str){p, n};
}

void assist_library_finds(AssistLibrary *l)
{
    Arena *scratch = arena_create(4 << 20);
    l->finds = ARENA_ARRAY(l->arena, AssistFind, l->n + 1);
    for (size_t i = 0; i < l->n; i++) {
        const AssistScript *s = &l->scripts[i];
        const Str fields[ASSIST_FINDS] = {s->shortcut, s->title, s->situation, s->text, s->id};
        for (size_t k = 0; k < ASSIST_FINDS; k++)
            l->finds[i].field[k] =
                str_dup(l->arena, assist_folded(scratch, fields[k], ASSIST_TEXT_MAX));
        arena_reset(scratch);
    }
    arena_destroy(scratch);
}

/* 0: not at all; the higher the better. */
static int match(const AssistFind *f, Str query)
{
    static const struct {
        int at_start, within;
    } points[ASSIST_FINDS] = {{6, 0}, {5, 4}, {3, 3}, {2, 2}, {1, 1}};
    if (query.n == 0)
        return 1;
    for (size_t i = 0; i < ASSIST_FINDS; i++) {
        if (str_starts(f->field[i], query))
            return points[i].at_start;
        if (points[i].within && str_find(f->field[i], query) >= 0)
            return points[i].within;
    }
    return 0;
}

size_t assist_search(const AssistLibrary *l, Arena *a, Str query, const AssistFact *facts,
                     size_t fact_n, Str you, AssistFound *ret, size_t cap)
{
    Str q = assist_folded(a, query, QUERY_MAX);
    if (str_starts(q, STR("/")))
        q = str_sub(q, 1, q.n);
    int rank[ASSIST_SEARCH_MAX];
    size_t n = 0;
    if (cap > ASSIST_SEARCH_MAX)
        cap = ASSIST_SEARCH_MAX;
    for (size_t i = 0; i < l->n && cap > 0; i++) {
        int m = match(&l->finds[i], q);
        size_t at = n;
        while (at > 0 && rank[at - 1] < m)
            at--;
        if (m == 0 || at == cap)
            continue;
        size_t last = n < cap ? n : cap - 1;
        memmove(&rank[at + 1 < cap ? at + 1 : at], &rank[at], (last - at) * sizeof(*rank));
        memmove(&ret[at + 1 < cap ? at + 1 : at], &ret[at], (last - at) * sizeof(*ret));
        rank[at] = m;
        ret[at] = (AssistFound){.script = &l->scripts[i]};
        if (n < cap)
            n++;
    }
    for (size_t i = 0; i < n; i++) {
        ret[i].text =
            assist_fill_known(a, ret[i].script->text, facts, fact_n, you.n ? you : STR("您"),
                              ret[i].missing, ASSIST_SCRIPT_LIST_MAX, &ret[i].missing_n);
        if (ret[i].missing_n > ASSIST_SCRIPT_LIST_MAX)
            ret[i].missing_n = ASSIST_SCRIPT_LIST_MAX;
    }
    return n;
}
