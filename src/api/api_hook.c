/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks and what came of each delivery. */
#include "api/help.h"

#include "service/hook.h"

enum { EVENTS_MAX = 32, HOOK_BYTES = 8192, PAGE_MAX = 200 };

static Str write_events(Ctx *c, const ApiTexts *list)
{
    Buf b;
    JsonW w;
    buf_init(&b, c->arena, HOOK_BYTES);
    jw_init(&w, &b);
    jw_arr(&w);
    for (size_t i = 0; i < list->n; i++)
        jw_str(&w, list->item[i]);
    jw_arr_end(&w);
    return buf_str(&b);
}

/* What the body says; what it does not say stays as it is in *h. */
static Err read_hook(ApiCall *call, ServiceHook *h)
{
    Ctx *c = call->c;
    ApiTexts events;
    Str url;
    Err err = api_body_line(call, "url", SERVICE_HOOK_URL, &url);
    if (!err)
        err = api_body_texts(call, "events", EVENTS_MAX, 60, &events);
    if (err)
        return err;
    if (url.p)
        h->url = url;
    for (size_t i = 0; i < events.n; i++)
        if (!service_hook_event_known(events.item[i]))
            return ctx_field(c, "events", "webhook.event", "there is no event %.*s",
                             STR_ARG(events.item[i]));
    if (events.present && !events.n)
        return ctx_field(c, "events", "request.field_missing", "choose at least one event");
    if (events.present)
        h->events = write_events(c, &events);
    h->texts = json_bool(call->body, "texts", h->texts);
    h->active = json_bool(call->body, "active", h->active);
    return ERR_OK;
}

static void write_hook(JsonW *w, const ServiceHook *h, Str secret)
{
    jw_obj(w);
    jw_kid(w, "id", h->id);
    jw_kstr(w, "url", h->url);
    jw_kraw(w, "events", h->events);
    jw_kbool(w, "texts", h->texts);
    jw_kbool(w, "active", h->active);
    jw_ki64(w, "dropped", h->dropped);
    jw_ki64(w, "created_at", h->created_at);
    if (secret.n)
        jw_kstr(w, "secret", secret);
    jw_obj_end(w);
}

static Err hooks(ApiCall *call)
{
    ServiceHook *list;
    size_t n;
    Err err = service_hook_list(call->c, &list, &n);
    if (err)
        return err;
    api_items(call);
    for (size_t i = 0; i < n; i++)
        write_hook(&call->w, &list[i], STR_NONE);
    api_items_end(call, STR_NONE);
    return ERR_OK;
}

static Err hook_create(ApiCall *call)
{
    Ctx *c = call->c;
    ServiceHook h = {.events = STR("[\"*\"]"), .active = true};
    Str secret;
    Err err = read_hook(call, &h);
    if (!err && !h.url.n)
        err = ctx_field(c, "url", "request.field_missing", "where to send");
    if (!err)
        err = service_hook_create(api_service(call->api), c, &h, &secret);
    if (err)
        return err;
    call->status = 201;
    write_hook(&call->w, &h, secret);
    return ERR_OK;
}

static Err hook_change(ApiCall *call)
{
    ServiceHook h;
    Str secret;
    Err err = service_hook_get(call->c, call->id[0], &h);
    if (!err)
        err = read_hook(call, &h);
    if (!err)
        err = service_hook_change(api_service(call->api), call->c, &h,
                                  json_bool(call->body, "new_secret", false), &secret);
    if (!err)
        write_hook(&call->w, &h, secret);
    return err;
}

static Err hook_remove(ApiCall *call)
{
    Err err = service_hook_remove(call->c, call->id[0]);
    if (!err) {
        jw_obj(&call->w);
        jw_obj_end(&call->w);
    }
    return err;
}

/* ---- deliveries ---- */
static void number_or_null(JsonW *w, const char *key, int64_t v)
{
    if (v)
        jw_ki64(w, key, v);
    else
        jw_knull(w, key);
}

