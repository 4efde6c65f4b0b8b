/* SPDX-License-Identifier: Apache-2.0 */
/* Channels: the ways in. */
#include "api/api_admin.h"
#include "api/help.h"

enum {
    CHANNELS_MAX = 50,
    CONFIG_MAX = 32768,
    LIMIT_MIN_MS = 1000,
    LIMIT_MAX_MS = 24 * 3600 * 1000
};

Err api_channels(ApiCall *call)
{
    DeskChannel *rows;
    size_t n;
    Err err = desk_channel_list(call->c, &rows, &n);
    if (err)
        return err;
    api_items(call);
    for (size_t i = 0; i < n; i++)
        shape_channel(&call->w, &rows[i], call->base_url, call->c->actor.role >= ROLE_OWNER);
    api_items_end(call, STR_NONE);
    return ERR_OK;
}

/* ---- the widget's face ---- */

static bool is_color(Str s)
{
    bool ok = s.n == 7 && s.p[0] == '#';
    for (size_t i = 1; i < s.n && ok; i++)
        ok = (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f') ||
             (s.p[i] >= 'A' && s.p[i] <= 'F');
    return ok;
}

/* It becomes a source of a Content-Security-Policy: scheme, host, port and nothing else. */
static bool is_origin(Str s)
{
    Str rest = str_starts(s, STR("https://"))  ? str_sub(s, 8, s.n)
               : str_starts(s, STR("http://")) ? str_sub(s, 7, s.n)
                                               : STR_NONE;
    if (str_starts(rest, STR("*.")))
        rest = str_sub(rest, 2, rest.n);
    bool ok = rest.n > 0;
    for (size_t i = 0; i < rest.n && ok; i++) {
        char ch = rest.p[i];
        ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
             ch == '.' || ch == '-' || ch == ':' || ch == '[' || ch == ']';
    }
    return ok;
}

static Err put_texts(ApiCall *call, Str old, JsonW *w)
{
    static const struct {
        const char *name;
        size_t max;
    } TEXTS[] = {{"agent_label", 40}, {"color", 7},          {"greeting", 500},
                 {"address_form", 4}, {"offline_text", 500}, {"privacy_text", 1000}};
    Ctx *c = call->c;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        const char *name = TEXTS[i].name;
        Str s, was = shape_member(old, name);
        Err err = json_opt_str(call->body, &c->err, name, TEXTS[i].max, &s);
        if (err)
            return err;
        if (s.p && str_is(str_of(name), "color") && !is_color(s))
            return ctx_field(c, "color", "request.field_value", "a colour is written #0b5cd7");
        if (s.p && str_is(str_of(name), "address_form") && !str_is(s, "您") && !str_is(s, "你") &&
            !str_is(s, "亲"))
            return ctx_field(c, "address_form", "request.field_value", "one of 您, 你, 亲");
        if (s.p)
            jw_kstr(w, name, s);
        else if (was.n)
            jw_kraw(w, name, was);
    }
    return ERR_OK;
}

static void put_list(Str old, const char *name, const ApiTexts *t, JsonW *w)
{
    Str was = shape_member(old, name);
    if (!t->present) {
        jw_kraw(w, name, was.n ? was : STR("[]"));
        return;
    }
    jw_key(w, name);
    jw_arr(w);
    for (size_t i = 0; i < t->n; i++) {
        Str s = t->item[i];
        while (s.n && s.p[s.n - 1] == '/') /* of an origin; harmless in a question */
            s.n--;
        jw_str(w, s);
    }
    jw_arr_end(w);
}

static Err check_origins(Ctx *c, const ApiTexts *t)
{
    for (size_t i = 0; i < t->n; i++) {
        Str s = t->item[i];
        while (s.n && s.p[s.n - 1] == '/')
            s.n--;
        if (!is_origin(s))
            return ctx_field(c, "allowed_origins", "request.field_value",
                             "an origin is written https://shop.example.com");
    }
    return ERR_OK;
}

