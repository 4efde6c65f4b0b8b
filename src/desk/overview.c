/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/overview.h"

#include "desk/internal.h"
#include "sql/overview.h"

typedef struct {
    int64_t a, b, c;
} Three;
static const StoreField TWO_FIELDS[] = {STORE_FIELD(Three, a), STORE_FIELD(Three, b)};
static const StoreField THREE_FIELDS[] = {STORE_FIELD(Three, a), STORE_FIELD(Three, b),
                                          STORE_FIELD(Three, c)};
static const StoreMap TWO = STORE_MAP(Three, TWO_FIELDS);
static const StoreMap THREE = STORE_MAP(Three, THREE_FIELDS);

Err desk_overview(Ctx *c, int64_t since_ms, DeskOverview *ret)
{
    bool found;
    Three ended = {0}, live = {0}, rounds = {0}, ratings = {0};
    int64_t shop = desk_shop(c);
    *ret = (DeskOverview){0};
    Err err = desk_conversation_counts(c, &ret->counts);
    if (!err)
        err = store_one(c, &OVERVIEW_ENDED, BINDS(i64(shop), i64(since_ms)), &TWO, &ended, &found);
    if (!err)
        err = store_one(c, &OVERVIEW_LIVE, BINDS(i64(shop), i64(since_ms)), &THREE, &live, &found);
    if (!err)
        err = store_one(c, &OVERVIEW_ROUNDS, BINDS(i64(shop), i64(since_ms)), &THREE, &rounds,
                        &found);
    if (!err)
        err = store_one(c, &OVERVIEW_RATINGS, BINDS(i64(shop), i64(since_ms)), &TWO, &ratings,
                        &found);
    ret->closed = ended.a;
    ret->opened = ended.b + live.a;
    ret->snoozed = live.b;
    ret->upset = live.c;
    ret->rounds = rounds.a;
    ret->late = rounds.b;
    ret->in_time_average_ms = rounds.c;
    ret->ratings = ratings.a;
    ret->rating_sum = ratings.b;
    return err;
}

typedef struct {
    int64_t id;
} One;
static const StoreField ONE_FIELDS[] = {STORE_FIELD(One, id)};
static const StoreMap ONE = STORE_MAP(One, ONE_FIELDS);

Err desk_conversations_since(Ctx *c, int64_t since_ms, int64_t limit, int64_t **ret_ids,
                             size_t *ret_n)
{
    One *rows;
    Err err = store_all(c, &OVERVIEW_SPOKEN, BINDS(i64(desk_shop(c)), i64(since_ms), i64(limit)),
                        &ONE, &rows, ret_n);
    if (err)
        return err;
    *ret_ids = ARENA_ARRAY(c->arena, int64_t, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++)
        (*ret_ids)[i] = rows[i].id;
    return ERR_OK;
}
