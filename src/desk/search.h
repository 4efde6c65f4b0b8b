/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_SEARCH_H
#define DESK_SEARCH_H
/*
 * search: finding messages of a shop by any part of their text, from one character on. What is
 * asked and what was said are compared as folded characters (width, case, Traditional Chinese,
 * invisible characters); several words, parted by blanks, must all be in the message. Digits and
 * Latin letters are characters like others, so a piece of an order number finds it.
 *
 * The index (tables search_*) follows the event log and is never trusted with a text: each
 * candidate is compared with the message as it is now, so that what was recalled or erased is not
 * found, and what the index has not taken in yet is read straight from the log.
 * docs/decisions/search-postings.md says why it is made like this.
 *
 * Refuses: ranking (the newest comes first), who may search (staff, decided by the caller; notes
 * are found).
 */
#include "base/ctx.h"

enum {
    DESK_SEARCH_WORDS = 8,
    DESK_SEARCH_CHARS = 100,
    DESK_SEARCH_SPANS = 20,
    DESK_SEARCH_PAGE = 100,
    DESK_SEARCH_BATCH = 200 /* events that the follower takes at a time */
};
#define DESK_SEARCH_FOLLOWER "search"

typedef struct {
    uint32_t start, end; /* code points of the text */
} DeskSpan;

typedef struct {
    int64_t conversation_id, seq;
    Str role, kind, body;
    int64_t at_ms, customer_id;
    Str customer_name;
    DeskSpan spans[DESK_SEARCH_SPANS];
    size_t span_n;
} DeskFound;

typedef struct {
    DeskFound *items; /* arena; newest first */
    size_t n;         /* may be less than the limit though there is a next page: work is bounded */
    Str next;         /* arena; STR_NONE: that was all */
    int64_t watermark_ms; /* of the last event in the index, 0: none */
    bool complete; /* false: the index is so far behind that messages after the watermark were
                      left out */
} DeskFoundPage;

/* In c->actor.shop_id, at most `limit` (<= DESK_SEARCH_PAGE) messages; cursor: a page's `next`, or
 * empty. INVALID search.empty, search.too_long, search.cursor. A read. */
Err desk_search(Ctx *c, Str query, int64_t limit, Str cursor, DeskFoundPage *ret) WARN_UNUSED;

/* Before the followers start: when this program folds otherwise than the one that made the index,
 * it is emptied and made anew from the log. A write. */
Err desk_search_start(Ctx *c, void *unused) WARN_UNUSED;
/* Throws the index away; the follower must not be running. */
Err desk_search_clear(Ctx *c) WARN_UNUSED;
/* The follower's step (arg = StoreFollowerBatch *): takes in message.added, lets go of
 * conversation.erased.1, merges segments in bounded steps. */
Err desk_search_follow(Ctx *c, void *arg) WARN_UNUSED;

/* In the transaction that moves the messages of `from` behind those of `into`: each seq grows by
 * `shift`. */
Err desk_search_moved(Ctx *c, int64_t from, int64_t into, int64_t shift) WARN_UNUSED;
#endif
