/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
/*
 * Arena: memory with a scope. One belongs to each request or frame and is emptied whole, so that
 * domain code never frees. It has a byte cap: a request that wants more is refused (arena_full),
 * never served without bound. Not for threads: an arena has one user at a time and is handed over
 * explicitly. Out of memory aborts; the cap guards the door.
 */
#include <stdbool.h>
#include <stddef.h>

typedef struct Arena Arena;
typedef struct {
    void *block;
    void *defers;
    size_t used;
} ArenaMark;

Arena *arena_create(size_t cap_bytes);     /* owned; give to arena_destroy */
void arena_destroy(Arena *a);              /* NULL is fine */
void arena_reset(Arena *a);                /* empties; keeps one small block for the next use */
void *arena_alloc(Arena *a, size_t bytes); /* zeroed, 16-byte aligned, never NULL */
void *arena_dup(Arena *a, const void *src, size_t bytes);
/* Makes the last allocation longer where it stands, the new part zeroed. False: it is not the last
 * one, or there is no room behind it; nothing has changed. */
bool arena_extend(Arena *a, const void *last, size_t bytes, size_t more);
/* True once an allocation passed the cap. The memory was still given, so callers need
 * not check each call: loops over rows check it, and the dispatcher answers ERR_LIMIT. 16 x the cap
 * aborts. */
bool arena_full(const Arena *a);
size_t arena_used(const Arena *a);
/* Runs fn(ptr) when the arena is reset or destroyed: for the few library objects that live in a
 * request. */
void arena_defer(Arena *a, void (*fn)(void *), void *ptr);
ArenaMark arena_mark(Arena *a);
void arena_release(Arena *a, ArenaMark mark); /* runs what was deferred since the mark */

#define ARENA_NEW(a, Type)      ((Type *)arena_alloc((a), sizeof(Type)))
#define ARENA_ARRAY(a, Type, n) ((Type *)arena_array((a), sizeof(Type), (n)))
void *arena_array(Arena *a, size_t size, size_t n); /* aborts on overflow of size * n */
#endif
