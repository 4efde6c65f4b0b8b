/* SPDX-License-Identifier: Apache-2.0 */
/* Taking messages into the index: each batch of events becomes one small segment. */
#include "base/assert.h"
#include "base/sort.h"
#include "desk/search_internal.h"
#include "sql/search.h"

enum {
    MERGE_BASE = 16384, /* bytes of postings merged in each step … */
    MERGE_EACH = 2048, /* … and for each new document: more than twice what it costs in the end */
    DOC_BITS = 20
};

static const StoreField STATE_FIELDS[] = {
    STORE_FIELD(SearchState, fold), STORE_FIELD(SearchState, next_doc),
    STORE_FIELD(SearchState, next_segment), STORE_FIELD(SearchState, at_ms)};
static const StoreMap STATE_MAP = STORE_MAP(SearchState, STATE_FIELDS);

typedef struct {
    int64_t doc, shop_id;
    Str body;
} NewDoc;
static const StoreField NEW_DOC_FIELDS[] = {STORE_FIELD(NewDoc, doc), STORE_FIELD(NewDoc, shop_id),
                                            STORE_FIELD(NewDoc, body)};
static const StoreMap NEW_DOC_MAP = STORE_MAP(NewDoc, NEW_DOC_FIELDS);

Err search_state_get(Ctx *c, SearchState *ret)
{
    bool found = false;
    *ret = (SearchState){0};
    Err err = store_one(c, &SEARCH_STATE, NO_BINDS, &STATE_MAP, ret, &found);
    if (!err && !found)
        err = ctx_err(c, ERR_INTERNAL, "search.state", "the row of search_state is gone");
    return err;
}

/* ---- postings to rows ---- */
static bool emit(void *user, const SearchKey *last, Str bytes)
{
    SearchOut *o = user;
    o->bytes += (int64_t)bytes.n;
    o->err = store_exec(o->c, &SEARCH_ADD_CHUNK,
                        BINDS(i64(o->segment_id), i64(last->shop_id), i64(last->term),
                              i64(last->ndoc), blob(bytes)),
                        NULL);
    return o->err == ERR_OK;
}

void search_out_init(SearchOut *o, Ctx *c, int64_t segment_id, int64_t top)
{
    o->c = c;
    o->segment_id = segment_id;
    o->err = ERR_OK;
    o->bytes = 0;
    search_writer_init(&o->w, top, emit, o);
}

/* ---- one batch ---- */
/* Term and place in one number, so that sorting gives the order of postings: the newest first. */
static size_t collect(Ctx *c, const NewDoc *docs, size_t n, int64_t shop_id, uint64_t *keys)
{
    int64_t top = docs[n - 1].doc;
    size_t key_n = 0;
    for (size_t i = 0; i < n; i++) {
        if (docs[i].shop_id != shop_id)
            continue;
        ArenaMark mark = arena_mark(c->arena);
        SearchText t;
        search_fold(c->arena, docs[i].body, &t);
        int64_t *terms = ARENA_ARRAY(c->arena, int64_t, 2 * t.n + 1);
        size_t term_n = search_terms(&t, terms);
        for (size_t k = 0; k < term_n; k++)
            keys[key_n++] = (uint64_t)terms[k] << DOC_BITS | (uint64_t)(top - docs[i].doc);
        arena_release(c->arena, mark);
    }
    return key_n;
}

static void write_shop(SearchOut *o, int64_t shop_id, int64_t top, uint64_t *keys, size_t n)
{
    sort_u64(keys, ARENA_ARRAY(o->c->arena, uint64_t, n + 1), n);
    for (size_t i = 0; i < n; i++) {
        if (i && keys[i] == keys[i - 1])
            continue;
        int64_t below = (int64_t)(keys[i] & ((UINT64_C(1) << DOC_BITS) - 1));
        search_writer_put(&o->w,
                          &(SearchKey){shop_id, (int64_t)(keys[i] >> DOC_BITS), below - top});
    }
}

/* The lowest shop above `after`; 0: none. */
static int64_t next_shop(const NewDoc *docs, size_t n, int64_t after)
{
    int64_t found = 0;
    for (size_t i = 0; i < n; i++)
        if (docs[i].shop_id > after && (!found || docs[i].shop_id < found))
            found = docs[i].shop_id;
    return found;
}

