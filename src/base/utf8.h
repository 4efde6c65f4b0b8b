/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
/* Strict UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#include "base/str.h"

bool utf8_valid(Str s);
/* Incremental check for fragmented text. *state starts at 0; returns false at the first impossible
 * byte. The text is complete only when *state is 0 again. */
bool utf8_step(uint32_t *state, Str s);
/* Next code point of valid text; moves *at past it. At the end or on a broken byte gives 0xFFFD and
 * moves by one. */
uint32_t utf8_next(Str s, size_t *at);
size_t utf8_put(uint32_t cp, char out[4]); /* bytes written */
size_t utf8_count(Str s);                  /* code points */
Str utf8_head(Str s, size_t n);            /* the first n code points, borrowed */
size_t utf8_offset(Str s, size_t n);       /* byte offset of code point n (clipped to the end) */
bool utf8_is_cjk(uint32_t cp); /* Han, kana, hangul: the characters searched by bigrams */
#endif
