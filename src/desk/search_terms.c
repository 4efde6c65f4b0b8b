/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "desk/search_internal.h"
#include "nlu/norm.h"

void search_fold(Arena *a, Str text, SearchText *ret)
{
    SearchText t = {.cp = ARENA_ARRAY(a, uint32_t, text.n + 1),
                    .at = ARENA_ARRAY(a, uint32_t, text.n + 1)};
    uint32_t point = 0;
    for (size_t byte = 0; byte < text.n; point++) {
        uint32_t cp = nlu_fold(utf8_next(text, &byte));
        if (!cp)
            continue;
        t.cp[t.n] = cp;
        t.at[t.n++] = point;
    }
    *ret = t;
}

static int64_t term_of(uint32_t first, uint32_t second)
{
    return (int64_t)first << 21 | second;
}

size_t search_terms(const SearchText *t, int64_t *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        ret[n++] = term_of(t->cp[i], 0);
        if (i + 1 < t->n)
            ret[n++] = term_of(t->cp[i], t->cp[i + 1]);
    }
    return n;
}

static void add_term(SearchQuery *q, int64_t term)
{
    if (q->term_n == SEARCH_TERMS)
        return;
    for (size_t i = 0; i < q->term_n; i++)
        if (q->term[i] == term)
            return;
    q->term[q->term_n++] = term;
}

Err search_query(Ctx *c, Str query, SearchQuery *ret)
{
    SearchText t;
    *ret = (SearchQuery){0};
    if (query.n > (size_t)DESK_SEARCH_CHARS * 4 || utf8_count(query) > DESK_SEARCH_CHARS)
        return ctx_field(c, "q", "search.too_long", "at most %d characters", DESK_SEARCH_CHARS);
    search_fold(c->arena, query, &t);
    for (size_t i = 0; i < t.n; i++) {
        if (t.cp[i] == ' ')
            continue;
        size_t from = i;
        while (i < t.n && t.cp[i] != ' ')
            i++;
        if (ret->word_n == DESK_SEARCH_WORDS)
            return ctx_field(c, "q", "search.too_long", "at most %d words", DESK_SEARCH_WORDS);
        ret->word[ret->word_n++] = (SearchText){.cp = t.cp + from, .n = i - from};
    }
    if (!ret->word_n)
        return ctx_field(c, "q", "search.empty", "nothing to look for");
    for (size_t k = 0; k < ret->word_n; k++) {
        const SearchText *w = &ret->word[k];
        if (w->n == 1)
            add_term(ret, term_of(w->cp[0], 0));
        for (size_t i = 0; i + 1 < w->n; i++)
            add_term(ret, term_of(w->cp[i], w->cp[i + 1]));
    }
    return ERR_OK;
}

/* The place of `word` at or behind `from`, or n. */
static size_t find(const SearchText *t, const SearchText *word, size_t from)
{
    for (size_t i = from; i + word->n <= t->n; i++) {
        size_t k = 0;
        while (k < word->n && t->cp[i + k] == word->cp[k])
            k++;
        if (k == word->n)
            return i;
    }
    return t->n;
}

/* Keeps the spans in order, apart and at most so many. */
static void add_span(DeskSpan *spans, size_t *n, DeskSpan s)
{
    size_t i = *n;
    while (i > 0 && spans[i - 1].start > s.start)
        i--;
    if ((i > 0 && spans[i - 1].end > s.start) || (i < *n && spans[i].start < s.end))
        return;
    if (*n == DESK_SEARCH_SPANS && i == *n)
        return;
    size_t last = *n < DESK_SEARCH_SPANS ? (*n)++ : *n - 1;
    for (size_t k = last; k > i; k--)
        spans[k] = spans[k - 1];
    spans[i] = s;
}

bool search_match(Arena *a, const SearchQuery *q, Str body, DeskSpan *ret_spans, size_t *ret_n)
{
    SearchText t;
    ArenaMark mark = arena_mark(a);
    search_fold(a, body, &t);
    *ret_n = 0;
    bool all = true;
    for (size_t k = 0; k < q->word_n && all; k++) {
        const SearchText *w = &q->word[k];
        size_t at = find(&t, w, 0);
        all = at < t.n;
        for (size_t seen = 0; at < t.n && seen < DESK_SEARCH_SPANS; seen++) {
            add_span(ret_spans, ret_n, (DeskSpan){t.at[at], t.at[at + w->n - 1] + 1});
            at = find(&t, w, at + w->n);
        }
    }
    arena_release(a, mark);
    return all;
}
