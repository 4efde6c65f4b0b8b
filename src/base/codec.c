/* SPDX-License-Identifier: Apache-2.0 */
#include "base/codec.h"

#include "base/utf8.h"

#include <string.h>

static const char HEX[] = "0123456789abcdef";
static const char B64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

Str codec_hex(Arena *a, Str bytes)
{
    char *p = arena_alloc(a, bytes.n * 2 + 1);
    for (size_t i = 0; i < bytes.n; i++) {
        p[2 * i] = HEX[(unsigned char)bytes.p[i] >> 4];
        p[2 * i + 1] = HEX[(unsigned char)bytes.p[i] & 15];
    }
    return (Str){p, bytes.n * 2};
}

bool codec_hex_decode(Arena *a, Str text, Str *ret)
{
    if (text.n % 2)
        return false;
    char *p = arena_alloc(a, text.n / 2 + 1);
    for (size_t i = 0; i < text.n; i += 2) {
        int hi = hex_value(text.p[i]), lo = hex_value(text.p[i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        p[i / 2] = (char)(hi << 4 | lo);
    }
    *ret = (Str){p, text.n / 2};
    return true;
}

Str codec_base64url(Arena *a, Str b)
{
    char *p = arena_alloc(a, (b.n + 2) / 3 * 4 + 1);
    size_t at = 0;
    for (size_t i = 0; i < b.n; i += 3) {
        size_t left = b.n - i;
        uint32_t v = (uint32_t)(unsigned char)b.p[i] << 16;
        if (left > 1)
            v |= (uint32_t)(unsigned char)b.p[i + 1] << 8;
        if (left > 2)
            v |= (uint32_t)(unsigned char)b.p[i + 2];
        p[at++] = B64[v >> 18];
        p[at++] = B64[v >> 12 & 63];
        if (left > 1)
            p[at++] = B64[v >> 6 & 63];
        if (left > 2)
            p[at++] = B64[v & 63];
    }
    return (Str){p, at};
}

bool codec_base64url_decode(Arena *a, Str text, Str *ret)
{
    if (text.n % 4 == 1)
        return false;
    char *p = arena_alloc(a, text.n / 4 * 3 + 3);
    size_t at = 0;
    uint32_t v = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *c = text.p[i] ? strchr(B64, text.p[i]) : NULL;
        if (!c)
            return false;
        v = v << 6 | (uint32_t)(c - B64);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            p[at++] = (char)(v >> bits & 0xff);
        }
    }
    if (v & ((1u << bits) - 1))
        return false; /* non-canonical tail */
    *ret = (Str){p, at};
    return true;
}

bool codec_percent_decode(Arena *a, Str text, bool plus_is_space, Str *ret)
{
    char *p = arena_alloc(a, text.n + 1);
    size_t at = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            if (i + 2 >= text.n)
                return false;
            int hi = hex_value(text.p[i + 1]), lo = hex_value(text.p[i + 2]);
            if (hi < 0 || lo < 0)
                return false;
            c = (char)(hi << 4 | lo);
            i += 2;
        }
        if (c == '\0')
            return false;
        p[at++] = c;
    }
    Str s = {p, at};
    if (!utf8_valid(s))
        return false;
    *ret = s;
    return true;
}

Str codec_percent(Arena *a, Str text)
{
    char *p = arena_alloc(a, text.n * 3 + 1);
    size_t at = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            c == '-' || c == '_' || c == '.' || c == '~') {
            p[at++] = (char)c;
        } else {
            p[at++] = '%';
            p[at++] = "0123456789ABCDEF"[c >> 4];
            p[at++] = "0123456789ABCDEF"[c & 15];
        }
    }
    return (Str){p, at};
}

Str codec_query(Arena *a, Str query, const char *key)
{
    while (query.n) {
        Str pair = str_cut(&query, '&');
        Str name = str_cut(&pair, '=');
        Str value;
        if (str_is(name, key) && codec_percent_decode(a, pair, true, &value))
            return value;
    }
    return STR_NONE;
}
