/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments become bigger ones: four neighbours of one size make one of the next. A big merge takes
 * many steps, each of a few pages; between them the postings before a mark are in the new segment
 * and the rest in the old ones, whose chunks are deleted as they are used up.
 */
#include "base/assert.h"
#include "desk/search_internal.h"
#include "sql/search.h"

#include <string.h>

enum { FAN = 4, INPUTS_MAX = 12, LEVELS = 32, GONE_PAGE = 10000, LIST_BYTES = 6 };

static const StoreField SEGMENT_FIELDS[] = {
    STORE_FIELD(SearchSegment, id),       STORE_FIELD(SearchSegment, lo),
    STORE_FIELD(SearchSegment, hi),       STORE_FIELD(SearchSegment, into_id),
    STORE_FIELD(SearchSegment, building), STORE_FIELD(SearchSegment, at_shop),
    STORE_FIELD(SearchSegment, at_term),  STORE_FIELD(SearchSegment, at_ndoc)};
static const StoreMap SEGMENT_MAP = STORE_MAP(SearchSegment, SEGMENT_FIELDS);
static const StoreField CHUNK_FIELDS[] = {STORE_FIELD(SearchChunk, id),
                                          STORE_FIELD(SearchChunk, shop_id),
                                          STORE_FIELD(SearchChunk, data)};
const StoreMap SEARCH_CHUNK_MAP = STORE_MAP(SearchChunk, CHUNK_FIELDS);
typedef struct {
    int64_t doc;
} Gone;
static const StoreField GONE_FIELDS[] = {STORE_FIELD(Gone, doc)};
static const StoreMap GONE_MAP = STORE_MAP(Gone, GONE_FIELDS);

Err search_segments(Ctx *c, SearchSegment **ret, size_t *ret_n)
{
    return store_all(c, &SEARCH_SEGMENTS, NO_BINDS, &SEGMENT_MAP, ret, ret_n);
}

Err search_damaged(Ctx *c, int64_t chunk_id)
{
    return ctx_err(c, ERR_INTERNAL, "search.damaged", "search_chunk %lld is damaged",
                   (long long)chunk_id);
}

/* ---- which ---- */
static int level(const SearchSegment *s)
{
    int n = 0;
    for (int64_t span = s->hi - s->lo + 1; span >= FAN; span /= FAN)
        n++;
    return n;
}

static bool is_free(const SearchSegment *s)
{
    return !s->building && !s->into_id;
}

/* In the run [from, to) nothing is above level l. */
static bool pick_in_run(const SearchSegment *list, size_t from, size_t to, int l, size_t *ret_from,
                        size_t *ret_to)
{
    size_t count = 0, last = from, low = to;
    for (size_t i = from; i < to; i++) {
        if (level(&list[i]) == l) {
            count++;
            last = i;
            if (low <
                i) { /* a small one, and a bigger one came after it: small ones would pile up */
                *ret_from = low;
                *ret_to = i + 1;
                return true;
            }
        } else if (low == to) {
            low = i;
        }
    }
    if (count < FAN)
        return false;
    *ret_from = from;
    *ret_to = last + 1;
    return true;
}

bool search_merge_pick(const SearchSegment *list, size_t n, size_t *ret_from, size_t *ret_to)
{
    for (int l = 0; l < LEVELS; l++)
        for (size_t i = 0; i < n; i++) {
            size_t from = i;
            while (i < n && is_free(&list[i]) && level(&list[i]) <= l)
                i++;
            if (i - from < 2 || !pick_in_run(list, from, i, l, ret_from, ret_to))
                continue;
            if (*ret_to - *ret_from > INPUTS_MAX)
                *ret_to = *ret_from + INPUTS_MAX;
            return true;
        }
    return false;
}

/* A segment with documents that are gone is written anew without them. */
static Err pick_gone(Ctx *c, const SearchSegment *list, size_t n, size_t *ret_at, bool *ret_found)
{
    int64_t doc = 0;
    *ret_found = false;
    for (size_t i = 0; i < n; i++) {
        if (!is_free(&list[i]))
            continue;
        Err err = store_i64(c, &SEARCH_GONE_NEXT, BINDS(i64(list[i].lo - 1)), 0, &doc);
        if (err)
            return err;
        if (!doc)
            return ERR_OK;
        if (doc <= list[i].hi) {
            *ret_at = i;
            *ret_found = true;
            return ERR_OK;
        }
    }
    return ERR_OK;
}

