/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

Str str_of(const char *cstr)
{
    return cstr ? (Str){cstr, strlen(cstr)} : STR_NONE;
}

bool str_eq(Str a, Str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_is(Str a, const char *cstr)
{
    return str_eq(a, str_of(cstr));
}

bool str_starts(Str s, Str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(Str s, Str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

int str_cmp(Str a, Str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c)
        return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

ptrdiff_t str_find(Str hay, Str needle)
{
    if (needle.n == 0)
        return 0;
    if (hay.n < needle.n)
        return -1;
    const char *end = hay.p + (hay.n - needle.n) + 1;
    for (const char *p = hay.p; p < end; p++) {
        p = memchr(p, needle.p[0], (size_t)(end - p));
        if (!p)
            return -1;
        if (memcmp(p, needle.p, needle.n) == 0)
            return p - hay.p;
    }
    return -1;
}

Str str_sub(Str s, size_t from, size_t n)
{
    if (from >= s.n)
        return STR_NONE;
    if (n > s.n - from)
        n = s.n - from;
    return (Str){s.p + from, n};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

Str str_trim(Str s)
{
    while (s.n && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

Str str_cut(Str *s, char sep)
{
    const char *at = s->n ? memchr(s->p, sep, s->n) : NULL;
    Str head = *s;
    if (!at) {
        *s = STR_NONE;
        return head;
    }
    head.n = (size_t)(at - s->p);
    *s = (Str){at + 1, s->n - head.n - 1};
    return head;
}

Str str_dup(Arena *a, Str s)
{
    return (Str){arena_dup(a, s.p, s.n), s.n};
}

char *str_c(Arena *a, Str s)
{
    char *p = arena_alloc(a, s.n + 1);
    if (s.n)
        memcpy(p, s.p, s.n);
    return p;
}

Str str_fmt(Arena *a, const char *fmt, ...)
{
    char small[256];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    ASSERT(n >= 0);
    size_t len = (size_t)n;
    char *p = arena_alloc(a, len + 1);
    if (len < sizeof small) {
        memcpy(p, small, len + 1);
    } else {
        va_start(ap, fmt);
        vsnprintf(p, len + 1, fmt, ap);
        va_end(ap);
    }
    return (Str){p, len};
}

Str str_join(Arena *a, const Str *parts, size_t n, Str sep)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += parts[i].n + (i ? sep.n : 0);
    char *p = arena_alloc(a, total + 1);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && sep.n) {
            memcpy(p + at, sep.p, sep.n);
            at += sep.n;
        }
        if (parts[i].n) {
            memcpy(p + at, parts[i].p, parts[i].n);
            at += parts[i].n;
        }
    }
    return (Str){p, total};
}

bool str_eq_secret(Str a, Str b)
{
    if (a.n != b.n)
        return false;
    unsigned char diff = 0;
    for (size_t i = 0; i < a.n; i++)
        diff = (unsigned char)(diff | (unsigned char)(a.p[i] ^ b.p[i]));
    return diff == 0;
}

bool str_i64(Str s, int64_t *ret)
{
    bool neg = s.n && s.p[0] == '-';
    size_t i = neg ? 1 : 0;
    if (i >= s.n || s.n - i > 19)
        return false;
    uint64_t v = 0;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    if (v > (uint64_t)INT64_MAX + (neg ? 1u : 0u))
        return false;
    *ret = neg ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

uint64_t str_hash(Str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    return h;
}
