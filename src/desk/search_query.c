/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking. What the follower has not taken in is read from the event log; then the segments are gone
 * through from the newest to the oldest. In each the terms' lists are walked down together, the
 * rarest leading; whatever document has all terms is compared with its message. Work is bounded: a
 * page that took too much ends early and says where to go on.
 */
#include "base/buf.h"
#include "desk/search_internal.h"
#include "sql/search.h"

#include <string.h>

enum {
    TAIL_MAX = 500,       /* messages read from the log */
    SOURCES_MAX = 16,     /* a segment that is being built and those it takes in */
    FEW = 4,              /* documents that are compared rather than looked up in more lists */
    BATCH_MAX = 256,      /* documents compared at a time */
    COMPARED_MAX = 1500,  /* and for one page */
    MEMORY_MAX = 10 << 20 /* bytes read for one page */
};

typedef struct {
    int64_t doc, from_id, from_seq; /* the place it was sent to */
    int64_t xid, position;          /* of its event, when it is no document yet */
    DeskFound f;
} Row;
/* In the order of the statements' columns. */
static const StoreField ROW_FIELDS[] = {STORE_FIELD(Row, doc),
                                        STORE_FIELD(Row, from_id),
                                        STORE_FIELD(Row, from_seq),
                                        STORE_FIELD(Row, xid),
                                        STORE_FIELD(Row, position),
                                        STORE_FIELD(Row, f.conversation_id),
                                        STORE_FIELD(Row, f.seq),
                                        STORE_FIELD(Row, f.role),
                                        STORE_FIELD(Row, f.kind),
                                        STORE_FIELD(Row, f.body),
                                        STORE_FIELD(Row, f.at_ms),
                                        STORE_FIELD(Row, f.customer_id),
                                        STORE_FIELD(Row, f.customer_name)};
static const StoreMap ROW_MAP = STORE_MAP(Row, ROW_FIELDS);

/* Segments that hold one range of documents between them: one, or what is being merged. */
typedef struct {
    const SearchSegment *source[SOURCES_MAX]; /* in the order of documents, the newest first */
    size_t n;
    int64_t lo, hi;
} Group;

/* One term's list in a group. */
typedef struct {
    int64_t term;
    size_t source;
    bool open; /* the reader stands in the list */
    SearchReader r;
    int64_t doc; /* 0: no more */
    size_t size; /* so many documents or more */
} Walk;

typedef struct {
    Ctx *c;
    SearchQuery q;
    int64_t limit; /* of hits: one more than the page, to know whether there is a next */
    Row *hits;
    size_t hit_n;
    const Group *group;
    Walk walk[SEARCH_TERMS]; /* the rarest first, as far as known */
    int64_t pending[BATCH_MAX];
    size_t pending_n, batch, compared, memory;
    int64_t target; /* the next document to look at */
    bool stopped;   /* there was too much to do */
} Search;

/* ---- comparing with messages ---- */
static void take_hits(Search *s, Row *rows, size_t n)
{
    for (size_t i = 0; i < n && (int64_t)s->hit_n < s->limit; i++)
        if (search_match(s->c->arena, &s->q, rows[i].f.body, rows[i].f.spans, &rows[i].f.span_n))
            s->hits[s->hit_n++] = rows[i];
}

static bool enough(const Search *s)
{
    return (int64_t)s->hit_n >= s->limit;
}

static Err compare(Search *s)
{
    Ctx *c = s->c;
    if (!s->pending_n)
        return ERR_OK;
    Buf list;
    buf_init(&list, c->arena, BATCH_MAX * 24);
    for (size_t i = 0; i < s->pending_n; i++) {
        buf_byte(&list, i ? ',' : '[');
        buf_i64(&list, s->pending[i]);
    }
    buf_byte(&list, ']');
    Row *rows;
    size_t n;
    Err err = store_all(c, &SEARCH_ROWS, BINDS(text(buf_str(&list)), i64(desk_shop(c))), &ROW_MAP,
                        &rows, &n);
    if (err)
        return err;
    take_hits(s, rows, n);
    s->compared += s->pending_n;
    s->pending_n = 0;
    if (s->batch * 2 <= BATCH_MAX)
        s->batch *= 2;
    return ERR_OK;
}

static Err candidate(Search *s, int64_t doc)
{
    s->pending[s->pending_n++] = doc;
    return s->pending_n == s->batch ? compare(s) : ERR_OK;
}

static bool too_much(const Search *s)
{
    return s->compared >= COMPARED_MAX || arena_used(s->c->arena) > s->memory + MEMORY_MAX;
}

