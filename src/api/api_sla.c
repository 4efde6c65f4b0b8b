/* SPDX-License-Identifier: Apache-2.0 */
/* How long customers may wait: a versioned setting of the shop. Channels may have limits of their
 * own (api_channel.c). */
#include "api/api_admin.h"
#include "api/help.h"

#include "accounts/setting.h"

enum { LIMIT_MIN_MS = 1000, LIMIT_MAX_MS = 24 * 3600 * 1000 };

typedef struct {
    int64_t greeting_ms, reply_ms, warning_ms, expected;
} Put;

static void write_limits(JsonW *w, int64_t greeting_ms, int64_t reply_ms, int64_t warning_ms)
{
    jw_ki64(w, "greeting_ms", greeting_ms);
    jw_ki64(w, "reply_ms", reply_ms);
    jw_ki64(w, "warning_ms", warning_ms);
}

static void write_sla(ApiCall *call, int64_t greeting_ms, int64_t reply_ms, int64_t warning_ms,
                      int64_t version)
{
    jw_obj(&call->w);
    write_limits(&call->w, greeting_ms, reply_ms, warning_ms);
    jw_ki64(&call->w, "version", version);
    jw_obj_end(&call->w);
}

Err api_sla(ApiCall *call)
{
    const ServiceShop *shop;
    Err err = service_shop(api_service(call->api), call->c, &shop);
    if (!err)
        write_sla(call, shop->rules.greeting_ms, shop->rules.reply_ms, shop->rules.warning_ms,
                  shop->sla_version);
    return err;
}

Err api_sla_put_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    const Json *body = call->body;
    const ServiceShop *shop;
    Put *p = ARENA_NEW(c->arena, Put);
    call->work = p;
    Err err = service_shop(api_service(call->api), c, &shop);
    if (err)
        return err;
    *p = (Put){shop->rules.greeting_ms, shop->rules.reply_ms, shop->rules.warning_ms, -1};
    err = api_body_i64(call, body, "greeting_ms", LIMIT_MIN_MS, LIMIT_MAX_MS, &p->greeting_ms);
    if (!err)
        err = api_body_i64(call, body, "reply_ms", LIMIT_MIN_MS, LIMIT_MAX_MS, &p->reply_ms);
    if (!err)
        err = api_body_i64(call, body, "warning_ms", 0, LIMIT_MAX_MS, &p->warning_ms);
    if (!err)
        err = api_body_version(call, body, &p->expected);
    if (p->expected < 0) /* what is not said was taken from this version */
        p->expected = shop->sla_version;
    return err;
}

Err api_sla_put(ApiCall *call)
{
    Ctx *c = call->c;
    const Put *p = call->work;
    Buf b;
    JsonW w;
    int64_t version;
    buf_init(&b, c->arena, 512);
    jw_init(&w, &b);
    jw_obj(&w);
    write_limits(&w, p->greeting_ms, p->reply_ms, p->warning_ms);
    jw_obj_end(&w);
    Err err = accounts_setting_put(c, STR("sla"), buf_str(&b), p->expected, &version);
    if (err)
        return err;
    ctx_wake(c, DESK_WAKE_SETTINGS, c->actor.shop_id, 0, NULL);
    write_sla(call, p->greeting_ms, p->reply_ms, p->warning_ms, version);
    return ERR_OK;
}
