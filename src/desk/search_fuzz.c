/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: any bytes read as postings end, ascend, descend, and stay inside; what was read can be
 * written and read again. */
#include "base/assert.h"
#include "desk/search_chunk.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    uint64_t sum;
    size_t chunks;
} Again;

static uint64_t mix(uint64_t sum, int64_t term, int64_t doc)
{
    return (sum ^ (uint64_t)term * 31 ^ (uint64_t)doc) * UINT64_C(0x100000001b3);
}

static bool read_again(void *user, const SearchKey *last, Str bytes)
{
    Again *again = user;
    SearchReader r;
    int64_t doc = 0;
    ASSERT(bytes.n <= SEARCH_CHUNK_MAX);
    search_reader_init(&r, bytes);
    while (search_reader_list(&r))
        do {
            doc = r.doc;
            again->sum = mix(again->sum, r.term, doc);
        } while (search_reader_doc(&r));
    ASSERT(!r.damaged && r.term == last->term && doc == -last->ndoc);
    again->chunks++;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SEARCH_CHUNK_MAX)
        return 0;
    SearchReader r;
    SearchWriter w;
    Again again = {0};
    uint64_t sum = 0;
    int64_t term = 0;
    search_reader_init(&r, (Str){(const char *)data, size});
    int64_t top = r.top > 0 ? r.top : 1;
    search_writer_init(&w, top, read_again, &again);
    while (search_reader_list(&r)) {
        ASSERT(r.term > term && r.term <= SEARCH_TERM_MAX && r.doc > 0 && r.doc <= top);
        term = r.term;
        size_t n = 0;
        int64_t doc;
        do {
            ASSERT(n == 0 || r.doc < doc);
            doc = r.doc;
            ASSERT(doc > 0 && ++n <= r.count);
            sum = mix(sum, term, doc);
            search_writer_put(&w, &(SearchKey){1, term, -doc});
        } while (search_reader_doc(&r));
    }
    search_writer_flush(&w, false);
    ASSERT(again.sum == sum && !w.failed);
    search_reader_init(&r, (Str){(const char *)data, size});
    if (search_reader_find(&r, size ? data[0] : 1))
        ASSERT(r.term == (size ? data[0] : 1));
    return 0;
}