static void words_or_null(JsonW *w, const char *key, Str s)
{
    if (s.n)
        jw_kstr(w, key, s);
    else
        jw_knull(w, key);
}

static void write_delivery(JsonW *w, const ServiceDelivery *d)
{
    bool pending = str_is(d->status, "pending");
    jw_obj(w);
    jw_kid(w, "id", d->id);
    jw_kid(w, "webhook", d->hook_id);
    jw_kstr(w, "event", d->event);
    jw_kid(w, "conversation", d->conversation_id);
    jw_kstr(w, "status", d->status);
    jw_ki64(w, "attempts", d->attempts);
    number_or_null(w, "next_at", pending ? d->next_at : 0);
    jw_ki64(w, "created_at", d->created_at);
    number_or_null(w, "finished_at", d->finished_at);
    number_or_null(w, "code", d->code);
    words_or_null(w, "error", d->error);
    if (d->finished_at)
        jw_ki64(w, "duration_ms", d->duration_ms);
    else
        jw_knull(w, "duration_ms");
    words_or_null(w, "answer", d->answer);
    jw_kbool(w, "erased", d->erased);
    jw_obj_end(w);
}

static Err deliveries(ApiCall *call)
{
    ServiceDelivery *list;
    size_t n;
    int64_t before, limit;
    Err err = api_query_i64(call, "cursor", INT64_MAX, 1, INT64_MAX, &before);
    if (!err)
        err = api_query_i64(call, "limit", 50, 1, PAGE_MAX, &limit);
    if (!err)
        err = service_hook_deliveries(call->c, call->id[0], before, limit, &list, &n);
    if (err)
        return err;
    api_items(call);
    for (size_t i = 0; i < n; i++)
        write_delivery(&call->w, &list[i]);
    api_items_end(call, n == (size_t)limit
                            ? str_fmt(call->c->arena, "%lld", (long long)list[n - 1].id)
                            : STR_NONE);
    return ERR_OK;
}

static Err delivery_retry(ApiCall *call)
{
    ServiceDelivery d;
    Err err = service_hook_retry(call->c, call->id[0], &d);
    if (err)
        return err;
    jw_obj(&call->w);
    jw_key(&call->w, "delivery");
    write_delivery(&call->w, &d);
    jw_obj_end(&call->w);
    return ERR_OK;
}

static const ApiRoute ROWS[] = {
    {NET_GET, "/api/webhooks", API_OWNER, SCOPE_ADMIN, API_TX_READ, 0, .run = hooks,
     .summary = "Whom the shop tells what happens", .gives = "Webhooks"},
    {NET_POST, "/api/webhooks", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, HOOK_BYTES,
     .run = hook_create, .summary = "A new webhook; its secret is shown now only",
     .takes = "WebhookPut", .gives = "Webhook"},
    {NET_PATCH, "/api/webhooks/{id}", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, HOOK_BYTES,
     .run = hook_change, .summary = "Change a webhook, pause it, give it a new secret",
     .takes = "WebhookPut", .gives = "Webhook"},
    {NET_DELETE, "/api/webhooks/{id}", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, 0, .run = hook_remove,
     .summary = "Remove a webhook and its log", .gives = "Nothing"},
    {NET_GET, "/api/webhooks/{id}/deliveries", API_OWNER, SCOPE_ADMIN, API_TX_READ, 0,
     .run = deliveries, .summary = "What was sent, newest first", .gives = "Deliveries",
     .query = "limit cursor"},
    {NET_POST, "/api/deliveries/{id}/retry", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, API_SMALL,
     .run = delivery_retry, .summary = "Send it again", .takes = "Nothing",
     .gives = "DeliveryAnswer"},
};
const ApiRoutes API_ROUTES_HOOKS = {ROWS, sizeof ROWS / sizeof ROWS[0]};
