/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/assert.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define POISON(p, n)   ((void)0)
#define UNPOISON(p, n) ((void)0)
#endif

enum { FIRST_BLOCK = 4096, KEEP_BLOCK = 32768 /* a message with its understanding */ };

typedef struct Block {
    struct Block *prev;
    size_t size;
    size_t used;
    size_t pad; /* keeps data[] 16-byte aligned */
    unsigned char data[];
} Block;

typedef struct Defer {
    struct Defer *next;
    void (*fn)(void *);
    void *ptr;
} Defer;

struct Arena {
    Block *top;
    Defer *defers;
    size_t cap;
    size_t total; /* bytes handed out since the last reset */
    bool full;
};

static Block *block_create(Block *prev, size_t size)
{
    Block *b = malloc(sizeof *b + size);
    if (!b)
        assert_fail(__FILE__, __LINE__, "out of memory");
    b->prev = prev;
    b->size = size;
    b->used = 0;
    POISON(b->data, size);
    return b;
}

static void block_destroy(Block *b)
{
    UNPOISON(b->data, b->size);
    free(b);
}

Arena *arena_create(size_t cap_bytes)
{
    Arena *a = calloc(1, sizeof *a);
    if (!a)
        assert_fail(__FILE__, __LINE__, "out of memory");
    a->cap = cap_bytes;
    return a;
}

static void run_defers_until(Arena *a, const Defer *last)
{
    while (a->defers != last) {
        Defer *d = a->defers;
        a->defers = d->next;
        d->fn(d->ptr);
    }
}

static void run_defers(Arena *a)
{
    run_defers_until(a, NULL);
}

void arena_reset(Arena *a)
{
    run_defers(a);
    Block *keep = NULL;
    for (Block *b = a->top; b;) {
        Block *prev = b->prev;
        if (!keep && b->size <= KEEP_BLOCK) {
            keep = b;
            keep->used = 0;
            POISON(keep->data, keep->size);
        } else {
            block_destroy(b);
        }
        b = prev;
    }
    if (keep)
        keep->prev = NULL;
    a->top = keep;
    a->total = 0;
    a->full = false;
}

void arena_destroy(Arena *a)
{
    if (!a)
        return;
    run_defers(a);
    for (Block *b = a->top; b;) {
        Block *prev = b->prev;
        block_destroy(b);
        b = prev;
    }
    free(a);
}

static void *take(Arena *a, size_t bytes)
{
    ASSERT(bytes < SIZE_MAX / 4);
    size_t need = (bytes + 15u) & ~(size_t)15u;
    if (need == 0)
        need = 16;
    a->total += need;
    if (a->total > a->cap) {
        a->full = true;
        /* far past the cap means that somebody loops without looking: a bug, not an input */
        ASSERT(a->total / 16 <= a->cap);
    }
    Block *b = a->top;
    if (!b || b->size - b->used < need) {
        size_t size = b ? b->size * 2 : FIRST_BLOCK;
        if (size > 1u << 20)
            size = 1u << 20;
        if (size < need)
            size = need;
        b = a->top = block_create(b, size);
    }
    void *p = b->data + b->used;
    b->used += need;
    UNPOISON(p, bytes);
    return p;
}

void *arena_alloc(Arena *a, size_t bytes)
{
    return memset(take(a, bytes), 0, bytes);
}

void *arena_array(Arena *a, size_t size, size_t n)
{
    ASSERT(n == 0 || size <= SIZE_MAX / 8 / n);
    return arena_alloc(a, size * n);
}

void *arena_dup(Arena *a, const void *src, size_t bytes)
{
    void *p = take(a, bytes);
    if (bytes)
        memcpy(p, src, bytes);
    return p;
}

bool arena_extend(Arena *a, const void *last, size_t bytes, size_t more)
{
    Block *b = a->top;
    size_t had = (bytes + 15u) & ~(size_t)15u, want = (more + 15u) & ~(size_t)15u;
    if (!b || !bytes || had > b->used || want < had || last != b->data + b->used - had ||
        b->size - b->used < want - had || a->total + (want - had) > a->cap)
        return false;
    a->total += want - had;
    b->used += want - had;
    UNPOISON((unsigned char *)b->data + b->used - want, more);
    memset(b->data + b->used - want + bytes, 0, more - bytes);
    return true;
}

bool arena_full(const Arena *a)
{
    return a->full;
}

size_t arena_used(const Arena *a)
{
    return a->total;
}

void arena_defer(Arena *a, void (*fn)(void *), void *ptr)
{
    Defer *d = arena_alloc(a, sizeof *d);
    d->fn = fn;
    d->ptr = ptr;
    d->next = a->defers;
    a->defers = d;
}

ArenaMark arena_mark(Arena *a)
{
    return (ArenaMark){.block = a->top, .defers = a->defers, .used = a->top ? a->top->used : 0};
}

void arena_release(Arena *a, ArenaMark mark)
{
    run_defers_until(a, mark.defers);
    while (a->top != mark.block) {
        Block *prev = a->top->prev;
        block_destroy(a->top);
        a->top = prev;
    }
    if (a->top) {
        POISON(a->top->data + mark.used, a->top->size - mark.used);
        a->top->used = mark.used;
    }
}
