/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(Buf *b, Arena *arena, size_t max)
{
    *b = (Buf){.arena = arena, .max = max};
}

void buf_finish(Buf *b)
{
    if (!b->arena)
        free(b->p);
    *b = (Buf){.arena = b->arena, .max = b->max};
}

char *buf_room(Buf *b, size_t n)
{
    if (b->over || n > b->max - b->n) {
        b->over = true;
        return NULL;
    }
    if (n > b->size - b->n) {
        size_t size = b->size ? b->size * 2 : 256;
        while (size - b->n < n)
            size *= 2;
        char *p;
        if (b->arena && arena_extend(b->arena, b->p, b->size, size)) {
            p = b->p;
        } else if (b->arena) {
            p = arena_alloc(b->arena, size);
            if (b->n)
                memcpy(p, b->p, b->n);
        } else {
            p = realloc(b->p, size);
            ASSERT(p);
        }
        b->p = p;
        b->size = size;
    }
    return b->p + b->n;
}

void buf_put(Buf *b, Str s)
{
    char *p = s.n ? buf_room(b, s.n) : NULL;
    if (!p)
        return;
    memcpy(p, s.p, s.n);
    b->n += s.n;
}

void buf_byte(Buf *b, char c)
{
    char *p = !b->over && b->n < b->size && b->n < b->max ? b->p + b->n : buf_room(b, 1);
    if (p) {
        *p = c;
        b->n++;
    }
}

void buf_fmt(Buf *b, const char *fmt, ...)
{
    char small[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    ASSERT(n >= 0);
    if ((size_t)n < sizeof small) {
        buf_put(b, (Str){small, (size_t)n});
        return;
    }
    char *p = buf_room(b, (size_t)n + 1);
    if (!p)
        return;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

void buf_i64(Buf *b, int64_t v)
{
    char tmp[24];
    char *end = tmp + sizeof tmp, *p = end;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u);
    if (v < 0)
        *--p = '-';
    buf_put(b, (Str){p, (size_t)(end - p)});
}

Str buf_str(const Buf *b)
{
    return (Str){b->p, b->n};
}
