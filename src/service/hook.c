/* SPDX-License-Identifier: Apache-2.0 */
#include "service/hook_internal.h"

#include "accounts/seal.h"
#include "sql/hook.h"

enum { SWEEP = 1000, SWEEPS = 20 };
#define DAY_MS       INT64_C(86400000)
#define SEAL_PURPOSE STR("webhook")

static const StoreField FIELDS[] = {
    STORE_FIELD(ServiceHook, id),         STORE_FIELD(ServiceHook, shop_id),
    STORE_FIELD(ServiceHook, url),        STORE_FIELD(ServiceHook, events),
    STORE_FIELD(ServiceHook, secret),     STORE_FIELD(ServiceHook, texts),
    STORE_FIELD(ServiceHook, active),     STORE_FIELD(ServiceHook, dropped),
    STORE_FIELD(ServiceHook, created_at),
};
const StoreMap SERVICE_HOOK_MAP = STORE_MAP(ServiceHook, FIELDS);

static const StoreField DELIVERY_FIELDS[] = {
    STORE_FIELD(ServiceDelivery, id),          STORE_FIELD(ServiceDelivery, hook_id),
    STORE_FIELD(ServiceDelivery, event),       STORE_FIELD(ServiceDelivery, conversation_id),
    STORE_FIELD(ServiceDelivery, status),      STORE_FIELD(ServiceDelivery, attempts),
    STORE_FIELD(ServiceDelivery, next_at),     STORE_FIELD(ServiceDelivery, created_at),
    STORE_FIELD(ServiceDelivery, finished_at), STORE_FIELD(ServiceDelivery, code),
    STORE_FIELD(ServiceDelivery, error),       STORE_FIELD(ServiceDelivery, duration_ms),
    STORE_FIELD(ServiceDelivery, answer),      STORE_FIELD(ServiceDelivery, erased),
};
static const StoreMap DELIVERY_MAP = STORE_MAP(ServiceDelivery, DELIVERY_FIELDS);

Err service_hook_list(Ctx *c, ServiceHook **ret, size_t *ret_n)
{
    return store_all(c, &HOOK_LIST, BINDS(i64(c->actor.shop_id)), &SERVICE_HOOK_MAP, ret, ret_n);
}

static Err unknown(Ctx *c)
{
    return ctx_err(c, ERR_NOT_FOUND, "webhook.unknown", "no such webhook");
}

Err service_hook_get(Ctx *c, int64_t id, ServiceHook *ret)
{
    bool found;
    Err err = store_one(c, &HOOK_GET, BINDS(i64(id), i64(c->actor.shop_id)), &SERVICE_HOOK_MAP, ret,
                        &found);
    return err || found ? err : unknown(c);
}

static Str new_secret(Service *s, Ctx *c, Str *ret_plain)
{
    Str token = accounts_token_new(c);
    *ret_plain = str_fmt(c->arena, "whs_%.*s", STR_ARG(token));
    return accounts_seal(c, s->accounts, SEAL_PURPOSE, *ret_plain);
}

static Str words(Ctx *c, const ServiceHook *h)
{
    Buf b;
    JsonW w;
    buf_init(&b, c->arena, 8192);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "url", h->url);
    jw_kstr(&w, "active", h->active ? STR("yes") : STR("no"));
    jw_kstr(&w, "texts", h->texts ? STR("yes") : STR("no"));
    jw_obj_end(&w);
    return buf_str(&b);
}

Err service_hook_create(Service *s, Ctx *c, ServiceHook *h, Str *ret_secret)
{
    ServiceHook *others;
    size_t n;
    Err err = hook_url_check(c, h->url, s->hooks_private);
    if (!err)
        err = service_hook_list(c, &others, &n);
    if (!err && n >= SERVICE_HOOKS_MAX)
        err = ctx_err(c, ERR_LIMIT, "webhook.many", "at most %d webhooks", SERVICE_HOOKS_MAX);
    if (err)
        return err;
    h->id = ctx_id(c);
    h->shop_id = c->actor.shop_id;
    h->created_at = c->now_ms;
    h->secret = new_secret(s, c, ret_secret);
    err = store_exec(c, &HOOK_INSERT,
                     BINDS(i64(h->id), i64(h->shop_id), text(h->url), text(h->events),
                           text(h->secret), i64(h->texts), i64(h->active),
                           null_if_0(c->actor.user_id), i64(c->now_ms)),
                     NULL);
    return err ? err : accounts_audit(c, "webhook.created", h->id, words(c, h));
}

Err service_hook_change(Service *s, Ctx *c, ServiceHook *h, bool with_secret, Str *ret_secret)
{
    int64_t rows;
    Err err = hook_url_check(c, h->url, s->hooks_private);
    if (err)
        return err;
    *ret_secret = STR_NONE;
    if (with_secret)
        h->secret = new_secret(s, c, ret_secret);
    err = store_exec(c, &HOOK_CHANGE,
                     BINDS(i64(h->id), i64(c->actor.shop_id), text(h->url), text(h->events),
                           text(h->secret), i64(h->texts), i64(h->active), i64(c->now_ms)),
                     &rows);
    if (!err && !rows)
        err = unknown(c);
    return err ? err : accounts_audit(c, "webhook.changed", h->id, words(c, h));
}

