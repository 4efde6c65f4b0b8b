/* SPDX-License-Identifier: Apache-2.0 */
/* The picker behind "/". */
#include "assist/suggest.h"
#include "nlu/norm.h"

#include <string.h>

enum { QUERY_MAX = 64 };

static bool holds(const NluText *hay, const NluText *needle, bool only_at_start)
{
    for (size_t i = 0; i + needle->n <= hay->n; i++) {
        if (memcmp(hay->cp + i, needle->cp, needle->n * sizeof(*needle->cp)) == 0)
            return true;
        if (only_at_start)
            return false;
    }
    return false;
}

/* 0: not at all; the higher the better. */
static int match(Arena *a, const AssistScript *s, const NluText *query)
{
    if (query->n == 0)
        return 1;
    const struct {
        Str text;
        int at_start, within;
    } fields[] = {{s->shortcut, 6, 0},
                  {s->title, 5, 4},
                  {s->situation, 3, 3},
                  {s->text, 2, 2},
                  {s->id, 1, 1}};
    int best = 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]) && best == 0; i++) {
        ArenaMark mark = arena_mark(a);
        NluText t;
        nlu_normalise(a, fields[i].text, NLU_NORM_TIGHT, ASSIST_TEXT_MAX, &t);
        if (holds(&t, query, true))
            best = fields[i].at_start;
        else if (fields[i].within && holds(&t, query, false))
            best = fields[i].within;
        arena_release(a, mark);
    }
    return best;
}

size_t assist_search(const AssistLibrary *l, Arena *a, Str query, const AssistFact *facts,
                     size_t fact_n, Str you, AssistFound *ret, size_t cap)
{
    NluText q;
    nlu_normalise(a, query, NLU_NORM_TIGHT, QUERY_MAX, &q);
    if (q.n > 0 && q.cp[0] == '/') {
        q.cp++;
        q.n--;
    }
    int rank[ASSIST_SEARCH_MAX];
    size_t n = 0;
    if (cap > ASSIST_SEARCH_MAX)
        cap = ASSIST_SEARCH_MAX;
    for (size_t i = 0; i < assist_library_count(l) && cap > 0; i++) {
        const AssistScript *s = assist_library_at(l, i);
        int m = match(a, s, &q);
        size_t at = n;
        while (at > 0 && rank[at - 1] < m)
            at--;
        if (m == 0 || at == cap)
            continue;
        size_t last = n < cap ? n : cap - 1;
        memmove(&rank[at + 1 < cap ? at + 1 : at], &rank[at], (last - at) * sizeof(*rank));
        memmove(&ret[at + 1 < cap ? at + 1 : at], &ret[at], (last - at) * sizeof(*ret));
        rank[at] = m;
        ret[at] = (AssistFound){.script = s};
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
