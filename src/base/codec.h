/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H
/* Hex, base64url (no padding), percent encoding. Decoders are strict: false on any foreign
 * character. */
#include "base/str.h"

Str codec_hex(Arena *a, Str bytes); /* lower case */
bool codec_hex_decode(Arena *a, Str text, Str *ret);
Str codec_base64url(Arena *a, Str bytes);
bool codec_base64url_decode(Arena *a, Str text, Str *ret);
bool codec_percent_decode(Arena *a, Str text, bool plus_is_space,
                          Str *ret);   /* result is valid UTF-8 without NUL */
Str codec_percent(Arena *a, Str text); /* everything but unreserved characters */
/* Value of a key in "a=1&b=2"; STR_NONE when absent or wrongly encoded. */
Str codec_query(Arena *a, Str query, const char *key);
#endif