Err service_hook_remove(Ctx *c, int64_t id)
{
    int64_t rows;
    Err err =
        store_exec(c, &HOOK_REMOVE, BINDS(i64(id), i64(c->actor.shop_id), i64(c->now_ms)), &rows);
    if (!err && !rows)
        err = unknown(c);
    return err ? err : accounts_audit(c, "webhook.removed", id, STR_NONE);
}

Err service_hook_deliveries(Ctx *c, int64_t hook_id, int64_t before_id, int64_t limit,
                            ServiceDelivery **ret, size_t *ret_n)
{
    ServiceHook h;
    Err err = service_hook_get(c, hook_id, &h);
    return err ? err
               : store_all(c, &HOOK_DELIVERIES,
                           BINDS(i64(hook_id), i64(c->actor.shop_id), i64(before_id), i64(limit)),
                           &DELIVERY_MAP, ret, ret_n);
}

static Err delivery(Ctx *c, int64_t id, ServiceDelivery *ret)
{
    bool found;
    Err err = store_one(c, &HOOK_DELIVERY, BINDS(i64(id), i64(c->actor.shop_id)), &DELIVERY_MAP,
                        ret, &found);
    return err || found ? err : ctx_err(c, ERR_NOT_FOUND, "delivery.unknown", "no such delivery");
}

Err service_hook_retry(Ctx *c, int64_t delivery_id, ServiceDelivery *ret)
{
    Err err = delivery(c, delivery_id, ret);
    if (!err && ret->erased)
        err = ctx_err(c, ERR_CONFLICT, "delivery.erased", "what it told of was erased");
    if (!err)
        err = store_exec(c, &HOOK_RETRY,
                         BINDS(i64(delivery_id), i64(c->actor.shop_id), i64(c->now_ms)), NULL);
    if (!err)
        err = accounts_audit(c, "webhook.retried", delivery_id, STR_NONE);
    return err ? err : delivery(c, delivery_id, ret);
}

Err service_hook_forget_conversation(Ctx *c, int64_t conversation_id)
{
    return store_exec(c, &HOOK_FORGET_CONVERSATION,
                      BINDS(i64(conversation_id), i64(c->actor.shop_id)), NULL);
}

Err service_hook_forget_customer(Ctx *c, int64_t customer_id)
{
    return store_exec(c, &HOOK_FORGET_CUSTOMER, BINDS(i64(customer_id), i64(c->actor.shop_id)),
                      NULL);
}

/* ---- upkeep ---- */
typedef struct {
    int64_t id;
    bool removed;
} AnyHook;
static const StoreField ANY_FIELDS[] = {STORE_FIELD(AnyHook, id), STORE_FIELD(AnyHook, removed)};
static const StoreMap ANY_MAP = STORE_MAP(AnyHook, ANY_FIELDS);

typedef struct {
    int64_t after;
    AnyHook *hooks;
    size_t n;
    AnyHook one;
    int64_t dropped;
} Sweep;

static Err find_any(Ctx *c, void *arg)
{
    Sweep *w = arg;
    return store_all(c, &HOOK_ALL, BINDS(i64(w->after)), &ANY_MAP, &w->hooks, &w->n);
}

static Err sweep_one(Ctx *c, void *arg)
{
    Sweep *w = arg;
    if (!w->one.removed)
        return store_exec(
            c, &HOOK_SWEEP_LOG,
            BINDS(i64(w->one.id), i64(c->now_ms - SERVICE_HOOK_LOG_DAYS * DAY_MS), i64(SWEEP)),
            &w->dropped);
    Err err = store_exec(c, &HOOK_SWEEP_REMOVED, BINDS(i64(w->one.id), i64(SWEEP)), &w->dropped);
    if (!err && w->dropped < SWEEP)
        err = store_exec(c, &HOOK_GONE, BINDS(i64(w->one.id)), NULL);
    return err;
}

Err service_hook_sweep(Service *s, Ctx *c, bool *ret_more)
{
    Sweep w = {0};
    *ret_more = false;
    do {
        Err err = store_read(s->store, c, find_any, &w);
        for (size_t i = 0; i < w.n && !err; i++) {
            w.one = w.hooks[i];
            w.dropped = SWEEP;
            for (int k = 0; k < SWEEPS && w.dropped >= SWEEP && !err; k++)
                err = store_write(s->store, c, STORE_IMPORT, sweep_one, &w);
            *ret_more |= w.dropped >= SWEEP;
            w.after = w.one.id;
        }
        if (err)
            return err;
    } while (w.n == 500);
    return ERR_OK;
}