/* ---- lists ---- */
/* What of the list this segment answers for: documents up to *limit. False: nothing. */
static bool answers(const Search *s, const Walk *w, const SearchSegment *seg, int64_t *limit)
{
    const Group *g = s->group;
    if (seg->lo > *limit)
        return false;
    if (!seg->into_id)
        return true;
    const SearchSegment *out = g->source[0];
    SearchKey from = {out->at_shop, out->at_term, 0}, at = {desk_shop(s->c), w->term, 0};
    int cmp = search_key_cmp(&at, &from);
    if (cmp == 0 && out->at_ndoc != INT64_MIN && -out->at_ndoc < *limit)
        *limit = -out->at_ndoc;
    return cmp >= 0 && seg->lo <= *limit;
}

static Err load(Search *s, Walk *w, const SearchSegment *seg, int64_t limit)
{
    Ctx *c = s->c;
    SearchChunk chunk;
    bool found = false;
    Err err = store_one(c, &SEARCH_SEEK_CHUNK,
                        BINDS(i64(seg->id), i64(desk_shop(c)), i64(w->term), i64(-limit)),
                        &SEARCH_CHUNK_MAP, &chunk, &found);
    if (err || !found)
        return err;
    search_reader_init(&w->r, chunk.data);
    w->open = search_reader_find(&w->r, w->term);
    if (w->open)
        w->size = w->r.more ? w->r.count * 64 : w->r.count;
    return w->r.damaged ? search_damaged(c, chunk.id) : ERR_OK;
}

/* To the highest document of the list that is not above `target`. */
static Err seek(Search *s, Walk *w, int64_t target)
{
    for (; w->source < s->group->n; w->source++) {
        const SearchSegment *seg = s->group->source[w->source];
        int64_t limit = target;
        bool more = answers(s, w, seg, &limit);
        while (more) {
            if (!w->open) {
                Err err = load(s, w, seg, limit);
                if (err)
                    return err;
                if (!w->open)
                    break;
            }
            do {
                if (w->r.doc <= limit) {
                    w->doc = w->r.doc;
                    return ERR_OK;
                }
            } while (search_reader_doc(&w->r));
            if (w->r.damaged)
                return search_damaged(s->c, 0);
            more = w->r.more;
            w->open = false;
        }
        w->open = false;
    }
    w->doc = 0;
    return ERR_OK;
}

static void to_front(Search *s, size_t i)
{
    Walk w = s->walk[i];
    memmove(s->walk + 1, s->walk, i * sizeof w);
    s->walk[0] = w;
}

/* Opens the lists of a group, those that were rare first. *ret_n: 0 when a term is not there. */
static Err open_walks(Search *s, size_t *ret_n)
{
    size_t n = 0, least = 0;
    for (size_t i = 0; i < s->q.term_n; i++) {
        s->walk[i].source = 0;
        s->walk[i].open = false;
    }
    while (n < s->q.term_n && !(n >= 2 && s->walk[least].size <= FEW)) {
        Walk *w = &s->walk[n];
        Err err = seek(s, w, s->target);
        if (err)
            return err;
        if (!w->doc) {
            to_front(s, n);
            *ret_n = 0;
            return ERR_OK;
        }
        if (w->size < s->walk[least].size)
            least = n;
        n++;
    }
    to_front(s, least);
    *ret_n = n;
    return ERR_OK;
}

static Err search_group(Search *s)
{
    size_t n;
    if (s->target > s->group->hi)
        s->target = s->group->hi;
    Err err = open_walks(s, &n);
    while (!err && n && s->target >= s->group->lo && !enough(s)) {
        err = seek(s, &s->walk[0], s->target);
        int64_t doc = s->walk[0].doc;
        bool all = doc != 0;
        if (err || !doc)
            break;
        for (size_t i = 1; i < n && all && !err; i++) {
            err = seek(s, &s->walk[i], doc);
            if (err || !s->walk[i].doc)
                return err; /* nothing further down */
            all = s->walk[i].doc == doc;
            s->target = s->walk[i].doc;
        }
        if (!err && all) {
            err = candidate(s, doc);
            s->target = doc - 1;
        }
        if (!err && too_much(s)) {
            s->stopped = true;
            break;
        }
    }
    return err;
}

/* ---- segments ---- */
static size_t make_groups(const SearchSegment *list, size_t n, Group *ret)
{
    size_t group_n = 0;
    for (size_t i = n; i-- > 0;) {
        const SearchSegment *seg = &list[i];
        if (seg->into_id) /* their newest comes first here, so the group is made with it */
            continue;
        Group *g = &ret[group_n++];
        *g = (Group){.source = {seg}, .n = 1, .lo = seg->lo, .hi = seg->hi};
        for (size_t k = n; seg->building && k-- > 0;)
            if (list[k].into_id == seg->id && g->n < SOURCES_MAX)
                g->source[g->n++] = &list[k];
    }
    return group_n;
}

