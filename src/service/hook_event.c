/* SPDX-License-Identifier: Apache-2.0 */
/* Events become deliveries. */
#include "service/hook_internal.h"

#include "sql/hook.h"

#include <string.h>

/* What happened inside, and what it is called outside. */
static const struct {
    const char *kind, *name;
} NAMES[] = {
    {"conversation.opened.1", "conversation.created"},
    {"conversation.assigned.1", "conversation.assigned"},
    {"conversation.queued.1", "conversation.queued"},
    {"conversation.closed.1", "conversation.closed"},
    {"conversation.reopened.1", "conversation.reopened"},
    {"conversation.rated.1", "conversation.rated"},
    {"conversation.merged.1", "conversation.merged"},
    {"conversation.erased.1", "conversation.erased"},
    {"message.added.1", "message.created"},
    {"message.recalled.1", "message.recalled"},
    {"sla.late.1", "sla.late"},
    {"customer.changed.1", "customer.changed"},
    {"customer.blocked.1", "customer.blocked"},
    {"customer.unblocked.1", "customer.unblocked"},
    {"customer.merged.1", "customer.merged"},
    {"customer.erased.1", "customer.erased"},
};
enum { NAMES_N = sizeof NAMES / sizeof *NAMES };

const char *service_hook_event(size_t i)
{
    return i < NAMES_N ? NAMES[i].name : NULL;
}

bool service_hook_event_known(Str name)
{
    for (size_t i = 0; i < NAMES_N; i++)
        if (str_is(name, NAMES[i].name))
            return true;
    return str_is(name, "*");
}

static const char *name_of(Str kind)
{
    for (size_t i = 0; i < NAMES_N; i++)
        if (str_is(kind, NAMES[i].kind))
            return NAMES[i].name;
    return NULL;
}

typedef struct {
    const ServiceHook *hook;
    const Json *events;
    int64_t waiting; /* -1: not asked yet */
} Listener;

static bool wants(const Listener *l, const StoreEvent *ev, const char *name)
{
    if (l->hook->shop_id != ev->shop_id || ev->at_ms < l->hook->created_at)
        return false;
    for (const Json *v = json_first(l->events); v; v = json_next(v))
        if (str_is(json_value_str(v), name) || str_is(json_value_str(v), "*"))
            return true;
    return false;
}

static Err tell(Ctx *c, Listener *l, const StoreEvent *ev, const char *name)
{
    HookTelling t = {
        .delivery_id = ctx_id(c), .hook_id = l->hook->id, .name = name, .texts = l->hook->texts};
    Str body;
    int64_t customer_id;
    Err err = hook_body(c, ev, &t, &body, &customer_id);
    if (err || !body.n)
        return err;
    if (l->waiting < 0)
        err = store_i64(c, &HOOK_WAITING, BINDS(i64(l->hook->id), i64(SERVICE_HOOK_WAITING)), 0,
                        &l->waiting);
    if (err)
        return err;
    if (l->waiting >= SERVICE_HOOK_WAITING)
        return store_exec(c, &HOOK_DROP, BINDS(i64(l->hook->id)), NULL);
    l->waiting++;
    return store_exec(c, &HOOK_DELIVER,
                      BINDS(i64(t.delivery_id), i64(l->hook->id), i64(ev->shop_id),
                            text(str_of(name)), i64(ev->conversation_id), i64(customer_id),
                            text(body), i64(c->now_ms)),
                      NULL);
}

Err service_hook_follow(Ctx *c, void *arg)
{
    const StoreFollowerBatch *batch = arg;
    ServiceHook *hooks;
    size_t n;
    Err err = store_all(c, &HOOK_ACTIVE, NO_BINDS, &SERVICE_HOOK_MAP, &hooks, &n);
    if (err || !n)
        return err;
    Listener *listeners = ARENA_ARRAY(c->arena, Listener, n);
    for (size_t i = 0; i < n && !err; i++) {
        listeners[i] = (Listener){.hook = &hooks[i], .waiting = -1};
        err = json_parse(c->arena, &c->err, hooks[i].events, &listeners[i].events);
    }
    for (size_t e = 0; e < batch->n && !err; e++) {
        const StoreEvent *ev = &batch->events[e];
        const char *name = name_of(ev->kind);
        c->actor = (Actor){.role = ROLE_SYSTEM, .shop_id = ev->shop_id};
        for (size_t i = 0; name && i < n && !err; i++)
            if (wants(&listeners[i], ev, name))
                err = tell(c, &listeners[i], ev, name);
    }
    return err;
}
