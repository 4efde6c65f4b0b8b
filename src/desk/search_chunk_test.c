/* SPDX-License-Identifier: Apache-2.0 */
/* Postings as bytes: what is written is read, in chunks that fit, found by their last posting. */
#include "desk/search_chunk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS_MAX = 60000, CHUNKS_MAX = 400 };

typedef struct {
    SearchKey last;
    size_t n;
    unsigned char bytes[SEARCH_CHUNK_MAX];
} Chunk;
typedef struct {
    Chunk chunk[CHUNKS_MAX];
    size_t n;
    SearchKey *key;
    size_t key_n;
} Kept;

static int setup(void **state)
{
    Kept *k = calloc(1, sizeof *k);
    assert_non_null(k);
    k->key = calloc(KEYS_MAX, sizeof *k->key);
    assert_non_null(k->key);
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    Kept *k = *state;
    free(k->key);
    free(k);
    return 0;
}

static bool keep(void *user, const SearchKey *last, Str bytes)
{
    Kept *k = user;
    assert_true(k->n < CHUNKS_MAX && bytes.n <= SEARCH_CHUNK_MAX);
    Chunk *c = &k->chunk[k->n++];
    c->last = *last;
    c->n = bytes.n;
    memcpy(c->bytes, bytes.p, bytes.n);
    return true;
}

static void add(Kept *k, SearchWriter *w, SearchKey key)
{
    assert_true(k->key_n < KEYS_MAX);
    k->key[k->key_n++] = key;
    search_writer_put(w, &key);
}

static void read_all(const Kept *k)
{
    size_t at = 0;
    for (size_t i = 0; i < k->n; i++) {
        const Chunk *c = &k->chunk[i];
        SearchReader r;
        bool more = false;
        search_reader_init(&r, (Str){(const char *)c->bytes, c->n});
        while (search_reader_list(&r)) {
            assert_false(more); /* only the last list of a chunk goes on */
            more = r.more;
            do {
                assert_true(at < k->key_n);
                assert_int_equal(c->last.shop_id, k->key[at].shop_id);
                assert_int_equal(r.term, k->key[at].term);
                assert_int_equal(r.doc, -k->key[at].ndoc);
                at++;
            } while (search_reader_doc(&r));
        }
        assert_false(r.damaged);
        assert_int_equal(search_key_cmp(&c->last, &k->key[at - 1]), 0);
        bool goes_on = at < k->key_n && k->key[at].shop_id == c->last.shop_id &&
                       k->key[at].term == c->last.term;
        assert_int_equal(more, goes_on);
    }
    assert_int_equal(at, k->key_n);
}

static void long_and_short_lists(void **state)
{
    Kept *k = *state;
    SearchWriter w;
    search_writer_init(&w, 2000000, keep, k);
    unsigned seed = 7;
    for (int64_t shop = 1; shop <= 3; shop++)
        for (int64_t term = 1; term <= 300; term++) {
            int64_t n = term % 97 == 0 ? 9000 / shop : term % 7 + 1, doc = 2000000;
            for (int64_t i = 0; i < n && doc > 0; i++) {
                add(k, &w, (SearchKey){shop, term * term * 1000003 % SEARCH_TERM_MAX + term, -doc});
                seed = seed * 1103515245 + 12345;
                doc -= 1 + (seed >> 16) % (term % 3 ? 200 : 3);
            }
        }
    search_writer_flush(&w, false);
    assert_true(k->n > 10);
    read_all(k);
}

static void chunks_are_full(void **state)
{
    Kept *k = *state;
    SearchWriter w;
    search_writer_init(&w, 50000, keep, k);
    for (int64_t doc = 50000; doc > 10000; doc--)
        add(k, &w, (SearchKey){5, 77, -doc});
    search_writer_flush(&w, false);
    read_all(k);
    assert_in_range(k->n, 10, 11); /* one byte each */
}

static void a_list_that_will_go_on(void **state)
{
    Kept *k = *state;
    SearchWriter w;
    search_writer_init(&w, 10, keep, k);
    search_writer_put(&w, &(SearchKey){1, 5, -9});
    search_writer_flush(&w, true);
    search_writer_put(&w, &(SearchKey){1, 5, -3});
    search_writer_flush(&w, false);
    search_writer_flush(&w, false); /* nothing more */
    assert_int_equal(k->n, 2);
    SearchReader r;
    search_reader_init(&r, (Str){(const char *)k->chunk[0].bytes, k->chunk[0].n});
    assert_true(search_reader_list(&r) && r.more && r.doc == 9);
    search_reader_init(&r, (Str){(const char *)k->chunk[1].bytes, k->chunk[1].n});
    assert_true(search_reader_list(&r) && !r.more && r.doc == 3);
}

static void a_term_is_found(void **state)
{
    Kept *k = *state;
    SearchWriter w;
    SearchReader r;
    search_writer_init(&w, 100, keep, k);
    for (int64_t term = 10; term <= 50; term += 10)
        for (int64_t doc = 100; doc > 100 - term; doc--)
            search_writer_put(&w, &(SearchKey){1, term, -doc});
    search_writer_flush(&w, false);
    for (int64_t term = 1; term <= 60; term++) {
        search_reader_init(&r, (Str){(const char *)k->chunk[0].bytes, k->chunk[0].n});
        bool there = term % 10 == 0 && term <= 50;
        assert_int_equal(search_reader_find(&r, term), there);
        if (there)
            assert_int_equal(r.count, term);
    }
}

/* Each byte of a good chunk in turn made another: nothing is read that could not have been written.
 */
static void damage_is_seen(void **state)
{
    Kept *k = *state;
    SearchWriter w;
    search_writer_init(&w, 1000, keep, k);
    for (int64_t term = 1; term <= 40; term++)
        for (int64_t doc = 1000; doc > 1000 - term * 3; doc -= 2)
            search_writer_put(&w, &(SearchKey){1, term * 1000, -doc});
    search_writer_flush(&w, false);
    Chunk *c = &k->chunk[0];
    size_t damaged = 0;
    for (size_t i = 0; i < c->n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            unsigned char *copy = malloc(c->n);
            assert_non_null(copy);
            memcpy(copy, c->bytes, c->n);
            copy[i] ^= (unsigned char)(1 << bit);
            SearchReader r;
            int64_t term = 0;
            search_reader_init(&r, (Str){(const char *)copy, c->n});
            while (search_reader_list(&r)) {
                assert_true(r.term > term && r.doc > 0 && r.doc <= r.top);
                term = r.term;
                int64_t doc = r.doc;
                while (search_reader_doc(&r)) {
                    assert_true(r.doc > 0 && r.doc < doc);
                    doc = r.doc;
                }
            }
            damaged += r.damaged;
            free(copy);
        }
    }
    assert_true(damaged > 100);
    SearchReader r;
    search_reader_init(&r, STR(""));
    assert_true(r.damaged && !search_reader_list(&r) && !search_reader_doc(&r));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(long_and_short_lists), T(chunks_are_full),
                                       T(a_list_that_will_go_on), T(a_term_is_found),
                                       T(damage_is_seen)};
    return cmocka_run_group_tests_name("desk/search_chunk", tests, NULL, NULL);
}
