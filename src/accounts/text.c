/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the short texts that people type into account forms. */
#include "accounts/internal.h"

#include "base/json.h"
#include "base/utf8.h"

#include <stdarg.h>

Err accounts_check_text(Ctx *c, const char *field, Str s, size_t min, size_t max)
{
    if (!utf8_valid(s))
        return ctx_field(c, field, "request.field_value", "%s is not UTF-8", field);
    size_t n = utf8_count(s);
    if (n < min || n > max)
        return ctx_field(c, field, "request.field_length",
                         "%s has %zu characters; %zu to %zu are allowed", field, n, min, max);
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return ctx_field(c, field, "request.field_value", "%s has a control character", field);
    }
    return ERR_OK;
}

Str accounts_detail(Ctx *c, ...)
{
    Buf b;
    JsonW w;
    buf_init(&b, c->arena, 4096);
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

Str accounts_lower(Ctx *c, Str s)
{
    s = str_trim(s);
    char *p = arena_alloc(c->arena, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
    return (Str){p, s.n};
}

bool accounts_email_ok(Str s)
{
    ptrdiff_t at = str_find(s, STR("@"));
    if (at < 1 || s.n > 254 || !utf8_valid(s))
        return false;
    Str host = str_sub(s, (size_t)at + 1, s.n);
    if (host.n < 1 || str_find(host, STR("@")) >= 0 || host.p[0] == '.' ||
        host.p[host.n - 1] == '.')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char b = (unsigned char)s.p[i];
        if (b <= 0x20 || b == 0x7f || b == '<' || b == '>' || b == ',' || b == ';' || b == '"')
            return false;
    }
    return true;
}

bool accounts_login_ok(Str s)
{
    if (!utf8_valid(s) || utf8_count(s) < 2 || utf8_count(s) > 64)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char b = (unsigned char)s.p[i];
        bool letter = (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b >= 0x80;
        if (!letter && b != '.' && b != '_' && b != '-')
            return false;
    }
    return true;
}
