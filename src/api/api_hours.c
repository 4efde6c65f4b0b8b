/* SPDX-License-Identifier: Apache-2.0 */
/* Working hours: a versioned setting, checked by the one library that knows them. */
#include "api/api_admin.h"
#include "api/help.h"

#include "accounts/setting.h"

enum { HOURS_JSON_MAX = 200000 };

static void write_hours(ApiCall *call, Str json, const Hours *hours, int64_t version)
{
    static const char *const lists[] = {"week", "breaks", "holidays"};
    JsonW *w = &call->w;
    int64_t now = call->c->now_ms, next = hours_next_open(hours, now);
    Str zone = shape_member(json, "timezone"), always = shape_member(json, "always");
    jw_obj(w);
    jw_kraw(w, "timezone", zone.n ? zone : STR("\"Asia/Shanghai\""));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        Str list = shape_member(json, lists[i]);
        jw_kraw(w, lists[i], list.n ? list : STR("[]"));
    }
    jw_kraw(w, "always", always.n ? always : STR("false"));
    jw_ki64(w, "version", version);
    jw_kbool(w, "now_open", hours_open_at(hours, now));
    if (next > now)
        jw_ki64(w, "next_open_at", next);
    else
        jw_knull(w, "next_open_at");
    jw_obj_end(w);
}

Err api_hours(ApiCall *call)
{
    const ServiceShop *shop;
    Err err = service_shop(api_service(call->api), call->c, &shop);
    if (!err)
        write_hours(call, shop->hours_json, shop->rules.hours, shop->hours_version);
    return err;
}

typedef struct {
    Str json;
    const Hours *hours;
    int64_t expected;
} Put;

static void copy_list(Arena *a, const Json *body, const char *key, JsonW *w)
{
    const Json *v = json_get(body, key);
    jw_kraw(w, key, json_is_array(v) ? json_print(a, v) : STR("[]"));
}

/* A day's name is shown to people; times and dates are judged by hours_parse. */
static Err check_names(ApiCall *call)
{
    for (const Json *x = json_first(json_get(call->body, "holidays")); x; x = json_next(x)) {
        Str name;
        Err err = json_opt_str(x, &call->c->err, "name", 60, &name);
        if (err)
            return err;
    }
    return ERR_OK;
}

Err api_hours_put_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    Put *p = ARENA_NEW(c->arena, Put);
    Buf b;
    JsonW w;
    Str zone;
    call->work = p;
    Err err = json_need_str(call->body, &c->err, "timezone", 1, 64, &zone);
    if (!err)
        err = api_body_version(call, call->body, &p->expected);
    if (!err)
        err = check_names(call);
    if (err)
        return err;
    buf_init(&b, c->arena, HOURS_JSON_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "timezone", zone);
    copy_list(c->arena, call->body, "week", &w);
    copy_list(c->arena, call->body, "breaks", &w);
    copy_list(c->arena, call->body, "holidays", &w);
    jw_kbool(&w, "always", json_bool(call->body, "always", false));
    jw_obj_end(&w);
    p->json = buf_str(&b);
    if (b.over)
        return ctx_err(c, ERR_TOO_LARGE, "setting.too_large", "too many holidays");
    return hours_parse(c->arena, &c->err, p->json, &p->hours);
}

Err api_hours_put(ApiCall *call)
{
    Ctx *c = call->c;
    const Put *p = call->work;
    int64_t version;
    Err err = accounts_setting_put(c, STR("hours"), p->json, p->expected, &version);
    if (err)
        return err;
    ctx_wake(c, DESK_WAKE_SETTINGS, c->actor.shop_id, 0, NULL);
    write_hours(call, p->json, p->hours, version);
    return ERR_OK;
}
