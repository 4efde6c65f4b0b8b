/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/search_chunk.h"

#include "base/assert.h"

#include <string.h>

enum {
    NUMBER_MAX = 10, /* bytes of any number */
    HEAD_MAX = 28    /* of a list: term 7, count 3, first 10, bytes 2, and to spare */
};

int search_key_cmp(const SearchKey *a, const SearchKey *b)
{
    if (a->shop_id != b->shop_id)
        return a->shop_id < b->shop_id ? -1 : 1;
    if (a->term != b->term)
        return a->term < b->term ? -1 : 1;
    return (a->ndoc > b->ndoc) - (a->ndoc < b->ndoc);
}

static size_t put_number(unsigned char *to, uint64_t v)
{
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        to[n++] = (unsigned char)(v | 0x80);
    to[n++] = (unsigned char)v;
    return n;
}

/* ---- writing ---- */
void search_writer_init(SearchWriter *w, int64_t top,
                        bool (*emit)(void *user, const SearchKey *last, Str bytes), void *user)
{
    w->emit = emit;
    w->user = user;
    w->top = top;
    w->failed = false;
    w->last = (SearchKey){0};
    w->last_term = 0;
    w->count = w->list_n = w->n = 0;
}

static void end_list(SearchWriter *w, bool more)
{
    if (!w->count)
        return;
    if (!w->n)
        w->n = put_number(w->bytes, (uint64_t)w->top);
    unsigned char *p = w->bytes + w->n;
    p += put_number(p, (uint64_t)(w->last.term - w->last_term));
    p += put_number(p, (uint64_t)w->count * 2 + more);
    p += put_number(p, (uint64_t)(w->top - w->first));
    if (w->count > 1) {
        p += put_number(p, w->list_n);
        memcpy(p, w->list, w->list_n);
        p += w->list_n;
    }
    w->n = (size_t)(p - w->bytes);
    ASSERT(w->n <= SEARCH_CHUNK_MAX);
    w->last_term = w->last.term;
    w->count = w->list_n = 0;
}

static void end_chunk(SearchWriter *w)
{
    if (w->n && !w->failed && !w->emit(w->user, &w->last, (Str){(const char *)w->bytes, w->n}))
        w->failed = true;
    w->n = 0;
    w->last_term = 0;
}

void search_writer_put(SearchWriter *w, const SearchKey *key)
{
    int64_t doc = -key->ndoc;
    ASSERT(doc > 0 && doc <= w->top && key->term > 0 && key->term <= SEARCH_TERM_MAX);
    bool same = w->count && key->shop_id == w->last.shop_id && key->term == w->last.term;
    bool full = w->n + HEAD_MAX + w->list_n + 2 * NUMBER_MAX > SEARCH_CHUNK_MAX;
    if (same && !full) {
        w->list_n += put_number(w->list + w->list_n, (uint64_t)(key->ndoc - w->last.ndoc - 1));
        w->count++;
        w->last.ndoc = key->ndoc;
        return;
    }
    if (w->count) {
        end_list(w, same);
        if (same || key->shop_id != w->last.shop_id ||
            w->n + HEAD_MAX + 2 * NUMBER_MAX > SEARCH_CHUNK_MAX)
            end_chunk(w);
    }
    w->first = doc;
    w->count = 1;
    w->last = *key;
}

void search_writer_flush(SearchWriter *w, bool more)
{
    end_list(w, more);
    end_chunk(w);
}

/* ---- reading ---- */
static bool take_number(SearchReader *r, const unsigned char *end, uint64_t max, int64_t *ret)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 63 && r->p < end; shift += 7) {
        unsigned char b = *r->p++;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b & 0x80)
            continue;
        if (v > max)
            break;
        *ret = (int64_t)v;
        return true;
    }
    r->damaged = true;
    return false;
}

void search_reader_init(SearchReader *r, Str bytes)
{
    *r = (SearchReader){.p = (const unsigned char *)bytes.p};
    r->end = r->list_end = r->p + bytes.n;
    if (!take_number(r, r->end, INT64_MAX / 2, &r->top))
        r->top = 0;
}

bool search_reader_list(SearchReader *r)
{
    if (r->damaged || (r->count == 0 ? r->p : r->list_end) >= r->end)
        return false;
    if (r->count)
        r->p = r->list_end;
    int64_t step, head, down, rest = 0;
    if (!take_number(r, r->end, (uint64_t)(SEARCH_TERM_MAX - r->term), &step) ||
        !take_number(r, r->end, SEARCH_CHUNK_MAX * 4, &head) ||
        !take_number(r, r->end, (uint64_t)r->top, &down) ||
        (head > 3 && !take_number(r, r->end, (uint64_t)(r->end - r->p), &rest)))
        return false;
    if (step == 0 || head < 2 || down >= r->top || rest > r->end - r->p || rest < (head >> 1) - 1) {
        r->damaged = true;
        return false;
    }
    r->term += step;
    r->count = (size_t)head >> 1;
    r->more = head & 1;
    r->doc = r->top - down;
    r->left = r->count - 1;
    r->list_end = r->p + rest;
    return true;
}

bool search_reader_doc(SearchReader *r)
{
    int64_t down;
    if (!r->left || r->damaged || !take_number(r, r->list_end, INT64_MAX / 2, &down))
        return false;
    if (down >= r->doc - 1) {
        r->damaged = true;
        return false;
    }
    r->doc -= down + 1;
    r->left--;
    return true;
}

bool search_reader_find(SearchReader *r, int64_t term)
{
    while (r->term < term)
        if (!search_reader_list(r))
            return false;
    return r->term == term && r->count > 0;
}
