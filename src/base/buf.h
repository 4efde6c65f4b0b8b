/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H
/* Buf: a growing byte builder in an arena (or owned by malloc when arena is NULL) with a stated
 * maximum. Past the maximum it stops taking bytes and remembers it: check buf_over once at the end.
 */
#include "base/str.h"

typedef struct {
    char *p;
    size_t n, size, max;
    Arena *arena; /* NULL: malloc; then give to buf_finish */
    bool over;
} Buf;

void buf_init(Buf *b, Arena *arena, size_t max);
void buf_finish(Buf *b); /* frees an owned buffer; nothing for arena ones */
void buf_put(Buf *b, Str s);
void buf_byte(Buf *b, char c);
void buf_fmt(Buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_i64(Buf *b, int64_t v);
char *buf_room(Buf *b,
               size_t n);  /* space for n more bytes (not yet counted), NULL past the maximum */
Str buf_str(const Buf *b); /* borrowed until the next put */
#define buf_lit(b, lit) buf_put((b), STR(lit))
#endif
