/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/utf8.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

/* cJSON would take NUL escapes, lone surrogates and deep nesting: look before it does. */
static Err scan(ErrSlot *e, Str s)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (!in_string) {
            if (c == '"')
                in_string = true;
            else if (c == '{' || c == '[')
                depth++;
            else if (c == '}' || c == ']')
                depth--;
            if (depth > JSON_MAX_DEPTH)
                return err_set(e, ERR_INVALID, "json.depth", "nested deeper than %d",
                               JSON_MAX_DEPTH);
            if (c == '\0')
                return err_set(e, ERR_INVALID, "json.invalid", "NUL byte at %zu", i);
            continue;
        }
        if (c < 0x20)
            return err_set(e, ERR_INVALID, "json.invalid", "raw control character at byte %zu", i);
        if (c == '"') {
            in_string = false;
        } else if (c == '\\') {
            if (i + 5 < s.n && s.p[i + 1] == 'u') {
                if (s.p[i + 2] == '0' && s.p[i + 3] == '0' && s.p[i + 4] == '0' &&
                    s.p[i + 5] == '0')
                    return err_set(e, ERR_INVALID, "json.invalid", "\\u0000 at byte %zu", i);
            }
            i++;
        }
    }
    return ERR_OK;
}

static void free_tree(void *tree)
{
    cJSON_Delete(tree);
}

Err json_parse(Arena *a, ErrSlot *e, Str text, const Json **ret)
{
    if (!utf8_valid(text))
        return err_set(e, ERR_INVALID, "json.utf8", "not valid UTF-8");
    Err err = scan(e, text);
    if (err)
        return err;
    const char *end = NULL;
    cJSON *tree = text.n ? cJSON_ParseWithLengthOpts(text.p, text.n, &end, 0) : NULL;
    if (!tree)
        return err_set(e, ERR_INVALID, "json.invalid", "not JSON from byte %td on",
                       end && text.n ? end - text.p : 0);
    arena_defer(a, free_tree, tree);
    Str rest = str_trim((Str){end, text.n - (size_t)(end - text.p)});
    if (rest.n)
        return err_set(e, ERR_INVALID, "json.invalid", "text after the end of the JSON value");
    *ret = tree;
    return ERR_OK;
}

const Json *json_get(const Json *obj, const char *key)
{
    return cJSON_IsObject(obj) ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
}

Str json_value_str(const Json *v)
{
    return cJSON_IsString(v) ? str_of(v->valuestring) : STR_NONE;
}

Str json_str(const Json *obj, const char *key)
{
    return json_value_str(json_get(obj, key));
}

bool json_has(const Json *obj, const char *key)
{
    return json_get(obj, key) != NULL;
}

bool json_is_null(const Json *obj, const char *key)
{
    return cJSON_IsNull(json_get(obj, key));
}

int64_t json_value_i64(const Json *v, int64_t dflt)
{
    if (!cJSON_IsNumber(v))
        return dflt;
    double d = v->valuedouble;
    if (!(d >= -9007199254740992.0 && d <= 9007199254740992.0) || floor(d) < d)
        return dflt;
    return (int64_t)d;
}

int64_t json_i64(const Json *obj, const char *key, int64_t dflt)
{
    return json_value_i64(json_get(obj, key), dflt);
}

double json_f64(const Json *obj, const char *key, double dflt)
{
    const Json *v = json_get(obj, key);
    return cJSON_IsNumber(v) ? v->valuedouble : dflt;
}

bool json_bool(const Json *obj, const char *key, bool dflt)
{
    const Json *v = json_get(obj, key);
    return cJSON_IsBool(v) ? cJSON_IsTrue(v) : dflt;
}

bool json_id(const Json *obj, const char *key, int64_t *ret)
{
    int64_t id;
    if (!str_i64(json_str(obj, key), &id) || id <= 0)
        return false;
    *ret = id;
    return true;
}

const Json *json_first(const Json *v)
{
    return v ? v->child : NULL;
}

const Json *json_next(const Json *item)
{
    return item->next;
}

Str json_key(const Json *v)
{
    return str_of(v->string);
}

bool json_is_object(const Json *v)
{
    return cJSON_IsObject(v);
}

bool json_is_array(const Json *v)
{
    return cJSON_IsArray(v);
}

bool json_is_string(const Json *v)
{
    return cJSON_IsString(v);
}

size_t json_count(const Json *v)
{
    size_t n = 0;
    for (const Json *c = json_first(v); c; c = c->next)
        n++;
    return n;
}

static void print_value(JsonW *w, const Json *v)
{
    if (cJSON_IsObject(v)) {
        jw_obj(w);
        for (const Json *c = v->child; c; c = c->next) {
            jw_str(w, str_of(c->string));
            buf_byte(w->out, ':');
            w->comma = false;
            print_value(w, c);
        }
        jw_obj_end(w);
    } else if (cJSON_IsArray(v)) {
        jw_arr(w);
        for (const Json *c = v->child; c; c = c->next)
            print_value(w, c);
        jw_arr_end(w);
    } else if (cJSON_IsString(v)) {
        jw_str(w, str_of(v->valuestring));
    } else if (cJSON_IsNumber(v)) {
        double d = v->valuedouble;
        if (d >= -9007199254740992.0 && d <= 9007199254740992.0 && !(floor(d) < d))
            jw_i64(w, (int64_t)d);
        else
            jw_f64(w, d);
    } else if (cJSON_IsBool(v)) {
        jw_bool(w, cJSON_IsTrue(v));
    } else {
        jw_null(w);
    }
}

Str json_print(Arena *a, const Json *v)
{
    Buf b;
    buf_init(&b, a, 1u << 22);
    JsonW w;
    jw_init(&w, &b);
    print_value(&w, v);
    return buf_str(&b);
}

