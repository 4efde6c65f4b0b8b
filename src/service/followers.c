/* SPDX-License-Identifier: Apache-2.0 */
#include "service/followers.h"

#include "base/clock.h"
#include "desk/search.h"
#include "service/hook.h"
#include "service/internal.h"

enum { START_ARENA = 1 << 20 };

static Err at_start(Ctx *c, void *arg)
{
    c->actor = (Actor){.role = ROLE_SYSTEM};
    return desk_search_start(c, arg);
}

Err service_followers_start(Service *s, ErrSlot *e)
{
    Arena *arena = arena_create(START_ARENA);
    Ctx c;
    ctx_init(&c, arena, store_ids(s->store), clock_wall_ms());
    Err err = store_write(s->store, &c, STORE_CHAT, at_start, NULL);
    if (err)
        *e = c.err;
    arena_destroy(arena);
    if (!err)
        err = service_hook_send_start(s, e);
    if (err)
        return err;
    const StoreFollower list[] = {
        {.name = DESK_SEARCH_FOLLOWER, .batch = DESK_SEARCH_BATCH, .step = desk_search_follow},
        {.name = SERVICE_HOOK_FOLLOWER,
         .batch = SERVICE_HOOK_BATCH,
         .step = service_hook_follow,
         .stepped = service_hook_followed,
         .user = s},
    };
    return store_followers_start(s->store, list, sizeof list / sizeof *list, e);
}