static Err begin(Ctx *c, SearchState *st, const SearchSegment *first, const SearchSegment *last)
{
    int64_t id = st->next_segment++;
    Err err = store_exec(c, &SEARCH_ADD_SEGMENT,
                         BINDS(i64(id), i64(first->lo), i64(last->hi), i64(1)), NULL);
    if (!err)
        err = store_exec(c, &SEARCH_TAKE_SEGMENTS, BINDS(i64(id), i64(first->lo), i64(last->hi)),
                         NULL);
    return err ? err
               : store_exec(c, &SEARCH_TAKE_GONE, BINDS(i64(id), i64(first->lo), i64(last->hi)),
                            NULL);
}

/* ---- how ---- */
typedef struct {
    int64_t segment_id;
    bool valid; /* stands at a posting */
    SearchChunk chunk;
    SearchReader r;
} Input;

typedef struct {
    Ctx *c;
    SearchSegment *out;
    Input in[INPUTS_MAX]; /* the newest documents first */
    size_t in_n;
    Gone *gone;
    size_t gone_n;
    int64_t spent;
    SearchOut *o;
} Merge;

static Err load_chunk(Merge *m, Input *in)
{
    bool found = false;
    Err err = store_one(m->c, &SEARCH_FIRST_CHUNK, BINDS(i64(in->segment_id)), &SEARCH_CHUNK_MAP,
                        &in->chunk, &found);
    in->valid = !err && found;
    if (in->valid)
        search_reader_init(&in->r, in->chunk.data);
    return err;
}

/* To the next list; used-up chunks go. */
static Err next_list(Merge *m, Input *in)
{
    while (in->valid) {
        if (search_reader_list(&in->r))
            return ERR_OK;
        if (in->r.damaged)
            return search_damaged(m->c, in->chunk.id);
        Err err = store_exec(m->c, &SEARCH_DROP_CHUNK, BINDS(i64(in->chunk.id)), NULL);
        if (!err)
            err = load_chunk(m, in);
        if (err)
            return err;
    }
    return ERR_OK;
}

/* To the first posting that the last step has left. */
static Err resume(Merge *m, Input *in)
{
    const SearchSegment *out = m->out;
    Err err = load_chunk(m, in);
    if (!err)
        err = next_list(m, in);
    while (!err && in->valid) {
        SearchKey at = {in->chunk.shop_id, in->r.term, -in->r.doc};
        SearchKey from = {out->at_shop, out->at_term, out->at_ndoc};
        if (search_key_cmp(&at, &from) >= 0)
            return ERR_OK;
        bool same = at.shop_id == from.shop_id && at.term == from.term;
        if (same && search_reader_doc(&in->r))
            continue;
        err = in->r.damaged ? search_damaged(m->c, in->chunk.id) : next_list(m, in);
    }
    return err;
}