/* What the body says laid over what was. */
static Err new_config(ApiCall *call, Str old, Str *ret)
{
    Ctx *c = call->c;
    ApiTexts questions, origins;
    Buf b;
    JsonW w;
    buf_init(&b, c->arena, CONFIG_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    Err err = put_texts(call, old, &w);
    if (!err)
        err = api_body_texts(call, "quick_questions", 8, 60, &questions);
    if (!err)
        err = api_body_texts(call, "allowed_origins", 20, 200, &origins);
    if (!err)
        err = check_origins(c, &origins);
    if (err)
        return err;
    put_list(old, "quick_questions", &questions, &w);
    put_list(old, "allowed_origins", &origins, &w);
    jw_kbool(&w, "typing_preview",
             json_bool(call->body, "typing_preview",
                       str_is(shape_member(old, "typing_preview"), "true")));
    jw_obj_end(&w);
    *ret = buf_str(&b);
    return b.over ? ctx_err(c, ERR_TOO_LARGE, "setting.too_large", "these texts are too long")
                  : ERR_OK;
}

/* ---- limits of its own ---- */

static Err read_limit(ApiCall *call, const Json *sla, const char *key, int64_t *ms)
{
    if (json_is_null(sla, key))
        *ms = 0;
    int64_t v = *ms;
    Err err = api_body_i64(call, sla, key, 0, LIMIT_MAX_MS, &v);
    if (!err && v && v < LIMIT_MIN_MS)
        err = ctx_field(call->c, key, "request.field_value",
                        "%s is 0 for the shop's limit, or at least %d", key, LIMIT_MIN_MS);
    if (!err)
        *ms = v;
    return err;
}

static Err read_sla(ApiCall *call, DeskChannel *ch)
{
    Ctx *c = call->c;
    const Json *sla = json_get(call->body, "sla");
    int64_t greeting = ch->greeting_ms, reply = ch->reply_ms, said;
    if (!sla || json_is_null(call->body, "sla"))
        return ERR_OK;
    if (!json_is_object(sla))
        return ctx_field(c, "sla", "request.field_type", "sla is {greeting_ms, reply_ms, version}");
    Err err = api_body_version(call, sla, &said);
    if (!err)
        err = read_limit(call, sla, "greeting_ms", &greeting);
    if (!err)
        err = read_limit(call, sla, "reply_ms", &reply);
    if (err || (greeting == ch->greeting_ms && reply == ch->reply_ms))
        return err;
    if (said >= 0 && said != ch->sla_version)
        return ctx_err(c, ERR_CONFLICT, "setting.changed",
                       "version %lld of the limits was edited, %lld is in force", (long long)said,
                       (long long)ch->sla_version);
    ch->greeting_ms = greeting;
    ch->reply_ms = reply;
    ch->sla_version++;
    return ERR_OK;
}

/* ---- handlers ---- */

static Err store(ApiCall *call, DeskChannel *ch, const char *act)
{
    Ctx *c = call->c;
    Str name;
    Err err = api_body_line(call, "name", 60, &name);
    if (!err && name.p && !str_trim(name).n)
        err = ctx_field(c, "name", "request.field_missing", "a channel needs a name");
    if (err)
        return err;
    if (name.p)
        ch->name = name;
    err = new_config(call, ch->config, &ch->config);
    if (!err)
        err = read_sla(call, ch);
    ch->active = json_bool(call->body, "active", ch->active);
    if (!err)
        err = desk_channel_put(c, ch);
    if (!err)
        err = accounts_audit(c, act, ch->id, api_detail(c, "name", ch->name, NULL));
    if (err)
        return err;
    ctx_wake(c, DESK_WAKE_SETTINGS, c->actor.shop_id, 0, NULL);
    jw_obj(&call->w);
    jw_key(&call->w, "channel");
    shape_channel(&call->w, ch, call->base_url, true);
    jw_obj_end(&call->w);
    return ERR_OK;
}

Err api_channel_create(ApiCall *call)
{
    Ctx *c = call->c;
    DeskChannel ch, *rows;
    Str name;
    int64_t id;
    size_t n;
    Err err = json_need_str(call->body, &c->err, "name", 1, 60, &name);
    if (!err)
        err = desk_channel_list(c, &rows, &n);
    if (!err && n >= CHANNELS_MAX)
        err = ctx_err(c, ERR_LIMIT, "channel.many", "a shop has at most %d channels", CHANNELS_MAX);
    if (!err) /* the usual face first, then what the body says */
        err = desk_channel_create_first(c, name, STR_NONE, &id);
    if (!err)
        err = desk_channel_get(c, id, &ch);
    call->status = 201;
    return err ? err : store(call, &ch, "channel.created");
}

Err api_channel_change(ApiCall *call)
{
    DeskChannel ch;
    Err err = desk_channel_get(call->c, call->id[0], &ch);
    return err ? err : store(call, &ch, "channel.changed");
}
