/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_SEARCH_CHUNK_H
#define DESK_SEARCH_CHUNK_H
/*
 * Postings as bytes. A chunk holds lists of one shop in the order of terms; a long list goes on in
 * the next chunk. Numbers are base-128, low bits first:
 *
 *   chunk = top, list …          top: no document in it is higher
 *   list  = term - term before (of the first: term)
 *           count * 2 + more     more: the list goes on in the next chunk
 *           top - first document
 *           bytes of the rest    only when count > 1
 *           (document before - document - 1) …
 *
 * Pure. The reader trusts nothing: damaged bytes end it with `damaged` set, and whatever it gives
 * ascends (terms) and descends (documents) strictly.
 */
#include "base/str.h"

enum { SEARCH_CHUNK_MAX = 4000 }; /* with its row it fits a page of SQLite, two one of PostgreSQL */
#define SEARCH_TERM_MAX ((INT64_C(1) << 42) - 1)

typedef struct {
    int64_t shop_id, term, ndoc; /* ndoc = -document: the newest comes first */
} SearchKey;
int search_key_cmp(const SearchKey *a, const SearchKey *b);

/* ---- writing: keys ascend ---- */
typedef struct {
    bool (*emit)(void *user, const SearchKey *last, Str bytes); /* false: stop, all is lost */
    void *user;
    int64_t top;
    bool failed;
    SearchKey last;
    int64_t last_term; /* of the list before, 0: none in this chunk */
    /* the list at hand */
    int64_t first;
    size_t count, list_n;
    size_t n;
    unsigned char bytes[SEARCH_CHUNK_MAX], list[SEARCH_CHUNK_MAX];
} SearchWriter;
void search_writer_init(SearchWriter *w, int64_t top,
                        bool (*emit)(void *user, const SearchKey *last, Str bytes), void *user);
void search_writer_put(SearchWriter *w, const SearchKey *key);
/* Gives out what there is. more: the list at hand will go on. */
void search_writer_flush(SearchWriter *w, bool more);

/* ---- reading ---- */
typedef struct {
    const unsigned char *p, *end, *list_end;
    int64_t top;
    bool damaged, more;
    int64_t term, doc; /* of the list at hand; doc: its first, then as search_reader_doc moves on */
    size_t count, left; /* of the list in this chunk; behind doc */
} SearchReader;
void search_reader_init(SearchReader *r, Str bytes);
bool search_reader_list(SearchReader *r); /* the next list; false: the chunk is through */
bool search_reader_doc(SearchReader *r);  /* the next document of the list; false: no more here */
bool search_reader_find(SearchReader *r, int64_t term); /* forward; false: not in this chunk */
#endif