static Err search_index(Search *s)
{
    Ctx *c = s->c;
    SearchSegment *list;
    size_t n;
    Err err = search_segments(c, &list, &n);
    if (err)
        return err;
    Group *groups = ARENA_ARRAY(c->arena, Group, n + 1);
    size_t group_n = make_groups(list, n, groups);
    for (size_t i = 0; i < s->q.term_n; i++)
        s->walk[i] = (Walk){.term = s->q.term[i]};
    for (size_t i = 0; i < group_n && !err && !enough(s) && !s->stopped; i++) {
        if (groups[i].lo > s->target)
            continue;
        s->group = &groups[i];
        err = search_group(s);
        if (!err && !enough(s) && !s->stopped)
            s->target = groups[i].lo - 1;
    }
    return err || enough(s) ? err : compare(s);
}

/* ---- pages ---- */
typedef struct {
    int64_t doc;               /* 'd': documents below */
    int64_t xid, position;     /* 't': what the log had before this event … */
    int64_t from_id, from_seq; /* … and the message, in case it is a document by now */
} Cursor;

static bool read_cursor(Str text, Cursor *ret)
{
    *ret = (Cursor){.doc = INT64_MAX, .xid = INT64_MAX, .position = INT64_MAX};
    if (!text.n)
        return true;
    char kind = text.p[0];
    Str rest = str_sub(text, 1, text.n);
    if (kind == 'd')
        return str_i64(rest, &ret->doc) && ret->doc > 0;
    int64_t *parts[] = {&ret->xid, &ret->position, &ret->from_id, &ret->from_seq};
    for (size_t i = 0; i < 4; i++)
        if (!str_i64(str_cut(&rest, '.'), parts[i]) || *parts[i] < 0)
            return false;
    return kind == 't' && !rest.n;
}

static Str write_cursor(Arena *a, const Row *last)
{
    if (last->doc)
        return str_fmt(a, "d%lld", (long long)last->doc);
    return str_fmt(a, "t%lld.%lld.%lld.%lld", (long long)last->xid, (long long)last->position,
                   (long long)last->from_id, (long long)last->from_seq);
}

static Err search_tail(Search *s, const Cursor *at, bool *ret_complete)
{
    Ctx *c = s->c;
    Row *rows;
    size_t n;
    Err err = store_all(c, &SEARCH_TAIL,
                        BINDS(i64(desk_shop(c)), i64(at->xid), i64(at->position), i64(TAIL_MAX)),
                        &ROW_MAP, &rows, &n);
    if (err)
        return err;
    *ret_complete = n < TAIL_MAX;
    take_hits(s, rows, n);
    return ERR_OK;
}

/* A page that ended in the log: the follower may have come past its last message since. */
static Err resolve(Ctx *c, Cursor *at)
{
    int64_t doc;
    if (!at->from_id)
        return ERR_OK;
    Err err = store_i64(c, &SEARCH_DOC_AT, BINDS(i64(at->from_id), i64(at->from_seq)), 0, &doc);
    if (!err && doc)
        at->doc = doc;
    return err;
}

Err desk_search(Ctx *c, Str query, int64_t limit, Str cursor, DeskFoundPage *ret)
{
    *ret = (DeskFoundPage){.complete = true};
    Search *s = ARENA_NEW(c->arena, Search);
    Cursor at;
    SearchState st;
    if (limit < 1 || limit > DESK_SEARCH_PAGE)
        limit = DESK_SEARCH_PAGE;
    s->c = c;
    s->limit = limit + 1;
    s->batch = (size_t)limit + 1;
    s->memory = arena_used(c->arena);
    Err err = search_query(c, query, &s->q);
    if (!err && !read_cursor(cursor, &at))
        err = ctx_field(c, "cursor", "search.cursor", "not a cursor of ours");
    if (!err)
        err = search_state_get(c, &st);
    if (!err)
        err = resolve(c, &at);
    if (err)
        return err;
    s->hits = ARENA_ARRAY(c->arena, Row, (size_t)s->limit);
    if (at.doc == INT64_MAX)
        err = search_tail(s, &at, &ret->complete);
    s->target = at.doc - 1;
    if (!err && !enough(s))
        err = search_index(s);
    if (err)
        return err;
    ret->watermark_ms = st.at_ms;
    ret->n = enough(s) ? (size_t)limit : s->hit_n;
    ret->items = ARENA_ARRAY(c->arena, DeskFound, ret->n + 1);
    for (size_t i = 0; i < ret->n; i++)
        ret->items[i] = s->hits[i].f;
    if (enough(s))
        ret->next = write_cursor(c->arena, &s->hits[limit - 1]);
    else if (s->stopped && s->target > 0)
        ret->next = str_fmt(c->arena, "d%lld", (long long)s->target + 1);
    return ERR_OK;
}
