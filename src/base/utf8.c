/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

/* State: low 8 bits = continuation bytes still wanted, next 8 = lowest allowed next byte, next 8 =
 * highest. */
bool utf8_step(uint32_t *state, Str s)
{
    uint32_t want = *state & 0xff, lo = (*state >> 8) & 0xff, hi = (*state >> 16) & 0xff;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (want) {
            if (c < lo || c > hi)
                return false;
            want--;
            lo = 0x80;
            hi = 0xbf;
            continue;
        }
        lo = 0x80;
        hi = 0xbf;
        if (c < 0x80) {
            /* runs of ASCII eight at a time: most of every frame is */
            for (uint64_t word; s.n - i > 8; i += 8) {
                memcpy(&word, s.p + i + 1, 8);
                if (word & 0x8080808080808080u)
                    break;
            }
            continue;
        }
        if (c >= 0xc2 && c <= 0xdf) {
            want = 1;
        } else if (c >= 0xe0 && c <= 0xef) {
            want = 2;
            if (c == 0xe0)
                lo = 0xa0;
            if (c == 0xed)
                hi = 0x9f;
        } else if (c >= 0xf0 && c <= 0xf4) {
            want = 3;
            if (c == 0xf0)
                lo = 0x90;
            if (c == 0xf4)
                hi = 0x8f;
        } else {
            return false;
        }
    }
    *state = want ? (want | lo << 8 | hi << 16) : 0;
    return true;
}

bool utf8_valid(Str s)
{
    uint32_t state = 0;
    return utf8_step(&state, s) && state == 0;
}

uint32_t utf8_next(Str s, size_t *at)
{
    if (*at >= s.n)
        return 0xfffd;
    const unsigned char *p = (const unsigned char *)s.p + *at;
    size_t left = s.n - *at;
    if (p[0] < 0x80) {
        *at += 1;
        return p[0];
    }
    if ((p[0] & 0xe0) == 0xc0 && left >= 2) {
        *at += 2;
        return ((uint32_t)(p[0] & 0x1f) << 6) | (p[1] & 0x3fu);
    }
    if ((p[0] & 0xf0) == 0xe0 && left >= 3) {
        *at += 3;
        return ((uint32_t)(p[0] & 0x0f) << 12) | ((uint32_t)(p[1] & 0x3f) << 6) | (p[2] & 0x3fu);
    }
    if ((p[0] & 0xf8) == 0xf0 && left >= 4) {
        *at += 4;
        return ((uint32_t)(p[0] & 0x07) << 18) | ((uint32_t)(p[1] & 0x3f) << 12) |
               ((uint32_t)(p[2] & 0x3f) << 6) | (p[3] & 0x3fu);
    }
    *at += 1;
    return 0xfffd;
}

size_t utf8_put(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | (cp >> 6));
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | (cp >> 12));
        out[1] = (char)(0x80 | ((cp >> 6) & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (cp >> 18));
    out[1] = (char)(0x80 | ((cp >> 12) & 0x3f));
    out[2] = (char)(0x80 | ((cp >> 6) & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

size_t utf8_count(Str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

size_t utf8_offset(Str s, size_t n)
{
    size_t i = 0;
    for (; i < s.n; i++) {
        if (((unsigned char)s.p[i] & 0xc0) == 0x80)
            continue;
        if (n == 0)
            break;
        n--;
    }
    return i;
}

Str utf8_head(Str s, size_t n)
{
    return (Str){s.p, utf8_offset(s, n)};
}

bool utf8_is_cjk(uint32_t cp)
{
    return (cp >= 0x3040 && cp <= 0x30ff) || (cp >= 0x3400 && cp <= 0x4dbf) ||
           (cp >= 0x4e00 && cp <= 0x9fff) || (cp >= 0xac00 && cp <= 0xd7a3) ||
           (cp >= 0xf900 && cp <= 0xfaff) || (cp >= 0x20000 && cp <= 0x323af);
}
