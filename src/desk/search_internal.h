/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_SEARCH_INTERNAL_H
#define DESK_SEARCH_INTERNAL_H
/* Shared by the files of search only. */
#include "desk/internal.h"
#include "desk/search.h"
#include "desk/search_chunk.h"

enum {
    SEARCH_FOLD = 1, /* grows whenever search_fold gives other characters: the index is made anew */
    SEARCH_TERMS = 24
};

/* ---- search_terms.c: pure ---- */
typedef struct {
    uint32_t *cp, *at; /* folded, and the place of each in the original, in code points */
    size_t n;
} SearchText;
void search_fold(Arena *a, Str text, SearchText *ret);
/* Each character and each pair of neighbours, not deduplicated: 2n - 1 terms. */
size_t search_terms(const SearchText *t, int64_t *ret);

typedef struct {
    SearchText word[DESK_SEARCH_WORDS];
    size_t word_n;
    int64_t term[SEARCH_TERMS]; /* enough to find candidates by; all of them are in every hit */
    size_t term_n;
} SearchQuery;
Err search_query(Ctx *c, Str query, SearchQuery *ret) WARN_UNUSED;
/* All words are in the text; spans of the first places, in order. */
bool search_match(Arena *a, const SearchQuery *q, Str text, DeskSpan *ret_spans, size_t *ret_n);

/* ---- search_index.c, search_merge.c ---- */
typedef struct {
    int64_t fold, next_doc, next_segment, at_ms;
} SearchState;
Err search_state_get(Ctx *c, SearchState *ret) WARN_UNUSED;
/* desk_search_follow, with what may be merged in a step: bytes, and bytes for each new document. */
Err search_follow(Ctx *c, const StoreFollowerBatch *b, int64_t merge_base,
                  int64_t merge_each) WARN_UNUSED;

typedef struct {
    int64_t id, lo, hi, into_id;
    bool building;
    int64_t at_shop, at_term, at_ndoc;
} SearchSegment;
Err search_segments(Ctx *c, SearchSegment **ret, size_t *ret_n) WARN_UNUSED;

typedef struct {
    int64_t id, shop_id;
    Str data;
} SearchChunk;
extern const StoreMap SEARCH_CHUNK_MAP;
Err search_damaged(Ctx *c, int64_t chunk_id) WARN_UNUSED;

/* A writer whose chunks become rows of a segment. */
typedef struct {
    Ctx *c;
    int64_t segment_id;
    Err err;
    int64_t bytes;
    SearchWriter w;
} SearchOut;
void search_out_init(SearchOut *o, Ctx *c, int64_t segment_id, int64_t top);

/* Merges for about `budget` bytes of postings; less when there is nothing to do. */
Err search_merge_some(Ctx *c, SearchState *st, int64_t budget) WARN_UNUSED;
/* Which neighbours should become one: [*ret_from, *ret_to). False: none. Pure. */
bool search_merge_pick(const SearchSegment *list, size_t n, size_t *ret_from, size_t *ret_to);
#endif
