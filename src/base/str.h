/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STR_H
#define BASE_STR_H
/*
 * Str: a slice of bytes by value, borrowed from whoever owns the memory. Not NUL-terminated unless
 * it says so. Text becomes a Str once, at the edge, after utf8_valid.
 */
#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *p;
    size_t n;
} Str;

#define STR(lit)   ((Str){(lit), sizeof(lit) - 1})
#define STR_ARG(s) (int)(s).n, (s).n ? (s).p : "" /* for printf("%.*s") */
#define STR_NONE   ((Str){NULL, 0})

Str str_of(const char *cstr); /* borrowed; NULL gives STR_NONE */
bool str_eq(Str a, Str b);
bool str_is(Str a, const char *cstr);
bool str_starts(Str s, Str prefix);
bool str_ends(Str s, Str suffix);
int str_cmp(Str a, Str b);                 /* byte order */
ptrdiff_t str_find(Str hay, Str needle);   /* -1: absent */
Str str_sub(Str s, size_t from, size_t n); /* clipped to s */
Str str_trim(Str s);                       /* ASCII white space */
/* Cuts the part before `sep` off *s and returns it; *s becomes the rest after sep, or STR_NONE at
 * the end. */
Str str_cut(Str *s, char sep);
Str str_dup(Arena *a, Str s); /* arena */
char *str_c(Arena *a, Str s); /* arena, NUL-terminated */
Str str_fmt(Arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* arena */
Str str_join(Arena *a, const Str *parts, size_t n, Str sep);                       /* arena */
bool str_eq_secret(Str a, Str b); /* constant time for equal lengths */
/* Whole-string decimal parse; false on sign misuse, junk or overflow, and *ret is untouched. */
bool str_i64(Str s, int64_t *ret);
uint64_t str_hash(Str s); /* FNV-1a 64; not for adversaries */
#endif