static bool is_gone(const Merge *m, int64_t doc)
{
    size_t lo = 0, hi = m->gone_n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (m->gone[mid].doc == doc)
            return true;
        if (m->gone[mid].doc < doc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

/* The rest of the list at hand in this chunk; *ret_last: its last document. */
static Err copy_list(Merge *m, Input *in, int64_t *ret_last)
{
    SearchKey key = {in->chunk.shop_id, in->r.term, 0};
    m->spent += LIST_BYTES + (int64_t)in->r.left;
    do {
        *ret_last = in->r.doc;
        key.ndoc = -in->r.doc;
        if (in->r.doc > m->out->hi || in->r.doc < m->out->lo)
            return search_damaged(m->c, in->chunk.id);
        if (!m->gone_n || !is_gone(m, in->r.doc))
            search_writer_put(&m->o->w, &key);
    } while (search_reader_doc(&in->r));
    if (in->r.damaged)
        return search_damaged(m->c, in->chunk.id);
    return m->o->err;
}

static bool at_term(const Input *in, const SearchKey *k)
{
    return in->valid && in->chunk.shop_id == k->shop_id && in->r.term == k->term;
}

static bool any_at_term(const Merge *m, const SearchKey *k)
{
    for (size_t i = 0; i < m->in_n; i++)
        if (at_term(&m->in[i], k))
            return true;
    return false;
}

/* One term of all inputs. *ret_rest: it was too long for this step, `key` says where to go on. */
static Err copy_term(Merge *m, SearchKey *key, int64_t budget, bool *ret_rest)
{
    *ret_rest = false;
    for (size_t i = 0; i < m->in_n; i++) {
        Input *in = &m->in[i];
        while (at_term(in, key)) {
            int64_t last = 0;
            Err err = copy_list(m, in, &last);
            if (!err)
                err = next_list(m, in);
            if (err)
                return err;
            key->ndoc = 1 - last;
            if (m->spent > budget && any_at_term(m, key)) {
                *ret_rest = true;
                return ERR_OK;
            }
        }
    }
    return ERR_OK;
}

static bool lowest(const Merge *m, SearchKey *ret)
{
    bool any = false;
    for (size_t i = 0; i < m->in_n; i++) {
        if (!m->in[i].valid)
            continue;
        SearchKey k = {m->in[i].chunk.shop_id, m->in[i].r.term, 0};
        if (!any || search_key_cmp(&k, ret) < 0)
            *ret = k;
        any = true;
    }
    return any;
}

static Err finish(Merge *m)
{
    int64_t id = m->out->id;
    Err err = store_exec(m->c, &SEARCH_DROP_TAKEN, BINDS(i64(id)), NULL);
    if (!err)
        err = store_exec(m->c, &SEARCH_DROP_GONE, BINDS(i64(id)), NULL);
    return err ? err : store_exec(m->c, &SEARCH_BUILT_SEGMENT, BINDS(i64(id)), NULL);
}

static Err advance(Merge *m, int64_t budget)
{
    Err err = ERR_OK;
    SearchKey key;
    for (size_t i = 0; i < m->in_n && !err; i++)
        err = resume(m, &m->in[i]);
    while (!err && lowest(m, &key)) {
        bool rest = false;
        err = copy_term(m, &key, budget, &rest);
        if (err || (!rest && m->spent < budget))
            continue;
        search_writer_flush(&m->o->w, rest);
        if (!rest)
            key = (SearchKey){key.shop_id, key.term + 1, INT64_MIN};
        err = m->o->err;
        return err ? err
                   : store_exec(
                         m->c, &SEARCH_MOVE_SEGMENT,
                         BINDS(i64(m->out->id), i64(key.shop_id), i64(key.term), i64(key.ndoc)),
                         NULL);
    }
    if (!err) {
        search_writer_flush(&m->o->w, false);
        err = m->o->err;
    }
    return err ? err : finish(m);
}

/* All of the range, page by page. */
static Err load_gone(Merge *m)
{
    size_t n = GONE_PAGE;
    for (int64_t from = m->out->lo; n == GONE_PAGE;) {
        Gone *page;
        Err err = store_all(m->c, &SEARCH_GONE, BINDS(i64(from), i64(m->out->hi), i64(GONE_PAGE)),
                            &GONE_MAP, &page, &n);
        if (err || !n)
            return err;
        from = page[n - 1].doc + 1;
        if (!m->gone_n) {
            m->gone = page;
            m->gone_n = n;
            continue;
        }
        Gone *both = ARENA_ARRAY(m->c->arena, Gone, m->gone_n + n);
        memcpy(both, m->gone, m->gone_n * sizeof *both);
        memcpy(both + m->gone_n, page, n * sizeof *both);
        m->gone = both;
        m->gone_n += n;
    }
    return ERR_OK;
}

static Err build(Ctx *c, SearchSegment *list, size_t n, SearchSegment *out, int64_t budget,
                 int64_t *ret_spent)
{
    ArenaMark mark = arena_mark(c->arena);
    Merge *m = ARENA_NEW(c->arena, Merge);
    m->c = c;
    m->out = out;
    m->o = ARENA_NEW(c->arena, SearchOut);
    search_out_init(m->o, c, out->id, out->hi);
    for (size_t i = n; i-- > 0;)
        if (list[i].into_id == out->id) {
            ASSERT(m->in_n < INPUTS_MAX);
            m->in[m->in_n++].segment_id = list[i].id;
        }
    Err err = load_gone(m);
    if (!err)
        err = advance(m, budget);
    *ret_spent = m->spent + 1;
    arena_release(c->arena, mark);
    return err;
}

/* Of what is being built the smallest: it keeps the number of segments low at least cost. */
static SearchSegment *smallest(SearchSegment *list, size_t n)
{
    SearchSegment *found = NULL;
    for (size_t i = 0; i < n; i++)
        if (list[i].building && (!found || list[i].hi - list[i].lo < found->hi - found->lo))
            found = &list[i];
    return found;
}

Err search_merge_some(Ctx *c, SearchState *st, int64_t budget)
{
    while (budget > 0) {
        SearchSegment *list;
        size_t n, from = 0, to = 0;
        bool found;
        Err err = search_segments(c, &list, &n);
        if (err)
            return err;
        found = search_merge_pick(list, n, &from, &to);
        if (!found && !smallest(list, n)) {
            err = pick_gone(c, list, n, &from, &found);
            to = from + 1;
        }
        if (!err && found)
            err = begin(c, st, &list[from], &list[to - 1]);
        if (err)
            return err;
        if (found)
            continue;
        SearchSegment *out = smallest(list, n);
        if (!out)
            return ERR_OK;
        int64_t spent;
        err = build(c, list, n, out, budget, &spent);
        if (err)
            return err;
        budget -= spent;
    }
    return ERR_OK;
}
