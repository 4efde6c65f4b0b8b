/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines: rows that the store fires, each in a transaction of its own. They know a conversation,
 * or an agent and a shop; who acts is the program itself. */
#include "service/internal.h"

#include "base/clock.h"
#include "service/followers.h"
#include "service/timers.h"

enum { START_ARENA = 16 << 20, FIRST_UPKEEP_MS = 60000 };

static void act_as_program(Ctx *c, int64_t shop_id)
{
    c->actor = (Actor){.role = ROLE_SYSTEM, .shop_id = shop_id};
}

/* False: the conversation is gone, and with it the matter. */
static Err enter_shop_of(Ctx *c, int64_t conversation_id, bool *ret_there)
{
    int64_t shop_id;
    Err err = desk_conversation_shop(c, conversation_id, &shop_id);
    *ret_there = !err && shop_id;
    act_as_program(c, err ? 0 : shop_id);
    return err;
}

Err service_timer_sla(Ctx *c, void *arg)
{
    const StoreTimerFire *f = arg;
    bool there;
    Err err = enter_shop_of(c, f->timer.subject_id, &there);
    return err || !there ? err : desk_clock_fire(c, f->timer.subject_id, f->timer.data);
}

Err service_timer_snooze(Ctx *c, void *arg)
{
    const StoreTimerFire *f = arg;
    bool there;
    Err err = enter_shop_of(c, f->timer.subject_id, &there);
    if (!err && there)
        err = desk_route_lock(c);
    return err || !there ? err : desk_conversation_fire_snooze(c, f->timer.subject_id);
}

Err service_timer_gone(Ctx *c, void *arg)
{
    const StoreTimerFire *f = arg;
    act_as_program(c, f->timer.data);
    return desk_agent_fire_gone(c, f->timer.subject_id);
}

Err service_timer_away(Ctx *c, void *arg)
{
    const StoreTimerFire *f = arg;
    act_as_program(c, f->timer.data);
    return desk_agent_fire_away(c, f->timer.subject_id);
}

Err service_timer_upkeep(Ctx *c, void *arg)
{
    (void)arg;
    act_as_program(c, 0);
    Err err = accounts_sweep(c);
    return err ? err
               : store_timer_set(c, SERVICE_TIMER_UPKEEP, 1, c->now_ms + SERVICE_UPKEEP_MS, 0);
}

static void fired(Ctx *c, void *user)
{
    Service *s = user;
    if (s->publish)
        s->publish(c, s->publish_user);
}

static Err at_start(Ctx *c, void *arg)
{
    (void)arg;
    act_as_program(c, 0);
    Err err = desk_agents_all_gone(c);
    return err ? err : store_timer_set(c, SERVICE_TIMER_UPKEEP, 1, c->now_ms + FIRST_UPKEEP_MS, 0);
}

Err service_start(Service *s, void (*publish)(Ctx *c, void *user), void *user, ErrSlot *e)
{
    s->publish = publish;
    s->publish_user = user;
    Arena *arena = arena_create(START_ARENA);
    Ctx c;
    ctx_init(&c, arena, store_ids(s->store), clock_wall_ms());
    Err err = store_write(s->store, &c, STORE_CHAT, at_start, NULL);
    if (err)
        *e = c.err;
    arena_destroy(arena);
    if (err)
        return err;
    const StoreTimerHandler list[] = {
        {.kind = "desk.sla", .fire = service_timer_sla, .user = s, .fired = fired},
        {.kind = "desk.snooze", .fire = service_timer_snooze, .user = s, .fired = fired},
        {.kind = "desk.gone", .fire = service_timer_gone, .user = s, .fired = fired},
        {.kind = "desk.away", .fire = service_timer_away, .user = s, .fired = fired},
        {.kind = SERVICE_TIMER_UPKEEP, .fire = service_timer_upkeep, .user = s},
    };
    err = store_timers_start(s->store, list, sizeof list / sizeof *list, e);
    return err ? err : service_followers_start(s, e);
}