Err json_opt_str(const Json *obj, ErrSlot *e, const char *key, size_t max, Str *ret)
{
    const Json *v = json_get(obj, key);
    if (!v || cJSON_IsNull(v)) {
        *ret = STR_NONE;
        return ERR_OK;
    }
    if (!cJSON_IsString(v))
        return err_field(e, key, "request.field_type", "\"%s\" must be text", key);
    Str s = str_of(v->valuestring);
    if (utf8_count(s) > max)
        return err_field(e, key, "request.field_length", "\"%s\" has more than %zu characters", key,
                         max);
    *ret = s;
    return ERR_OK;
}

Err json_need_str(const Json *obj, ErrSlot *e, const char *key, size_t min, size_t max, Str *ret)
{
    Str s;
    Err err = json_opt_str(obj, e, key, max, &s);
    if (err)
        return err;
    if (!json_has(obj, key) || (min > 0 && str_trim(s).n == 0))
        return err_field(e, key, "request.field_missing", "\"%s\" is required", key);
    if (utf8_count(s) < min)
        return err_field(e, key, "request.field_length", "\"%s\" needs at least %zu characters",
                         key, min);
    *ret = s;
    return ERR_OK;
}

Err json_need_id(const Json *obj, ErrSlot *e, const char *key, int64_t *ret)
{
    if (!json_has(obj, key))
        return err_field(e, key, "request.field_missing", "\"%s\" is required", key);
    if (!json_id(obj, key, ret))
        return err_field(e, key, "request.field_type", "\"%s\" must be an id (decimal string)",
                         key);
    return ERR_OK;
}

/* ---- writer ---- */

void jw_init(JsonW *w, Buf *out)
{
    *w = (JsonW){.out = out};
}

static void sep(JsonW *w)
{
    if (w->comma)
        buf_byte(w->out, ',');
    w->comma = true;
}

void jw_obj(JsonW *w)
{
    sep(w);
    buf_byte(w->out, '{');
    w->comma = false;
}

void jw_obj_end(JsonW *w)
{
    buf_byte(w->out, '}');
    w->comma = true;
}

void jw_arr(JsonW *w)
{
    sep(w);
    buf_byte(w->out, '[');
    w->comma = false;
}

void jw_arr_end(JsonW *w)
{
    buf_byte(w->out, ']');
    w->comma = true;
}

void jw_key(JsonW *w, const char *key)
{
    sep(w);
    buf_byte(w->out, '"');
    buf_put(w->out, str_of(key));
    buf_lit(w->out, "\":");
    w->comma = false;
}

void jw_str(JsonW *w, Str s)
{
    static const char hex[] = "0123456789abcdef";
    sep(w);
    Buf *o = w->out;
    buf_byte(o, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_put(o, str_sub(s, from, i - from));
        from = i + 1;
        char esc[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        if (c == '"' || c == '\\') {
            esc[1] = (char)c;
            buf_put(o, (Str){esc, 2});
        } else if (c == '\n') {
            buf_lit(o, "\\n");
        } else {
            buf_put(o, (Str){esc, 6});
        }
    }
    buf_put(o, str_sub(s, from, s.n));
    buf_byte(o, '"');
}

void jw_i64(JsonW *w, int64_t v)
{
    sep(w);
    buf_i64(w->out, v);
}

void jw_f64(JsonW *w, double v)
{
    if (!isfinite(v)) {
        jw_null(w);
        return;
    }
    sep(w);
    if (fabs(v) >= 1e12) {
        buf_fmt(w->out, "%.17g", v);
        return;
    }
    /* four places are enough for what is written here: probabilities, seconds, marks */
    int64_t parts = llround(v * 10000);
    uint64_t size = (uint64_t)(parts < 0 ? -parts : parts);
    unsigned rest = (unsigned)(size % 10000);
    if (parts < 0)
        buf_byte(w->out, '-');
    buf_i64(w->out, (int64_t)(size / 10000));
    if (!rest)
        return;
    char place[5] = {'.', (char)('0' + rest / 1000), (char)('0' + rest / 100 % 10),
                     (char)('0' + rest / 10 % 10), (char)('0' + rest % 10)};
    size_t n = sizeof place;
    while (place[n - 1] == '0')
        n--;
    buf_put(w->out, (Str){place, n});
}

void jw_bool(JsonW *w, bool v)
{
    sep(w);
    buf_put(w->out, v ? STR("true") : STR("false"));
}

void jw_null(JsonW *w)
{
    sep(w);
    buf_lit(w->out, "null");
}

void jw_raw(JsonW *w, Str json)
{
    sep(w);
    buf_put(w->out, json.n ? json : STR("null"));
}

void jw_id(JsonW *w, int64_t id)
{
    if (id == 0) {
        jw_null(w);
        return;
    }
    sep(w);
    buf_byte(w->out, '"');
    buf_i64(w->out, id);
    buf_byte(w->out, '"');
}

void jw_kstr(JsonW *w, const char *key, Str s)
{
    jw_key(w, key);
    jw_str(w, s);
}

void jw_ki64(JsonW *w, const char *key, int64_t v)
{
    jw_key(w, key);
    jw_i64(w, v);
}

void jw_kbool(JsonW *w, const char *key, bool v)
{
    jw_key(w, key);
    jw_bool(w, v);
}

void jw_kid(JsonW *w, const char *key, int64_t id)
{
    jw_key(w, key);
    jw_id(w, id);
}

void jw_knull(JsonW *w, const char *key)
{
    jw_key(w, key);
    jw_null(w);
}

void jw_kraw(JsonW *w, const char *key, Str json)
{
    jw_key(w, key);
    jw_raw(w, json);
}
