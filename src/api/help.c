/* SPDX-License-Identifier: Apache-2.0 */
#include "api/help.h"

#include "base/utf8.h"

#include <stdarg.h>

ShapeFor api_viewer(const Ctx *c)
{
    return api_supervises(c) ? SHAPE_SUPERVISOR : SHAPE_STAFF;
}

void api_items(ApiCall *call)
{
    jw_obj(&call->w);
    jw_key(&call->w, "items");
    jw_arr(&call->w);
}

void api_items_end(ApiCall *call, Str next)
{
    jw_arr_end(&call->w);
    if (next.n)
        jw_kstr(&call->w, "next", next);
    else
        jw_knull(&call->w, "next");
    jw_obj_end(&call->w);
}

Str api_detail(Ctx *c, ...)
{
    Buf b;
    JsonW w;
    buf_init(&b, c->arena, 8192);
    jw_init(&w, &b);
    jw_obj(&w);
    va_list ap;
    va_start(ap, c);
    for (const char *key = va_arg(ap, const char *); key; key = va_arg(ap, const char *))
        jw_kstr(&w, key, va_arg(ap, Str));
    va_end(ap);
    jw_obj_end(&w);
    return b.over ? STR("{}") : buf_str(&b);
}

bool api_plain(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

bool api_web_url(Str s)
{
    if (!str_starts(s, STR("https://")) && !str_starts(s, STR("http://")))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= 0x20 || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '\\')
            return false;
    }
    return true;
}

Err api_body_texts(ApiCall *call, const char *key, size_t max_n, size_t max_chars, ApiTexts *ret)
{
    Ctx *c = call->c;
    const Json *list = json_get(call->body, key);
    *ret = (ApiTexts){.present = list && json_is_array(list)};
    if (!list || json_is_null(call->body, key))
        return ERR_OK;
    if (!json_is_array(list))
        return ctx_field(c, key, "request.field_type", "%s is a list of texts", key);
    if (json_count(list) > max_n)
        return ctx_field(c, key, "request.field_length", "%s has at most %zu entries", key, max_n);
    Str *items = ARENA_ARRAY(c->arena, Str, max_n + 1);
    for (const Json *v = json_first(list); v; v = json_next(v)) {
        Str s = str_trim(json_value_str(v));
        if (!s.n || !api_plain(s) || utf8_count(s) > max_chars)
            return ctx_field(c, key, "request.field_value",
                             "%s has texts of 1 to %zu characters on one line", key, max_chars);
        items[ret->n++] = s;
    }
    ret->item = items;
    return ERR_OK;
}

Err api_body_version(ApiCall *call, const Json *obj, int64_t *ret)
{
    const Json *v = json_get(obj, "version");
    *ret = -1;
    if (!v || json_is_null(obj, "version"))
        return ERR_OK;
    int64_t n = json_value_i64(v, -1);
    if (n < 0 && !str_i64(json_value_str(v), &n))
        n = -1;
    if (n < 0)
        return ctx_field(call->c, "version", "request.field_type",
                         "version is the number that was read with what was edited");
    *ret = n;
    return ERR_OK;
}

Err api_body_i64(ApiCall *call, const Json *obj, const char *key, int64_t min, int64_t max,
                 int64_t *ret)
{
    if (!json_has(obj, key) || json_is_null(obj, key))
        return ERR_OK;
    int64_t v = json_i64(obj, key, INT64_MIN);
    if (v < min || v > max)
        return ctx_field(call->c, key, "request.field_value",
                         "%s is a whole number from %lld to %lld", key, (long long)min,
                         (long long)max);
    *ret = v;
    return ERR_OK;
}

Err api_body_line(ApiCall *call, const char *key, size_t max, Str *ret)
{
    Str s;
    Err err = json_opt_str(call->body, &call->c->err, key, max, &s);
    if (!err && !api_plain(s))
        err = ctx_field(call->c, key, "request.field_value", "%s is one line of text", key);
    if (!err)
        *ret = s;
    return err;
}