static Err write_segment(Ctx *c, SearchState *st, const NewDoc *docs, size_t n)
{
    int64_t id = st->next_segment++, lo = docs[0].doc, hi = docs[n - 1].doc;
    ASSERT(lo == st->next_doc && hi - lo < INT64_C(1) << DOC_BITS);
    Err err = store_exec(c, &SEARCH_ADD_SEGMENT, BINDS(i64(id), i64(lo), i64(hi), i64(0)), NULL);
    if (err)
        return err;
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += docs[i].body.n;
    uint64_t *keys = ARENA_ARRAY(c->arena, uint64_t, 2 * bytes + 1);
    SearchOut *o = ARENA_NEW(c->arena, SearchOut);
    search_out_init(o, c, id, hi);
    for (int64_t shop = 0; (shop = next_shop(docs, n, shop)) != 0;) {
        size_t key_n = collect(c, docs, n, shop, keys);
        write_shop(o, shop, hi, keys, key_n);
    }
    search_writer_flush(&o->w, false);
    st->next_doc = hi + 1;
    return o->err;
}

static Err take_in(Ctx *c, SearchState *st, const StoreFollowerBatch *b, size_t *ret_n)
{
    const StoreEvent *first = &b->events[0], *last = &b->events[b->n - 1];
    NewDoc *docs = NULL;
    int64_t added = 0;
    *ret_n = 0;
    Err err = store_exec(c, &SEARCH_ADD_DOCS,
                         BINDS(i64(st->next_doc), i64(first->xid), i64(first->position),
                               i64(last->xid), i64(last->position)),
                         &added);
    if (!err && added)
        err = store_all(c, &SEARCH_NEW_DOCS, BINDS(i64(st->next_doc)), &NEW_DOC_MAP, &docs, ret_n);
    if (!err && *ret_n)
        err = write_segment(c, st, docs, *ret_n);
    return err;
}

static Err let_go(Ctx *c, int64_t conversation_id)
{
    Err err = store_exec(c, &SEARCH_ADD_GONE, BINDS(i64(conversation_id)), NULL);
    return err ? err : store_exec(c, &SEARCH_DROP_DOCS, BINDS(i64(conversation_id)), NULL);
}

Err search_follow(Ctx *c, const StoreFollowerBatch *b, int64_t merge_base, int64_t merge_each)
{
    SearchState st;
    size_t n = 0;
    bool any = false;
    for (size_t i = 0; i < b->n; i++)
        any |= str_is(b->events[i].kind, "message.added.1");
    Err err = search_state_get(c, &st);
    /* first, so that what goes on in an erased conversation is taken in */
    for (size_t i = 0; i < b->n && !err; i++)
        if (str_is(b->events[i].kind, "conversation.erased.1"))
            err = let_go(c, b->events[i].conversation_id);
    if (!err && any)
        err = take_in(c, &st, b, &n);
    if (!err)
        err = search_merge_some(c, &st, merge_base + merge_each * (int64_t)n);
    if (err)
        return err;
    return store_exec(c, &SEARCH_SAVE_STATE,
                      BINDS(i64(st.next_doc), i64(st.next_segment), i64(b->events[b->n - 1].at_ms)),
                      NULL);
}

Err desk_search_follow(Ctx *c, void *arg)
{
    return search_follow(c, arg, MERGE_BASE, MERGE_EACH);
}

/* ---- making it anew ---- */
Err desk_search_clear(Ctx *c)
{
    static const StoreSql *const all[] = {&SEARCH_CLEAR_CHUNKS, &SEARCH_CLEAR_SEGMENTS,
                                          &SEARCH_CLEAR_DOCS, &SEARCH_CLEAR_GONE,
                                          &SEARCH_CLEAR_CURSOR};
    Err err = ERR_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all && !err; i++)
        err = store_exec(c, all[i], NO_BINDS, NULL);
    return err ? err : store_exec(c, &SEARCH_CLEAR_STATE, BINDS(i64(SEARCH_FOLD)), NULL);
}

Err desk_search_start(Ctx *c, void *unused)
{
    (void)unused;
    SearchState st;
    Err err = search_state_get(c, &st);
    return err || st.fold == SEARCH_FOLD ? err : desk_search_clear(c);
}

Err desk_search_moved(Ctx *c, int64_t from, int64_t into, int64_t shift)
{
    Err err = store_exec(c, &SEARCH_CHAIN_MOVED, BINDS(i64(from), i64(into), i64(shift)), NULL);
    return err ? err
               : store_exec(c, &SEARCH_ADD_MOVED, BINDS(i64(from), i64(into), i64(shift)), NULL);
}
