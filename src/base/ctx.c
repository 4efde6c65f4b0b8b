/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ctx.h"

void ctx_init(Ctx *c, Arena *arena, IdSource *ids, int64_t now_ms)
{
    *c = (Ctx){.arena = arena, .ids = ids, .now_ms = now_ms};
    c->wakes_tail = &c->wakes;
}

int64_t ctx_id(Ctx *c)
{
    return id_next(c->ids, c->now_ms);
}

void ctx_wake(Ctx *c, int kind, int64_t id, int64_t seq, void *data)
{
    CtxWake *w = ARENA_NEW(c->arena, CtxWake);
    *w = (CtxWake){.kind = kind, .id = id, .seq = seq, .data = data};
    *c->wakes_tail = w;
    c->wakes_tail = &w->next;
}

void ctx_wakes_drop(Ctx *c)
{
    c->wakes = NULL;
    c->wakes_tail = &c->wakes;
}
